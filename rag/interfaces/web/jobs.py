"""Work that goes on beside the server: begun by a click, one at a time, looked at while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rag.errors import RagError
from rag.interfaces.web.clients import Busy
from rag.protocols import OnProgress
from rag.types import Progress

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class State(Generic[T]):
    """How the work stands: under way while ``result`` and ``error`` are both missing."""

    progress: Progress | None = None
    result: T | None = None
    error: str = ""

    @property
    def under_way(self) -> bool:
        """Whether it goes on."""
        return self.result is None and not self.error


class Job(Generic[T]):
    """Does ``work`` in a thread called ``name``; ``state`` is that of the last time, None before the first.

    ``busy`` is said to whoever begins it while it goes on, ``broken`` where it ends with an error that is none of ours.
    """

    def __init__(self, work: Callable[[OnProgress], T], *, name: str, busy: str, broken: str) -> None:
        self.state: State[T] | None = None
        self._work = work
        self._name = name
        self._busy = busy
        self._broken = broken
        self._at_it = threading.Lock()

    def begin(self) -> None:
        """Begin; raises Busy where it goes on already."""
        if not self._at_it.acquire(blocking=False):
            raise Busy(self._busy)
        self.state = State()
        threading.Thread(target=self._do, name=self._name, daemon=True).start()

    def report(self, progress: Progress) -> None:
        """Take note of how far it is."""
        self.state = State(progress=progress)

    def _do(self) -> None:
        try:
            self.state = State(result=self._work(self.report))
        except RagError as error:
            self.state = State(error=str(error))
        except BaseException:
            self.state = State(error=f"{self._broken}: the server's own output says why.")
            raise
        finally:
            self._at_it.release()
