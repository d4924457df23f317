"""The document beside the answer: its text around a quote with the quote marked, and where its file is to be had."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise
from typing import Annotated
from urllib.parse import quote as urlquote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rag.documents import SUFFIXES, has_pictures
from rag.errors import UnknownPage
from rag.interfaces.terminal import page_or_line
from rag.interfaces.web.marking import Marks, ShownBlocks, shown
from rag.interfaces.web.pages import render
from rag.interfaces.web.service import Service
from rag.names import is_clock
from rag.text.segment import page_at
from rag.types import Document, Span

NOTHING = Marks()
Spans = Annotated[str, Query(max_length=2_000)]
"""Spans of a document: ``3-9,12-15``."""
Words = Annotated[str, Query(max_length=200)]

WHOLE = 40_000
"""Characters; a longer document is shown as a window around the quote, with reading on in both directions."""
PICTURES = 3
"""Pages of a quote that are shown as pictures."""
REACH = 12_000
"""Characters of such a window before and after the quote, and of each further piece."""

OUTLINE = 300
"""Headings that are listed."""
FOUND = 5_000
"""Places in which words are found, at most."""

_ROWS = {kind.media_type for kind in SUFFIXES.values() if kind.module in {"tables.table", "tables.spreadsheet"}}
"""Formats whose sections are rows of a table."""
_OF_SHEET = ", row "
"""Stands between a sheet's name and a row in the heading of a section."""
_NOBODY = frozenset({"anonymous", "(anonymous)", "unknown", "python-docx", "openpyxl", "PptxGenJS"})
"""What programs write in an author's place."""
_UNDERLINED = re.compile(r"[^\r\n]*(?:\r\n|\r|\n) {0,3}-{2}")
_BETWEEN = r"[\s*_`|]+"
"""What may stand between two words that are looked for: white space, and what Markdown writes around words."""
_ALIKE = ("'’‘`", '"“”„«»', "-‐‑–—")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document, or a sheet, or a part of one."""

    name: str
    """Where it begins: what is drawn above it; empty elsewhere."""
    blocks: ShownBlocks


def document_pane(document: Document, marks: Marks = NOTHING, *, changed: bool = False) -> str:
    """Return the panel of a document, with the quote and the answering words in it marked.

    Marks are cut out by offset here, because JavaScript counts UTF-16 units and Python characters. ``changed`` says
    that the document is another one than the quote was taken from: then nothing is marked.
    """
    values = _shown(document, NOTHING if changed else marks)
    headings = outline(document)
    values |= {"outline": headings[:OUTLINE], "headings": len(headings), "count": len(document.pages)}
    times = any(map(is_clock, document.page_labels))
    return render("document.html", **values, changed=changed, unit="Time" if times else "Page")


def linked_page(document: Document, quote: Span | None, notice: str, *, pictures: bool = True) -> str:
    """Return the page that shows a document at a quote, on its own; ``notice`` says what has changed, if anything.

    Without ``pictures`` no page of its file is drawn, as where the file is another one now.
    """
    shown = _shown(document, Marks(quote or (0, 0)))
    return render("linked.html", **(shown if pictures else {**shown, "pictures": []}), notice=notice)


def outline(document: Document) -> tuple[tuple[str, int, int], ...]:
    """Return a document's headings, each with its depth, counted from 0, and where it stands.

    Of a workbook they are its sheets, of a table there are none.
    """
    if document.media_type in _ROWS:
        return tuple((name, 0, start) for start, name in _sheets(document).items())
    named = [section for section in document.sections if section.heading]
    distinct = [next(same) for _, same in groupby(named, key=lambda section: section.heading)]
    depths = [_depth(document.text, section.start) for section in distinct]
    least = min(depths, default=0)
    return tuple((one.heading, depth - least, one.start) for one, depth in zip(distinct, depths, strict=True))


def _sheets(document: Document) -> dict[int, str]:
    """Return where the sheets of a workbook begin → their names; none of what has no sheets, or one alone."""
    if document.media_type not in _ROWS:
        return {}
    named = ((section.heading.rpartition(_OF_SHEET)[0], section.start) for section in document.sections)
    begins = {next(same)[1]: name for name, same in groupby(named, key=lambda one: one[0]) if name}
    return begins if len(begins) > 1 else {}


def _depth(text: str, start: int) -> int:
    """Return how deep the heading at ``start`` is, counted from 1: by its signs ``#``, or the line below it."""
    signs = text[start : start + 6]
    return len(signs) - len(signs.lstrip("#")) or (2 if _UNDERLINED.match(text, start) else 1)


def page_start(document: Document, name: str) -> int:
    """Return where the page begins on which ``name`` is printed, else the page of that number; raises UnknownPage."""
    wanted = name.strip().casefold()
    labels = [label.casefold() for label in document.page_labels]
    if wanted and wanted in labels:
        return document.pages[labels.index(wanted)]
    if wanted.isdecimal() and 0 < int(wanted) <= len(document.pages):
        return document.pages[int(wanted) - 1]
    raise UnknownPage(f"This document has no page {name.strip()!r}.")


def occurrences(text: str, words: str) -> list[Span]:
    """Return where ``words`` stand in a text, in any case and however its lines break; the first ``FOUND`` of them.

    >>> occurrences("It’s here,\nand IT’S\nHERE.", "it's here")
    [(0, 9), (15, 24)]
    """
    pattern = _BETWEEN.join("".join(map(_alike, word)) for word in words.split())
    found = re.finditer(pattern, text, re.IGNORECASE) if pattern else ()
    return [match.span() for match in islice(found, FOUND)]


