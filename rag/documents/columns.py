"""The lines of a page in the order in which they are read: column after column, and a table row by row.

A page's own order is kept but for runs of lines with a gap at the same place: text set in columns and drawn across
them, or a table. Knows nothing of PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.documents.grid import Cell, read
from rag.documents.lines import Line, line_of, segments
from rag.text.sentences import is_finished

NARROWEST = 0.4
"""A gap between columns, in heights of a line."""
WIDE = 1.5
"""A gap, in heights, of which two rows are enough."""
STEP, STEP_ALONE = 3.0, 1.5
"""The distance of two lines of a run at most, in distances of its closest; and where the lower one has no gap."""
SHARE = 0.25
"""The share of a run's rows that have words on both sides of each gap."""
LONGEST = 600
"""Characters of a row above which lines with a gap are no table."""
STRAYING = 0.15
"""The share of a table's rows in which a cell may reach over the gap between columns."""

_ITEM = re.compile(r"(?:[•‣▪◦·●○■▫–—*-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])(?:\s|\Z)")
_BULLET = re.compile(r"(?:[•‣▪◦·●○■▫–—*-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\Z")
_MARK = re.compile(r"(?:[•‣▪◦·●○■▫–—*-]|§?\s?\(?\d{1,3}(?:\.\d{1,3}){0,6}\.?\)?|\(?[a-zA-Z][.)]|\(?[ivxlc]{1,6}[.)])\Z")

_LABELLED = re.compile(r"[☐☒]|[^\W\d_][^:]{0,60}:\s\S")
_EAST = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")

_Row = list[Line]
"""The pieces of a line that gaps divide, from left to right."""
_Gap = tuple[float, float]


