"""Tables whose cells are told by the rules around them: one has several lines or rows, or two stand close together.

What stands in a cell over several rows counts for each of them; it stands in their middle as a rule, and on none of
their lines. Other tables are read from where their words stand (``pdf_tables``). Knows nothing of PDF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from rag.documents.pages.lines import GAP, Line, Word, line_of
from rag.documents.tables.grid import Cell, read

NEAR = 2.5
"""Points up to which two rules are one, or touch."""
LONGEST = 600
"""Characters of a cell above which what is ruled is a page's parts and no table."""
AROUND = 3
"""Lines that may stand between a table and the edge of a page over which it goes on: heads and feet."""
MOST = 4_000
"""Rules of a page above which it is a drawing."""


class Rule(NamedTuple):
    """A line across or down a page, in points from its lower left corner."""

    at: float
    """The height of one that goes across, the distance from the left of one that goes down."""
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a page."""

    across: tuple[Rule, ...]
    down: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table at the end of a page."""

    columns: tuple[float, ...]
    """Where its rules stand that go down."""
    head: tuple[list[Cell], ...]
    name: str
    """Of its last row: what is cut off at the page's end goes on under it."""

    def goes_on(self, columns: Sequence[float]) -> bool:
        """Tell whether another table has these columns."""
        pairs = zip(self.columns, columns, strict=False)
        return len(self.columns) == len(columns) and all(abs(one - other) <= NEAR for one, other in pairs)


@dataclass(frozen=True, slots=True)
class _Region:
    """A cell: the rows and columns of the grid that it covers, half-open, rows counted from the top."""

    top: int
    bottom: int
    left: int
    right: int


def with_tables(lines: Sequence[Line], rules: Rules, above: Ruled | None) -> tuple[list[Line], Ruled | None]:
    """Return a page's lines, those in a table that its rules alone tell replaced by the table's rows.

    ``above`` is the table at the end of the page before: its head counts where the same columns go on at the top of
    this page. The table at the end of this page is returned besides.
    """
    found = list(lines)
    last: Ruled | None = None
    for across, down in _connected(rules):
        inside = [line for line in found if line.turn == 0 and _is_inside(line, across, down)]
        at = found.index(inside[0]) if inside else 0
        rows, table = _table(inside, across, down, above if at <= AROUND else None) if inside else ([], None)
        if rows:
            below = [line for line in found[at:] if line not in inside]
            below[:1] = [replace(line, opens=True) for line in below[:1]]
            found = [*found[:at], *rows, *below]
            last = table if len(below) <= AROUND else last
    return found, last


def _connected(rules: Rules) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Yield the rules that touch one another, those across and those down: one grid."""
    across, down = _joined(rules.across), _joined(rules.down)
    while across:
        grid, lines = [across.pop()], list[Rule]()
        while fresh := [rule for rule in down if any(_touch(other, rule) for other in grid)]:
            lines += fresh
            down = [rule for rule in down if rule not in fresh]
            grid += [rule for rule in across if any(_touch(rule, other) for other in fresh)]
            across = [rule for rule in across if rule not in grid]
        if len(grid) > 2 and len(lines) > 2:
            yield grid, lines


def _joined(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules with those joined that go on one from the other."""
    joined: list[Rule] = []
    for place in _places(rule.at for rule in rules):
        for rule in sorted((rule for rule in rules if abs(rule.at - place) <= NEAR), key=lambda rule: rule.begin):
            if joined and joined[-1].at == place and rule.begin <= joined[-1].end + NEAR:
                joined[-1] = joined[-1]._replace(end=max(joined[-1].end, rule.end))
            else:
                joined.append(rule._replace(at=place))
    return joined


