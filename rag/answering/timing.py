"""Timing the stages of one question."""

from __future__ import annotations

import time


class Clock:
    """Times the stages of one question, in milliseconds."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Note the time since the last lap under this name."""
        now = time.perf_counter()
        self._laps[stage] = (now - self._last) * 1000
        self._last = now

    def total(self) -> dict[str, float]:
        """Return the laps by name, and the time since the beginning as "total"."""
        return {**self._laps, "total": (time.perf_counter() - self._began) * 1000}
