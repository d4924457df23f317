"""Picture files: each picture in a file is a page, whose text is recognised where ``recognition`` can."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.documents import recognition
from rag.documents.layout import flow, large_lines, usual_height
from rag.documents.lines import slim
from rag.documents.parsed import Parsed
from rag.documents.sheets import Page, arranged, largest, recognised, words_of_recognition
from rag.errors import DocumentError
from rag.types import Section

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS = 120_000_000
"""Of a picture, at most."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of the pictures in ``data``; raises DocumentError where none is found, or nothing can find it."""
    if not recognition.is_available():
        raise DocumentError(f"It is a picture: {recognition.INSTALL}")
    drawn = [_page(picture) for picture in _pictures(data)]
    if not any(page.lines for page in drawn):
        raise DocumentError(f"No text was found in the picture; {recognition.known()}.")
    pages = arranged(drawn)
    headings = large_lines(pages)
    text, starts, placed = flow(pages, breaks=frozenset(line for line, _ in headings))
    begins = {id(item.line): item.start for item in placed}
    return Parsed(
        text,
        title=largest(next(filter(None, pages), []), usual_height(pages)),
        pages=tuple(starts),
        recognised=recognised(drawn),
        sections=tuple(Section(begins[id(line)], heading) for line, heading in headings),
        warnings=tuple(words_of_recognition(drawn)),
    )


def _pictures(data: bytes) -> Iterator[Image]:
    """Yield the pictures of a file, upright; of a moving one the first."""
    from PIL import Image, ImageOps, ImageSequence

    Image.MAX_IMAGE_PIXELS = PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is damaged a little, or large
            with Image.open(io.BytesIO(data)) as file:
                for number, frame in enumerate(ImageSequence.Iterator(file)):
                    if number == recognition.PAGES:
                        return
                    upright = ImageOps.exif_transpose(frame).convert("RGB")
                    upright.thumbnail((recognition.LONGEST, recognition.LONGEST))
                    yield upright
                    if file.format != "TIFF":
                        break
    except Image.DecompressionBombError as error:
        raise DocumentError(f"It is too large: {PIXELS // 1_000_000} million dots are the most.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DocumentError("It is damaged: it cannot be opened as a picture.") from error


def _page(picture: Image) -> Page:
    import numpy as np

    colours = np.asarray(picture)[:, :, ::-1]  # the recognition takes blue first
    found = recognition.recognise(np.ascontiguousarray(colours))
    return Page([slim(line) for line in found.lines], [], recognised=found.confidence if found.lines else None)
