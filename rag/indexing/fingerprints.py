"""Tells, without reading a file, whether it has to be read again."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

from rag.store.local.disk import hash_file
from rag.types import Fingerprint

_FRESH_NS = 2_000_000_000
"""A file that changed this shortly before it was looked at may change again within the tick of the disk's clock."""

NEVER_OPENED = Fingerprint(-1, "")
"""Of a file that could not be opened: it is the same until it can be."""


def fingerprint(path: Path) -> Fingerprint:
    """Return a file's fingerprint now, without its hash; to be taken before the file is read."""
    try:
        now = path.stat()
    except OSError:
        return NEVER_OPENED
    changed = max(now.st_mtime_ns, now.st_ctime_ns)
    fresh = changed > time.time_ns() - _FRESH_NS
    return Fingerprint(now.st_size, "" if fresh else f"{now.st_mtime_ns} {now.st_ctime_ns} {now.st_ino}")


def fingerprint_before_reading(path: Path) -> Fingerprint:
    """Return ``fingerprint(path)``, with the hash where the stamp cannot be trusted and reading may fail."""
    known = fingerprint(path)
    if known.stamp or not can_be_opened(path):
        return known
    try:
        return replace(known, sha256=hash_file(path))
    except OSError:
        return known


def is_unchanged(path: Path, known: Fingerprint) -> bool:
    """Tell whether a file is still as it was: by its directory entry, or else by its hash."""
    if known == NEVER_OPENED:
        return not can_be_opened(path)
    now = fingerprint(path)
    if now.size != known.size:
        return False
    if known.stamp and now.stamp == known.stamp:
        return True
    try:
        return hash_file(path) == known.sha256
    except OSError:
        return False


def can_be_opened(path: Path) -> bool:
    """Tell whether a regular file lets itself be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
