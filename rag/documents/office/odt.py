"""ODT: paragraphs, lists, tables, text boxes and notes of an OpenDocument text in the order they are read.

Headings are sections; numbers of headings and lists stand in the text. A note follows the paragraph that refers to it.
The first page's header stands at the beginning and its footer at the end, without page numbers. What was deleted with
changes tracked, what is hidden or struck through, comments and the table of contents are left out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable

from rag.documents.files import entry_bytes, entry_xml, open_archive
from rag.documents.office.common import NESTING, TRACKED, Element, finished, qn, sensible, without_page_number
from rag.documents.office.numbering import Counter, is_item
from rag.documents.office.odf import SKIPPED, Reader, Style, Styles, whole
from rag.documents.parsed import Assembler, Parsed
from rag.documents.tables import grid
from rag.documents.web import mathml
from rag.errors import DocumentError

KIND = "an OpenDocument text (.odt)"

_PARAGRAPH, _HEADING, _LIST, _TABLE = qn("text:p"), qn("text:h"), qn("text:list"), qn("table:table")
_ITEMS, _CELL = frozenset(map(qn, ("text:list-item", "text:list-header"))), qn("table:table-cell")
_ROWS = frozenset(map(qn, ("table:table-header-rows", "table:table-rows", "table:table-row-group")))
_PAGES = frozenset(map(qn, ("text:page-number", "text:page-count")))


def parse(data: bytes, name: str) -> Parsed:
    """Return the text in ``data``; raises DocumentError where it is damaged, locked or no OpenDocument text."""
    with open_archive(data, KIND) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in entry_bytes(
            archive, "META-INF/manifest.xml", KIND
        ):
            raise DocumentError("It is protected by a password.")
        content = entry_xml(archive, "content.xml", KIND)
        body = content.find(f"{qn('office:body')}/{qn('office:text')}")
        if body is None:
            raise DocumentError(f"It is a zip archive, but not {KIND}.")
        writer = _Writer(archive)
        around = writer.read_styles(content)
        writer.write_around(around, "header")
        writer.write(body, 0)
        writer.content.section("")
        writer.write_around(around, "footer")
        return writer.finish()


class _List:
    """A list that is being read, with how far it has counted."""

    def __init__(self, style: str, counter: Counter, depth: int) -> None:
        self.style, self.counter, self.depth = style, counter, depth


class _Writer:
    """The walk's state: the text so far, the lists around, and the notes not written yet."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.content = Assembler()
        self.styles = Styles()
        self.reader = Reader(archive, self.styles)
        self.title = ""
        self.headings = Counter()
        self.lists: list[_List] = []
        self.counters: dict[str, Counter] = {}
        """Style or id of a list → its count, for a list that goes on later."""
        self.label = ""
        """What stands before the next paragraph: its number, the mark of its note."""
        self.asides: list[tuple[str, Element]] | None = None
        """What hangs on the cells of the table that is being read; None outside of tables."""
        self.is_around = False
        self.seen: set[str] = set()

    def read_styles(self, content: Element) -> Element | None:
        """Take in the styles; return the page that they begin with, with its header and footer."""
        page = None
        if "styles.xml" in self.archive.namelist():
            root = entry_xml(self.archive, "styles.xml", KIND)
            self.styles.add(root)
            pages = list(root.iter(qn("style:master-page")))
            page = next((each for each in pages if each.get(qn("style:name")) == "Standard"), (*pages, None)[0])
        self.styles.add(content)
        return page

    def write_around(self, page: Element | None, kind: str) -> None:
        """Add the headers or footers of a page, each line once."""
        self.is_around = True
        for which in (f"style:{kind}-first", f"style:{kind}"):
            part = None if page is None else page.find(qn(which))
            if part is not None and part.get(qn("style:display")) != "false":
                self.write(part, 0)
        self.is_around = False

    def finish(self) -> Parsed:
        """Return everything, with what the document says of itself."""
        about = _about(self.archive)
        title = self.title or sensible(about.get("title", "")) or self.content.first_heading
        return finished(self.content, title, about, self.reader.warnings)

    def write(self, parent: Element, depth: int) -> None:
        if depth > NESTING:
            raise DocumentError("It is nested too deeply.")
        for element in parent:
            tag = element.tag
            if tag == qn("text:tracked-changes") and len(element):
                self.reader.warnings[TRACKED] = None
            if tag in SKIPPED or not isinstance(tag, str) or self.reader.is_hidden(element):
                continue
            if tag in (_PARAGRAPH, _HEADING):
                self._paragraph(element, depth)
            elif tag == _LIST:
                self._list(element, depth)
            elif tag == _TABLE:
                self._table(element, depth)
            else:
                self.write(element, depth + 1)

    def _paragraph(self, paragraph: Element, depth: int) -> None:
        style = self.styles.of("paragraph", paragraph.get(qn("text:style-name"), ""))
        words = self.reader.words(paragraph)
        text = words.text
        if paragraph.tag == _HEADING and not self.label and text.strip():
            self.label = self._heading_number(paragraph, style)
        label = ""
        if text.strip():
            label, self.label = self.label, ""
        self._say(label + text.lstrip() if label else text, label, paragraph, style)
        self._aside(words.asides, depth)

    def _say(self, text: str, label: str, paragraph: Element, style: Style) -> None:
        if self.is_around:
            counted = next(paragraph.iter(*_PAGES), None) is not None
            text = without_page_number(text) if counted else text
            if text in self.seen:
                return
            self.seen.add(text)
        if text.strip() and paragraph.tag == _HEADING:
            self.content.section(text)
        elif text.strip() and style.is_title and not self.title:
            self.title = text
        self.content.block(text, is_item=is_item(label) and paragraph.tag != _HEADING)

    def _aside(self, asides: Iterable[tuple[str, Element]], depth: int) -> None:
        """Add the notes and boxes that hang on what was just written; those in a cell wait for their table's end."""
        if self.asides is not None:
            self.asides += asides
            return
        lists, self.lists = self.lists, []
        for mark, body in asides:
            self.label = f"[{mark}] " if mark else ""
            self.write(body, depth + 1)
        self.lists, self.label = lists, ""

    def _heading_number(self, heading: Element, style: Style) -> str:
        depth = whole(heading, "text:outline-level") - 1
        if heading.get(qn("text:is-list-header")) == "true" or style.list_style == "":
            return ""
        if heading.get(qn("text:restart-numbering")) == "true":
            self.headings.begin(depth, whole(heading, "text:start-value"))
        return self.headings.next(self.styles.outline, depth)

    def _list(self, element: Element, depth: int) -> None:
        """Add the items of a list; a list within one counts on the next level."""
        outer = self.lists[-1] if self.lists else None
        style = element.get(qn("text:style-name")) or ("" if outer is None else outer.style)
        if outer is None:
            on = element.get(qn("text:continue-list"), "")
            on = style if not on and element.get(qn("text:continue-numbering")) == "true" else on
            counter = self.counters.get(on) or Counter()
            names = (style, element.get("{http://www.w3.org/XML/1998/namespace}id", ""))
            self.counters |= {name: counter for name in names if name}
        else:
            counter = outer.counter
        self.lists.append(_List(style, counter, 0 if outer is None else outer.depth + 1))
        for item in element:
            if item.tag in _ITEMS:
                self._item(item, depth)
        self.lists.pop()

    def _item(self, item: Element, depth: int) -> None:
        own = self.lists[-1]
        levels = self.styles.lists.get(own.style, self.styles.outline)
        only_lists = all(child.tag == _LIST for child in item)
        if item.tag == qn("text:list-item") and not only_lists:
            if item.get(qn("text:start-value")) is not None:
                own.counter.begin(own.depth, whole(item, "text:start-value"))
            self.label = own.counter.next(levels, own.depth)
        self.write(item, depth + 1)
        self.label = ""

    def _table(self, table: Element, depth: int) -> None:
        rows = list(_rows(table, is_head=False))
        if _is_layout([row for row, _ in rows]):
            for cell in (cell for row, _ in rows for cell in row.findall(_CELL)):
                self.write(cell, depth + 1)
            return
        outer, self.asides = self.asides, []
        cells = [[self._cell(cell, is_head, depth) for cell in row.findall(_CELL)] for row, is_head in rows]
        asides, self.asides = self.asides, outer
        for row in grid.read(cells):
            self.content.block(row.text)
        self._aside(asides, depth)

    def _cell(self, cell: Element, is_head: bool, depth: int) -> grid.Cell:
        """Return a cell with its words on one line."""
        outer, self.content, lists, self.lists = self.content, Assembler(), self.lists, []
        self.write(cell, depth + 1)
        text, self.content, self.lists = self.content.finish().text, outer, lists
        columns = max(whole(cell, "table:number-columns-spanned"), whole(cell, "table:number-columns-repeated"))
        return grid.Cell(" ".join(text.split()), whole(cell, "table:number-rows-spanned"), columns, is_head)


