"""The picture of a page → its lines: text recognition (OCR), by the extra ``ocr`` or else the program Tesseract.

The lines are those that a PDF's characters make, so that columns, tables and running heads are told as there.
Everything is computed here, by the models that come with the package or the program: nothing is fetched.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rag.documents import budget
from rag.documents.pages import tesseract
from rag.documents.pages.lines import Line, Word, line_of, merged
from rag.documents.parsed import clean

if TYPE_CHECKING:
    import numpy as np

INSTALL = (
    "install text recognition with: pip install rapidocr onnxruntime (or the program: apt-get install tesseract-ocr)"
)
"""What to do where there is none."""
LIBRARIES = ("rapidocr", "onnxruntime")
"""What the extra consists of."""
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

JUDGES = 7
"""Lines that are asked which way up a page is."""
SPARSE = 0.5
"""Characters for each square as high as a line that are fewer than any writing has: about 2 are usual."""
SCRIPTS = "letters that are known: Latin, Greek, Chinese and Japanese"
"""Of others the extra's models make blanks and dots."""

_LOST_SPACE = re.compile(r"(?<=[^\W\d_]{2}[.!?;:])(?=[A-ZÀ-Þ][a-zß-ÿ])|(?<=[a-zß-ÿ],)(?=[^\W\d_]{2})")
"""Where a space was overlooked behind a mark: "it ends.Then", "keys,and"."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a page's picture says."""

    lines: list[Line]
    confidence: float
    """Between 0 and 1: how sure the recognition is of a letter, on average; 0 where there is none."""


def is_available() -> bool:
    """Tell whether text can be recognised."""
    return _has_extra() or bool(tesseract.languages())


def identity() -> str:
    """Return what the recognised text depends on: who recognises it, and its version."""
    if _has_extra():
        from importlib import metadata

        return " ".join(f"{library}-{metadata.version(library)}" for library in LIBRARIES)
    return tesseract.identity() or "none"


def known() -> str:
    """Return in words what can be recognised."""
    return SCRIPTS if _has_extra() else f"languages that are known: {tesseract.known_languages()}"


def recognise(picture: np.ndarray) -> Recognised:
    """Return the lines in a picture of shape (height, width, 3), 8 bits a colour, ``DENSITY`` dots an inch.

    Places are points from the lower left corner, as in a PDF, once the picture is upright and its lines run level.
    """
    picture, found, turns = _upright(picture)
    if not found.txts or _is_sparse("".join(found.txts), found.boxes):
        return Recognised([], 0.0)
    slope = _slope(found.boxes)
    lines: list[Line] = []
    letters, sure = 0, 0.0
    for box, pieces in zip(found.boxes, _pieces(found), strict=True):
        line_text = "".join(text for text, *_ in pieces)
        if _is_sparse(line_text, box[None]) and sum(map(str.isalpha, line_text)) < 2:
            continue
        _, bottom, _, top = _level(box, slope, len(picture))
        words = []
        for text, confidence, corners in pieces:
            left, _, right, _ = _level(corners, slope, len(picture))
            if said := _LOST_SPACE.sub(" ", clean(text).strip()):
                words.append(Word(said, left, bottom, right, top, area=_area(corners, picture.shape, turns)))
                letters, sure = letters + len(said), sure + len(said) * confidence
        if words:
            lines.append(line_of(words))
    return Recognised(merged(_in_rows(lines)), round(sure / max(letters, 1), 3))


def _has_extra() -> bool:
    return all(map(find_spec, LIBRARIES))


def _upright(picture: np.ndarray) -> tuple[np.ndarray, Any, int]:
    """Return a picture set upright, what stands in it, and the quarter turns to the left that it needed."""
    import numpy as np

    if not _has_extra():
        found, turns = tesseract.upright(picture, SECONDS)
        return np.rot90(picture, turns), found, turns
    found = _read(picture)
    turns = _quarter_turns(picture, found.boxes) if found.txts else 0
    if turns:
        picture = np.ascontiguousarray(np.rot90(picture, turns))
        found = _read(picture)
    return picture, found, turns


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical", "Global.max_side_len": LONGEST})


def _read(picture: np.ndarray) -> Any:
    budget.extend(SECONDS)
    return _engine()(picture, use_det=True, use_cls=True, use_rec=True, return_word_box=True)


def _pieces(found: Any) -> Any:
    """Return the words of each line, (text, confidence, corners); a line whose words have no place is one."""
    whole = [((text, sure, box),) for text, sure, box in zip(found.txts, found.scores, found.boxes, strict=True)]
    if len(found.word_results) != len(whole):
        return whole
    return [
        words if words and all(len(word) == 3 and word[2] is not None for word in words) else line
        for line, words in zip(whole, found.word_results, strict=True)
    ]


def _is_sparse(text: str, boxes: np.ndarray) -> bool:
    """Tell whether ``text`` is too short for its boxes, (lines, 4, 2): most of their letters are unknown ones."""
    squares = 0.0
    for (x1, y1), (x2, y2), _, (x4, y4) in boxes:
        sides = math.hypot(x2 - x1, y2 - y1), math.hypot(x4 - x1, y4 - y1)
        squares += max(sides) / max(min(sides), 1.0)
    return len("".join(text.split())) < SPARSE * squares


def _quarter_turns(picture: np.ndarray, boxes: np.ndarray) -> int:
    """Return how often the picture must be turned by 90° to the left to stand upright, as most long lines say."""
    import numpy as np

    corners = sorted(
        (np.concatenate([box.min(axis=0), box.max(axis=0)]).astype(int) for box in boxes),
        key=lambda ends: -max(ends[2] - ends[0], ends[3] - ends[1]),
    )[:JUDGES]
    lying = 2 * sum(bottom - top > right - left for left, top, right, bottom in corners) > len(corners)
    on_head = 0.0
    for left, top, right, bottom in corners:
        line = np.ascontiguousarray(np.rot90(picture[top:bottom, left:right], int(lying)))
        [(turned, sure)] = _engine()(line, use_det=False, use_cls=True, use_rec=False).cls_res
        on_head += float(sure) if turned == "180" else -float(sure)
    return int(lying) + 2 * (on_head > 0)


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


def _area(corners: Any, shape: tuple[int, ...], turns: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a box in points, as it stands in the picture before it was turned.

    >>> [round(edge / POINTS) for edge in _area([(10, 20), (30, 20), (30, 25), (10, 25)], (50, 100, 3), 1)]
    [25, 70, 30, 90]
    """
    height, width, *_ = shape
    for _ in range(turns):
        corners = [(height - y, x) for x, y in corners]
        height, width = width, height
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
