"""Text recognition by the program Tesseract, where it is installed and the extra ``ocr`` is not.

It runs as a child of the process that reads the file, within that one's limits, and gets the picture on its standard
input. Its answer is hOCR, the format in which it says how a line runs and how sure it is of each word.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rag.documents import budget
from rag.errors import DocumentError
from rag.text.language import LANGUAGES

if TYPE_CHECKING:
    import numpy as np

PROGRAM = "tesseract"
PATIENCE = 3.0
"""Wall time that is waited for a page, as a multiple of its processor time: the machine may be busy."""
READY = 10.0
"""Seconds in which the program has to say what it is."""
AT_ONCE = 8
"""Languages that a page is read in, at most; where more are installed, those that have a table in ``rag/data``."""
SURE = 0.75
"""How sure it is of a page that stands upright; of one that does not it is about half as sure."""
LEAST = 0.5
"""How sure it must be of a page, and of each line: below are specks and letters that it does not know."""

_LINES = ("ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat")
_SAID = re.compile(r"(bbox|baseline|x_size|x_descenders|x_wconf) ((?:-?[\d.]+ ?)+)")

Corners = list[tuple[float, float]]
"""Of a box, in dots, clockwise from the upper left one of what stands in it."""


class _Word(NamedTuple):
    text: str
    """With the space before it."""
    sure: float
    """Between 0 and 1."""
    corners: Corners


class _Line(NamedTuple):
    corners: Corners
    words: tuple[_Word, ...]

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)

    @property
    def sure(self) -> float:
        """How sure each letter is on average."""
        return sum(len(word.text) * word.sure for word in self.words) / len(self.text)


@dataclass(frozen=True, slots=True)
class Reading:
    """The lines in a picture, in the form that RapidOCR gives them."""

    boxes: np.ndarray
    """Their corners; shape (lines, 4, 2)."""
    txts: tuple[str, ...]
    scores: tuple[float, ...]
    word_results: tuple[tuple[_Word, ...], ...]


def languages() -> list[str]:
    """Return the languages in which it reads, as it names them (ISO 639-3); none where it is not installed."""
    if shutil.which(PROGRAM) is None:
        return []
    try:
        said = _run(["--list-langs"], b"", READY)
    except (OSError, subprocess.SubprocessError):
        return []
    installed = [name for name in said.splitlines()[1:] if name not in ("osd", "equ") and "/" not in name]
    known = [language.long_code for language in LANGUAGES.values() if language.long_code in installed]
    return known if len(installed) > AT_ONCE else [*known, *(name for name in installed if name not in known)]


def known_languages() -> str:
    """Return the languages in which it reads, in English where there is a table of them: "English, German, pol"."""
    names = {language.long_code: language.name for language in LANGUAGES.values()}
    return ", ".join(names.get(code, code) for code in languages())


def identity() -> str:
    """Return what its readings depend on, its version and languages; empty where it is not installed."""
    known = languages()
    return " ".join(["-".join(_run(["--version"], b"", READY).split()[:2]), *known]) if known else ""


def upright(picture: np.ndarray, seconds: float) -> tuple[Reading, int]:
    """Return what stands in a picture, (height, width, 3) with blue first, and the quarter turns to the left it needs.

    ``seconds`` is the processor time for it; where more is needed, nothing stands in it.
    Raises DocumentError where the program fails.
    """
    import numpy as np

    try:
        best, turns = _read(picture, seconds), 0
        for turned in (2, 1, 3) if _upright(best) < SURE else ():
            found = _read(np.ascontiguousarray(np.rot90(picture, turned)), seconds)
            if _upright(found) > _upright(best):
                best, turns = found, turned
    except subprocess.TimeoutExpired:
        best, turns = [], 0
    except (OSError, subprocess.SubprocessError) as error:
        raise DocumentError("Text recognition failed: the program tesseract does not run as it should.") from error
    lines = [line for line in best if line.sure >= LEAST] if _upright(best) >= LEAST else []
    boxes = np.array([line.corners for line in lines], dtype=float).reshape(-1, 4, 2)
    texts, scores, words = (tuple(getattr(line, name) for line in lines) for name in ("text", "sure", "words"))
    return Reading(boxes, texts, scores, words), turns


def _upright(lines: Sequence[_Line]) -> float:
    """Return how sure it is of a letter on average; 0 where most letters stand in lines that run up or down."""
    letters = sum(len(line.text) for line in lines)
    if 2 * sum(len(line.text) for line in lines if _is_lying(line.corners)) >= letters:
        return 0.0
    return sum(len(line.text) * line.sure for line in lines) / letters


def _is_lying(corners: Corners) -> bool:
    (left, top), _, (right, bottom), _ = corners
    return right - left < bottom - top


def _read(picture: np.ndarray, seconds: float) -> list[_Line]:
    """Return the lines in a picture as it lies; raises TimeoutExpired where that takes too long."""
    from lxml import etree

    budget.extend(seconds)
    height, width, _ = picture.shape
    data = b"P6\n%d %d\n255\n" % (width, height) + picture[:, :, ::-1].tobytes()
    said = _run(["stdin", "stdout", "-l", "+".join(languages()), "hocr"], data, PATIENCE * seconds)
    page = etree.fromstring(said.encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
    spans = [span for span in page.iter("{*}span") if span.get("class") in _LINES]
    return [_Line(_corners(span), words) for span in spans if (words := tuple(_words(span)))]


def _words(line: Any) -> Iterator[_Word]:
    space = ""
    for span in line.iter("{*}span"):
        text = "".join(span.itertext()).strip()
        if span.get("class") == "ocrx_word" and text:
            yield _Word(space + text, _said(span)["x_wconf"][0] / 100, _corners(span))
            space = " "


def _corners(span: Any) -> Corners:
    """Return the corners of a word, or of a line as it runs: from the lowest of its letters to the highest there are.

    >>> _corners({"title": "bbox 95 134 375 160; baseline -0.025 0; x_size 26; x_descenders 5"})
    [(95.0, 139.0), (375.0, 132.0), (375.0, 158.0), (95.0, 165.0)]
    """
    said = _said(span)
    left, top, right, bottom = said["bbox"]
    down = 0.0
    if "x_size" in said and right - left > bottom - top:
        slope, below = said.get("baseline", (0.0, 0.0))
        bottom += below + said["x_descenders"][0]
        top, down = bottom - said["x_size"][0], slope * (right - left)
    return [(left, top), (right, top + down), (right, bottom + down), (left, bottom)]


def _said(span: Any) -> dict[str, list[float]]:
    """Return the numbers that hOCR says of a line or a word."""
    return {name: list(map(float, numbers.split())) for name, numbers in _SAID.findall(span.get("title"))}


def _run(arguments: list[str], data: bytes, seconds: float) -> str:
    """Return what the program prints; raises OSError or SubprocessError where it fails or takes longer."""
    one_thread = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # several wait for each other most of the time
    done = subprocess.run(
        [PROGRAM, *arguments], input=data, capture_output=True, timeout=seconds, env=one_thread, check=True
    )
    return done.stdout.decode("utf-8", "replace")
