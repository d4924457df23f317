"""PDF: the text of every page in reading order; its bookmarks, or else its large lines, are sections.

A page becomes lines in ``glyphs``, with what was typed into it from ``forms``; one that is a picture, or whose letters
cannot be told, does in ``recognition``, where that is installed. ``columns`` puts the lines in reading order,
``running`` tells what stands around the text, and ``layout`` makes one text of it all.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice

import pypdfium2
import pypdfium2.raw as pdfium

from rag.documents.pages import recognition
from rag.documents.pages.columns import reading_order
from rag.documents.pages.forms import read_fields, with_fields
from rag.documents.pages.glyphs import read_lines
from rag.documents.pages.lines import Line, is_gappy, slim
from rag.documents.pages.ruled import MOST, Rule, Ruled, Rules, with_tables
from rag.documents.pages.running import sideways_apart
from rag.documents.pages.sheets import Flowed, Page, flowed, named
from rag.documents.parsed import Parsed, one_line, tidy
from rag.errors import DocumentError
from rag.names import is_telling

PAGES = 10_000
BOOKMARKS = 10_000
TAIL = 4_096
"""Bytes after the end mark in which nothing is looked for."""

STAMP = 60
"""Letters that may be set on a picture of a page by who made it: a number, "scanned by …"."""
PICTURED = 0.5
"""The share of a page that a picture covers where the page is taken for one."""
THICKEST = 3.0
"""Points of the thickest rule."""
MOST_UNKNOWN = 0.4
"""The share of a page's letters that may be unknown ones before its text is left out."""

_UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff]")
_OBJECT = re.compile(rb"\d obj\b")
_NO_TITLE = re.compile(
    r"(?i)\.(docx?|dotx?|indd|tex|qxd|pdf|dvi|pptx?|xlsx?|rtf|odt|p65|fm|ps)$|^(untitled|title)[\W\d_]*$"
)
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
"""As in ``D:20240305100000+01'00'``."""
_WORD_TITLE = re.compile(r"^Microsoft (?:Word|PowerPoint|Excel)(?: Document)?\s*-?\s*")


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data``; raises DocumentError where it is damaged, locked, or holds pictures only."""
    if b"%PDF-" not in data[:1_024]:
        raise DocumentError("It is not a PDF, whatever its name says.")
    end = data.rfind(b"%%EOF")  # what mail or the web put behind it does no harm
    if end < 0 or (len(data) - end > TAIL and _OBJECT.search(data, end)):
        raise DocumentError("It is cut off: its end is missing. Get it again.")
    with closing(open_pdf(data)) as document:
        found = read(document)
        return found.parsed(
            title=_title(document, found.title()),
            warnings=_warnings(found.drawn),
            page_labels=_labels(document),
            metadata=_metadata(document),
        )


def open_pdf(data: bytes) -> pypdfium2.PdfDocument:
    """Open a PDF; raises DocumentError where it cannot be."""
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


def read(document: pypdfium2.PdfDocument, traced: int | None = None) -> Flowed:
    """Return the text of a file; the lines of the page ``traced``, counted from 0, know what they were drawn from."""
    document.init_forms()
    seen: list[Page] = []
    above: Ruled | None = None
    for number in range(len(document)):
        page, above = _page(document, number, traced == number, above)
        seen.append(page)
    drawn = _recognised(document, seen, traced)
    if not any(page.lines or page.around for page in drawn):
        raise DocumentError(_nothing(drawn))
    return flowed(drawn, partial(_bookmarked, document))


def read_alone(document: pypdfium2.PdfDocument, page: int) -> Flowed | None:
    """Return a page that is recognised as it is read without the others; None where the file says its text."""
    document.init_forms()
    seen = [Page([], []) for _ in range(len(document))]
    seen[page], _ = _page(document, page, True)
    if seen[page].fault not in ("unknown", "picture"):
        return None
    return flowed(_recognised(document, seen, page), partial(_bookmarked, document))


def _nothing(drawn: list[Page]) -> str:
    """Return why there is no text."""
    faults = {page.fault for page in drawn}
    if faults == {"damaged"}:
        return "It is damaged: none of its pages can be read."
    if recognition.is_available() or faults <= {"damaged", ""}:
        known = f"; {recognition.known()}" if recognition.is_available() and faults & {"picture", "unknown"} else ""
        return f"No text was found on its pages{known}."
    if "picture" in faults:
        return f"It holds pictures of pages and no text: {recognition.INSTALL}"
    return f"Its letters do not say which letters they are: {recognition.INSTALL}"


def _page(
    document: pypdfium2.PdfDocument, number: int, traced: bool, above: Ruled | None = None
) -> tuple[Page, Ruled | None]:
    """Return the lines of a page in the order of its content, with what was typed into it.

    ``above`` is the ruled table at the end of the page before; that at the end of this page is returned besides.
    """
    thin = partial(slim, traced=traced)
    try:
        with closing(document[number]) as page, closing(page.get_textpage()) as text:
            lines = read_lines(text)
            fields = read_fields(page, document.formenv)
            pictured = _is_picture(page, lines)
            rules = _rules(page) if any(map(is_gappy, lines)) else None
    except pypdfium2.PdfiumError:
        return Page([], [], "damaged"), None
    if _is_unknown(lines):
        return Page([], [], "unknown"), None
    lines, notes = with_fields(lines, fields) if fields else (lines, [])
    lines, others = sideways_apart(lines)
    lines, below = with_tables(lines, rules, above) if rules else (lines, None)
    around = [*(reading_order(list(map(thin, other))) for other in others), *notes]
    return Page(list(map(thin, lines)), around, "picture" if pictured and not fields else ""), below


def _is_picture(page: pypdfium2.PdfPage, lines: list[Line]) -> bool:
    """Tell whether a page with these lines is a picture of one, or drawn without saying its letters."""
    if sum(map(str.isalnum, "".join(line.text for line in lines))) > STAMP:
        return False
    if not lines:
        return next(page.get_objects(max_depth=4), None) is not None
    width, height = page.get_size()
    boxes = (image.get_bounds() for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4))
    return any((right - left) * (top - bottom) > PICTURED * width * height for left, bottom, right, top in boxes)


def _rules(page: pypdfium2.PdfPage) -> Rules | None:
    """Return the rules drawn on a page: thin boxes, lines, and the edges of boxes that are drawn; None of a drawing."""
    paths = list(islice(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1), MOST + 1))
    if len(paths) > MOST:
        return None
    across: list[Rule] = []
    down: list[Rule] = []
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    for path in paths:
        left, bottom, right, top = path.get_bounds()
        if top - bottom <= THICKEST < right - left:
            across.append(Rule((bottom + top) / 2, left, right))
        elif right - left <= THICKEST < top - bottom:
            down.append(Rule((left + right) / 2, bottom, top))
        elif pdfium.FPDFPath_GetDrawMode(path, filled, stroked) and stroked.value and _is_box(path):
            across += (Rule(bottom, left, right), Rule(top, left, right))
            down += (Rule(left, bottom, top), Rule(right, bottom, top))
    return Rules(tuple(across), tuple(down))


def _is_box(path: pypdfium2.PdfObject) -> bool:
    """Tell whether a path is a rectangle that stands upright."""
    count = pdfium.FPDFPath_CountSegments(path)
    return count in (4, 5) and all(
        pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, at)) == pdfium.FPDF_SEGMENT_LINETO
        for at in range(1, count)
    )


def _recognised(document: pypdfium2.PdfDocument, drawn: list[Page], traced: int | None) -> list[Page]:
    """Return the pages, those that are pictures or say no letters as text recognition reads them, where it can."""
    missing = [number for number, page in enumerate(drawn) if page.fault in ("unknown", "picture")]
    pages = list(drawn)
    if not missing or not recognition.is_available():
        return pages
    for number in missing[: recognition.PAGES]:
        with closing(document[number]) as page:
            found = recognition.recognise(page.render(scale=recognition_scale(page)).to_numpy())
        if found.lines:
            lines = [slim(line, traced=number == traced) for line in found.lines]
            pages[number] = Page(lines, [], "", found.confidence)
    return pages


def recognition_scale(page: pypdfium2.PdfPage) -> float:
    """Return the dots a point of the picture in which a page's text is recognised."""
    width, height = page.get_size()
    return min(1 / recognition.POINTS, float(recognition.LONGEST / max(width, height, 1)))


