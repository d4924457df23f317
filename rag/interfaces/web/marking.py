"""What is marked in a document that is shown: its blocks, cut where a mark begins or ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from rag.interfaces.web.blocks import Block, Cell, styled
from rag.types import Span

_HIT = "cv-hit"

Part: TypeAlias = tuple[str, str, bool]
"""Some text, its style, and whether it is among the answering words."""
Shown: TypeAlias = list[tuple[str, list[Part]]]
"""The text of a cell, in stretches: the marks on each as names of classes, empty where it has none, and its parts."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The spans of a document that are marked, as offsets into its text."""

    quote: Span = (0, 0)
    answers: Sequence[Span] = ()
    """The answering words within the quote."""
    others: Sequence[Span] = ()
    """The other quotes of the same reply."""
    found: Sequence[Span] = ()
    """Where the words are that are looked for, in order, apart from each other."""
    current: int = -1
    """Which of these is shown, counted from 0."""
    at: int = -1
    """Where the document is opened, if not at one of these."""

    def on(self, text: str, cell: Cell) -> Shown:
        """Return the text of a cell with the marks that lie on it."""
        if not cell:
            return []
        start, end = cell[0].start, cell[-1].end
        spans = [(run.start, run.end, run.style) for run in cell if run.style]
        spans += [
            (first, last, names) for first, last, names in self._spans(start, end) if first < end and last > start
        ]
        parts = [(text[run.start : run.end], run.style.split()) for run in styled(start, end, spans)]
        return [
            (marks, [_part(words, styles) for words, styles in stretch])
            for marks, stretch in groupby(parts, key=lambda part: " ".join(filter(_is_mark, part[1])))
        ]

    def _spans(self, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        yield *self.quote, "cv-here"
        for first, last in self.answers:
            yield max(first, self.quote[0]), min(last, self.quote[1]), _HIT
        for first, last in self.others:
            yield first, last, f"cv-also cv-quote-{first}"
        if self.at >= 0:
            yield self.at, self.at + 1, "cv-at"
        for number in range(
            bisect_right(self.found, start, key=lambda span: span[1]),
            bisect_left(self.found, end, key=lambda span: span[0]),
        ):
            yield *self.found[number], "cv-found cv-now" if number == self.current else "cv-found"

    def all_on(self, text: str, block: Block) -> list[list[Shown]]:
        """Return the cells of a block's rows with the marks that lie on them."""
        return [[self.on(text, cell) for cell in row.cells] for row in block.rows]


def _is_mark(name: str) -> bool:
    return name.startswith("cv-") and name != _HIT


def _part(words: str, styles: Sequence[str]) -> Part:
    return words, " ".join(f"md-{style}" for style in styles if not style.startswith("cv-")), _HIT in styles
