"""What became of a text's quotations as HTML, on the page or on its own, or as Markdown."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag import documents
from rag.errors import DocumentError, UnknownPage
from rag.interfaces.terminal import counted_words, difference_words, hint_words, verdict_words
from rag.interfaces.web.markdown_text import block_quote, plain
from rag.interfaces.web.pages import render
from rag.types import Document, Verdict
from rag.verification import Checked, sources

REPORTS = {"html": ("Web page", ".html"), "markdown": ("Markdown", ".md"), "json": ("JSON", ".json")}
"""The forms of a report → what they are called on the page, and the suffix of such a file."""
PICTURES = 12
"""Pictures of pages in a report that is saved from the page."""
_AROUND = 160
"""Characters that are shown before and after a place."""
_WORDS = {"verdict_words": verdict_words, "difference_words": difference_words, "hint_words": hint_words}


@dataclass(frozen=True, slots=True)
class Item:
    """A quotation in a report."""

    verdict: Verdict
    around: tuple[str, str, str] | None
    """What stands before, at and behind its place; None where it has none."""
    picture: str
    """Of its page, as the address of an image; empty where there is none."""


def page(checked: Checked) -> str:
    """Return the part of the page that shows each quotation with its verdict, and opens its place."""
    return render("report.html", checked=checked, reports=REPORTS, **_WORDS)


def report(form: str, checked: Checked, seeds: Path, title: str, *, pictures: int) -> str:
    """Return a report as ``markdown`` or ``html``: each quotation, its verdict, and its place with what is around.

    The HTML needs no other file; the first ``pictures`` quotations on printed pages come with a picture of theirs.
    """
    return render(
        "verdicts.html" if form == "html" else "verdicts.md",
        title=title,
        counts=counted_words(checked),
        items=list(_items(checked, seeds, pictures if form == "html" else 0)),
        hints=checked.hints,
        plain=plain,
        block_quote=block_quote,
        **_WORDS,
    )


def _items(checked: Checked, seeds: Path, pictures: int) -> Iterator[Item]:
    for verdict, document in zip(checked.verdicts, sources(checked.verdicts, seeds), strict=True):
        picture = _picture(verdict, document, seeds) if pictures and document else ""
        pictures -= bool(picture)
        yield Item(verdict, _around(verdict, document), picture)


def _around(verdict: Verdict, document: Document | None) -> tuple[str, str, str] | None:
    if document is None or verdict.start is None or verdict.end is None:
        return None
    text, start, end = document.text, verdict.start, verdict.end
    return text[max(0, start - _AROUND) : start], text[start:end], text[end : end + _AROUND]


def _picture(verdict: Verdict, document: Document, seeds: Path) -> str:
    if verdict.page is None or verdict.start is None or verdict.end is None:
        return ""
    with suppress(UnknownPage, DocumentError):  # a file of another kind, or one that changes just now
        png = documents.page_picture(document, verdict.page, (verdict.start, verdict.end), seeds)
        return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    return ""
