"""The forms in which replies leave the command line: the name of each, and what makes it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rag.errors import RagError
from rag.interfaces import citations, serialization
from rag.interfaces.terminal import reply_lines
from rag.types import Reply


def _text(replies: Sequence[Reply]) -> str:
    return "".join(f"{line}\n" for reply in replies for line in reply_lines(reply))


def _json(replies: Sequence[Reply]) -> str:
    return "".join(f"{serialization.dumps(serialization.to_json(reply))}\n" for reply in replies)


def _annotation(replies: Sequence[Reply]) -> str:
    return _pretty(citations.annotation_page(replies))


def _csl(replies: Sequence[Reply]) -> str:
    return _pretty(citations.csl(replies))


def _pretty(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def _brief(kind: str) -> Callable[[Sequence[Reply]], str | bytes]:
    def made(replies: Sequence[Reply]) -> str | bytes:
        from rag.interfaces.web import briefs  # what templates need takes a second to load

        brief: str | bytes = getattr(briefs, kind)(replies)
        return brief

    return made


FORMS: Mapping[str, Callable[[Sequence[Reply]], str | bytes]] = {
    "text": _text,
    "json": _json,
    "annotation": _annotation,
    "csl": _csl,
    "bibtex": citations.bibtex,
    "markdown": _brief("markdown"),
    "html": _brief("html"),
    "docx": _brief("docx"),
}
"""Name → what makes text or, for a Word document, bytes of replies."""


def export(form: str, replies: Sequence[Reply]) -> bytes:
    """Return replies in a form; text is UTF-8."""
    made = FORMS[form](replies)
    return made.encode("utf-8", "backslashreplace") if isinstance(made, str) else made


def write(form: str, replies: Sequence[Reply], file: Path | None) -> None:
    """Write replies in a form into a file, or onto standard output; raises RagError for bytes onto a terminal."""
    if file is not None:
        file.write_bytes(export(form, replies))
        return
    made = FORMS[form](replies)
    if isinstance(made, str):
        print(made, end="")
    elif sys.stdout.isatty():
        raise RagError("A Word document is no text for a terminal: name a file with --output.")
    else:
        sys.stdout.buffer.write(made)
