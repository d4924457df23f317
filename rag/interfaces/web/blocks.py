"""A document's text → blocks to show it in: headings, lists, tables, code; every character stays, in its place.

A block is made of runs, which are spans of the document's text. One after the other they are the text, so that a mark
sits right wherever its offsets lie. What only writes a shape (``**``, ``|``, the name of a column in each row) is a
run of style ``syntax``, which the style sheet hides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rag.text.segment import same_words
from rag.types import Document, Section, Span

COLUMNS = 40
"""Columns of the widest table that is shown as one."""
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
SYNTAX = "syntax"
_LABEL = 80
"""Characters of the longest name of a column."""


@dataclass(frozen=True, slots=True)
class Run:
    """``text[start:end]`` of the document, in a style: names of classes, empty for text as it stands."""

    start: int
    end: int
    style: str = ""


Cell: TypeAlias = list[Run]


@dataclass(slots=True)
class Row:
    """A row of a table, an item of a list, or what else a block has; of all but tables it is one cell."""

    cells: list[Cell]
    level: int = 0
    """How deep an item stands, counted from 0."""
    is_head: bool = False


@dataclass(slots=True)
class Block:
    """What is shown as one: ``kind`` is ``table``, ``list``, ``h1`` to ``h6``, …; empty for text as it stands."""

    kind: str
    rows: list[Row] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of the columns of a table whose rows name them; drawn above it."""

    def add(self, *runs: Run) -> None:
        """Put runs at the end of the last row, where there is none in one of their own."""
        if not self.rows:
            self.rows.append(Row([[]]))
        self.rows[-1].cells[-1].extend(runs)


def lines(text: str, start: int, end: int) -> list[Span]:
    """Return the lines of ``text[start:end]``, each with its end."""
    return [match.span() for match in LINE.finditer(text, start, end)]


def styled(start: int, end: int, spans: Sequence[tuple[int, int, str]]) -> Iterator[Run]:
    """Yield ``start`` to ``end`` in runs, each in the styles of the ``spans`` that cover it, in the order of these."""
    changes: dict[int, list[tuple[int, str]]] = {end: []}
    order = {style: number for number, (_, _, style) in enumerate(spans)}
    for begin, stop, style in spans:
        begin, stop = max(begin, start), min(stop, end)
        if begin < stop:
            changes.setdefault(begin, []).append((1, style))
            changes.setdefault(stop, []).append((-1, style))
    active: dict[str, int] = {}
    at = start
    for place in sorted(changes):
        if place > at:
            yield Run(at, place, " ".join(sorted((s for s, count in active.items() if count), key=order.__getitem__)))
            at = place
        for by, style in changes[place]:
            active[style] = active.get(style, 0) + by


def blocks(document: Document, start: int, end: int) -> list[Block]:
    """Return what our readers made of a format: tables whose rows name their columns, headings, text as it stands."""
    text, found, heads = document.text, list[Block](), _headings(document, start, end)
    for begin, stop in lines(text, start, end):
        last = found[-1] if found else Block("")
        fields = _fields(text, begin, stop)
        if fields and last.kind == "table" and _joins(last.names, fields):
            _add_row(last, fields, begin, stop)
        elif len(fields) > 1 and len({name for name, _, _ in fields}) == len(fields) <= COLUMNS:
            table = Block("table")
            _joins(table.names, fields)
            _add_row(table, fields, begin, stop)
            found.append(table)
        elif begin in heads and text[begin:stop].strip():
            found.append(Block("h3", [Row([[Run(begin, stop)]])]))
        elif last.kind and not text[begin:stop].strip():
            last.add(Run(begin, stop, SYNTAX))
        elif found and not last.kind:
            run = last.rows[-1].cells[-1].pop()
            last.add(Run(run.start, stop))
        else:
            found.append(Block("", [Row([[Run(begin, stop)]])]))
    for block in found:
        _fill(text, block)
    return found


def _headings(document: Document, start: int, end: int) -> set[int]:
    """Return where in ``start`` to ``end`` a line is the heading of the section that begins there."""
    first = bisect_left(document.sections, start, key=_start)
    heads = set[int]()
    for section in document.sections[first:]:
        if section.start >= end:
            break
        line = LINE.match(document.text, section.start)
        if line and section.heading and same_words(line.group(), section.heading.rpartition(" — ")[2]):
            heads.add(section.start)
    return heads


def _start(section: Section) -> int:
    return section.start


_Fields: TypeAlias = list[tuple[str, int, int]]
"""(name of the column, where its value begins, where that ends)"""


def _fields(text: str, start: int, end: int) -> _Fields:
    """Return the fields of a line such as ``Plan: Silver | Price: 9``; none where it begins without a name."""
    found: _Fields = []
    at, stop = start, start + len(text[start:end].rstrip("\r\n"))
    for part in text[start:stop].split(" | "):
        name, colon, _ = part.partition(": ")
        if colon and name.strip() and len(name) <= _LABEL:
            found.append((name, at + len(name) + 2, at + len(part)))
        elif found:  # a bar within a value
            found[-1] = (*found[-1][:2], at + len(part))
        else:
            return []
        at += len(part) + 3
    return found


def _joins(names: list[str], fields: _Fields) -> bool:
    """Take the columns of a row into those of a table, in order; tell whether it can be one of its rows."""
    wanted = [name for name, _, _ in fields]
    known = [names.index(name) for name in wanted if name in names]
    if (names and not known) or known != sorted(set(known)) or len(set(wanted)) < len(wanted):
        return False
    if len(names) + len(wanted) - len(known) > COLUMNS:
        return False
    at = 0
    for name in wanted:
        if name not in names:
            names.insert(at, name)
        at = names.index(name) + 1
    return True


def _add_row(table: Block, fields: _Fields, start: int, end: int) -> None:
    cells: list[Cell] = []
    at = start
    for _, begin, stop in fields:
        cells.append([run for run in (Run(at, begin, SYNTAX), Run(begin, stop)) if run.start < run.end])
        at = stop
    if at < end:
        cells[-1].append(Run(at, end, SYNTAX))
    table.rows.append(Row(cells))


def _fill(text: str, table: Block) -> None:
    """Give each row of a table an empty cell for a column that it lacks, now that all columns are known."""
    for row in table.rows if table.names else ():
        named = {_name(text, cell): cell for cell in row.cells}
        row.cells[:] = [named.get(name, []) for name in table.names]


def _name(text: str, cell: Cell) -> str:
    return text[cell[0].start : cell[0].end].removeprefix(" | ").removesuffix(": ")
