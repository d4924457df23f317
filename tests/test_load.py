"""Two minutes of fifty people beside rebuilds; ``python -m benchmarks.load`` has the long form."""

from __future__ import annotations

import asyncio

from apart import apart

from benchmarks.load import GROWTH, HANDLES, crowd


def test_fifty_people_beside_rebuilds_lose_nothing_and_leave_nothing_behind() -> None:
    measured = apart(asyncio.run, crowd(people=50, seconds=120, every=40, pause=8))
    assert measured.errors == []
    assert measured.builds >= 2
    assert {"ask", "queue", "verify", "open"} <= set(measured.waits)
    assert measured.growth() <= GROWTH
    assert measured.leaked() <= HANDLES
