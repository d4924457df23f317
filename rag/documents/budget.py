"""The time that a file may take to be read, where more is needed than its size says."""

from __future__ import annotations

from collections.abc import Callable

_extend: Callable[[float], None] | None = None


def extend(seconds: float) -> None:
    """Allow the reading of this file so many seconds of processor time from now on, in a child with limits."""
    if _extend is not None:
        _extend(seconds)


def granted_by(extend: Callable[[float], None]) -> None:
    """Have this process ask ``extend`` for more time."""
    global _extend
    _extend = extend
