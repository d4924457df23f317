"""Tables in plain text whose columns are aligned by spaces: where they stand, and the names of their columns.

The text stays as it is; a table becomes a section under the names of its columns, so that they are known wherever one
of its rows is read or quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.documents.parsed import Parsed, one_line
from rag.types import Section, Span

ROWS = 3
"""Rows below a head, at least."""
_LONGEST = 120
"""Characters of a head's names."""

_LINE = re.compile(r"[^\r\n]+")
_CELL = re.compile(r"\S+(?:[^\S\t\r\n]\S+)*")
"""Words with one space between them; two, or a tab, divide columns."""
_RULE = re.compile(r"[\s=_+|-]+\Z")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of several cells: its place in the text, its cells' places in the line (with tabs: their numbers), and
    what they say."""

    place: Span
    edges: tuple[Span, ...]
    cells: tuple[str, ...]
    ruled: bool = False
    """Whether a rule stands below it."""


def with_tables(parsed: Parsed) -> Parsed:
    """Return what was read with a section for each aligned table in its text, and one for what follows that."""
    starts = {section.start: section for section in (*parsed.sections, *_tables(parsed.text))}
    return replace(parsed, sections=tuple(starts[start] for start in sorted(starts)))


def _tables(text: str) -> Iterator[Section]:
    """Yield a section for each table whose columns have names, and one without a heading behind it."""
    if "  " not in text and "\t" not in text:
        return
    for rows in _runs(text):
        names = one_line(" | ".join(rows[0].cells))
        if len(rows) > ROWS and len(names) <= _LONGEST and _is_head(rows):
            yield Section(rows[0].place[0], names)
            if text[rows[-1].place[1] :].strip():
                yield Section(rows[-1].place[1], "")


def _runs(text: str) -> Iterator[list[_Row]]:
    """Yield the runs of rows, one below the other, whose cells stand below each other."""
    run: list[_Row] = []
    for match in _LINE.finditer(text):
        row = _row(match)
        if run and _RULE.match(match[0]):
            run[-1] = _Row((run[-1].place[0], match.end()), run[-1].edges, run[-1].cells, ruled=True)
            continue
        below = run and row and text.count("\n", run[-1].place[1], match.start()) < 2 and _is_aligned(run[-1], row)
        if run and not below:
            yield run
            run = []
        if row:
            run.append(row)
    if run:
        yield run


def _row(line: re.Match[str]) -> _Row | None:
    found = list(_CELL.finditer(line[0])) if "  " in line[0] or "\t" in line[0] else []
    if len(found) < 2:
        return None
    tabbed = "\t" in line[0]
    edges = tuple((number, number) if tabbed else cell.span() for number, cell in enumerate(found))
    return _Row(line.span(), edges, tuple(cell[0] for cell in found))


def _is_aligned(above: _Row, row: _Row) -> bool:
    """Tell whether all cells but the first begin or end where one of the row above does, and two at least do."""
    begins, ends = ({edge[at] for edge in above.edges} for at in (0, 1))
    aligned = sum(start in begins or end in ends for start, end in row.edges)
    return aligned >= 2 and aligned >= len(row.edges) - 1


def _is_head(rows: list[_Row]) -> bool:
    """Tell whether the first row names columns: a rule below it says so, or words above numbers do."""
    head, body = rows[0], rows[1:]
    if max(len(row.cells) for row in body) < 3:
        return False  # labels and their values
    if head.ruled:
        return True
    numbers = sum(_DIGIT.search(" ".join(row.cells[1:])) is not None for row in body)
    return not _DIGIT.search(" ".join(head.cells)) and 2 * numbers > len(body)