def _places(values: Iterator[float]) -> list[float]:
    """Return the values, each of those that are near one another once, in ascending order."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > NEAR:
            places.append(value)
    return places


def _touch(across: Rule, down: Rule) -> bool:
    return across.begin - NEAR <= down.at <= across.end + NEAR and down.begin - NEAR <= across.at <= down.end + NEAR


def _is_inside(line: Line, across: Sequence[Rule], down: Sequence[Rule]) -> bool:
    middle = (line.bottom + line.top) / 2
    left, right = min(rule.at for rule in down), max(rule.at for rule in down)
    bottom, top = min(rule.at for rule in across), max(rule.at for rule in across)
    return left - NEAR <= line.left and line.right <= right + NEAR and bottom < middle < top


def _table(
    lines: Sequence[Line], across: Sequence[Rule], down: Sequence[Rule], above: Ruled | None
) -> tuple[list[Line], Ruled | None]:
    """Return the rows of a grid as they are read, and the table; none where the words alone tell its cells."""
    ys, xs = _places(rule.at for rule in across)[::-1], _places(rule.at for rule in down)
    regions = _regions(ys, xs, across, down)
    words: dict[_Region, list[list[Word]]] = {region: [] for region in regions}
    typed: set[_Region] = set()
    is_close = False
    for line in lines:
        parts = list(_parts(line, ys, xs, regions))
        if line.fixed and any(map(str.isalpha, line.text)):  # figures are of one width in most fonts
            typed.update(region for region, _ in parts)
        gaps = (after[0].left - before[-1].right for (_, before), (_, after) in pairwise(parts))
        is_close |= any(gap < GAP * line.height for gap in gaps)
        for region, part in parts:
            words[region].append(part)
    texts = {region: _text(parts) for region, parts in words.items()}
    is_told = is_close or any(
        len(parts) > 1 or (parts and region.bottom - region.top > 1) for region, parts in words.items()
    )
    is_listing = any(len(words[region]) > 1 for region in typed)
    if not is_told or is_listing or any(len(text) > LONGEST for text in texts.values()):
        return [], None
    rows: list[list[Cell]] = [[] for _ in pairwise(ys)]
    for region, text in texts.items():  # from left to right in each row
        rows[region.top].append(Cell(text, region.bottom - region.top, region.right - region.left))
    head = above.head if above and above.goes_on(xs) and rows[0] != above.head[0] else ()
    if above and head and not rows[0][0].text:
        rows[0][0] = replace(rows[0][0], text=above.name)
    found = [row for row in read([*head, *rows]) if row.number >= len(head)]
    lines = [_line(row.text, row.number - len(head), ys, words) for row in found]
    own = tuple(rows[: found[0].number - len(head)]) if found else ()
    name = next(row[0].text for row in reversed(rows) if row)
    return lines, Ruled(tuple(xs), head or own, name) if head or own else None


def _regions(ys: Sequence[float], xs: Sequence[float], across: Sequence[Rule], down: Sequence[Rule]) -> list[_Region]:
    """Return the cells of a grid, none where one is no rectangle; ``ys`` go down the page."""

    def is_closed(rules: Sequence[Rule], at: float, middle: float) -> bool:
        return any(rule.at == at and rule.begin <= middle <= rule.end for rule in rules)

    regions: list[_Region] = []
    taken: set[tuple[int, int]] = set()
    for top in range(len(ys) - 1):
        for left in range(len(xs) - 1):
            if (top, left) in taken:
                continue
            bottom, right = top + 1, left + 1
            while right < len(xs) - 1 and not is_closed(down, xs[right], (ys[top] + ys[top + 1]) / 2):
                right += 1
            while bottom < len(ys) - 1 and not is_closed(across, ys[bottom], (xs[left] + xs[left + 1]) / 2):
                bottom += 1
            places = {(row, column) for row in range(top, bottom) for column in range(left, right)}
            if places & taken:
                return []
            taken |= places
            regions.append(_Region(top, bottom, left, right))
    return regions


def _parts(
    line: Line, ys: Sequence[float], xs: Sequence[float], regions: Sequence[_Region]
) -> Iterator[tuple[_Region, list[Word]]]:
    """Yield the words of a line by the cell that their middle stands in."""
    for region in regions:
        bottom, top, left, right = ys[region.bottom], ys[region.top], xs[region.left], xs[region.right]
        part = [
            word
            for word in line.words
            if left < (word.left + word.right) / 2 <= right and bottom < (word.bottom + word.top) / 2 <= top
        ]
        if part:
            yield region, part


def _text(parts: Sequence[Sequence[Word]]) -> str:
    """Return the words of a cell, from its first line to its last, with a word joined that is divided between two."""
    said = ""
    for line in map(line_of, sorted(parts, key=lambda part: (-part[0].bottom, part[0].left))):
        halves = said.endswith("-") and said[-2:-1].isalpha() and line.text[:1].islower()
        said = (said[:-1] if halves else f"{said} ") + line.text + "-" * line.divided
    return said.strip()


def _line(text: str, number: int, ys: Sequence[float], words: dict[_Region, list[list[Word]]]) -> Line:
    """Return a row as a line, with the words of all cells that cover it."""
    own = [part for region in words if region.top <= number < region.bottom for part in words[region]]
    drawn = tuple(word for part in own for word in part)
    first, bottom = line_of(own[0]), ys[number + 1]
    top = min(ys[number], bottom + first.height)
    left, right = min(word.left for word in drawn), max(word.right for word in drawn)
    return Line(text, left, bottom, right, top, opens=True, drawn=drawn)
