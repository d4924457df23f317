"""Tables whose cells take several lines and are drawn one after the other, as printing programs draw them.

Down a cell each line stands below the last; the next cell begins further right, beside it; and a row begins below all
of the last one. So the order tells what the places of words do not: which lines are one cell. Knows nothing of PDF.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from rag.documents.pages.lines import Line

LEADING = 1.75
"""The distance of two lines of a cell at most, in heights of a line."""
LINES = 40
"""Lines of a cell, at most: what has more is running text."""
APART = 3.0
"""The distance of two rows at most."""
ALIKE = 0.1
"""The share by which the heights of a cell's lines may differ."""
_SLACK = 0.35


@dataclass(slots=True)
class _Cell:
    """The lines of one cell, from top to bottom, and the edges of all."""

    lines: list[Line]
    left: float
    right: float

    def with_line(self, line: Line) -> _Cell | None:
        """Return the cell with its next line; None where that is not close below, or set from no edge of it."""
        last = self.lines[-1]
        down = last.bottom - line.bottom
        if not _SLACK * last.height < down <= LEADING * last.height or abs(line.height - last.height) > ALIKE * down:
            return None
        middles = abs(self.left + self.right - line.left - line.right) / 2
        if min(abs(self.left - line.left), middles, abs(self.right - line.right)) >= 0.5 * line.height:
            return None
        return _Cell([*self.lines, line], min(self.left, line.left), max(self.right, line.right))


@dataclass(slots=True)
class DrawnRow:
    """A row: its cells from left to right, and the first of the page's lines that it is made of."""

    first: int
    cells: list[_Cell] = field(default_factory=list)

    @property
    def top(self) -> float:
        """Of its highest line."""
        return max(cell.lines[0].top for cell in self.cells)

    @property
    def base(self) -> float:
        """The bottom of its highest line."""
        return max(cell.lines[0].bottom for cell in self.cells)

    @property
    def bottom(self) -> float:
        """Of its lowest line."""
        return min(cell.lines[-1].bottom for cell in self.cells)

    def with_pieces(self, pieces: Sequence[Line], above: DrawnRow | None) -> DrawnRow | None:
        """Return the row with the pieces of its next line; None where they are not of this row."""
        row = DrawnRow(self.first, list(self.cells))
        for piece in pieces:
            if piece.fixed or piece.turn != row.cells[-1].lines[-1].turn or len(row.cells[-1].lines) > LINES:
                return None
            if longer := row.cells[-1].with_line(piece):
                row.cells[-1] = longer
            elif row.is_beside(piece, above):
                row.cells.append(_cell(piece))
            else:
                return None
        return row

    def is_beside(self, line: Line, above: DrawnRow | None) -> bool:
        """Tell whether a cell of this row begins with a line: right of the last, below the row above."""
        slack = _SLACK * line.height
        return (
            line.left >= self.cells[-1].right - slack
            and line.bottom >= self.bottom - slack
            and (line.top <= above.bottom + slack if above else line.bottom <= self.top + 4 * line.height)
        )

    def is_above(self, line: Line) -> bool:
        """Tell whether a line stands below the whole row, and not far."""
        down = self.bottom - line.top
        return -_SLACK * line.height <= down <= APART * line.height


def drawn_tables(pieces: Sequence[Sequence[Line]]) -> Iterator[tuple[int, int, list[DrawnRow]]]:
    """Yield the tables among a page's lines as (first, after the last, rows); ``pieces`` are lines that gaps divide."""
    for run, end in _runs(pieces):
        edge = next((row.cells[0].right for row in run if len(row.cells) > 1), math.inf)
        above = list(takewhile(lambda row: len(row.cells) < 2, run))
        rows = run if all(row.cells[0].left >= edge for row in above) else run[len(above) :]
        if _is_table(rows):
            yield rows[0].first, end, rows


def _runs(pieces: Sequence[Sequence[Line]]) -> Iterator[tuple[list[DrawnRow], int]]:
    """Yield the runs of rows of several cells each, and where they end.

    A row may have one cell alone, where that goes on from the row above or from the page before: it leaves room for
    the first column.
    """
    run: list[DrawnRow] = []
    edge = 0.0
    """The right of the first column's shortest cell; 0 at the top of a page."""
    for row, is_next in [*_rows(pieces), (DrawnRow(len(pieces)), False)]:
        several = len(row.cells) > 1
        if run and not (is_next and (several or row.cells[0].left >= edge)):
            yield run, row.first
            run, edge = [], math.inf
        if run or several or (row.first == 0 and row.cells):
            run.append(row)
        edge = min(edge or math.inf, row.cells[0].right) if several else edge


def _rows(pieces: Sequence[Sequence[Line]]) -> Iterator[tuple[DrawnRow, bool]]:
    """Yield the rows that a page's lines make, and whether each stands right below the one before."""
    above: DrawnRow | None = None
    row: DrawnRow | None = None
    is_next = False
    for number, line in enumerate(pieces):
        if row and (longer := row.with_pieces(line, above if is_next else None)):
            row = longer
            continue
        if row:
            yield row, is_next
        is_next = bool(row and row.is_above(line[0]))
        above, row = row, DrawnRow(number, list(map(_cell, line)))
    if row:
        yield row, is_next


def _cell(line: Line) -> _Cell:
    return _Cell([line], line.left, line.right)


def columns_of(rows: Sequence[DrawnRow]) -> list[tuple[float, float]]:
    """Return the gaps between the columns of rows, from left to right; none where they have none in common.

    Most rows have a cell in each of three columns or more: two may be the lines of a list, each behind its name.
    """
    width, count = Counter(len(row.cells) for row in rows).most_common(1)[0]
    if width < 3 or count < 2 or 2 * count < len(rows):
        return []
    columns = list(zip(*(row.cells for row in rows if len(row.cells) == width), strict=True))
    rights = [max(cell.right for cell in column) for column in columns[:-1]]
    lefts = [min(cell.left for cell in column) for column in columns[1:]]
    gaps = list(zip(rights, lefts, strict=True))
    return gaps if all(right < left for right, left in gaps) else []


def leading(rows: Sequence[DrawnRow]) -> float:
    """Return the greatest distance of two lines of one cell."""
    cells = (cell for row in rows for cell in row.cells)
    return max((upper.bottom - line.bottom for cell in cells for upper, line in pairwise(cell.lines)), default=0.0)


def _is_table(rows: Sequence[DrawnRow]) -> bool:
    """Tell whether rows are those of a table with cells of several lines."""
    long = [cell for row in rows for cell in row.cells if len(cell.lines) > 1]
    gaps = columns_of(rows) if long else []
    if not gaps or any(cell.left < right and left < cell.right for cell in long for left, right in gaps):
        return False
    # a title above a row looks like the first line of its first cell
    return _are_apart(rows) or all(_begin_together(row) for row in rows)


def _are_apart(rows: Sequence[DrawnRow]) -> bool:
    """Tell whether rows are further apart than the lines of a cell."""
    return min(above.bottom - row.base for above, row in pairwise(rows)) > 1.08 * leading(rows)


def _begin_together(row: DrawnRow) -> bool:
    """Tell whether the cells of a row begin on one line."""
    return all(cell.lines[0].bottom >= row.top - 1.3 * cell.lines[0].height for cell in row.cells)
