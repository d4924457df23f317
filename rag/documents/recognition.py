"""The picture of a page → its lines: text recognition (OCR), where the extra ``ocr`` is installed.

The lines are those that a PDF's characters make, so that columns, tables and running heads are told as there.
Everything is computed here, by the models that come with the package: nothing is fetched.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rag.documents import budget
from rag.documents.lines import Line, Word, line_of, merged
from rag.documents.parsed import clean

if TYPE_CHECKING:
    import numpy as np

INSTALL = "install text recognition with: pip install rapidocr onnxruntime"
"""What to do where the extra is missing."""
SECONDS = 30.0
"""Processor time that a page may take."""
PAGES = 500
"""Pages of a file whose text is recognised, at most."""
DENSITY = 180
"""Dots an inch: finer pictures are not read better, only more slowly."""
LONGEST = 2_000
"""Dots of a page's longer side, at most."""
POINTS = 72 / DENSITY
"""Points a dot."""

_LOST_SPACE = re.compile(r"(?<=[^\W\d_]{2}[.!?;:])(?=[A-ZÀ-Þ][a-zß-ÿ])|(?<=[a-zß-ÿ],)(?=[^\W\d_]{2})")
"""Where a space was overlooked behind a mark: "it ends.Then", "keys,and"."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a page's picture says."""

    lines: list[Line]
    confidence: float
    """Between 0 and 1: how sure the recognition is of a letter, on average; 0 where there is none."""


def is_available() -> bool:
    """Tell whether the extra is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def recognise(picture: np.ndarray) -> Recognised:
    """Return the lines in a picture of shape (height, width, 3), 8 bits a colour, ``DENSITY`` dots an inch.

    Places are points from the lower left corner, as in a PDF, once the lines run level.
    """
    budget.extend(SECONDS)
    found = _engine()(picture, return_word_box=True)
    if not found.txts:
        return Recognised([], 0.0)
    turn = _slope(found.boxes)
    lines: list[Line] = []
    letters, sure = 0, 0.0
    for box, pieces in zip(found.boxes, found.word_results, strict=True):
        _, bottom, _, top = _level(box, turn, len(picture))
        words = []
        for text, confidence, corners in pieces:
            left, _, right, _ = _level(corners, turn, len(picture))
            if said := _LOST_SPACE.sub(" ", clean(text).strip()):
                words.append(Word(said, left, bottom, right, top, area=_area(corners, len(picture))))
                letters, sure = letters + len(said), sure + len(said) * confidence
        if words:
            lines.append(line_of(words))
    return Recognised(merged(_in_rows(lines)), round(sure / max(letters, 1), 3))


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical", "Global.max_side_len": LONGEST})


def _slope(boxes: np.ndarray) -> float:
    """Return the angle, in radians, by which the lines go down to the right; the longest lines say it best."""
    tops = sorted(((x2 - x1, y2 - y1) for (x1, y1), (x2, y2), *_ in boxes), reverse=True)
    angles = sorted(math.atan2(down, along) for along, down in tops[: max(1, len(tops) // 3)])
    return angles[len(angles) // 2]


def _level(corners: Any, slope: float, height: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a box in points, the picture turned so that its lines run level."""
    across, down = math.cos(slope), math.sin(slope)
    turned = [(x * across + y * down, y * across - x * down) for x, y in corners]
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = turned
    left, right, upper, lower = (x1 + x4) / 2, (x2 + x3) / 2, (y1 + y2) / 2, (y3 + y4) / 2
    return left * POINTS, (height - lower) * POINTS, right * POINTS, (height - upper) * POINTS


def _area(corners: Any, height: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a box in points, as it stands in the picture."""
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across) * POINTS, (height - max(down)) * POINTS, max(across) * POINTS, (height - min(down)) * POINTS


def _in_rows(lines: list[Line]) -> list[Line]:
    """Return the lines from the top down, those of one row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -(line.top + line.bottom)):
        if rows and line.top + line.bottom > 2 * rows[-1][0].bottom + 0.5 * rows[-1][0].height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]
