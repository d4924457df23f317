"""What is kept as JSON in a database that others may damage: with a hash, so that no altered quote is ever shown."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from rag.sealed import sealed, unsealed


def seal(value: dict[str, Any]) -> str:
    """Return an object as JSON that carries its own hash."""
    return json.dumps(sealed(value))


def unseal(text: str) -> dict[str, Any]:
    """Return the object; raises sqlite3.DataError where it is not the one that was kept."""
    try:
        return unsealed(json.loads(text), unhashed=True)
    except (ValueError, AttributeError, RecursionError) as error:
        raise sqlite3.DataError("what is kept is damaged") from error
