"""Which suffix is read by which module, how large such a file may be, and whether a child process reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of file is read."""

    module: str
    """The module of ``rag.documents`` that has its ``parse(data, name)``; imported when such a file is met."""
    media_type: str
    kind: str
    """What a person calls it, for messages."""
    limit: int
    """Bytes; a larger file is refused without being read."""
    sandboxed: bool = True
    """Whether a child process with limits reads it (all but what is only decoded)."""


_TEXT = Format("text", "text/plain", "a text file", 200 * MEGABYTE, sandboxed=False)
_MARKDOWN = Format("markdown", "text/markdown", "a Markdown file", 200 * MEGABYTE, sandboxed=False)

SUFFIXES: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": _TEXT,
        ".text": _TEXT,
        ".log": _TEXT,
        ".md": _MARKDOWN,
        ".markdown": _MARKDOWN,
    }
)
"""Suffix, in small letters → its format."""
