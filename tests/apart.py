"""Loops of their own: the browser's tests leave one running in the thread of the tests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what ``work`` returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()
