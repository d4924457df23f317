"""The lines of printed pages: where they stand, in points, and the words that they are set from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

GAP = 0.6
"""A space between two words, in heights of the line, from which on it may divide columns."""
GLUED = 0.08
"""A space between two pieces of a line, in heights, up to which they are one word."""

_UNLIKE = re.compile(r"[fijlrtIJmwMW@.,:;!|()'/-]")
"""Signs much narrower or wider than others where a font has more than one width."""
_LEADERS = ".·…_"
_UNMARKED_DIVISION = re.compile(r"[^\W\d_][-‐\xad]$")


class Word(NamedTuple):
    """A word, and the box of its letters."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    glyphs: tuple[int, int] | None = None
    """The characters of the page that it was read from, half-open; none of what is typed into a form."""
    area: tuple[float, float, float, float] | None = None
    """The left, bottom, right and top of the form's field that it is typed into, or of its letters in a picture."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; places are points from the lower left corner of the page as the line is read."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    divided: bool = False
    """Whether a word is divided at its end; the hyphen itself is not in ``text``."""
    opens: bool = False
    """Whether a paragraph begins here, whatever stands before."""
    aside: bool = False
    """Whether it stands around the text, as a letterhead or a footnote does."""
    fixed: bool = False
    """Whether all its letters are of one width, as in listings."""
    turn: int = 0
    """Quarters by which the page is turned clockwise to read it."""
    words: tuple[Word, ...] = field(default=(), compare=False)
    """None where they tell nothing that the text does not."""
    drawn: tuple[Word, ...] = field(default=(), compare=False)
    """The words that it was read from, in order, whatever has become of its text; kept for a page that is traced."""

    @property
    def height(self) -> float:
        """The height of its letters' boxes, about 1.2 times the size of the font."""
        return self.top - self.bottom


