"""The document beside the answer: its text around a quote with the quote marked, and where its file is to be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated
from urllib.parse import quote as urlquote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rag.documents import has_pictures
from rag.interfaces.terminal import page_or_line
from rag.interfaces.web.pages import Parts, marked, render
from rag.interfaces.web.service import Service
from rag.names import is_clock
from rag.text.segment import page_at
from rag.types import Document, Span

WHOLE = 40_000
"""Characters; a longer document is shown as a window around the quote, with reading on in both directions."""
PICTURES = 3
"""Pages of a quote that are shown as pictures."""
REACH = 12_000
"""Characters of such a window before and after the quote, and of each further piece."""


def document_pane(
    document: Document, quote: Span | None = None, highlights: Sequence[Span] = (), *, changed: bool = False
) -> str:
    """Return the panel of a document, with the quote and the answering words in it marked.

    Marks are cut out by offset here, because JavaScript counts UTF-16 units and Python characters. ``changed`` says
    that the document is another one than the quote was taken from: then nothing is marked.
    """
    values = _shown(document, None if changed else quote, highlights)
    return render("document.html", **values, changed=changed)


def linked_page(document: Document, quote: Span | None, notice: str) -> str:
    """Return the page that shows a document at a quote, on its own; ``notice`` says what has changed, if anything."""
    return render("linked.html", **_shown(document, quote, ()), notice=notice)


def _shown(document: Document, quote: Span | None, highlights: Sequence[Span]) -> dict[str, object]:
    """Return what the templates of a document show: its facts, its text around the quote, and its file."""
    if quote is None or not 0 <= quote[0] < quote[1] <= len(document.text):
        quote, highlights = None, ()
    facts = [document.path] if document.path != document.title else []
    if quote is not None:
        page = page_at(document.pages, document.page_labels, quote[0])
        facts.append(page_or_line(*page, document.text.count("\n", 0, quote[0]) + 1))
    facts += [value for name, value in document.metadata if name in {"author", "date"}]
    first, last = window(document.text, quote)
    values = _piece(document, first, last, quote or (0, 0), highlights)
    values |= {"facts": " · ".join(facts), "quoted": quote is not None}
    return values | _as_it_lies(document, quote)


def _as_it_lies(document: Document, quote: Span | None) -> dict[str, object]:
    """Return where the file itself is to be had, and pictures of the pages that a quote stands on, with their names."""
    path, (start, end) = urlquote(document.id), quote or (0, 0)
    first, _ = page_at(document.pages, (), start)
    last, _ = page_at(document.pages, (), max(start, end - 1))
    pages = range(first or 1, (last or 1) + 1)
    pictures = [
        (f"/api/pages/{path}/{page}?start={start}&end={end}", page_or_line(page, _label(document, page), 0))
        for page in pages[:PICTURES]
        if has_pictures(document)
    ]
    at = f"#page={pages[0]}" if pictures else ""
    return {"original": f"/api/originals/{path}{at}", "pictures": pictures}


def _label(document: Document, page: int) -> str | None:
    return document.page_labels[page - 1] if document.page_labels else None


def further(document: Document, first: int, last: int) -> str:
    """Return one further piece of a document, between buttons that read on from it."""
    first = max(0, min(first, len(document.text)))
    last = max(first, min(last, len(document.text), first + 2 * REACH))
    return render("piece.html", **_piece(document, first, last))


def window(text: str, quote: Span | None) -> Span:
    """Return the part of ``text`` that is shown at first: all of a short one, else whole lines around the quote."""
    if len(text) <= WHOLE:
        return 0, len(text)
    begin, end = quote or (0, 0)
    first, last = max(0, begin - REACH), min(len(text), end + REACH)
    line = text.find("\n", first, begin)
    first = line + 1 if first > 0 and line >= 0 else first
    line = text.rfind("\n", end, last)
    return first, line + 1 if last < len(text) and line >= 0 else last


def _piece(
    document: Document, first: int, last: int, quote: Span = (0, 0), highlights: Sequence[Span] = ()
) -> dict[str, object]:
    """Return ``document.text[first:last]`` page by page: the page's name where it begins, and its text in parts.

    The quote's text is in parts of its own, the answering words marked.
    """
    cuts = [first, *(start for start in _shown_pages(document) if first < start < last), last]
    pages: list[tuple[str, str, Parts, str]] = []
    for begin, end in pairwise(cuts):
        page = page_at(document.pages, document.page_labels, begin)
        name = page_or_line(*page, 0) if begin in document.pages else ""
        start = min(max(begin, quote[0]), end)
        stop = max(start, min(end, quote[1]))
        inside = marked(document.text[start:stop], highlights, offset=start)
        pages.append((name, document.text[begin:start], inside, document.text[stop:end]))
    earlier, later = max(0, first - REACH), min(len(document.text), last + REACH)
    return {"document": document, "first": first, "last": last, "earlier": earlier, "later": later, "pages": pages}


def _shown_pages(document: Document) -> Iterator[int]:
    """Yield where pages begin; of those that are times only where a line begins: a caption ends every few words."""
    times = any(map(is_clock, document.page_labels))
    return (start for start in document.pages if not times or document.text[start - 1 : start] in ("", "\n"))


def routes(service: Service) -> APIRouter:
    """Return what the page's script fetches of a document."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/own/document")
    def document(
        id: str, start: int = 0, end: int = 0, marks: Annotated[str, Query(max_length=2_000)] = "", sha256: str = ""
    ) -> str:
        found = service.library.document(id)
        changed = bool(sha256) and sha256 != found.sha256
        return document_pane(found, (start, end) if end > start else None, _spans(marks), changed=changed)

    @router.get("/own/piece")
    def piece(id: str, start: int, end: int) -> str:
        return further(service.library.document(id), start, end)

    return router


def _spans(marks: str) -> tuple[Span, ...]:
    """Read ``"3-9,12-15"``; what cannot be read is left out."""
    ends = (mark.partition("-") for mark in marks.split(","))
    return tuple(sorted((int(first), int(last)) for first, _, last in ends if first.isdecimal() and last.isdecimal()))
