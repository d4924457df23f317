"""The lines of a page in the order in which they are read: column after column, and a table row by row.

A page's own order is kept but for runs of lines with a gap at the same place: text set in columns and drawn across
them, or a table. Knows nothing of PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.documents.pages.drawn_tables import drawn_tables
from rag.documents.pages.lines import Line, line_of, segments
from rag.documents.pages.pdf_tables import MARK, NARROWEST, Gap, Row, Table, column_of, read_drawn, read_table, said

FARTHEST = 2.6
"""The distance of two lines of a run at most, in heights of a line."""
WIDE = 1.5
"""A gap, in heights, of which two rows are enough."""
STEP, STEP_ALONE = 3.0, 1.5
"""The distance of two lines of a run at most, in distances of its closest; and where the lower one has no gap."""
SHARE = 0.25
"""The share of a run's rows that have words on both sides of each gap."""

_ITEM = re.compile(r"(?:[•‣▪◦·●○■▫–—*-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])(?:\s|\Z)")
_BULLET = re.compile(r"(?:[•‣▪◦·●○■▫–—*-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\Z")

_LABELLED = re.compile(r"[☐☒]|[^\W\d_][^:]{0,60}:\s\S")
_EAST = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


def reading_orders(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the lines of pages as they are read; a table that goes on on the next page has its head there too."""
    ordered: list[list[Line]] = []
    above: Table | None = None
    for page in pages:
        lines, below = _ordered(page, above)
        if above and lines:
            lines[0] = replace(lines[0], opens=True)  # no row goes on in running text
        ordered.append(lines)
        above = below
    return ordered


def reading_order(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of a page as they are read; a table's row is a line that opens a paragraph."""
    return _ordered(lines, None)[0]


def by_column(lines: Sequence[Line]) -> list[Line]:
    """Return lines that stand around the text, as a letter's foot does: a paragraph a column."""
    rows = [_pieces(line) for line in lines]
    ordered: list[Line] = []
    done = 0
    for start, end, gaps in (*_runs(rows), (len(rows), len(rows), [])):
        ordered += (replace(line, opens=True) for line in lines[done:start])
        for column in _divided(rows[start:end], gaps) if gaps else []:
            ordered += (replace(line, opens=at == 0) for at, line in enumerate(column))
        done = end
    return ordered


def _ordered(lines: Sequence[Line], above: Table | None) -> tuple[list[Line], Table | None]:
    """Return the lines as they are read, and the table that they end with, if any; ``above`` is that before them."""
    if not any(line.words for line in lines):
        return list(lines), above if not lines else None
    rows = [_pieces(line) for line in lines]
    ordered: list[Line] = []
    done = 0
    for start, end, drawn in drawn_tables(rows):
        if table := read_drawn(drawn, above if start == 0 else None):
            ordered += _below(ordered, _in_runs(lines[done:start], rows[done:start], above if done == 0 else None)[0])
            ordered += table.lines
            above, done = table, end
    rest, last = _in_runs(lines[done:], rows[done:], above if done in (0, len(rows)) else None)
    return [*ordered, *_below(ordered, rest)], last


def _below(table: Sequence[Line], lines: list[Line]) -> list[Line]:
    """Return the lines below a table, if any stands above: the first opens a paragraph."""
    return [replace(line, opens=True) if number == 0 else line for number, line in enumerate(lines)] if table else lines


def _in_runs(lines: Sequence[Line], rows: list[Row], above: Table | None) -> tuple[list[Line], Table | None]:
    """Return lines as they are read, those in columns or in a table told by the gaps that they have in common."""
    ordered: list[Line] = []
    done = 0
    last = None if rows else above
    for start, end, gaps in _runs(rows):
        ordered += _between(lines, rows, done, start, ordered)
        told, last = _read(rows[start:end], gaps, above if start == 0 else None)
        ordered += told or lines[start:end]
        done = end
    ordered += _between(lines, rows, done, len(rows), ordered)
    return ordered, last if done == len(rows) else None


def _between(lines: Sequence[Line], rows: list[Row], start: int, end: int, before: list[Line]) -> list[Line]:
    """Return lines that are no run; the first opens a paragraph where a row of a table stands before it."""
    between = list(map(_alone, lines[start:end], rows[start:end]))
    if between and before and before[-1].opens:
        between[0] = replace(between[0], opens=True)
    return between


def _alone(line: Line, row: Row) -> Line:
    """Return a line of its own; the fields of a form that stand side by side are told apart."""
    return next(_labelled([row])) if len(row) > 1 and _is_labelled([row]) else line


def _pieces(line: Line) -> Row:
    if not line.words or line.fixed:
        return [line]
    runs = list(segments(line))
    first = " ".join(word.text for word in runs[0])
    if len(runs) > 1 and (_BULLET.match(first) or (len(runs) == 2 and MARK.match(first))):
        runs[:2] = [[*runs[0], *runs[1]]]  # the mark of a list's item, or a heading's number
    return [line_of(run, divided=line.divided and run is runs[-1], turn=line.turn) for run in runs]


def _runs(rows: list[Row]) -> Iterator[tuple[int, int, list[Gap]]]:
    """Yield the runs of rows that have a gap in common, as (first, after the last, gaps)."""
    start = 0
    while start < len(rows):
        end, gaps = _run(rows, start) if len(rows[start]) > 1 else (start + 1, [])
        if gaps:
            first = _first(rows, start, gaps)
            yield first, end, gaps
        start = end


def _run(rows: list[Row], start: int) -> tuple[int, list[Gap]]:
    """Return where the run that begins with this row ends, and its gaps: none where it is no run."""
    free = [(left.right, right.left) for left, right in pairwise(rows[start])]
    closest = 3.0 * rows[start][0].height
    end = start + 1
    while end < len(rows):
        above, row = rows[end - 1][0], rows[end]
        down = above.bottom - row[0].bottom
        reach = STEP if len(row) > 1 else STEP_ALONE
        if down < 0.3 * above.height or (end > start + 1 and down > reach * closest) or down > FARTHEST * above.height:
            break
        common = list(_common(free, row))
        if not common or row[0].turn != above.turn or row[0].fixed:
            break
        free, closest = common, min(closest, down)
        end += 1
    gaps = [gap for gap in free if _divides(gap, rows[start:end])]
    return (end, gaps) if gaps else (start + 1, [])


def _divides(gap: Gap, rows: list[Row]) -> bool:
    """Tell whether enough rows have words on both sides of a gap."""
    both = sum(row[0].right <= gap[0] + 0.1 and row[-1].left >= gap[1] - 0.1 for row in rows)
    wide = gap[1] - gap[0] > WIDE * rows[0][0].height
    return both > 1 + (not wide) and SHARE * len(rows) <= both


def _common(free: list[Gap], row: Row) -> Iterator[Gap]:
    """Yield what a row leaves of the gaps above it."""
    for left, right in free:
        for piece in row:
            if piece.left < right and piece.right > left:
                if piece.left - left >= NARROWEST * piece.height:
                    yield left, piece.left
                left = max(left, piece.right)
        if right - left >= NARROWEST * row[0].height:
            yield left, right


def _first(rows: list[Row], start: int, gaps: list[Gap]) -> int:
    """Return the row with which a run begins: those of the right column alone may stand above its first."""
    while start > 0 and len(rows[start - 1]) == 1:
        above, row = rows[start - 1][0], rows[start][0]
        step = above.bottom - row.bottom
        if above.left < gaps[0][1] - 0.1 or not 0.3 * row.height < step < 1.7 * row.height:
            break
        start -= 1
    return start


def _read(rows: list[Row], gaps: list[Gap], above: Table | None) -> tuple[list[Line], Table | None]:
    """Return a run as it is read: columns of running text one after the other, else the rows of a table."""
    columns = _divided(rows, gaps)
    if all(_is_running(column) or _is_list(column) for column in columns) and not _is_aligned(rows, gaps):
        return [line for column in columns for line in column], None
    if _is_labelled(rows):
        return list(_labelled(rows)), None
    table = read_table(rows, above)
    return (list(table.lines), table) if table else ([], None)


def _is_labelled(rows: list[Row]) -> bool:
    """Tell whether the cells say themselves what they are, as in a form: "Name: Ann"."""
    pieces = [piece for row in rows for piece in row]
    return 3 * sum(_LABELLED.match(piece.text) is not None for piece in pieces) >= 2 * len(pieces)


def _labelled(rows: list[Row]) -> Iterator[Line]:
    for row in rows:
        text = " | ".join(said(piece) for piece in row)
        drawn = tuple(word for piece in row for word in piece.drawn)
        yield replace(row[0], text=text, opens=True, divided=False, words=(), drawn=drawn)


def _divided(rows: list[Row], gaps: list[Gap]) -> list[list[Line]]:
    """Return the lines of each column; a piece belongs to the column that it begins in."""
    columns: list[list[Line]] = [[] for _ in range(len(gaps) + 1)]
    for row in rows:
        for at in range(len(columns)):
            inside = [piece for piece in row if column_of(piece.left, gaps) == at]
            if len(inside) > 1:
                words = [word for piece in inside for word in piece.words]
                columns[at].append(line_of(words, divided=inside[-1].divided, turn=inside[-1].turn))
            else:
                columns[at] += inside
    return columns


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


def _is_aligned(rows: list[Row], gaps: list[Gap]) -> bool:
    """Tell whether rows of running text in cells stand side by side: they begin together, again and again."""
    steps = [above[0].bottom - row[0].bottom for above, row in pairwise(rows)]
    limit = 1.25 * min(steps)
    begins = [row for row, step in zip(rows[1:], steps, strict=True) if step > limit]
    together = sum(len({column_of(piece.left, gaps) for piece in row}) == len(gaps) + 1 for row in begins)
    return len(begins) >= 2 and together == len(begins) and len(rows) <= 6 * (len(begins) + 1)
