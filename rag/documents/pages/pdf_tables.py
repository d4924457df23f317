"""Lines of a page that gaps divide at the same places → the rows of a table, each with the names of its columns.

A row may take several lines, and a table may go on on the next page. Knows nothing of PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from rag.documents.pages.drawn_tables import DrawnRow, columns_of, leading
from rag.documents.pages.lines import Line, Word, line_of
from rag.documents.tables.grid import Cell, read
from rag.text.sentences import is_finished

NARROWEST = 0.4
"""A gap between columns, in heights of a line."""
SPACE = 0.33
"""A space, in heights of a line, that may divide the heads of two columns."""
LONGEST = 600
"""Characters of a row above which lines with a gap are no table."""
STRAYING = 0.15
"""The share of a table's rows in which a cell may reach over the gap between columns."""

MARK = re.compile(r"(?:[•‣▪◦·●○■▫–—*-]|§?\s?\(?\d{1,3}(?:\.\d{1,3}){0,6}\.?\)?|\(?[a-zA-Z][.)]|\(?[ivxlc]{1,6}[.)])\Z")
"""What may stand before a line without being a cell: a bullet, a number."""
_LETTER = re.compile(r"[^\W\d_]")

Row: TypeAlias = list[Line]
"""The pieces of a line that gaps divide, from left to right."""
Gap: TypeAlias = tuple[float, float]
"""Where a gap begins and ends, in points from the left."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is read."""

    lines: tuple[Line, ...]
    head: tuple[_Record, ...]
    gaps: tuple[Gap, ...]
    name: str
    """The first cell of its last row: what is cut off at the page's end goes on under it."""


def column_of(x: float, gaps: list[Gap]) -> int:
    """Return the column that a place stands in, counted from 0."""
    return sum((left + right) / 2 < x for left, right in gaps)


def _voted(rows: list[Row]) -> list[Gap]:
    """Return the gaps between a table's columns: where no cells stand, but for a few that reach over."""
    full = [row for row in rows if len(row) > 1]
    allowed = int(STRAYING * len(full))
    edges = sorted((at, change) for row in rows for piece in row for at, change in ((piece.left, 1), (piece.right, -1)))
    narrowest = NARROWEST * full[0][0].height
    gaps: list[Gap] = []
    standing, since = 0, edges[0][0]
    for at, change in edges:
        if change > 0 and standing <= allowed < standing + change and at - since >= narrowest:
            gaps.append((since, at))
        standing += change
        if change < 0 and standing == allowed:
            since = at
    return gaps


@dataclass(slots=True)
class _Record:
    """A row of a table: one or more lines."""

    cells: dict[int, tuple[str, int]]
    """Column → its text, and how many columns it covers."""
    line: Line
    bottom: float
    first: int
    """How many cells its first line has."""
    drawn: tuple[Word, ...]
    """The words of all its lines."""


def read_table(rows: list[Row], above: Table | None = None) -> Table | None:
    """Return the rows of a table, each with the names of its columns; None where they are none.

    ``above`` is the table at the end of the page before: its head counts where these columns stand below its own.
    """
    gaps = _voted(rows)
    return _table(_records(rows, gaps), gaps, above)


def read_drawn(rows: Sequence[DrawnRow], above: Table | None = None) -> Table | None:
    """Return the rows of a table whose cells are known, as ``read_table`` does."""
    gaps, closest = columns_of(rows), 1.05 * leading(rows)
    records: list[_Record] = []
    for row in rows:
        _take(records, _record(row, gaps), row.base, closest)
    return _table(records, gaps, above)


def _table(records: list[_Record], gaps: list[Gap], above: Table | None) -> Table | None:
    if len(gaps) == 1 and all(MARK.match(record.cells.get(0, ("1",))[0]) for record in records):
        return None  # numbers beside lines
    if any(sum(len(text) for text, _ in record.cells.values()) > LONGEST for record in records):
        return None
    head = above.head if above and _is_below(above.gaps, gaps) else ()
    if head and records[0].cells == head[0].cells:
        head = ()
    if above and head and 0 not in records[0].cells:
        records[0].cells[0] = above.name, 1
    records = [*head, *records]
    found = [row for row in read(list(_cells(records, len(gaps) + 1))) if row.number >= len(head)]
    lines = tuple(_line(records[row.number], row.text) for row in found)
    name, _ = records[-1].cells.get(0, ("", 1))
    return Table(lines, head or tuple(records[: found[0].number if found else 0]), tuple(gaps), name)


