"""HTML markup → the blocks of text that a reader of the page sees, in order: for pages, books and e-mail.

A list item begins as the page shows it (``• ``, ``1. ``, ``iv. ``), a definition with its term; a row of a table
says what its cells are; what is struck out is left out. Understands the elements of HTML, and those that trafilatura
makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from lxml import etree
from lxml import html as lxml_html

from rag.documents.parsed import Assembler
from rag.documents.tables import grid
from rag.documents.web import inline
from rag.documents.web.lists import List
from rag.errors import DocumentError

Page: TypeAlias = lxml_html.HtmlElement
"""The root of a page's tree."""
Element: TypeAlias = etree._Element

STRUCK = frozenset(("s", "strike", "del"))
"""Elements whose words no longer hold."""

_UNSEEN = STRUCK.union("script style noscript template head iframe object svg select button input textarea".split())
_AROUND = _UNSEEN | {"nav", "footer", "aside", "form"}
_ROLES = frozenset(("navigation", "banner", "contentinfo", "search"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "head"))  # the last as trafilatura writes it
_LISTS, _ITEMS = frozenset(("ul", "ol", "list", "dl")), frozenset(("li", "item"))
_ROWS, _CELLS = frozenset(("tr", "row")), frozenset(("td", "th", "cell"))
_BLOCKS = (_HEADINGS | _LISTS | _ITEMS | _ROWS | _CELLS).union(
    "address article aside blockquote body caption center dd details div dt fieldset figcaption figure footer form "
    "header hr main nav p pre quote section summary table tbody tfoot thead".split()
)
_PLACES = 200
"""Places told apart in one block; more than a printed page has lines."""
_NOWHERE: Mapping[etree._Element, str] = MappingProxyType({})
_ANY_SPACE = re.compile(r"\s+")
_CLOSED = ")]%°€$”’"
_ADDRESS_LINES, _ADDRESS_LINE = 8, 60
_POSTCODE = re.compile(
    r"^(?:[A-Z]{1,2}-)?\d{4,6} [^\W\d]|\b[A-Z]{2} \d{5}(?:-\d{4})?$|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$"
)
"""As in "D-24103 Kiel", "Portland, ME 04101" and "Leith EH6 6SW"."""
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or row of a table."""

    text: str
    joint: str = "\n\n"
    """What stands between it and the block before: one line end within a list or table."""
    mark: int = 0
    """Characters at its beginning that the list gives it: its bullet or number."""
    is_heading: bool = False
    linked: float = 0.0
    """The share of its characters that are links: high in navigation."""
    cells: str = ""
    """Of a row: the words of the cells that begin in it, without what its head and merged cells give it."""
    places: tuple[tuple[int, str], ...] = ()
    """(offset in ``text``, name) of each place in it that was asked for."""

    @property
    def words(self) -> str:
        """What stands in the page at this place."""
        return self.cells or self.text[self.mark :]


def tree(text: str) -> Page:
    """Return the tree of a page or a piece of one, what it shows within its lines settled as text.

    Raises DocumentError where there is none.
    """
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, encoding="utf-8")
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8"), parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise DocumentError("There is no HTML in it.") from error
    inline.settle(root)
    return root


def blocks(
    root: etree._Element, *, around: bool = True, places: Mapping[etree._Element, str] = _NOWHERE
) -> list[Block]:
    """Return what ``root`` shows; ``around=False`` leaves out navigation, asides, footers and forms.

    ``places`` names elements whose beginnings are to be told; those behind the last words stand in an empty block.
    """
    walker = _Walker(_UNSEEN if around else _AROUND, frozenset() if around else _ROLES, places)
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if not isinstance(element.tag, str):
            continue
        if event == "end":
            walker.close(element)
            walker.say(element.tail if element is not root else None)
        elif element is not root and walker.is_passed_over(element):
            walk.skip_subtree()
            walker.skipped.add(element)
            walker.note(element)
        else:
            walker.open(element)
            walker.note(element)
            walker.say(element.text)
    walker.flush()
    walker.flush_term()
    return [*walker.blocks, *([Block("", places=tuple((0, name) for name, _ in walker.noted))] if walker.noted else [])]


def write(content: Assembler, page: list[Block]) -> None:
    """Add the blocks of a page to ``content``, a section for each heading."""
    for block in page:
        if block.is_heading:
            content.section(block.text)
        content.block(block.text, joint=block.joint)


class _Walker:
    """The walk's state: the words of the block at hand, and the lists, links and table they stand in."""

    def __init__(self, unseen: frozenset[str], roles: frozenset[str], places: Mapping[etree._Element, str]) -> None:
        self.blocks: list[Block] = []
        self.places = places
        self.noted: list[tuple[str, int]] = []
        """Names of places in the words at hand or the table, each with how many words, or rows, came before."""
        self.unseen, self.roles = unseen, roles
        self.skipped: set[etree._Element] = set()
        self.words: list[str] = []
        self.linked, self.links, self.kept = 0, 0, 0
        self.lists: list[List] = []
        self.label = ""
        self.term = ""
        self.table: etree._Element | None = None
        self.rows: list[list[grid.Cell]] = []
        self.joint = "\n\n"

    def is_passed_over(self, element: etree._Element) -> bool:
        """Tell whether a reader of the page does not see ``element``, or it stands around the article."""
        if element.tag in self.unseen and not (element.tag == "head" and element.get("rend")):
            return True
        if element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")):
            return True
        return element.get("role") in self.roles

    def open(self, element: etree._Element) -> None:
        if element.tag == "a":
            self.links += 1
        elif self.table is not None:
            self._open_in_table(element)
        elif element.tag in ("br", "lb"):
            self.words.append("\n")
        elif _is_block(element):
            self.flush()
            self._enter(element)

    def _open_in_table(self, element: etree._Element) -> None:
        if element.tag in _ROWS:
            self.rows.append([])
        elif element.tag in ("br", "lb", "p", "div", *_ITEMS):
            self.words.append("\n")
        elif _is_block(element):
            self.words.append(" ")

    def _enter(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "table" and _is_data(element):
            self.table = element
        elif tag in _LISTS:
            self.lists.append(List(element))
        elif tag in _ITEMS and self.lists:
            self.label = self.lists[-1].next(element)
        elif _is_kept(element):
            self.kept += 1

    def close(self, element: etree._Element) -> None:
        tag = element.tag
        if element in self.skipped:
            self.skipped.discard(element)
        elif tag == "a":
            self.links -= 1
        elif self.table is not None:
            self._close_in_table(element)
        elif _is_block(element):
            is_term = tag == "dt" or str(element.get("rend", "")).startswith("dt")
            self.flush(is_heading=tag in _HEADINGS, is_term=is_term)
            if tag in _LISTS:
                self.flush_term()
                self.lists.pop()
                self.joint = "\n\n"
            elif tag in _ITEMS:
                self.label = ""
            elif _is_kept(element):
                self.kept -= 1

    def _close_in_table(self, element: etree._Element) -> None:
        if element.tag in _CELLS:
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append(_cell(element, "".join(self.words)))
            self.words.clear()
        elif element.tag == "caption":
            self.flush()
        elif element is self.table:
            self.table = None
            for number, row in enumerate(grid.read(self.rows)):
                cells = " ".join(cell.text for cell in self.rows[row.number])
                here = tuple((0, name) for name, at in self.noted if at <= row.number)
                self.noted = [(name, at) for name, at in self.noted if at > row.number]
                self.blocks.append(Block(row.text, "\n" if number else "\n\n", cells=cells, places=here))
            self.noted = [(name, 0) for name, _ in self.noted]
            self.rows, self.joint = [], "\n\n"
            self.flush()

    def note(self, element: etree._Element) -> None:
        """Remember where ``element`` begins, where that is asked for."""
        if element in self.places:
            rows = self.table is not None and element is not self.table
            self.noted.append((self.places[element], max(0, len(self.rows) - 1) if rows else len(self.words)))

    def say(self, text: str | None) -> None:
        if text:
            self.words.append(text if self.kept else _SPACE.sub(" ", text))
            self.linked += len(text) if self.links > 0 else 0

    def flush(self, *, is_heading: bool = False, is_term: bool = False) -> None:
        """End the block at hand; a term waits for its definition."""
        text = self._shape("".join(self.words), is_heading).strip("\n" if self.kept and not is_heading else None)
        words, self.words = self.words, []
        linked, self.linked = self.linked, 0
        if not text.strip() or is_term:
            self.noted = [(name, 0) for name, _ in self.noted]
        if not text.strip():
            return
        if is_term:
            said = f"{self.term.removesuffix(': ')}, {text}" if self.term else text.removesuffix(":")
            self.term = f"{said} " if said[-1] in ".?!…" else f"{said}: "
            return
        in_list = bool(self.lists) and bool(self.label)
        joint = self.joint if in_list else "\n\n"
        before = self.label + self.term
        places = self._places(words, len(before), is_heading)
        share = min(1.0, linked / len(text))
        self.blocks.append(Block(before + text, joint, len(self.label), is_heading, share, places=places))
        self.joint = "\n" if in_list else "\n\n"
        self.label = self.term = ""

    def _shape(self, text: str, is_heading: bool) -> str:
        """Return words with the white space that the page shows."""
        if is_heading:
            return _ANY_SPACE.sub(" ", text)
        if self.kept:
            return text
        lines = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", text))
        return lines.replace("\n", ", ") if _is_address(lines.strip()) else lines

    def _places(self, words: list[str], before: int, is_heading: bool) -> tuple[tuple[int, str], ...]:
        """Return the noted places as offsets into a block: its words, behind ``before`` characters of its own."""
        offsets = {0: 0}
        for _, at in self.noted:
            if at not in offsets and len(offsets) < _PLACES:
                said = self._shape("".join(words[:at]), is_heading).lstrip()
                offsets[at] = before + len(said) if said else 0
        last = max(offsets.values())
        places = tuple((offsets.get(at, last), name) for name, at in self.noted)
        self.noted = []
        return places

    def flush_term(self) -> None:
        """Let a term without a definition stand alone."""
        if self.term:
            self.blocks.append(Block(self.term.rstrip().removesuffix(":")))
            self.term = ""


def _cell(element: etree._Element, words: str) -> grid.Cell:
    """Return a cell of a table; its lines stand after each other, with a comma where nothing else parts them."""
    lines = [" ".join(line.split()) for line in words.split("\n")]
    text = ""
    for line in filter(None, lines):
        text += f"{'' if not text else ', ' if text[-1].isalnum() or text[-1] in _CLOSED else ' '}{line}"
    is_head = next(element.iterancestors("thead", "table")).tag == "thead"
    is_head = is_head or element.tag == "th" or element.get("role") == "head"  # the last as trafilatura writes it
    return grid.Cell(text, span(element, "rowspan"), span(element, "colspan"), is_head)


def span(cell: etree._Element, name: str, otherwise: int = 1) -> int:
    """Return how many rows or columns the attribute ``name`` says that a cell covers."""
    said = cell.get(name, "").strip()
    return int(said) if re.fullmatch(r"[0-9]{1,4}", said) else otherwise


def _is_block(element: etree._Element) -> bool:
    return element.tag in _BLOCKS or (element.tag == "code" and "\n" in (element.text or ""))


def _is_address(text: str) -> bool:
    """Tell the lines of an address, which are one answer: short, without an end of a sentence, one with a postcode."""
    lines = text.split("\n")
    return (
        2 <= len(lines) <= _ADDRESS_LINES
        and all(0 < len(line) <= _ADDRESS_LINE and line[-1] not in ".?!:;," for line in lines)
        and any(_POSTCODE.search(line) for line in lines)
    )


def _is_kept(element: etree._Element) -> bool:
    """Tell whether line ends and spaces count: in ``<pre>``, and in what trafilatura makes of it."""
    return element.tag == "pre" or (element.tag in ("quote", "code") and not len(element))


def _is_data(table: etree._Element) -> bool:
    """Tell a table of data from one that lays out a page."""
    if next(table.iterdescendants("table", "h1", "h2", "h3", "head"), None) is not None:
        return False
    has_heads = next(table.iterdescendants("th", "caption"), None) is not None
    if not has_heads and next(table.iterdescendants("ul", "ol", "list"), None) is not None:
        return False
    rows = [sum(cell.tag in _CELLS for cell in row) for row in table.iterdescendants(*_ROWS)]
    return len(rows) > 1 and max(rows) > 1