def _rows(parent: Element, *, is_head: bool) -> list[tuple[Element, bool]]:
    """Return the rows of a table, each with whether it is one of the head."""
    found = []
    for element in parent:
        if element.tag == qn("table:table-row"):
            found.append((element, is_head))
        elif element.tag in _ROWS:
            found += _rows(element, is_head=is_head or element.tag == qn("table:table-header-rows"))
    return found


def _is_layout(rows: list[Element]) -> bool:
    """Tell a table that lays out a page: of one column, or with a text under a heading, or a table, in a cell."""
    cells = [row.findall(_CELL) for row in rows]
    if max(map(len, cells), default=0) < 2:
        return True
    return any(
        cell.find(_TABLE) is not None or (cell.find(_HEADING) is not None and len(cell) > 1)
        for row in cells
        for cell in row
    )


def _about(archive: zipfile.ZipFile) -> dict[str, str]:
    if "meta.xml" not in archive.namelist():
        return {}
    try:
        root = entry_xml(archive, "meta.xml", KIND)
    except DocumentError:  # a document with bad properties is a document still
        return {}
    said = {mathml.tag_of(element): element.text or "" for element in root.iter()}
    keywords = ", ".join(element.text or "" for element in root.iter(qn("meta:keyword")))
    return {
        "title": said.get("title", ""),
        "author": said.get("initial-creator") or said.get("creator", ""),
        "created": said.get("creation-date", "")[:10],
        "modified": said.get("date", "")[:10],
        "subject": said.get("subject", ""),
        "keywords": keywords,
    }