def line_of(words: Sequence[Word], *, divided: bool = False, fixed: bool = False, turn: int = 0) -> Line:
    """Return the line that these words make, from left to right."""
    text = _spaced(words) if fixed else " ".join(word.text for word in words)
    if not divided and _UNMARKED_DIVISION.search(text):
        text, divided = text[:-1], True
    one, other, third = words[0], words[len(words) // 2], words[-1]
    if one.top - one.bottom != third.top - third.bottom:  # one word in another font changes nothing
        one = sorted((one, other, third), key=lambda word: word.top - word.bottom)[1]
    left, right = words[0].left, words[-1].right
    all_words = tuple(words)
    return Line(text, left, one.bottom, right, one.top, divided, False, False, fixed, turn, all_words, all_words)


def glued(word: Word, other: Word, text: str) -> Word:
    """Return two words that follow each other as one, which says ``text``."""
    both = (word.glyphs, other.glyphs)
    glyphs = (both[0][0], both[1][1]) if both[0] and both[1] else None
    return word._replace(text=text, right=other.right, glyphs=glyphs)


def _spaced(words: Sequence[Word]) -> str:
    """Return the words of a line in letters of one width, with as many spaces between them as have room there."""
    parts = [words[0].text]
    for before, word in pairwise(words):
        width = (word.right - word.left) / max(len(word.text), 1) or 1.0
        parts.append(" " * max(1, min(80, round((word.left - before.right) / width))) + word.text)
    return "".join(parts)


def drawn_spans(line: Line) -> Iterator[tuple[Word, int, int]]:
    """Yield the words that a line was drawn from, each with the part of the line's text that it makes.

    The words are laid along the text from both its ends. Where the text was made otherwise, as in a table's row that
    names its columns, each word that is left stands for all of the text that is left.
    """
    text, words = line.text, list(line.drawn)
    done: list[tuple[Word, int, int]] = []
    at, first = 0, 0
    while first < len(words):
        at += len(text) - at - len(text[at:].lstrip())
        word = words[first]
        if at < len(text) and word.text.startswith(text[at:]):  # divided at the line's end
            done.append((word, at, len(text)))
            at = len(text)
        elif word.text and text.startswith(word.text, at):
            done.append((word, at, at + len(word.text)))
            at += len(word.text)
        else:
            break
        first += 1
    end, last = len(text), len(words)
    while last > first and at < end:
        end = len(text[:end].rstrip())
        word = words[last - 1]
        if not word.text or end - at < len(word.text) or not text.endswith(word.text, at, end):
            break
        done.append((word, end - len(word.text), end))
        end -= len(word.text)
        last -= 1
    done += [(word, at, end) for word in words[first:last]]
    yield from sorted(done, key=lambda one: one[1])


def segments(line: Line) -> Iterator[list[Word]]:
    """Yield the runs of a line's words that stand closer together than columns do."""
    run: list[Word] = []
    for word in line.words:
        if run and word.left - run[-1].right >= GAP * line.height and not _is_leader(run[-1].text, word.text):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _is_leader(before: str, word: str) -> bool:
    """Tell whether two words are the end and the beginning of dots that lead the eye to a page's number."""
    return not before.strip(_LEADERS) or not word.strip(_LEADERS) or before.endswith("...")


def is_gappy(line: Line) -> bool:
    """Tell whether a line has a gap as wide as those between columns."""
    limit = GAP * line.height
    return any(word.left - before.right >= limit for before, word in pairwise(line.words))


def merged(lines: Iterable[Line]) -> list[Line]:
    """Return the lines with those joined that follow each other on one row, towards the right.

    A cell that covers several rows of a table is drawn with its first row, and stands on another or between two: the
    first row goes on behind it, and the row that it stands on leaves room for it.
    """
    rows: list[Line] = []
    cell: Line | None = None
    for line in lines:
        if rows and _is_beside(rows[-1], line):
            rows[-1] = _joined(rows[-1], line)
        elif (
            len(rows) > 1 and _is_beside(rows[-2], line) and rows[-2].right < rows[-1].left < rows[-1].right < line.left
        ):
            rows[-2], cell = _joined(rows[-2], line), rows[-1]
        elif rows and rows[-1] is cell and (whole := _with_cell(line, cell)):
            rows[-1] = whole
        else:
            rows.append(line)
    return rows


def _with_cell(line: Line, cell: Line) -> Line | None:
    """Return a line with a cell of its own row in its place; None where it stands on another row, or has no room."""
    overlap = min(cell.top, line.top) - max(cell.bottom, line.bottom)
    words = sorted((*line.words, *cell.words), key=lambda word: word.left)
    if overlap <= 0.5 * min(cell.height, line.height) or any(one.right > other.left for one, other in pairwise(words)):
        return None
    return line_of(words, divided=line.divided, fixed=line.fixed and cell.fixed, turn=line.turn)


def _is_beside(before: Line, line: Line) -> bool:
    overlap = min(before.top, line.top) - max(before.bottom, line.bottom)
    lower = min(before.height, line.height)
    return before.turn == line.turn and overlap > 0.5 * lower and line.left > before.right - 0.3 * lower


def _joined(before: Line, line: Line) -> Line:
    words, more = list(before.words), list(line.words)
    if before.divided:
        words[-1] = words[-1]._replace(text=words[-1].text.removesuffix("-") + "-")
    near = more[0].left - words[-1].right < GLUED * max(before.height, line.height)
    last, first = words[-1].text[-1], more[0].text[0]
    number = last.isdigit() and first.isdigit() and more[0].left < words[-1].right  # "11", set close
    if near and (number or not (last.isalnum() and first.isalnum()) or _differ(words[-1], more[0])):
        words[-1] = glued(words[-1], more[0], words[-1].text + more[0].text)
        del more[0]
    return line_of([*words, *more], divided=line.divided, fixed=before.fixed and line.fixed, turn=line.turn)


def _differ(before: Word, word: Word) -> bool:
    """Tell whether one of two words is smaller, as the mark of a note is."""
    return abs((before.top - before.bottom) - (word.top - word.bottom)) > 0.1 * (before.top - before.bottom)


def slim(line: Line, *, traced: bool = False) -> Line:
    """Return a line without its words where they tell nothing that its text does not; ``traced`` keeps those drawn."""
    return line if is_gappy(line) else replace(line, words=(), drawn=line.drawn if traced else ())


def listings(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages with ``fixed`` left to the lines of listings, which are indented as the page shows them.

    In a document that is typed in such letters throughout, and for a single line, they tell nothing.
    """
    told = [(len(_UNLIKE.findall(line.text)), line.fixed) for page in pages for line in page]
    typed = 2 * sum(count for count, fixed in told if fixed) > sum(count for count, _ in told)
    return [list(_listed(page, typed)) for page in pages]


def _listed(page: Sequence[Line], typed: bool) -> Iterator[Line]:
    for lines in _alike(page):
        told = sum(len(_UNLIKE.findall(line.text)) for line in lines)  # figures are of one width in most fonts
        if not lines[0].fixed:
            yield from lines
        elif not typed and len(lines) == 1 and told > 1 and len(lines[0].text) > 7:
            yield replace(lines[0], text=f"{lines[0].text}{'-' * lines[0].divided}", divided=False)
        elif typed or len(lines) < 2 or told < 2:
            yield from (replace(line, text=" ".join(line.text.split()), fixed=False) for line in lines)
        else:
            left = min(line.left for line in lines)
            for line in lines:
                indent = " " * min(80, round((line.left - left) / _pitch(line)))
                yield replace(line, text=f"{indent}{line.text}{'-' * line.divided}", divided=False)


def _alike(page: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the runs of lines that go down the page in letters of one width, and those of all others."""
    run: list[Line] = []
    for line in page:
        if run and (line.fixed != run[-1].fixed or (line.fixed and not _is_below(run[-1], line))):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _is_below(above: Line, line: Line) -> bool:
    return line.bottom < above.bottom and abs(_pitch(line) - _pitch(above)) < 0.05 * _pitch(above)


def _pitch(line: Line) -> float:
    return (line.right - line.left) / max(len(line.text), 1) or 1.0
