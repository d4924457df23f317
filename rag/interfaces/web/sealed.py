"""What is kept as JSON in a file that others may damage: with a hash, so that no altered quote is ever shown."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Any

_KEY = "sha256"


def seal(value: dict[str, Any]) -> str:
    """Return an object as JSON that carries its own hash."""
    return json.dumps({**value, _KEY: _hash(value)})


def unseal(text: str) -> dict[str, Any]:
    """Return the object; raises sqlite3.DataError where it is not the one that was kept.

    What an earlier version kept has no hash, and is believed.
    """
    try:
        value: dict[str, Any] = json.loads(text)
        said = value.pop(_KEY, None)
    except (ValueError, AttributeError, RecursionError) as error:
        raise sqlite3.DataError("what is kept is damaged") from error
    if said is not None and said != _hash(value):
        raise sqlite3.DataError("what is kept is not what was written")
    return value


def _hash(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
