"""A table of cells → rows of text that say what they say wherever they are quoted: ``Plan: Silver | Price: 9``.

A merged cell counts for every row and column that it covers. Where a table has no head, its first column names the
second (``Founded: 1901``), and wider rows stand as they are (``Ann | Paris | red``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from rag.documents.parsed import LONG_ROW, LONG_VALUE, one_line, side_by_side
from rag.documents.web.lists import numeral
from rag.text.sentences import is_finished

COLUMNS = 1_000
"""Columns that a cell, and a row, may cover; HTML has the same limit."""
_HEADS = 6
"""Rows that a head may have."""
_ABOVE = 20
"""Rows that may stand above it."""
_LOOKED_AT = 1_000
"""Rows of a table by which its head is known."""

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


Table: TypeAlias = Sequence[Sequence[Cell | str]]
"""Rows of cells; a text is a cell that covers its own place alone."""
_Line: TypeAlias = list[Cell]
"""The cells of a row by column: a merged cell stands in every place that it covers."""


def merged(rows: Iterable[Iterable[tuple[Cell, bool]]]) -> list[list[Cell]]:
    """Return the cells of a table, each given with whether it goes on from the row above, those that do as one."""
    table: list[list[Cell]] = []
    open_: dict[int, tuple[int, int]] = {}
    for row in rows:
        line: list[Cell] = []
        table.append(line)
        column, still = 0, {}
        for cell, goes_on in row:
            above = open_.get(column) if goes_on else None
            if above is None:
                above = (len(table) - 1, len(line))
                line.append(cell)
            else:
                upper = table[above[0]][above[1]]
                table[above[0]][above[1]] = replace(upper, rows=len(table) - above[0])
            still[column] = above
            column += cell.columns
        open_ = still
    return table


def read(table: Table, *, headed: bool = False) -> Iterator[Row]:
    """Yield the rows of a table that say something, each with the names of its columns.

    The head is a row only where a column has no value below it, and then of the names of such columns. ``headed``: the
    kind of file has heads as a rule (CSV), so that a row of names is one in two columns too, and a column without a
    name is called as a spreadsheet calls it.
    """
    top = list(islice(_laid_out(table), _LOOKED_AT))
    width = max((len(line) for line in top if len(_said(line)) > 1), default=1)
    first, body = _head(top, width, headed)
    names = [_label(top[first:body], column) for column in range(max(map(len, top), default=0))]
    keyed = not headed and first == body and _is_keyed(top, width)
    group: tuple[tuple[str, str], ...] = ()
    for number, line in enumerate(_laid_out(table)):
        if first <= number < body:
            fields = _empty(table, names, body) if number == first else ()
        elif number < first:
            fields = tuple(_unnamed(line, keyed=len(_said(line)) == 2))
        elif first == body and not headed:
            fields = tuple(_unnamed(line, keyed=keyed))
        elif _is_title(line, width):
            fields = tuple(("", cell.text.strip()) for cell in _said(line))
            group = tuple(field for field in fields if len(field[1]) < LONG_VALUE and not is_finished(field[1]))
        else:
            named = tuple(_named(line, names, headed))
            fields = (*group, *named) if named else ()
        if fields:
            yield Row(number, fields)


def _empty(table: Table, names: list[str], body: int) -> tuple[tuple[str, str], ...]:
    """Return, as fields, the names of columns without a value."""
    left = {column for column, name in enumerate(names) if name}
    for line in islice(_laid_out(table), body, None):
        if not left:
            break
        left -= {column for column in left if column < len(line) and line[column].text.strip()}
    return tuple(("", name) for name in dict.fromkeys(names[column] for column in sorted(left)))


def _laid_out(table: Table) -> Iterator[_Line]:
    covered: dict[int, tuple[Cell, int]] = {}
    for row in table:
        cells = [Cell(cell) if isinstance(cell, str) else cell for cell in row]
        if covered or any(cell.rows > 1 or cell.columns > 1 for cell in cells):
            cells, covered = _spread(cells, covered)
        yield cells


def _spread(cells: list[Cell], covered: dict[int, tuple[Cell, int]]) -> tuple[_Line, dict[int, tuple[Cell, int]]]:
    """Return a row's cells by column, and column → the cell that covers it in the next row, and for how many rows.

    ``covered`` is that of the row before. What is too long to be said again in each row stands in the first alone.
    """
    line: _Line = []
    lower = {column: (cell, rows - 1) for column, (cell, rows) in covered.items() if rows > 1}
    for cell in (*cells, None):
        while len(line) in covered:
            line.append(covered[len(line)][0])
        if cell is not None:
            columns = range(len(line), min(len(line) + max(1, cell.columns), max(COLUMNS, len(line) + 1)))
            line += [cell] * len(columns)
            if cell.rows > 1:
                below = cell if len(cell.text) <= LONG_ROW else replace(cell, text="")
                lower |= dict.fromkeys(columns, (below, cell.rows - 1))
    return line, lower


def _said(line: _Line) -> list[Cell]:
    """Return the cells of a row that say something, each once."""
    return [cell for cell, _ in _runs(line) if cell.text.strip()]


def _runs(line: _Line) -> list[tuple[Cell, list[int]]]:
    """Return the cells of a row, each once, with the columns that they cover."""
    runs: list[tuple[Cell, list[int]]] = []
    for column, cell in enumerate(line):
        if runs and runs[-1][0] is cell:
            runs[-1][1].append(column)
        else:
            runs.append((cell, [column]))
    return runs


def _is_title(line: _Line, width: int) -> bool:
    """Tell whether one cell covers the whole row."""
    return width > 1 and len(line) >= width and line[0] is line[-1] and len(_runs(line)) == 1


def _head(lines: list[_Line], width: int, headed: bool) -> tuple[int, int]:
    """Return the first row of the head, and the row after its last; both the same where there is no head."""
    first = next((at for at, line in enumerate(lines) if len(_said(line)) >= min(2, width)), len(lines))
    marked = [not _is_title(line, width) and all(cell.is_head for cell in _said(line)) for line in lines[first:]]
    below = first + (marked.index(False) if False in marked else 0)  # where all is marked, that tells nothing
    if below > first or below == len(lines):
        return first, below
    if not marked[0] and any(cell.is_head for cell in _said(lines[first])):  # the head of a row
        return first, first
    return _guessed(lines, first, width, headed)


def _guessed(lines: list[_Line], first: int, width: int, headed: bool) -> tuple[int, int]:
    """Return what looks like the head: above it there are at most rows of fewer cells, which say what the table is."""
    found, most = (first, first), 0
    for at in range(first, min(first + _ABOVE, len(lines))):
        said = len(_said(lines[at]))
        height = _height(lines[at:], width) if said > most else 0
        if height and (width > 2 or headed or (width == 2 and _is_measured(lines[at], lines[at + height :]))):
            found = (at, at + height)
            if said > 2 or width <= 2 or any(cell.text.strip() for cell in lines[at][width - 1 :]):
                break  # else it may be a word on the table: "Printed on | 1 May"
        most = max(most, said)
    return found


def _height(lines: list[_Line], width: int) -> int:
    """Return how many rows of a table look like its head: as many as the cells of the first cover, or none.

    Below a cell that covers several columns there is one row more.
    """
    runs = _runs(lines[0])
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
    return _LETTER.search(text) is not None or text == "#"


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


def _named(line: _Line, names: list[str], headed: bool) -> Iterator[tuple[str, str]]:
    for cell, columns in _runs(line):
        if cell.text.strip():
            known = [(column, names[column] if column < len(names) else "") for column in columns]
            labels = [name or (f"column {numeral(column + 1, 'A')}" if headed else "") for column, name in known]
            yield ", ".join(dict.fromkeys(filter(None, labels))), cell.text


def _unnamed(line: _Line, *, keyed: bool) -> Iterator[tuple[str, str]]:
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
