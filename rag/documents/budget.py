"""What the reading of files may take: memory and time of each, and the time that is lost on those that are given up."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable

from rag.errors import DocumentError

SHARE = 600.0
"""Seconds that a build may lose on files that cannot be read; after that each file gets less."""
HURRIED = 5.0
"""Seconds of processor time that a file gets then, at most."""
REMEMBERED = 1_000
"""Files that are remembered as given up, at most."""

_extend: Callable[[float], None] | None = None


class Share:
    """The time that a folder's files may lose together, and which of them were given up; several threads may use it.

    What was given up is not tried again with the same content, however often it is asked for.
    """

    def __init__(self, seconds: float = math.inf) -> None:
        self._left = seconds
        self._given_up: dict[tuple[str, bytes], str] = {}
        self._lock = threading.Lock()

    def seconds(self, wanted: float) -> float:
        """Return how much of ``wanted`` a file gets."""
        return wanted if self._left > 0 else min(wanted, HURRIED)

    def check(self, module: str, data: bytes) -> None:
        """Raise DocumentError where a file with this content was given up before."""
        if self._given_up and (reason := self._given_up.get(_key(module, data))):
            raise DocumentError(reason)

    def lose(self, seconds: float, module: str, data: bytes, reason: str) -> None:
        """Note that so much wall time went into a file that could not be read; a little of it costs nothing."""
        if seconds >= 1:
            with self._lock:
                self._left -= seconds
                if len(self._given_up) < REMEMBERED:
                    self._given_up[_key(module, data)] = reason


def _key(module: str, data: bytes) -> tuple[str, bytes]:
    return module, hashlib.sha256(data).digest()


def extend(seconds: float) -> None:
    """Allow the reading of this file so many seconds of processor time from now on, in a child with limits.

    It is for the recognition of text, whose networks also need more memory than the reading of a file.
    """
    if _extend is not None:
        _extend(seconds)


def granted_by(extend: Callable[[float], None]) -> None:
    """Have this process ask ``extend`` for more time."""
    global _extend
    _extend = extend
