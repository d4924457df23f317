"""A table of cells → rows of text that say what they say wherever they are quoted: ``Plan: Silver | Price: 9``.

A merged cell counts for every row and column that it covers. Where a table has no head, its first column names the
second (``Founded: 1901``), and wider rows stand as they are (``Ann | Paris | red``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rag.documents.parsed import LONG_ROW, LONG_VALUE, one_line, side_by_side
from rag.text.sentences import is_finished

COLUMNS = 1_000
"""Columns that a cell, and a row, may cover; HTML has the same limit."""
_HEADS = 6
"""Rows that a head may have."""
_LOOKED_AT = 1_000
"""Rows below a head that are compared with it."""

_LETTER = re.compile(r"[^\W\d_]")
_YEAR = re.compile(r"(?:1[5-9]|2[01])\d\d(?:[/–-]\d{2,4})?\Z")
_NUMBER = re.compile(r"\d[\d.,:/]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell where it begins; the places that it covers besides hold no cell of their own."""

    text: str
    rows: int = 1
    """How many rows it covers, downwards."""
    columns: int = 1
    is_head: bool = False
    """Whether the file marks it as a head: ``<th>``, a head row of DOCX."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is to be read."""

    number: int
    """Its place in the table, counted from 0."""
    fields: tuple[tuple[str, str], ...]
    """(label, value); the label is empty where nothing names the value."""

    @property
    def text(self) -> str:
        """The row on a line; a long row on several, each with the row's name. A block of its own in a document."""
        said = [(label, " ".join(value.split())) for label, value in self.fields]
        return side_by_side([f"{label}: {value}" if label else value for label, value in said])


_Line = list[Cell]
"""The cells of a row by column: a merged cell stands in every place that it covers."""


def read(table: Sequence[Sequence[Cell]], *, headed: bool = False) -> tuple[Row, ...]:
    """Return the rows of a table that say something, each with the names of its columns.

    The head is a row only where a column has no value below it, and then of the names of such columns. ``headed``: the
    kind of file has heads as a rule (CSV), so that a row of names is one in two columns too.
    """
    lines = _laid_out(table)
    width = max((len(line) for line in lines if len(_said(line)) > 1), default=1)
    first, body = _head(lines, width, headed)
    if first == body:
        keyed = _is_keyed(lines, width)
        return tuple(Row(number, tuple(_unnamed(line, keyed))) for number, line in enumerate(lines) if _said(line))
    titles = (Row(number, (("", cell.text),)) for number, line in enumerate(lines[:first]) for cell in _said(line))
    return (*titles, *_below_head(lines, first, body, width))


def _below_head(lines: list[_Line], first: int, body: int, width: int) -> Iterator[Row]:
    labels = [_label(lines[first:body], column) for column in range(max(map(len, lines)))]
    if empty := [label for column, label in enumerate(labels) if label and not _column(lines[body:], column)]:
        yield Row(first, tuple(("", label) for label in dict.fromkeys(empty)))
    group: tuple[tuple[str, str], ...] = ()
    for number, line in enumerate(lines[body:], start=body):
        if fields := tuple(_named(line, labels)):
            if _is_title(line, width):
                title = line[0].text.strip()
                group = () if len(title) >= LONG_VALUE or is_finished(title) else (("", title),)
                yield Row(number, (("", title),))
            else:
                yield Row(number, (*group, *fields))


def _laid_out(table: Sequence[Sequence[Cell]]) -> list[_Line]:
    covered: dict[int, tuple[Cell, int]] = {}
    lines = []
    for cells in table:
        line: _Line = []
        begun: dict[int, tuple[Cell, int]] = {}
        for cell in (*cells, None):
            while len(line) in covered:
                line.append(covered[len(line)][0])
            if cell is not None:
                lower = cell if len(cell.text) <= LONG_ROW else replace(cell, text="")
                columns = range(len(line), min(len(line) + max(1, cell.columns), max(COLUMNS, len(line) + 1)))
                begun |= dict.fromkeys(columns, (lower, cell.rows))
                line += [cell] * len(columns)
        lines.append(line)
        covered = {column: (cell, rows - 1) for column, (cell, rows) in (covered | begun).items() if rows > 1}
    return lines


def _said(line: _Line) -> list[Cell]:
    """Return the cells of a row that say something, each once."""
    return [cell for cell, _ in _runs(line) if cell.text.strip()]


