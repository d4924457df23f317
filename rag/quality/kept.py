"""What people say on the page or at the terminal, kept in files beside the index: a line of JSON each."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import Any

from rag.errors import RagError

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of such a file; then no more is kept, so that nobody can fill the disk from a page."""

_WRITING = Lock()


class NotKept(RagError):
    """Something that cannot be kept."""


def keep_line(file: Path, entry: dict[str, Any]) -> None:
    """Append an object to a file; safe to call from several threads. Raises NotKept where it is full or cannot be."""
    line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    try:
        with _WRITING, file.open("a+b", buffering=0) as kept:  # a line in one write: other servers append, too
            size = kept.tell()
            if size + len(line) > LARGEST_FILE:
                raise NotKept(f"{file.name} is full. Move it away to keep more.")
            if size:
                kept.seek(size - 1)
                if kept.read(1) != b"\n":  # an editor may have left out the last line's end
                    line = b"\n" + line
            kept.write(line)
    except OSError as error:
        raise NotKept(f"{file.name} cannot be written: {error.strerror}.") from error
