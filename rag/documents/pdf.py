"""PDF: the text of every page in reading order; its bookmarks, or else its large lines, are sections.

The order of lines is PDFium's; what is a paragraph, a divided word or a running head is told in ``layout``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from rag.documents.layout import FlowedLine, Line, flow, large_lines, without_running_heads
from rag.documents.parsed import Parsed, clean, one_line, tidy
from rag.errors import DocumentError
from rag.types import Section, is_telling

PAGES = 10_000
BOOKMARKS = 10_000
TAIL = 4_096
"""Bytes at the end among which the end mark must stand."""

_DIVISION = 2  # what PDFium writes for the hyphen of a divided word; it leaves out the line's end after it
_UNMARKED_DIVISION = re.compile(r"[^\W\d_][-‐]$")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\uf0b7": "•", "\uf0a7": "▪"}
)
_NO_TITLE = re.compile(
    r"(?i)\.(docx?|dotx?|indd|tex|qxd|pdf|dvi|pptx?|xlsx?|rtf|odt|p65|fm|ps)$|^(untitled|title)[\W\d_]*$"
)
_WORD_TITLE = re.compile(r"^Microsoft (?:Word|PowerPoint|Excel)(?: Document)?\s*-?\s*")


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data``; raises DocumentError where it is damaged, locked, or holds pictures only."""
    if b"%PDF-" not in data[:1_024]:
        raise DocumentError("It is not a PDF, whatever its name says.")
    if b"%%EOF" not in data[-TAIL:]:
        raise DocumentError("It is cut off: its end is missing. Get it again.")
    with closing(_open(data)) as document:
        return _read(document)


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise DocumentError("It is protected by a password.") from error
        if "security" in str(error).lower():
            raise DocumentError("It is locked in a way that cannot be opened.") from error
        raise DocumentError("It is damaged: it cannot be opened as a PDF.") from error
    if not count:
        raise DocumentError("It is damaged: it has no pages.")
    if count > PAGES:
        raise DocumentError(f"It has {count:,} pages, where {PAGES:,} is the most. Split it.")
    return document


def _read(document: pypdfium2.PdfDocument) -> Parsed:
    pages: list[list[Line]] = []
    broken: list[int] = []
    for number in range(len(document)):
        try:
            pages.append(_lines(document, number))
        except pypdfium2.PdfiumError:
            pages.append([])
            broken.append(number + 1)
    if len(broken) == len(pages):
        raise DocumentError("It is damaged: none of its pages can be read.")
    if not any(pages):
        raise DocumentError("It holds pictures of pages and no text: run text recognition (OCR) over it first.")
    kept = without_running_heads(pages)
    headings = list(_bookmarked(document, kept)) or large_lines(kept)
    text, starts, placed = flow(kept, breaks=frozenset(line for line, _ in headings))
    return Parsed(
        text,
        title=_title(document, pages[0]),
        pages=tuple(starts),
        sections=_sections(headings, placed),
        metadata=_metadata(document),
        warnings=_warnings(pages, broken, text),
    )


def _lines(document: pypdfium2.PdfDocument, number: int) -> list[Line]:
    """Return the lines of a page in the order of its text."""
    with closing(document[number]) as page, closing(page.get_textpage()) as text:
        return [_turned(line, page.get_rotation()) for line in _split(text)]


def _split(page: Any) -> Iterator[Line]:
    """Yield the lines of a text page; its characters come as UTF-16 units."""
    units = [pdfium.FPDFText_GetUnicode(page, index) for index in range(page.count_chars())]
    start = 0
    for index, unit in enumerate([*units, 10]):
        if unit not in (10, 13, _DIVISION):
            continue
        line = _line(page, units, start, index, divided=unit == _DIVISION)
        if line is not None:
            yield line
        start = index + 1


