"""The lines of printed pages, and those among them that are no text: running heads, page numbers; and headings.

Works on where lines stand, in points; knows nothing of PDF.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

EDGE_LINES = 3
"""How many lines at the top and at the bottom of a page may be running heads."""
NEIGHBOURS = 4
"""How many pages before and after are looked at for the same line."""
SAME_PLACE = 4.0
"""Points that a line may move from page to page."""
LARGER, LONGEST_HEADING, MOST_HEADINGS = 1.15, 150, 0.3
"""A heading's height in heights of the text's lines, its characters, and the share of all text that may be headings."""

_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d{1,5}")
_ROMAN = re.compile(r"[ivxlc]{1,8}", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; places are points from the page's lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    divided: bool = False
    """Whether a word is divided at its end; the hyphen itself is not in ``text``."""

    @property
    def height(self) -> float:
        """The height of its letters' boxes, about 1.2 times the size of the font."""
        return self.top - self.bottom


def without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without lines that stand at the same place of neighbouring pages, numbers counting on or not."""
    places: dict[object, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    edges = [_edge_lines(page) for page in pages]
    for number, (above, below) in enumerate(edges):
        for line in {*above, *below}:
            for key in _keys(line.text, number):
                places[key][number].append(line.bottom)
    needed = 2 if len(pages) > 2 else 1

    def repeats(number: int, line: Line) -> bool:
        for key in _keys(line.text, number):
            near = (places[key].get(number + step, ()) for step in range(-NEIGHBOURS, NEIGHBOURS + 1) if step)
            if sum(any(abs(other - line.bottom) <= SAME_PLACE for other in bottoms) for bottoms in near) >= needed:
                return True
        return False

    kept = []
    for number, (page, (above, below)) in enumerate(zip(pages, edges, strict=True)):
        here = partial(repeats, number)
        heads = {*takewhile(here, above), *takewhile(here, below)}
        kept.append([line for line in page if line not in heads])
    return kept


def large_lines(pages: Sequence[Sequence[Line]]) -> list[tuple[Line, str]]:
    """Return the headings, as (first line, words): short lines in larger letters; none where most of the text is so."""
    usual = _usual_height(pages)
    found: list[tuple[Line, str]] = []
    letters = 0
    for page in pages:
        before = 0.0
        for line in page:
            large = line.height > LARGER * usual and len(line.text) <= LONGEST_HEADING and _LETTER.search(line.text)
            letters += len(line.text) if large else 0
            if large and abs(before - line.height) < 0.1 * line.height:
                found[-1] = found[-1][0], f"{found[-1][1]} {line.text}"
            elif large and sum(map(str.isalnum, line.text)) > 1:  # a lone letter is a paragraph's initial
                found.append((line, line.text))
            else:
                large = None
            before = line.height if large else 0.0
    return found if letters <= MOST_HEADINGS * sum(len(line.text) for page in pages for line in page) else []


def _usual_height(pages: Sequence[Sequence[Line]]) -> float:
    """Return the height of the line in which the middle one of all letters stands."""
    heights = sorted((line.height, len(line.text)) for page in pages for line in page)
    half = sum(length for _, length in heights) / 2
    for height, length in heights:
        half -= length
        if half <= 0:
            return height
    return 0.0


def _edge_lines(page: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return the topmost and the lowest lines, the outermost first; but none larger than most, as a title is."""
    if not page:
        return [], []
    usual = sorted(line.height for line in page)[len(page) // 2]
    rows = sorted(page, key=lambda line: line.bottom)
    below, above = rows[:EDGE_LINES], rows[: -EDGE_LINES - 1 : -1]
    return [line for line in above if line.height <= 1.15 * usual], [
        line for line in below if line.height <= 1.15 * usual
    ]


def _keys(text: str, page: int) -> Iterator[object]:
    """Yield what the line looks like on other pages: the same words, or with a number that counts the pages."""
    text = " ".join(text.split())
    yield text
    for match in list(_NUMBER.finditer(text))[:6]:
        count, before, after = int(match[0]) - page, text[: match.start()], text[match.end() :]
        yield before, count, after
        if not before or not after:  # a page number beside the name of a chapter
            yield bool(before), count
    if _ROMAN.fullmatch(text):
        yield "roman", _roman(text.lower()) - page


def _roman(text: str) -> int:
    values = [_VALUES[letter] for letter in text]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )
