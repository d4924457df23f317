"""DOCX: paragraphs, lists, tables, text boxes and notes in the order they are read; headings are sections.

Numbers that Word sets by itself stand in the text. A footnote or endnote follows the paragraph that refers to it. The
first section's header stands at the beginning and its footer at the end, without page numbers. What was deleted with
changes tracked, what is hidden or struck through, comments and the table of contents are left out. A DOCX has no pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.documents.office.common import NESTING, PAGE_FIELD, Element, finished, qn, sensible, without_page_number
from rag.documents.office.numbering import is_item
from rag.documents.office.ooxml import Package, open_package, value
from rag.documents.office.runs import DELETED, Notes, Runs, is_prompt
from rag.documents.office.styles import Lists, read_styles
from rag.documents.parsed import Assembler, Parsed
from rag.documents.tables import grid
from rag.errors import DocumentError

KIND = "a Word document (.docx)"
_PARAGRAPH, _TABLE = qn("w:p"), qn("w:tbl")
_ROW, _CELL = qn("w:tr"), qn("w:tc")
_WRAPPERS = frozenset(map(qn, ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag")))


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data``; raises DocumentError where it is damaged or no Word document."""
    package = open_package(data, KIND)
    main = package.main()
    body = package.part(main).find(qn("w:body"))
    if body is None:
        raise DocumentError(f"It is a zip archive, but not {KIND}.")
    writer = _Writer(package, main)
    section = next(body.iter(qn("w:sectPr")), None)
    for header in _around(package, main, section, "header"):
        writer.write_around(header)
    writer.write(body, 0)
    writer.end_paragraph()
    writer.content.section("")
    for footer in _around(package, main, section, "footer"):
        writer.write_around(footer)
    return writer.finish(package.about())


class _Writer:
    """The walk's state: the text so far, and whether a list or a paragraph goes on."""

    def __init__(self, package: Package, main: str) -> None:
        self.content = Assembler()
        self.styles = read_styles(package.related(main, "styles"))
        self.lists = Lists(package.related(main, "numbering"), self.styles)
        self.runs = Runs(self.styles, Notes(package, main))
        self.title = ""
        self.begun = ""
        """A paragraph whose end was deleted."""
        self.mark = ""
        """The mark of the note that begins."""
        self.is_around = False
        self.seen: set[str] = set()
        """The lines of headers and footers so far."""

    def write(self, parent: Element, depth: int) -> None:
        if depth > NESTING:
            raise DocumentError("It is nested too deeply.")
        for element in parent:
            if element.tag == _PARAGRAPH:
                self._paragraph(element, depth)
            elif element.tag == _TABLE:
                self.end_paragraph()
                self._table(element, depth)
            elif element.tag in _WRAPPERS and not is_prompt(element):
                self.write(element, depth + 1)

    def write_around(self, part: Element) -> None:
        """Add a header or footer: what was not there before, and is no page number."""
        self.is_around = True
        self.write(part, 0)
        self.end_paragraph()
        self.is_around = False

    def finish(self, about: dict[str, str]) -> Parsed:
        """Return everything, with what the document says of itself."""
        title = self.title or sensible(about.get("title", "")) or self.content.first_heading
        return finished(self.content, title, about, self.runs.warnings)

    def end_paragraph(self) -> None:
        """Add a paragraph whose end was deleted, where no other takes it on."""
        text, self.begun = self.begun, ""
        self._block(text)

    def _paragraph(self, paragraph: Element, depth: int) -> None:
        properties = paragraph.find(qn("w:pPr"))
        kind = self._kind(properties)
        if kind == "contents":
            return
        words = self.runs.words(paragraph)
        label = self._label(paragraph, words.text)
        text = self.begun + (label + words.text.lstrip() if label and words.text.strip() else words.text)
        if self.is_around and (_has_page_number(paragraph) or text in self.seen):
            text = without_page_number(text) if text not in self.seen else ""
        if self.runs.is_deleted(None if properties is None else properties.find(qn("w:rPr"))):
            self.begun = text
        else:
            self.begun = ""
            if text.strip() and kind == "heading":
                self.content.section(text)
            elif text.strip() and kind == "title" and not self.title:
                self.title = text
            self._block(text, is_item=is_item(label) and kind != "heading")
        self._asides(words.boxes, words.notes, depth)

    def _label(self, paragraph: Element, text: str) -> str:
        """Return what stands before a paragraph: its number, the mark of the note that it begins."""
        properties = paragraph.find(qn("w:pPr"))
        is_gone = not text.strip() and (
            paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:vanish')}") is not None
            or any(paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{name}") is not None for name in DELETED)
        )
        label = "" if is_gone else self.lists.label(properties)
        if self.mark and text.strip():
            label, self.mark = f"[{self.mark}] {label}", ""
        return label

    def _kind(self, properties: Element | None) -> str:
        style = self.styles.get(value(properties, "w:pStyle"))
        if (value(properties, "w:outlineLvl") or "9") < "9":
            return "heading"
        return style.kind if style is not None and not self.is_around else ""

    def _block(self, text: str, *, is_item: bool = False) -> None:
        if text.strip():
            if self.is_around:
                self.seen.add(text)
            self.content.block(text, is_item=is_item)

    def _asides(self, boxes: tuple[Element, ...], notes: tuple[tuple[str, Element], ...], depth: int) -> None:
        """Add the boxes and notes that hang on what was just written."""
        for box in boxes:
            self.write(box, depth + 1)
        for mark, body in notes:
            self.mark = mark
            self.write(body, depth + 1)

    def _table(self, table: Element, depth: int) -> None:
        rows = [row for row in _descend(table, _ROW) if not self.runs.is_deleted(row.find(qn("w:trPr")))]
        if self._is_layout(rows):
            for cell in (cell for row in rows for cell in _descend(row, _CELL)):
                self.write(cell, depth + 1)
                self.end_paragraph()
            return
        boxes: list[Element] = []
        notes: list[tuple[str, Element]] = []
        for row in grid.read(grid.merged([self._cells(row, boxes, notes) for row in rows])):
            self._block(row.text)
        self._asides(tuple(boxes), tuple(notes), depth)

    def _is_layout(self, rows: list[Element]) -> bool:
        """Tell a table that lays out a page: of one column, or with a text under a heading, or a table, in a cell."""
        cells = [list(_descend(row, _CELL)) for row in rows]
        if max(map(len, cells), default=0) < 2:
            return True
        return any(self._is_page(list(cell.iterchildren(_PARAGRAPH)), cell) for row in cells for cell in row)

    def _is_page(self, paragraphs: list[Element], cell: Element) -> bool:
        if cell.find(_TABLE) is not None:
            return True
        return len(paragraphs) > 1 and any(self._kind(each.find(qn("w:pPr"))) == "heading" for each in paragraphs)

    def _cells(
        self, row: Element, boxes: list[Element], notes: list[tuple[str, Element]]
    ) -> list[tuple[grid.Cell, bool]]:
        """Return the cells of a row, each with whether it goes on from the row above."""
        head = value(row, "w:trPr/w:tblHeader")
        before = _whole(value(row, "w:trPr/w:gridBefore"))
        cells = [(grid.Cell("", columns=before), False)] if before else []
        for cell in _descend(row, _CELL):
            merged = value(cell, "w:tcPr/w:vMerge")
            text = self._cell(cell, boxes, notes)
            columns = max(1, _whole(value(cell, "w:tcPr/w:gridSpan")))
            is_head = head is not None and head not in ("0", "false", "off")
            cells.append((grid.Cell(text, 1, columns, is_head), merged is not None and merged != "restart"))
        return cells

    def _cell(self, cell: Element, boxes: list[Element], notes: list[tuple[str, Element]]) -> str:
        lines = []
        for paragraph in _descend(cell, _PARAGRAPH):
            words = self.runs.words(paragraph)
            lines.append(self._label(paragraph, words.text) + words.text if words.text.strip() else "")
            boxes += words.boxes
            notes += words.notes
        return " ".join(filter(None, lines))


def _descend(parent: Element, tag: str) -> Iterator[Element]:
    """Yield the children called ``tag``, also those wrapped in a content control."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in _WRAPPERS:
            yield from _descend(element, tag)


def _around(package: Package, main: str, section: Element | None, kind: str) -> Iterator[Element]:
    """Yield the headers or footers of a section: of its first page where that has one, and of the others."""
    if section is None:
        return
    parts: dict[str, str] = {
        relation.id: relation.target for relation in package.relations(main) if relation.kind == kind
    }
    references = {
        item.get(qn("w:type"), ""): item.get(qn("r:id"), "") for item in section.findall(qn(f"w:{kind}Reference"))
    }
    for which in ("first", "default") if section.find(qn("w:titlePg")) is not None else ("default",):
        if (target := parts.get(references.get(which, ""))) is not None:
            yield package.part(target)


def _has_page_number(paragraph: Element) -> bool:
    fields = [item.get(qn("w:instr"), "") for item in paragraph.iter(qn("w:fldSimple"))]
    fields.append("".join(item.text or "" for item in paragraph.iter(qn("w:instrText"))))
    return any(PAGE_FIELD.match(field) for field in fields)


def _whole(text: str | None) -> int:
    return min(int(text), grid.COLUMNS) if text is not None and text.isascii() and text.isdigit() else 0
