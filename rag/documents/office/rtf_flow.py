"""What is read of an RTF: paragraphs and rows of cells, and what its control words say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rag.documents.marks import SUBSCRIPT, SUPERSCRIPT

BODY = 9
"""The level in the outline of text that is no heading."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    right: int
    """Its right edge, in twentieths of a point."""
    goes_on: bool
    """Whether it goes on from the row above."""
    is_head: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a row of a table."""

    text: str = ""
    label: str = ""
    kind: str = ""
    """``heading``, ``title``, ``contents`` or empty."""
    cells: tuple[Cell, ...] = ()
    is_counted: bool = False
    """Whether the number of a page stands in it."""


@dataclass(slots=True)
class State:
    """What holds within a group."""

    destination: str = "text"
    font: int = 0
    unicode_skip: int = 1
    position: str = ""
    is_struck: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    style: int = 0
    outline: int = BODY
    in_table: bool = False
    is_ignorable: bool = False
    """Whether the group began with the mark of one that may be left out."""


@dataclass(slots=True)
class Flow:
    """Text that is read for itself: the body, a note, a header."""

    blocks: list[Block] = field(default_factory=list)
    pieces: list[tuple[str, str]] = field(default_factory=list)
    label: str = ""
    asides: list[Block] = field(default_factory=list)
    """What hangs on the paragraph at hand."""
    row_asides: list[Block] = field(default_factory=list)
    """What hangs on the table at hand."""
    cells: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """The paragraphs of the cell at hand."""
    in_row: bool = False
    edges: list[tuple[int, bool, bool]] = field(default_factory=list)
    """Of the cells that the row has: the right edge, whether it goes on downwards, and sideways."""
    merge: tuple[bool, bool] = (False, False)
    is_head: bool = False
    is_counted: bool = False
    mark: str = ""
    """The mark of the note that this is."""

    def end_cell(self) -> None:
        self.cells.append("\n".join(line for line in self.lines if line.strip()))
        self.lines.clear()

    def end_row(self) -> None:
        edges = self.edges
        if len(edges) < len(self.cells):
            edges = [(1_000 * place, False, False) for place in range(1, len(self.cells) + 1)]
        cells: list[Cell] = []
        for text, (right, down, aside) in zip(self.cells, edges, strict=False):
            if aside and cells:
                cells[-1] = replace(cells[-1], right=right)
            else:
                cells.append(Cell(text, right, down, self.is_head))
        self.blocks += [Block(cells=tuple(cells), is_counted=self.is_counted)] if cells else []
        self.row_asides += self.asides
        self.asides.clear()
        self.cells.clear()
        self.in_row = self.is_counted = False

    def begin_row(self) -> None:
        self.in_row, self.is_head, self.merge = True, False, (False, False)
        self.edges.clear()

    def edge(self, right: int) -> None:
        """Take in the right edge of a cell, whose marks were given before."""
        self.edges.append((right, *self.merge))
        self.merge = (False, False)

    def begin(self, *, down: bool = False, aside: bool = False) -> None:
        """Take in that the next cell goes on from the one above or beside it."""
        self.merge = (self.merge[0] or down, self.merge[1] or aside)


def _position(name: str) -> Callable[[State, int], None]:
    def act(state: State, number: int) -> None:
        state.position = name if number else ""

    return act


def _switch(name: str) -> Callable[[State, int], None]:
    def act(state: State, number: int) -> None:
        setattr(state, name, number != 0)

    return act


def _plain(state: State, _: int) -> None:
    state.position, state.is_struck, state.is_hidden, state.is_deleted = "", False, False, False


def _paragraph(state: State, _: int) -> None:
    state.style, state.outline, state.in_table = 0, BODY, False


LOOKS: dict[str, Callable[[State, int], None]] = {
    "plain": _plain,
    "pard": _paragraph,
    "intbl": _switch("in_table"),
    "outlinelevel": lambda state, number: setattr(state, "outline", number),
    "uc": lambda state, number: setattr(state, "unicode_skip", number),
    "super": _position(SUPERSCRIPT),
    "up": _position(SUPERSCRIPT),
    "sub": _position(SUBSCRIPT),
    "dn": _position(SUBSCRIPT),
    "nosupersub": _position(""),
    "strike": _switch("is_struck"),
    "striked": _switch("is_struck"),
    "v": _switch("is_hidden"),
}
"""Control word → what it changes of what holds for the words that come; it is given the word's number, or 1."""

ROWS: dict[str, Callable[[Flow, int], None]] = {
    "trowd": lambda flow, _: flow.begin_row(),
    "cellx": Flow.edge,
    "clvmrg": lambda flow, _: flow.begin(down=True),
    "clmrg": lambda flow, _: flow.begin(aside=True),
    "trhdr": lambda flow, _: setattr(flow, "is_head", True),
    "row": lambda flow, _: flow.end_row(),
    "chpgn": lambda flow, _: setattr(flow, "is_counted", True),
}
"""Control word → what it does to the text that is read."""

CODEPAGES = {10000: "mac_roman", 65001: "utf-8"}
CHARSETS = {77: "mac_roman", 128: "cp932", 129: "cp949", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254",
             163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
             238: "cp1250"}  # fmt: skip
SIGNS = {"tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
          "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
          "nestcell": "\n", "~": "\xa0", "_": "\u2011", "{": "{", "}": "}", "\\": "\\"}  # fmt: skip
SHOWN = frozenset("shpinst shptxt ud".split())
"""Groups marked as to be left out by whom does not know them, that hold text."""
SKIPPED = frozenset(
    "colortbl pict objdata listtable listoverridetable xe tc txe rxe generator filetbl revtbl rsidtbl themedata sp "
    "shprslt nonshppict bkmkstart bkmkend annotation atnid atnauthor atnref atndate pnseclvl background template "
    "nonesttables latentstyles datastore mmathPr mmath falt panose do ftnsep ftnsepc aftnsep formfield".split()
)
FLOWS = frozenset("footnote header headerf headerl headerr footer footerf footerl footerr shptxt".split())
ABOUT = {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}
MOMENTS = {"creatim": "created", "revtim": "modified"}
