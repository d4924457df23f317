"""Follow the folder of documents: whenever something in it changes, a new generation is built and comes into force.

The only file that imports watchfiles. A running chat takes the new generation over by ``Library.refresh``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import watchfiles
from watchfiles import Change

from rag.errors import RagError
from rag.indexing.build import build
from rag.protocols import Encoder, OnProgress
from rag.settings import Settings
from rag.types import Summary

_TICK_MS = 500
_QUIET_MS = 300
"""So long nothing may change before a build begins: a file that is being copied is read once, when it is whole."""
_LONGEST_MS = 3_000
"""But no change waits longer than this."""

_AGAIN = 10.0
"""Seconds after which a build is tried again where another was at work, or the disk refused."""
_ANYHOW = 600.0
"""Seconds after which the folder is looked through even if nothing was heard of it."""


def watch(
    settings: Settings,
    encoder: Encoder,
    *,
    tell: Callable[[Summary | RagError], None],
    report: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Build now, and again whenever the documents change, until ``stop`` is set or the process is interrupted.

    ``tell`` gets the summary of each build that brought a generation into force, the first one's in any case, and the
    error of one that could not: the last good generation serves on. Raises OSError where the folder cannot be followed.
    """
    stop = stop or threading.Event()
    generation = failure = ""
    due = 0.0
    for changed in _ticks(settings, stop):
        if not changed and time.monotonic() < due:
            continue
        try:
            summary = build(settings, encoder, report=report)
        except RagError as error:
            due = time.monotonic() + _AGAIN
            if str(error) != failure:  # said once, not at every try
                tell(error)
            failure = str(error)
            continue
        due = time.monotonic() + _ANYHOW
        if summary.generation != generation or failure:
            tell(summary)
        generation, failure = summary.generation, ""


def _ticks(settings: Settings, stop: threading.Event) -> Iterator[bool]:
    """Yield now and then, until ``stop`` is set, whether the folder changed meanwhile; a lost folder is looked for."""
    while not stop.is_set():
        folder = _identity(settings.seeds)
        if folder is None:
            yield False
            stop.wait(_TICK_MS / 1000)
            continue
        for changes in _changes(settings, stop):
            moved = _identity(settings.seeds) != folder
            yield bool(changes) or moved
            if moved:  # another folder stands at that place: what was followed is no longer it
                break


def _changes(settings: Settings, stop: threading.Event) -> Iterator[set[tuple[Change, str]]]:
    """Yield what changed below the folder outside the index, which may lie in it, or an empty set after a while."""
    index = os.path.realpath(settings.index)
    for polling in (None, True):  # none: as the system says
        try:
            yield from watchfiles.watch(
                settings.seeds,
                watch_filter=lambda change, path: not Path(os.path.realpath(path)).is_relative_to(index),
                debounce=_LONGEST_MS,
                step=_QUIET_MS,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                stop_event=stop,
                force_polling=polling,
                ignore_permission_denied=True,
            )
            return
        except FileNotFoundError:
            return
        except OSError:  # more folders than the system notifies of
            if polling:
                raise


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another of its name; None where there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