def _alike(char: str) -> str:
    """Return the pattern of a character and of those that are typed for it."""
    return next((f"[{re.escape(group)}]" for group in _ALIKE if char in group), re.escape(char))


def place(document: Document, marks: Marks) -> str:
    """Return a document's text around what is looked for, else around where it is opened."""
    marks = _within(document, marks)
    goal = marks.found[marks.current] if marks.found else (marks.at, marks.at) if marks.at >= 0 else marks.quote
    first, last = window(document.text, goal)
    return render("piece.html", **_piece(document, first, last, marks))


def _within(document: Document, marks: Marks) -> Marks:
    """Return the marks without a quote, or a place to open at, that is not in the document."""
    start, end = marks.quote
    if not 0 <= start < end <= len(document.text):
        marks = replace(marks, quote=NOTHING.quote, answers=())
    return marks if marks.at < len(document.text) else replace(marks, at=NOTHING.at)


def _shown(document: Document, marks: Marks) -> dict[str, object]:
    """Return what the templates of a document show: its facts, its text around the quote, and its file."""
    marks = _within(document, marks)
    start, _ = marks.quote
    quoted = marks.quote != NOTHING.quote
    facts = [document.path] if document.path != document.title else []
    if quoted:
        page = page_at(document.pages, document.page_labels, start)
        facts.append(page_or_line(*page, document.text.count("\n", 0, start) + 1))
    facts += [value for name, value in document.metadata if name in {"author", "date"} and value not in _NOBODY]
    first, last = window(document.text, marks.quote)
    values = _piece(document, first, last, marks)
    values |= {"facts": " · ".join(facts), "quoted": quoted, "characters": len(document.text)}
    return values | _as_it_lies(document, marks.quote)


def _as_it_lies(document: Document, quote: Span) -> dict[str, object]:
    """Return where the file itself is to be had, and pictures of the pages that a quote stands on, with their names."""
    path, (start, end) = urlquote(document.id), quote
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


def further(document: Document, first: int, last: int, marks: Marks = NOTHING) -> str:
    """Return one further piece of a document, between buttons that read on from it."""
    first = max(0, min(first, len(document.text)))
    last = max(first, min(last, len(document.text), first + 2 * REACH))
    return render("piece.html", **_piece(document, first, last, marks))


def window(text: str, quote: Span) -> Span:
    """Return the part of ``text`` that is shown at first: all of a short one, else whole lines around the quote."""
    if len(text) <= WHOLE:
        return 0, len(text)
    begin, end = quote
    first, last = max(0, begin - REACH), min(len(text), end + REACH)
    line = text.find("\n", first, begin)
    first = line + 1 if first > 0 and line >= 0 else first
    line = text.rfind("\n", end, last)
    return first, line + 1 if last < len(text) and line >= 0 else last


def _piece(document: Document, first: int, last: int, marks: Marks) -> dict[str, object]:
    """Return ``document.text[first:last]`` page by page: the page's name where it begins, and its blocks."""
    sheets = _sheets(document)
    cuts = [first, *(start for start in (*_shown_pages(document), *sheets) if first < start < last), last]
    pages: list[Page] = []
    for begin, end in pairwise(cuts):
        page = page_at(document.pages, document.page_labels, begin)
        name = page_or_line(*page, 0) if begin in document.pages else ""
        pages.append(Page(f"{name[:1].upper()}{name[1:]}" or sheets.get(begin, ""), shown(document, begin, end, marks)))
    earlier, later = max(0, first - REACH), min(len(document.text), last + REACH)
    shaped = any(block.kind for page in pages for block, _ in page.blocks)
    values = {"document": document, "first": first, "last": last, "earlier": earlier, "later": later}
    return values | {"pages": pages, "shaped": shaped, "found": len(marks.found), "current": marks.current + 1}


def _shown_pages(document: Document) -> Iterator[int]:
    """Yield where pages begin; of those that are times only where a line begins: a caption ends every few words."""
    times = any(map(is_clock, document.page_labels))
    return (start for start in document.pages if not times or document.text[start - 1 : start] in ("", "\n"))


def routes(service: Service) -> APIRouter:
    """Return what the page's script fetches of a document."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/own/document")
    def document(id: str, start: int = 0, end: int = 0, marks: Spans = "", others: Spans = "", sha256: str = "") -> str:
        found = service.library.document(id)
        wanted = Marks((start, end), _spans(marks), _spans(others))
        return document_pane(found, wanted, changed=bool(sha256) and sha256 != found.sha256)

    @router.get("/own/place")
    def somewhere(
        id: str,
        start: int = 0,
        end: int = 0,
        marks: Spans = "",
        others: Spans = "",
        words: Words = "",
        nth: int = 0,
        at: int = -1,
        page: Words = "",
    ) -> str:
        item = service.library.document(id)
        found = occurrences(item.text, words)
        at = page_start(item, page) if page else at
        current = nth % len(found) if found else -1
        return place(item, Marks((start, end), _spans(marks), _spans(others), found, current, at))

    @router.get("/own/piece")
    def piece(id: str, start: int, end: int, others: Spans = "", words: Words = "") -> str:
        item = service.library.document(id)
        return further(item, start, end, Marks(others=_spans(others), found=occurrences(item.text, words)))

    return router


def _spans(marks: str) -> tuple[Span, ...]:
    """Read ``"3-9,12-15"``; what cannot be read is left out."""
    ends = (mark.partition("-") for mark in marks.split(","))
    return tuple(sorted((int(first), int(last)) for first, _, last in ends if first.isdecimal() and last.isdecimal()))
