"""RTF: paragraphs, lists, tables, notes and text boxes of a Rich Text file in the order they are read.

Headings are sections; numbers of lists stand in the text. A note follows the paragraph that refers to it, the header
stands at the beginning and the footer at the end, without page numbers. What was deleted with changes tracked, what is
hidden or struck through, and comments are left out. (Rich Text Format Specification 1.9.1.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rag.documents.office.common import sensible, without_page_number
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
    metadata = [(name, about.get(name, "")) for name in ("author", "created", "modified", "subject", "keywords")]
    return writer.content.finish(title=title, metadata=metadata, warnings=reader.warnings)


class _Writer:
    """The text so far."""

    def __init__(self) -> None:
        self.content = Assembler()
        self.title = ""
        self.in_list = False
        self.seen: set[str] = set()

    def write(self, blocks: Sequence[Block]) -> None:
        """Add paragraphs and tables."""
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
        item = is_item(block.label) and block.kind != "heading"
        self.content.block(text, joint="\n" if item and self.in_list else "\n\n")
        self.in_list = item

    def _table(self, rows: list[tuple[Cell, ...]]) -> None:
        """Add a table; one of a single column is paragraphs in a frame."""
        self.in_list = False
        if max(map(len, rows), default=0) < 2:
            for line in (line for row in rows for cell in row for line in cell.text.split("\n")):
                self.content.block(line)
            return
        for row in grid.read(_cells(rows)):
            self.content.block(row.text)


def _cells(rows: list[tuple[Cell, ...]]) -> list[list[grid.Cell]]:
    """Return the cells of a table, merged as their edges and marks say."""
    edges = _edges(rows)
    table: list[list[grid.Cell]] = []
    open_: dict[int, tuple[int, int]] = {}
    for row in rows:
        line: list[grid.Cell] = []
        column, still = 0, {}
        table.append(line)
        for cell in row:
            span = max(1, sum(column < place + 1 and edge <= cell.right + _APART for place, edge in enumerate(edges)))
            above = open_.get(column) if cell.goes_on else None
            if above is None:
                above = (len(table) - 1, len(line))
                line.append(grid.Cell(cell.text, 1, span, cell.is_head))
            else:
                upper = table[above[0]][above[1]]
                table[above[0]][above[1]] = grid.Cell(upper.text, len(table) - above[0], upper.columns, upper.is_head)
            still[column] = above
            column += span
        open_ = still
    return table


def _edges(rows: list[tuple[Cell, ...]]) -> list[int]:
    """Return the right edges of a table's columns."""
    said = sorted({cell.right for row in rows for cell in row})[: grid.COLUMNS]
    return [edge for before, edge in pairwise([-(10**9), *said]) if edge - before > _APART]
