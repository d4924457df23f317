"""Waiting for what another thread or process brings about."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest


def until(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something holds, for so many seconds at most."""
    for _ in range(int(seconds * 100)):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail(f"It did not come about within {seconds:,.0f} seconds.")
