"""What is marked in a document that is shown: its blocks, cut where a mark begins or ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from rag.documents import SUFFIXES, suffix_of
from rag.interfaces.web import blocks, markdown
from rag.interfaces.web.blocks import Block, Cell, Row, Run, styled
from rag.types import Document, Quote, Span

_HIT = "cv-hit"

Part: TypeAlias = tuple[str, str, bool]
"""Some text, its style, and whether it is among the answering words."""
Shown: TypeAlias = list[tuple[str, list[Part]]]
"""The text of a cell, in stretches: the marks on each as names of classes, empty where it has none, and its parts."""


ShownBlocks: TypeAlias = list[tuple[Block, list[list[Shown]]]]
"""Blocks, each with the text of its cells, row by row."""
_COLUMNS = 5
"""Columns of the widest table that is shown in an answer."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The spans of a document that are marked, as offsets into its text."""

    quote: Span = (0, 0)
    answers: Sequence[Span] = ()
    """The answering words."""
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
            yield first, last, _HIT
        for first, last in self.others:
            yield first, last, f"cv-also cv-quote-{first}"
        if self.at >= 0:
            yield self.at, self.at + 1, "cv-at"
        for number in range(
            bisect_right(self.found, start, key=lambda span: span[1]),
            bisect_left(self.found, end, key=lambda span: span[0]),
        ):
            yield *self.found[number], "cv-found cv-now" if number == self.current else "cv-found"


def shown(document: Document, start: int, end: int, marks: Marks, *, part: bool = False) -> ShownBlocks:
    """Return a part of a document in blocks, with the marks that lie on them; a plain text is one, as it stands.

    ``part``: the document is itself a part of another.
    """
    if document.media_type == "text/plain":
        found = [Block("", [Row([[Run(start, end)]])])] if start < end else []
    elif document.media_type == "text/markdown":
        found = markdown.blocks(document, start, end, part=part)
    else:
        found = blocks.blocks(document, start, end)
    return [(block, [[marks.on(document.text, cell) for cell in row.cells] for row in block.rows]) for block in found]


def quote_shown(quote: Quote, answers: Sequence[Span]) -> ShownBlocks:
    """Return a quote in blocks; none where it has no shape of its own, or is a table with more columns than fit."""
    document = _of_document(quote, quote.exact)
    if document.media_type == "text/plain":
        return []
    marks = Marks(answers=[(start - quote.start, end - quote.start) for start, end in answers])
    found = shown(document, 0, len(document.text), marks, part=True)
    widest = max((len(row) for _, rows in found for row in rows), default=0)
    return found if any(block.kind for block, _ in found) and widest <= _COLUMNS else []


def unmarked(quote: Quote, text: str) -> str:
    """Return words near a quote of Markdown without what only writes their shape; those of other formats as they are.

    ``text`` is a slice of the quote's document.
    """
    document = _of_document(quote, text)
    if document.media_type != "text/markdown":
        return text
    read_as = markdown.blocks(document, 0, len(text), part=True)
    cells = (cell for block in read_as for row in block.rows for cell in row.cells)
    read = (text[run.start : run.end] for cell in cells for run in cell if blocks.SYNTAX not in run.style.split())
    return " ".join("".join(read).split())


def _of_document(quote: Quote, text: str) -> Document:
    """Return a part of a quote's document as one of its own, of the same format."""
    source, kind = quote.document, SUFFIXES.get(suffix_of(quote.document.path))
    media_type = kind.media_type if kind else "text/plain"
    return Document(source.id, source.path, source.title, text, source.sha256, media_type)


def _is_mark(name: str) -> bool:
    return name.startswith("cv-") and name != _HIT


def _part(words: str, styles: Sequence[str]) -> Part:
    return words, " ".join(f"md-{style}" for style in styles if not style.startswith("cv-")), _HIT in styles
