"""A page of a PDF as a picture, with the characters marked that a part of its text was read from.

The file is read once more as ``pdf`` reads it, and every line of the page keeps the words that it was drawn from; so
the boxes are those of the very characters that make the text, and nothing is looked for on the page.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from rag.documents.pages.glyphs import Box, boxes_of
from rag.documents.pages.layout import FlowedLine
from rag.documents.pages.lines import drawn_spans
from rag.documents.pages.pdf import open_pdf, read, read_alone, recognition_scale
from rag.documents.pages.recognition import POINTS
from rag.documents.parsed import Picture
from rag.errors import DocumentError
from rag.types import Span

LONGEST = 1_600
"""Pixels of a picture's longer side, at most."""
SCALE = 2.0
"""Pixels a point, at most."""
MARK = (255, 213, 70)
"""The marker's red, green and blue; it is multiplied with what stands below, as ink on paper."""
FINE = 100
"""Parts of a point to which a place in a picture is told."""
BETWEEN = 0.6
"""The gap between two boxes, in heights of a line, that a mark goes over."""


def draw(data: bytes, picture: Picture) -> bytes:
    """Return a page as PNG; raises DocumentError where there is none, or its text is not the one that is cited."""
    with closing(open_pdf(data)) as document:
        if not 0 < picture.page <= len(document):
            raise DocumentError(f"It has no page {picture.page}: it has {len(document):,}.")
        boxes = marked_boxes(document, picture)
        with closing(document[picture.page - 1]) as page:
            for box in boxes:
                _mark(page, box)
            scale = min(SCALE, LONGEST / max(*page.get_size(), 1.0))
            drawn = page.render(scale=scale, rev_byteorder=True).to_pil()
    png = io.BytesIO()
    drawn.save(png, "PNG")
    return png.getvalue()


def marked_boxes(document: pypdfium2.PdfDocument, picture: Picture) -> list[Box]:
    """Return the boxes of the characters that are marked, joined along each line, in points of the page's own space.

    Raises DocumentError where something else stands there than what is cited.
    """
    number = picture.page - 1
    flowed = read_alone(document, number) if picture.text else None
    span = picture.on_page(flowed.text) if flowed else None
    if flowed is None or span is None:
        flowed = read(document, number)
        lines, span = flowed.lines_of(picture), (picture.start, picture.end)
    else:
        lines = flowed.placed
    with closing(document[number]) as page, closing(page.get_textpage()) as text:
        measure = boxes_of(text)
        boxes = [box for item in lines for box in joined(boxes_of_line(item, span, measure))]
        if flowed.drawn[number].recognised is None:
            return boxes
        return [_on_page(page, box) for box in boxes]


def _on_page(page: pypdfium2.PdfPage, box: Box) -> Box:
    """Return a box of the picture in which a page's text was recognised, in points of the page's own space."""
    scale = recognition_scale(page) * POINTS
    width, height = page.get_size()
    device = [round(FINE * value) for value in (width, height)]
    places = []
    for across, up in (box[:2], box[2:]):
        x, y = ctypes.c_double(), ctypes.c_double()
        at = round(FINE * across / scale), round(FINE * (height - up / scale))
        pdfium.FPDF_DeviceToPage(page, 0, 0, *device, 0, *at, x, y)
        places.append((x.value, y.value))
    (x1, y1), (x2, y2) = places
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def boxes_of_line(item: FlowedLine, span: Span, measure: Any) -> Iterator[Box]:
    """Yield the boxes of those characters of a line that lie in a span of the text."""
    begin, end = span[0] - item.start, span[1] - item.start
    for word, first, last in drawn_spans(item.line):
        start, stop = max(begin, first), min(end, last)
        if start >= stop:
            continue
        if word.glyphs is None:
            yield word.area or (word.left, word.bottom, word.right, word.top)
        elif word.glyphs[1] - word.glyphs[0] == len(word.text) and word.text.startswith(item.line.text[first:last]):
            yield from measure(range(word.glyphs[0] + start - first, word.glyphs[0] + stop - first))
        else:  # a ligature or a mark: its letters are not the page's characters one for one
            yield from measure(range(*word.glyphs))


def joined(boxes: Iterator[Box]) -> Sequence[Box]:
    """Return boxes that follow each other on one line as one."""
    done: list[Box] = []
    for box in boxes:
        if done and _follows(done[-1], box):
            last = done[-1]
            done[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            done.append(box)
    return done


def _follows(before: Box, box: Box) -> bool:
    """Tell whether two boxes stand side by side, or one above the other on a line that runs up or down the page."""
    across = max(before[0], box[0]) - min(before[2], box[2])
    down = max(before[1], box[1]) - min(before[3], box[3])
    size = max(min(before[3] - before[1], box[3] - box[1]), min(before[2] - before[0], box[2] - box[0]))
    return (down < 0 and across <= BETWEEN * size) or (across < 0 and down <= BETWEEN * size)


def _mark(page: pypdfium2.PdfPage, box: Box) -> None:
    left, bottom, right, top = box
    mark = pdfium.FPDFPageObj_CreateNewRect(left, bottom, right - left, top - bottom)
    pdfium.FPDFPageObj_SetFillColor(mark, *MARK, 255)
    pdfium.FPDFPath_SetDrawMode(mark, pdfium.FPDF_FILLMODE_WINDING, False)
    pdfium.FPDFPageObj_SetBlendMode(mark, b"Multiply")
    pdfium.FPDFPage_InsertObject(page, mark)