def reading_order(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a page as they are read; a table's row is a line that opens a paragraph."""
    if not any(line.words for line in lines):
        return list(lines)
    rows = [_pieces(line) for line in lines]
    ordered: list[Line] = []
    done = 0
    for start, end, gaps in (*_runs(rows), (len(rows), len(rows), [])):
        ordered += map(_alone, lines[done:start], rows[done:start])
        if done < start and done > 0 and ordered[done - start - 1].opens:
            ordered[done - start] = replace(ordered[done - start], opens=True)
        ordered += (_read(rows[start:end], gaps) if gaps else []) or lines[start:end]
        done = end
    return ordered


def _alone(line: Line, row: _Row) -> Line:
    """Return a line of its own; the fields of a form that stand side by side are told apart."""
    return next(_labelled([row])) if len(row) > 1 and _is_labelled([row]) else line


def _pieces(line: Line) -> _Row:
    if not line.words or line.fixed:
        return [line]
    runs = list(segments(line))
    first = " ".join(word.text for word in runs[0])
    if len(runs) > 1 and (_BULLET.match(first) or (len(runs) == 2 and _MARK.match(first))):
        runs[:2] = [[*runs[0], *runs[1]]]  # the mark of a list's item, or a heading's number
    return [line_of(run, divided=line.divided and run is runs[-1], turn=line.turn) for run in runs]


def _runs(rows: list[_Row]) -> Iterator[tuple[int, int, list[_Gap]]]:
    """Yield the runs of rows that have a gap in common, as (first, after the last, gaps)."""
    start = 0
    while start < len(rows):
        end, gaps = _run(rows, start) if len(rows[start]) > 1 else (start + 1, [])
        if gaps:
            first = _first(rows, start, gaps)
            yield first, end, gaps
        start = end


def _run(rows: list[_Row], start: int) -> tuple[int, list[_Gap]]:
    """Return where the run that begins with this row ends, and its gaps: none where it is no run."""
    free = [(left.right, right.left) for left, right in pairwise(rows[start])]
    closest = 3.0 * rows[start][0].height
    end = start + 1
    while end < len(rows):
        above, row = rows[end - 1][0], rows[end]
        down = above.bottom - row[0].bottom
        reach = STEP if len(row) > 1 else STEP_ALONE
        if down < 0.3 * above.height or (end > start + 1 and down > reach * closest) or down > 4 * above.height:
            break
        common = list(_common(free, row))
        if not common or row[0].turn != above.turn or row[0].fixed:
            break
        free, closest = common, min(closest, down)
        end += 1
    gaps = [gap for gap in free if _divides(gap, rows[start:end])]
    return (end, gaps) if gaps else (start + 1, [])


def _divides(gap: _Gap, rows: list[_Row]) -> bool:
    """Tell whether enough rows have words on both sides of a gap."""
    both = sum(row[0].right <= gap[0] + 0.1 and row[-1].left >= gap[1] - 0.1 for row in rows)
    wide = gap[1] - gap[0] > WIDE * rows[0][0].height
    return both > 1 + (not wide) and SHARE * len(rows) <= both


def _common(free: list[_Gap], row: _Row) -> Iterator[_Gap]:
    """Yield what a row leaves of the gaps above it."""
    for left, right in free:
        for piece in row:
            if piece.left < right and piece.right > left:
                if piece.left - left >= NARROWEST * piece.height:
                    yield left, piece.left
                left = max(left, piece.right)
        if right - left >= NARROWEST * row[0].height:
            yield left, right


def _first(rows: list[_Row], start: int, gaps: list[_Gap]) -> int:
    """Return the row with which a run begins: those of the right column alone may stand above its first."""
    while start > 0 and len(rows[start - 1]) == 1:
        above, row = rows[start - 1][0], rows[start][0]
        step = above.bottom - row.bottom
        if above.left < gaps[0][1] - 0.1 or not 0.3 * row.height < step < 1.7 * row.height:
            break
        start -= 1
    return start


def _read(rows: list[_Row], gaps: list[_Gap]) -> list[Line]:
    """Return a run as it is read: columns of running text one after the other, else the rows of a table."""
    columns = _divided(rows, gaps)
    if all(_is_running(column) or _is_list(column) for column in columns) and not _is_aligned(rows, gaps):
        return [line for column in columns for line in column]
    return list(_labelled(rows) if _is_labelled(rows) else _table(rows, _voted(rows)))


def _is_labelled(rows: list[_Row]) -> bool:
    """Tell whether the cells say themselves what they are, as in a form: "Name: Ann"."""
    pieces = [piece for row in rows for piece in row]
    return 3 * sum(_LABELLED.match(piece.text) is not None for piece in pieces) >= 2 * len(pieces)


def _labelled(rows: list[_Row]) -> Iterator[Line]:
    for row in rows:
        yield replace(row[0], text=" | ".join(_over("", piece) for piece in row), opens=True, divided=False, words=())


def _divided(rows: list[_Row], gaps: list[_Gap]) -> list[list[Line]]:
    """Return the lines of each column; a piece belongs to the column that it begins in."""
    columns: list[list[Line]] = [[] for _ in range(len(gaps) + 1)]
    for row in rows:
        for at in range(len(columns)):
            inside = [piece for piece in row if _column(piece.left, gaps) == at]
            if len(inside) > 1:
                words = [word for piece in inside for word in piece.words]
                columns[at].append(line_of(words, divided=inside[-1].divided, turn=inside[-1].turn))
            else:
                columns[at] += inside
    return columns


def _column(x: float, gaps: list[_Gap]) -> int:
    return sum((left + right) / 2 < x for left, right in gaps)


def _is_running(column: list[Line]) -> bool:
    """Tell whether the lines of a column are running text: long, filled, and going on from one to the next."""
    if len(column) < 3:
        return False
    width = max(line.right for line in column) - min(line.left for line in column)
    length = sum(len(line.text) + 2 * len(_EAST.findall(line.text)) for line in column) / len(column)
    filled = sum(line.right - line.left > 0.7 * width for line in column)
    going = sum(_goes_on(line.text) for line in column[1:])
    return length > 14 and 2 * filled >= len(column) and going >= 0.3 * (len(column) - 1)


def _goes_on(text: str) -> bool:
    """Tell whether a line begins within a sentence, for all that its first letter says."""
    first = text[:1]
    return first.islower() or (first.isalpha() and not first.isupper())


def _is_list(column: list[Line]) -> bool:
    marked = [line for line in column if len(line.text) > 3]
    return len(marked) > 1 and 5 * sum(_ITEM.match(line.text) is not None for line in column) >= 3 * len(column)


def _is_aligned(rows: list[_Row], gaps: list[_Gap]) -> bool:
    """Tell whether rows of running text in cells stand side by side: they begin together, again and again."""
    steps = [above[0].bottom - row[0].bottom for above, row in pairwise(rows)]
    limit = 1.25 * min(steps)
    begins = [row for row, step in zip(rows[1:], steps, strict=True) if step > limit]
    together = sum(len({_column(piece.left, gaps) for piece in row}) == len(gaps) + 1 for row in begins)
    return len(begins) >= 2 and together == len(begins) and len(rows) <= 6 * (len(begins) + 1)


def _voted(rows: list[_Row]) -> list[_Gap]:
    """Return the gaps between a table's columns: where no cells stand, but for a few that reach over."""
    full = [row for row in rows if len(row) > 1]
    allowed = int(STRAYING * len(full))
    edges = sorted((at, change) for row in rows for piece in row for at, change in ((piece.left, 1), (piece.right, -1)))
    narrowest = NARROWEST * full[0][0].height
    gaps: list[_Gap] = []
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


def _table(rows: list[_Row], gaps: list[_Gap]) -> Iterator[Line]:
    """Yield a table's rows, each with the names of its columns."""
    records = _records(rows, gaps)
    if len(gaps) == 1 and all(_MARK.match(record.cells.get(0, ("1",))[0]) for record in records):
        return  # numbers beside lines
    table = []
    for record in records:
        cells, at = [], 0
        for column, (text, covered) in sorted(record.cells.items()):
            cells += [Cell("")] * (column - at)
            cells.append(Cell(text, columns=covered))
            at = column + covered
        table.append([*cells, *[Cell("")] * (len(gaps) + 1 - at)])
    if any(sum(len(text) for text, _ in record.cells.values()) > LONGEST for record in records):
        return
    for row in read(table):
        line = records[row.number].line
        yield replace(line, text=row.text, opens=True, divided=False, words=())


def _records(rows: list[_Row], gaps: list[_Gap]) -> list[_Record]:
    steps = [above[0].bottom - row[0].bottom for above, row in pairwise(rows)]
    closest = 1.35 * min(steps)
    records: list[_Record] = []
    for row in rows:
        cells: dict[int, tuple[str, int]] = {}
        for piece in row:
            first = _column(piece.left, gaps)
            before, covered = cells.get(first, ("", 1))
            reach = max(covered, _column(piece.right, gaps) - first + 1)
            cells[first] = _over(before, piece), reach
        base = row[0].bottom
        if records and records[-1].bottom - base <= closest and _is_wrapped(records[-1], cells):
            _add(records[-1], cells, base)
        else:
            records.append(_Record(cells, row[0], base, len(cells)))
    return records


def _is_wrapped(above: _Record, cells: dict[int, tuple[str, int]]) -> bool:
    """Tell whether these cells go on with those above them, rather than begin a row."""
    if not cells.keys() <= above.cells.keys():
        return False
    if 0 not in cells:
        return len(cells) < above.first
    return all(
        text[:1].islower() and not above.cells[column][0][:1].islower() and not is_finished(above.cells[column][0])
        for column, (text, _) in cells.items()
    )


def _add(record: _Record, cells: dict[int, tuple[str, int]], bottom: float) -> None:
    for column, (text, covered) in cells.items():
        before, reach = record.cells[column]
        halves = before[-2:-1].isalpha() and before.endswith("-") and text[:1].islower()
        record.cells[column] = before[:-1] + text if halves else f"{before} {text}", max(covered, reach)
    record.bottom = bottom


def _over(before: str, piece: Line) -> str:
    text = piece.text + "-" * piece.divided
    return f"{before} {text}".strip()
