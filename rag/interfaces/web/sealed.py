"""What is kept as JSON in a database that others may damage: with a hash, so that no altered quote is ever shown."""

from __future__ import annotations

import json
from typing import Any

from rag.sealed import sealed, unsealed


class Damaged(Exception):
    """What is kept is not what was written."""


def seal(value: dict[str, Any]) -> str:
    """Return an object as JSON that carries its own hash."""
    return json.dumps(sealed(value))


def unseal(text: str) -> dict[str, Any]:
    """Return the object; raises Damaged where it is not the one that was kept."""
    try:
        return unsealed(json.loads(text), unhashed=True)
    except (ValueError, AttributeError, RecursionError) as error:
        raise Damaged("what is kept is damaged") from error
