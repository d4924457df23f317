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
_HTML = Format("html", "text/html", "an HTML page", 20 * MEGABYTE)
_LINES = Format("json_", "application/jsonl", "a JSON Lines file", 100 * MEGABYTE)
_TABS = Format("table", "text/tab-separated-values", "a TSV table", 50 * MEGABYTE)

SUFFIXES: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": _TEXT,
        ".text": _TEXT,
        ".log": _TEXT,
        ".md": _MARKDOWN,
        ".markdown": _MARKDOWN,
        ".pdf": Format("pdf", "application/pdf", "a PDF", 200 * MEGABYTE),
        ".docx": Format(
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "a Word document (.docx)",
            100 * MEGABYTE,
        ),
        ".html": _HTML,
        ".htm": _HTML,
        ".xhtml": _HTML,
        ".epub": Format("epub", "application/epub+zip", "an EPUB book", 200 * MEGABYTE),
        ".csv": Format("table", "text/csv", "a CSV table", 50 * MEGABYTE),
        ".tsv": _TABS,
        ".tab": _TABS,
        ".json": Format("json_", "application/json", "a JSON file", 50 * MEGABYTE),
        ".jsonl": _LINES,
        ".ndjson": _LINES,
        ".eml": Format("email_", "message/rfc822", "an e-mail", 100 * MEGABYTE),
    }
)
"""Suffix, in small letters → its format."""
