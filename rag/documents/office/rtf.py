"""RTF: paragraphs, lists, tables, notes and text boxes of a Rich Text file in the order they are read.

Headings are sections; numbers of lists stand in the text. A note follows the paragraph that refers to it, the header
stands at the beginning and the footer at the end, without page numbers. What was deleted with changes tracked, what is
hidden or struck through, and comments are left out. (Rich Text Format Specification 1.9.1.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.documents.office.common import finished, sensible, without_page_number
from rag.documents.office.numbering import is_item
from rag.documents.office.rtf_flow import Block, Cell
from rag.documents.office.rtf_reader import Reader
from rag.documents.parsed import Assembler, Parsed
from rag.documents.tables import grid

_APART = 30
"""Twentieths of a point by which the edges of cells in one column may differ."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the text in ``data``; raises DocumentError where it is no RTF."""
    reader = Reader(data)
    writer = _Writer()
    writer.write_around(reader.headers)
    writer.write(reader.blocks)
    writer.content.section("")
    writer.write_around(reader.footers)
    about = reader.about
    title = writer.title or sensible(about.get("title", "")) or writer.content.first_heading
    return finished(writer.content, title, about, reader.warnings)


class _Writer:
    """The text so far."""

    def __init__(self) -> None:
        self.content = Assembler()
        self.title = ""
        self.seen: set[str] = set()

    def write(self, blocks: Sequence[Block]) -> None:
        rows: list[tuple[Cell, ...]] = []
        for block in blocks:
            if rows and not block.cells:
                self._table(rows)
                rows = []
            if block.cells:
                rows.append(block.cells)
            else:
                self._paragraph(block)
        self._table(rows)

    def write_around(self, blocks: Sequence[Block]) -> None:
        """Add headers or footers, each line once."""
        for block in blocks:
            lines = [block.text] if not block.cells else [cell.text for cell in block.cells]
            for line in lines:
                text = without_page_number(line) if block.is_counted else line
                if text.strip() and text not in self.seen:
                    self.content.block(text)
                self.seen.add(text)

    def _paragraph(self, block: Block) -> None:
        if not block.text.strip() or block.kind == "contents":
            return
        text = block.label + (block.text.lstrip() if block.label else block.text)
        if block.kind == "heading":
            self.content.section(text)
        elif block.kind == "title" and not self.title:
            self.title = text
        self.content.block(text, is_item=is_item(block.label) and block.kind != "heading")

    def _table(self, rows: list[tuple[Cell, ...]]) -> None:
        """Add a table; one of a single column is paragraphs in a frame."""
        if max(map(len, rows), default=0) < 2:
            for line in (line for row in rows for cell in row for line in cell.text.split("\n")):
                self.content.block(line)
            return
        for row in grid.read(grid.merged(_cells(rows))):
            self.content.block(row.text)


def _cells(rows: list[tuple[Cell, ...]]) -> Iterator[list[tuple[grid.Cell, bool]]]:
    """Yield the cells of each row, as wide as their edges say, each with whether it goes on from the row above."""
    said = sorted({cell.right for row in rows for cell in row})[: grid.COLUMNS]
    edges = [edge for before, edge in pairwise([-(10**9), *said]) if edge - before > _APART]
    for row in rows:
        line: list[tuple[grid.Cell, bool]] = []
        column = 0
        for cell in row:
            span = max(1, sum(column < place + 1 and edge <= cell.right + _APART for place, edge in enumerate(edges)))
            line.append((grid.Cell(cell.text, 1, span, cell.is_head), cell.goes_on))
            column += span
        yield line