def _line(record: _Record, text: str) -> Line:
    return replace(record.line, text=text, opens=True, divided=False, words=(), drawn=record.drawn)


def _is_below(above: tuple[Gap, ...], gaps: list[Gap]) -> bool:
    """Tell whether the columns of two tables stand at the same places."""
    return len(above) == len(gaps) and all(
        max(one[0], other[0]) < min(one[1], other[1]) for one, other in zip(above, gaps, strict=True)
    )


def _cells(records: list[_Record], width: int) -> Iterator[list[Cell]]:
    for record, lower in zip(records, [*records[1:], None], strict=True):
        is_title = lower is not None and width > 2 and record.cells.keys() == {0} != lower.cells.keys()
        cells: list[Cell] = []
        at = 0
        for column, (text, covered) in sorted(record.cells.items()):
            covered = width if is_title else covered
            cells += [*[Cell("")] * (column - at), Cell(text, columns=covered)]
            at = column + covered
        yield [*cells, *[Cell("")] * (width - at)]


def _records(rows: list[Row], gaps: list[Gap]) -> list[_Record]:
    steps = [above[0].bottom - row[0].bottom for above, row in pairwise(rows)]
    closest = 1.35 * min(steps)
    records: list[_Record] = []
    for row in rows:
        cells: dict[int, tuple[str, int]] = {}
        for piece in row:
            first = column_of(piece.left, gaps)
            before, covered = cells.get(first, ("", 1))
            reach = max(covered, column_of(piece.right, gaps) - first + 1)
            cells[first] = f"{before} {said(piece)}".strip(), reach
        drawn = tuple(word for piece in row for word in piece.drawn)
        _take(records, _Record(cells, row[0], row[0].bottom, len(cells), drawn), row[0].bottom, closest)
    return records


def _take(records: list[_Record], record: _Record, base: float, closest: float) -> None:
    """Add a row, whose first line stands on ``base``, or what goes on with the last one ``closest`` above."""
    if records and records[-1].bottom - base <= closest and _is_wrapped(records[-1], record.cells):
        _add(records[-1], record.cells, record.bottom)
        records[-1].drawn += record.drawn
    else:
        records.append(record)


def _is_wrapped(above: _Record, cells: dict[int, tuple[str, int]]) -> bool:
    """Tell whether these cells go on with those above them, rather than begin a row."""
    if not cells.keys() <= above.cells.keys():
        return False
    if 0 not in cells:
        return len(cells) < above.first and all(_LETTER.search(text) for text, _ in cells.values())
    return all(
        text[:1].islower() and not above.cells[column][0][:1].islower() and not is_finished(above.cells[column][0])
        for column, (text, _) in cells.items()
    )


def _add(record: _Record, cells: dict[int, tuple[str, int]], bottom: float) -> None:
    for column, (text, covered) in cells.items():
        before, reach = record.cells[column]
        halves = before[-2:-1].isalpha() and before.endswith("-") and text[:1].islower()
        record.cells[column] = before[:-1] + text if halves else f"{before} {text}".strip(), max(covered, reach)
    record.bottom = bottom


def _record(row: DrawnRow, gaps: list[Gap]) -> _Record:
    """Return a row whose cells are known; where it has fewer than columns, by where they stand."""
    record = _Record({}, row.cells[0].lines[0], row.bottom, len(row.cells), ())
    is_full = len(row.cells) == len(gaps) + 1
    for number, cell in enumerate(row.cells):
        for line in cell.lines:
            for part in [line] if is_full else _parts(line, gaps):
                first, last = (column_of(edge, gaps) for edge in (part.left, part.right))
                column, covered = (number, 1) if is_full else (first, last - first + 1)
                record.cells.setdefault(column, ("", 1))
                _add(record, {column: (said(part), covered)}, row.bottom)
            record.drawn += line.drawn
    return record


def _parts(line: Line, gaps: list[Gap]) -> Iterator[Line]:
    """Yield what a line says, divided at wide spaces between columns."""
    run: list[Word] = []
    for word in line.words:
        wide = run and word.left - run[-1].right > SPACE * line.height
        if wide and column_of(run[-1].right, gaps) < column_of(word.left, gaps):
            yield line_of(run)
            run = []
        run.append(word)
    yield line_of(run, divided=line.divided) if run else line


def said(piece: Line) -> str:
    """Return the words of a piece, with the hyphen of a divided word."""
    return piece.text + "-" * piece.divided
