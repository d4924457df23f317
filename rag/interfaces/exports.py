"""The forms in which replies leave the program, from the command line and from the page: one way to make each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import RagError
from rag.interfaces import citations, serialization
from rag.interfaces.terminal import reply_lines
from rag.types import Reply


@dataclass(frozen=True, slots=True)
class Form:
    """A form that replies are written in."""

    label: str
    """What a person calls it."""
    suffix: str
    media_type: str
    make: Callable[[Sequence[Reply]], str | bytes]


def _text(replies: Sequence[Reply]) -> str:
    return "".join(f"{line}\n" for reply in replies for line in reply_lines(reply))


def _json(replies: Sequence[Reply]) -> str:
    """Return one reply as it is, several as a conversation; ``rag verify`` takes both."""
    made = [serialization.to_json(reply) for reply in replies]
    return serialization.dumps(made[0] if len(made) == 1 else {"replies": made}) + "\n"


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


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FORMS: Mapping[str, Form] = {
    "docx": Form("Word", ".docx", _WORD, _brief("docx")),
    "html": Form("Web page", ".html", "text/html; charset=utf-8", _brief("html")),
    "markdown": Form("Markdown", ".md", "text/markdown; charset=utf-8", _brief("markdown")),
    "text": Form("Plain text", ".txt", "text/plain; charset=utf-8", _text),
    "csl": Form("CSL-JSON", ".csl.json", "application/vnd.citationstyles.csl+json", _csl),
    "bibtex": Form("BibTeX", ".bib", "application/x-bibtex; charset=utf-8", citations.bibtex),
    "annotation": Form("Web Annotations", ".jsonld", "application/ld+json", _annotation),
    "json": Form("JSON", ".json", "application/json", _json),
}
"""Name → form; text is UTF-8."""


def export(form: str, replies: Sequence[Reply]) -> bytes:
    """Return replies in one of ``FORMS``."""
    made = FORMS[form].make(replies)
    return made.encode("utf-8", "backslashreplace") if isinstance(made, str) else made


def write(form: str, replies: Sequence[Reply], file: Path | None) -> None:
    """Write replies in a form into a file, or onto standard output; raises RagError for bytes onto a terminal."""
    if file is not None:
        file.write_bytes(export(form, replies))
        return
    made = FORMS[form].make(replies)
    if isinstance(made, str):
        print(made, end="")
    elif sys.stdout.isatty():
        raise RagError("A Word document is no text for a terminal: name a file with --output.")
    else:
        sys.stdout.buffer.write(made)
