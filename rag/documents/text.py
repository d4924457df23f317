"""Plain text: the decoded file is the canonical text; its first line may be its title; aligned tables are sections."""

from __future__ import annotations

import re

from rag.documents.encodings import decode
from rag.documents.parsed import Parsed, one_line
from rag.documents.tables.aligned import with_tables
from rag.text.sentences import is_finished

_FIRST_LINE = re.compile(r"\s*(\S[^\r\n]{0,119})(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)\s*\S")


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data``; raises DocumentError where it is not text."""
    text, warnings = decode(data)
    return with_tables(Parsed(text, title=_title(text), warnings=warnings))


def _title(text: str) -> str:
    """Return the first line where it is short, stands alone above a blank line, and is not a sentence."""
    match = _FIRST_LINE.match(text[:4_000])
    if match is None:
        return ""
    line = match[1].strip()
    if is_finished(line, also=",;:") or not any(character.isalpha() for character in line):
        return ""
    return one_line(line)