def _is_unknown(lines: list[Line]) -> bool:
    """Tell whether most letters do not say which they are: the file names their shapes alone."""
    return sum(len(_UNKNOWN.findall(line.text)) for line in lines) > MOST_UNKNOWN * sum(
        len(line.text) for line in lines
    )


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


def _title(document: pypdfium2.PdfDocument, shown: str) -> str:
    """Return the title that the file states, or what is ``shown`` on its first page."""
    stated = _WORD_TITLE.sub("", one_line(document.get_metadata_value("Title") or ""))
    if stated and not _NO_TITLE.search(stated) and (is_telling(stated) or stated == shown):
        return stated
    return shown if is_telling(shown) else ""


def _labels(document: pypdfium2.PdfDocument) -> tuple[str, ...]:
    """Return the labels that the file gives its pages; none where they only count from 1."""
    labels = [one_line(document.get_page_label(number) or "", 40) for number in range(len(document))]
    counted = [str(number + 1) for number in range(len(document))]
    return () if labels == counted or not any(labels) else tuple(labels)


def _metadata(document: pypdfium2.PdfDocument) -> tuple[tuple[str, str], ...]:
    pairs = [(key.lower(), document.get_metadata_value(key) or "") for key in ("Author", "Subject", "Keywords")]
    created = _DATE.match(document.get_metadata_value("CreationDate") or "")
    return tidy([*pairs, ("created", "-".join(created.groups()) if created else "")])


def _warnings(pages: Sequence[Page]) -> list[str]:
    broken = sum(page.fault == "damaged" for page in pages)
    empty = [number for number, page in enumerate(pages, 1) if page.fault == "picture" and not page.lines]
    unknown = [number for number, page in enumerate(pages, 1) if page.fault == "unknown"]
    what_to_do = f": {recognition.INSTALL}" if (empty or unknown) and not recognition.is_available() else ""
    warnings = []
    if broken:
        warnings.append(f"{broken} of {len(pages)} pages are damaged and were left out")
    if empty:
        warnings.append(f"{named(empty, 'is a picture', 'are pictures')} without text that can be read{what_to_do}")
    if unknown:
        faults = "the letters do not say which letters they are"
        warnings.append(f"{named(unknown, 'was', 'were')} left out: {faults}{what_to_do}")
    return warnings