def _runs(line: _Line) -> Iterator[tuple[Cell, list[int]]]:
    """Yield each cell of a row with the columns that it covers."""
    for _, run in groupby(enumerate(line), key=lambda place: id(place[1])):
        places = list(run)
        yield places[0][1], [column for column, _ in places]


def _is_title(line: _Line, width: int) -> bool:
    """Tell whether one cell covers the whole row."""
    return width > 1 and len(line) >= width and all(cell is line[0] for cell in line)


def _head(lines: list[_Line], width: int, headed: bool) -> tuple[int, int]:
    """Return the first row of the head, and the row after its last; both the same where there is no head."""
    first = next((at for at, line in enumerate(lines) if len(_said(line)) >= min(2, width)), len(lines))
    marked = [not _is_title(line, width) and all(cell.is_head for cell in _said(line)) for line in lines[first:]]
    below = first + (marked.index(False) if False in marked else 0)  # where all is marked, that tells nothing
    if below > first or below == len(lines):
        return first, below
    if not marked[0] and any(cell.is_head for cell in _said(lines[first])):  # the head of a row
        return first, first
    height = _height(lines[first : first + _LOOKED_AT], width)
    if width <= 2 and not headed and not _is_measured(lines[first], lines[first + height : first + _LOOKED_AT]):
        height = 0
    return first, first + height


def _height(lines: list[_Line], width: int) -> int:
    """Return how many rows of a table look like its head: as many as the cells of the first cover, or none.

    Below a cell that covers several columns there is one row more.
    """
    runs = list(_runs(lines[0]))
    height = max(cell.rows for cell, _ in runs)
    if height > _HEADS or not _names(lines[0], lines[height:], width):
        return 0
    lower = height + (height == 1 and any(len(columns) > 1 for _, columns in runs))
    return lower if _names(lines[lower - 1], lines[lower:], width) else height


def _names(line: _Line, below: list[_Line], width: int) -> bool:
    """Tell whether a row names columns: short words or years in most places, none of which its column repeats."""
    named = [column for column, cell in enumerate(line) if cell.text.strip()]
    colons = {line[column].text.strip().endswith(":") for column in named}  # of some alone: "Name: | Ann"
    if not below or len(colons) > 1 or 2 * len(named) <= min(width, len(line)):
        return False
    return all(_is_name(line[column].text.strip(), _column(below, column)) for column in named)


def _is_name(text: str, below: list[str]) -> bool:
    if len(text) > LONG_VALUE or text in below:
        return False
    if _YEAR.match(text):
        return not all(_YEAR.match(other) for other in below)
    return _LETTER.search(text) is not None


def _column(lines: list[_Line], column: int) -> list[str]:
    """Return what stands in a column, without its gaps."""
    return [text for line in lines if column < len(line) and (text := line[column].text.strip())]


def _is_measured(line: _Line, below: list[_Line]) -> bool:
    """Tell whether the second of two columns holds figures of one kind under a name, as no list of facts does."""
    kinds = [_NUMBER.sub("0", text) for text in _column(below, 1)]
    alike = len(set(kinds)) <= max(1, len(kinds) // 2) and all("0" in kind and len(kind) < 20 for kind in kinds)
    return len(kinds) > 1 and alike and not _NUMBER.search(line[1].text)


def _is_keyed(lines: list[_Line], width: int) -> bool:
    """Tell whether the first of two columns names what stands in the second."""
    keys = [line[0].text.strip() for line in lines if len(_said(line)) > 1]
    return width == 2 and len(set(keys)) == len(keys) and all(0 < len(key) < LONG_VALUE for key in keys)


def _label(head: list[_Line], column: int) -> str:
    """Return the name of a column: the words above it, those of a head of several rows after each other."""
    words = dict.fromkeys(one_line(line[column].text) for line in head if column < len(line))
    return " ".join(filter(None, words)).removesuffix(":")


def _named(line: _Line, labels: list[str]) -> Iterator[tuple[str, str]]:
    for cell, columns in _runs(line):
        if cell.text.strip():
            yield ", ".join(dict.fromkeys(filter(None, (labels[column] for column in columns)))), cell.text


def _unnamed(line: _Line, keyed: bool) -> Iterator[tuple[str, str]]:
    """Yield the fields of a row without a head: a cell that names the next one is its label."""
    label = ""
    for cell in _said(line):
        text = cell.text.strip()
        if not label and cell is not line[-1] and len(text) < LONG_VALUE and (keyed or text.endswith(":")):
            label = one_line(text).removesuffix(":")
        else:
            yield label, text
            label = ""
    if label:
        yield "", label
