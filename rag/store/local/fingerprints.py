"""A file as it was when it was read, to tell without reading it whether it has to be read again."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, replace
from pathlib import Path

from rag.store.local.disk import hash_file

_FRESH_NS = 2_000_000_000
"""A file that changed this shortly before it was looked at may change again within the tick of the disk's clock."""

_NEVER_OPENED = -1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file's directory entry said of it, and the hash of what was read in it."""

    size: int
    """Bytes; −1 where the file could not be opened."""
    stamp: str
    """Times of change and inode: while they stay, so does the content. Empty where they cannot be trusted."""
    sha256: str = ""
    """Of the bytes that were read, or tried; empty where the stamp alone has to tell."""

    @classmethod
    def of(cls, path: Path) -> Fingerprint:
        """Return a file's state now, without reading it; to be taken before the file is read."""
        try:
            now = path.stat()
        except OSError:
            return cls.never_opened()
        changed = max(now.st_mtime_ns, now.st_ctime_ns)
        fresh = changed > time.time_ns() - _FRESH_NS
        return cls(now.st_size, "" if fresh else f"{now.st_mtime_ns} {now.st_ctime_ns} {now.st_ino}")

    @classmethod
    def before_reading(cls, path: Path) -> Fingerprint:
        """Return ``of(path)``, with the hash where the stamp cannot be trusted and reading may fail."""
        state = cls.of(path)
        if state.stamp or not can_be_opened(path):
            return state
        try:
            return replace(state, sha256=hash_file(path))
        except OSError:
            return state

    @classmethod
    def never_opened(cls) -> Fingerprint:
        """Return the state of a file that could not be opened: it is the same until it can be."""
        return cls(_NEVER_OPENED, "")

    def matches(self, path: Path) -> bool:
        """Tell whether a file is still as it was: by its directory entry, or else by its hash."""
        if self.size == _NEVER_OPENED:
            return not can_be_opened(path)
        now = Fingerprint.of(path)
        if now.size != self.size:
            return False
        if self.stamp and now.stamp == self.stamp:
            return True
        try:
            return hash_file(path) == self.sha256
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