def _line(page: Any, units: list[int], start: int, end: int, *, divided: bool) -> Line | None:
    seen = [index for index in range(start, end) if units[index] > 32 and units[index] not in (0xAD, 0xFFFE, 0xFFFF)]
    if not seen:
        return None
    raw = b"".join(units[index].to_bytes(4, "little")[:2] for index in range(start, end) if units[index])
    words = clean(raw.decode("utf-16-le", errors="replace").translate(_LIGATURES))
    text = " ".join(words.split())
    if not text:
        return None
    if not divided and _UNMARKED_DIVISION.search(text):
        text, divided = text[:-1], True
    boxes = [page.get_charbox(index, loose=True) for index in (seen[0], seen[len(seen) // 2], seen[-1])]
    _, bottom, _, top = sorted(boxes, key=lambda box: box[3] - box[1])[1]  # one word in another font changes nothing
    return Line(text, boxes[0][0], bottom, boxes[2][2], top, divided)


def _turned(line: Line, rotation: int) -> Line:
    """Return the line where it stands on a page that is shown turned clockwise by so many degrees."""
    left, bottom, right, top = line.left, line.bottom, line.right, line.top
    if rotation == 90:
        left, bottom, right, top = bottom, -right, top, -left
    elif rotation == 180:
        left, bottom, right, top = -right, -top, -left, -bottom
    elif rotation == 270:
        left, bottom, right, top = -top, left, -bottom, right
    return replace(line, left=left, bottom=bottom, right=right, top=top) if rotation else line


def _bookmarked(document: pypdfium2.PdfDocument, pages: list[list[Line]]) -> Iterator[tuple[Line, str]]:
    """Yield the lines that bookmarks point to, with the bookmark's words, in reading order."""
    page, position = -1, 0
    for count, bookmark in enumerate(document.get_toc()):
        target = bookmark.get_dest()
        index = target.get_index() if target is not None else None
        words = _letters(bookmark.get_title() or "")
        if count >= BOOKMARKS or index is None or not page <= index < len(pages) or not words:
            continue
        first = position if index == page else 0
        for number in range(first, len(pages[index])):
            if _is_heading(_letters(pages[index][number].text), words):
                page, position = index, number + 1
                yield pages[index][number], one_line(bookmark.get_title())
                break


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _is_heading(line: str, words: str) -> bool:
    """Tell whether a line is a bookmark's words, with a number before them, or the first part of them."""
    if not line:
        return False
    if line.endswith(words) and len(line) <= len(words) + 12:
        return True
    part = (len(line) >= 12 and words.startswith(line)) or (len(words) >= 6 and line.startswith(words))
    return part or (words.endswith(line) and len(line) > 0.8 * len(words))


def _sections(headings: list[tuple[Line, str]], placed: list[FlowedLine]) -> tuple[Section, ...]:
    starts = {id(item.line): item.start for item in placed}
    return tuple(Section(starts[id(line)], one_line(heading)) for line, heading in headings)


def _title(document: pypdfium2.PdfDocument, first: list[Line]) -> str:
    """Return the title that the file states, or the line that stands out on its first page."""
    stated = _WORD_TITLE.sub("", one_line(document.get_metadata_value("Title") or ""))
    if is_telling(stated) and not _NO_TITLE.search(stated):
        return stated
    if not first:
        return ""
    usual = sorted(line.height for line in first)[len(first) // 2]
    largest = max(first[:12], key=lambda line: line.height)
    return one_line(largest.text) if largest.height > 1.2 * usual and is_telling(largest.text) else ""


def _metadata(document: pypdfium2.PdfDocument) -> tuple[tuple[str, str], ...]:
    pairs = [(key.lower(), document.get_metadata_value(key) or "") for key in ("Author", "Subject", "Keywords")]
    return tidy([*pairs, ("created", _date(document.get_metadata_value("CreationDate") or ""))])


def _date(value: str) -> str:
    """Return the day of a PDF date such as ``D:20240305100000+01'00'``."""
    match = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", value)
    return "-".join(match.groups()) if match else ""


def _warnings(pages: list[list[Line]], broken: list[int], text: str) -> tuple[str, ...]:
    warnings = []
    empty = sum(not page for page in pages) - len(broken)
    if broken:
        warnings.append(f"{len(broken)} of {len(pages)} pages are damaged and were left out")
    if empty:
        warnings.append(f"{empty} of {len(pages)} pages hold no text (pictures, or nothing)")
    unknown = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    if unknown > 0.02 * len(text):
        warnings.append("many of its letters say not which letters they are: its text may be garbled")
    return tuple(warnings)
