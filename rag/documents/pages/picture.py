"""Picture files: each picture in a file is a page, whose text is recognised where ``recognition`` can.

A picture is drawn with the words marked that a part of the text was recognised in, as a page of a PDF is.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.documents.pages import recognition
from rag.documents.pages.layout import FlowedLine
from rag.documents.pages.lines import slim
from rag.documents.pages.sheets import Page, flowed
from rag.documents.parsed import Parsed, Picture
from rag.errors import DocumentError
from rag.types import Span

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS = 120_000_000
"""Of a picture, at most."""

SHORTEST, SMALLEST = 64, 40_000
"""Dots of a picture's shorter side, and of all of it, below which it is a logo or an icon."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of the pictures in ``data``; raises DocumentError where none is found, or nothing can find it."""
    if not recognition.is_available():
        raise DocumentError(f"It is a picture: {recognition.INSTALL}")
    drawn = [_page(picture) for picture in _pictures(data)]
    if not any(page.lines for page in drawn):
        raise DocumentError(f"No text was found in the picture; {recognition.known()}.")
    found = flowed(drawn)
    return found.parsed(title=found.title())


def draw(data: bytes, picture: Picture) -> bytes:
    """Return a picture of a file as PNG, with the words marked that a part of its text was recognised in.

    Raises DocumentError where there is none, or its text is not the one that is cited.
    """
    from PIL import Image, ImageChops, ImageDraw

    from rag.documents.pages.pdf_picture import LONGEST, MARK, boxes_of_line, joined

    shown = next(_pictures(data, picture.page - 1), None)
    if shown is None:
        raise DocumentError(f"It has no page {picture.page}.")
    marks = Image.new("RGB", shown.size, "white")
    if picture.exact:
        span, placed = _placed(data, picture, shown)
        brush = ImageDraw.Draw(marks)
        for item in placed:
            for left, bottom, right, top in joined(boxes_of_line(item, span, None)):
                dots = [edge / recognition.POINTS for edge in (left, right)]
                down = [shown.height - edge / recognition.POINTS for edge in (top, bottom)]
                brush.rectangle((dots[0], down[0], dots[1], down[1]), fill=MARK)
    shown = ImageChops.multiply(shown, marks)
    shown.thumbnail((LONGEST, LONGEST))
    png = io.BytesIO()
    shown.save(png, "PNG")
    return png.getvalue()


def _placed(data: bytes, picture: Picture, shown: Image) -> tuple[Span, list[FlowedLine]]:
    """Return the part of a text that is marked, and the lines of the page in that text.

    The page is read alone; where that gives another text than with those around it, all are read.
    """
    page = _page(shown, traced=True)
    alone = flowed([page])
    if span := picture.on_page(alone.text):
        return span, alone.placed
    number = picture.page - 1
    drawn = [page if at == number else _page(frame) for at, frame in enumerate(_pictures(data))]
    return (picture.start, picture.end), flowed(drawn).lines_of(picture)


def is_small(data: bytes) -> bool:
    """Tell whether a picture is too small to be a page, as logos and icons are; not where it cannot be opened."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as file:
            return min(file.size) < SHORTEST or file.width * file.height < SMALLEST
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def _pictures(data: bytes, only: int | None = None) -> Iterator[Image]:
    """Yield the pictures of a file, upright; of a moving one the first. ``only`` one of them, counted from 0."""
    from PIL import Image, ImageOps, ImageSequence

    Image.MAX_IMAGE_PIXELS = PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is damaged a little, or large
            with Image.open(io.BytesIO(data)) as file:
                for number, frame in enumerate(ImageSequence.Iterator(file)):
                    if number == recognition.PAGES:
                        return
                    if only in (None, number):
                        upright = ImageOps.exif_transpose(frame).convert("RGB")
                        upright.thumbnail((recognition.LONGEST, recognition.LONGEST))
                        yield upright
                    if file.format != "TIFF":
                        break
    except Image.DecompressionBombError as error:
        raise DocumentError(f"It is too large: {PIXELS // 1_000_000} million dots are the most.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DocumentError("It is damaged: it cannot be opened as a picture.") from error


def _page(picture: Image, *, traced: bool = False) -> Page:
    import numpy as np

    colours = np.asarray(picture)[:, :, ::-1]  # the recognition takes blue first
    found = recognition.recognise(np.ascontiguousarray(colours))
    return Page(
        [slim(line, traced=traced) for line in found.lines], [], recognised=found.confidence if found.lines else None
    )
