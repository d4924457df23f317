"""DOCX: paragraphs, lists, tables, text boxes and footnotes in the order they are read; headings are sections.

A table is a line ``| cell | cell |`` a row. A footnote or endnote follows the paragraph that refers to it. What was
deleted with changes tracked, comments, and page headers and footers are left out. There are no page numbers in a DOCX.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.document import Document as Word
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from rag.documents.files import open_archive
from rag.documents.parsed import Assembler, Parsed
from rag.errors import DocumentError

KIND = "a Word document (.docx)"
NESTING = 50
"""Tables in tables, boxes in boxes; deeper is an attack."""

_PARAGRAPH, _TABLE = qn("w:p"), qn("w:tbl")
_ROW, _CELL = qn("w:tr"), qn("w:tc")
_WRAPPERS = frozenset(map(qn, ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag")))
_BOX = qn("w:txbxContent")
_GONE = frozenset(map(qn, ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:instrText", "w:delText")))
_NOTES = {qn("w:footnoteReference"): "footnotes", qn("w:endnoteReference"): "endnotes"}
_CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "\u2011",
    qn("w:ptab"): "\t",
}
_VALUE, _ID, _TEXT = qn("w:val"), qn("w:id"), qn("w:t")


def parse(data: bytes, name: str) -> Parsed:
    """Return the text of ``data``; raises DocumentError where it is damaged or no Word document."""
    with open_archive(data, KIND) as archive:
        if "word/document.xml" not in archive.namelist() and "[Content_Types].xml" not in archive.namelist():
            raise DocumentError(f"It is a zip archive, but not {KIND}.")
    try:
        word = docx.Document(io.BytesIO(data))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise DocumentError(f"It is damaged, or is not {KIND}.") from error
    writer = _Writer(word)
    writer.write(word.element.body, 0)
    return writer.finish(word)


class _Writer:
    """The walk's state: the text so far, the styles that are headings, and the notes not written yet."""

    def __init__(self, word: Word) -> None:
        self.content = Assembler()
        self.headings = _heading_styles(word)
        self.notes = {kind: _notes(word, kind) for kind in _NOTES.values()}
        self.title = ""

    def write(self, parent: Any, depth: int) -> None:
        """Add the paragraphs and tables in ``parent``."""
        if depth > NESTING:
            raise DocumentError("It is nested too deeply.")
        for element in parent:
            if element.tag == _PARAGRAPH:
                self._paragraph(element, depth)
            elif element.tag == _TABLE:
                self._table(element, depth)
            elif element.tag in _WRAPPERS:
                self.write(element, depth + 1)

    def finish(self, word: Word) -> Parsed:
        """Return everything, with what the document says of itself."""
        about = word.core_properties
        first = self.content.first_heading
        metadata = [
            ("author", about.author or ""),
            ("created", about.created.date().isoformat() if about.created else ""),
            ("modified", about.modified.date().isoformat() if about.modified else ""),
            ("subject", about.subject or ""),
            ("keywords", about.keywords or ""),
        ]
        return self.content.finish(title=self.title or _sensible(about.title or "") or first, metadata=metadata)

    def _paragraph(self, paragraph: Any, depth: int) -> None:
        text, notes, boxes = self._words(paragraph)
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        kind = self.headings.get(style.get(_VALUE) if style is not None else None, "")
        if text.strip() and kind == "heading":
            self.content.section(text)
        elif text.strip() and kind == "title" and not self.title:
            self.title = text
        self.content.block(text)
        for aside in (*boxes, *notes):
            self.write(aside, depth + 1)

    def _table(self, table: Any, depth: int) -> None:
        joint = "\n\n"
        notes: list[Any] = []
        for row in _descend(table, _ROW):
            cells = [self._cell(cell, depth, notes) for cell in _descend(row, _CELL)]
            if any(cells):
                self.content.block(f"| {' | '.join(cells)} |" if len(cells) > 1 else cells[0], joint=joint)
                joint = "\n" if len(cells) > 1 else "\n\n"
        for note in notes:
            self.write(note, depth + 1)

    def _cell(self, cell: Any, depth: int, notes: list[Any]) -> str:
        """Return a cell's words on one line; those of a table in it too."""
        inner = []
        for paragraph in cell.iter(_PARAGRAPH):
            text, more, _ = self._words(paragraph)
            inner.append(text)
            notes += more
        return " ".join(" ".join(inner).split())

    def _words(self, paragraph: Any) -> tuple[str, list[Any], list[Any]]:
        """Return a paragraph's text, the notes it refers to, and the text boxes anchored in it."""
        parts: list[str] = []
        notes: list[Any] = []
        boxes: list[Any] = []
        for element in _shown(paragraph):
            if element.tag == _TEXT:
                parts.append(element.text or "")
            elif element.tag in _CHARACTERS:
                parts.append(_CHARACTERS[element.tag])
            elif element.tag in _NOTES:
                note = self.notes[_NOTES[element.tag]].pop(element.get(_ID), None)
                notes += [] if note is None else [note]
            elif element.tag == _BOX:
                boxes.append(element)
        return "".join(parts), notes, boxes


def _shown(paragraph: Any) -> Iterator[Any]:
    """Yield the elements of a paragraph in order, without what is not shown, and not what is inside a text box."""
    for element in paragraph:
        if element.tag in _GONE or not isinstance(element.tag, str) or element.tag.endswith("}Fallback"):
            continue
        yield element
        if element.tag != _BOX:
            yield from _shown(element)


def _descend(parent: Any, tag: str) -> Iterator[Any]:
    """Yield the children called ``tag``, also those wrapped in a content control."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in _WRAPPERS:
            yield from _descend(element, tag)


def _heading_styles(word: Word) -> dict[str | None, str]:
    """Return style id → "heading" or "title", by the style's name or outline level, or by the style it is based on."""
    kinds: dict[str | None, str] = {}
    bases: dict[str | None, str] = {}
    for style in word.styles.element.iter(qn("w:style")):
        identity = style.get(qn("w:styleId"))
        bases[identity] = style.xpath("string(w:basedOn/@w:val)")
        label = style.xpath("string(w:name/@w:val)").lower()
        if label == "title":
            kinds[identity] = "title"
        elif label.startswith("heading ") or (style.xpath("string(w:pPr/w:outlineLvl/@w:val)") or "9") < "9":
            kinds[identity] = "heading"
    for identity, base in bases.items():
        for _ in range(20):  # styles may be based on each other in a circle
            if identity not in kinds and kinds.get(base) == "heading":
                kinds[identity] = "heading"
            base = bases.get(base, "")
    return kinds


def _notes(word: Word, kind: str) -> dict[str | None, Any]:
    """Return id → the element of each footnote or endnote."""
    for relation in word.part.rels.values():
        if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
            return {note.get(_ID): note for note in parse_xml(relation.target_part.blob)}
    return {}


def _sensible(title: str) -> str:
    """Return a title that a person wrote: not a template's or a file's name."""
    return "" if title.lower().endswith((".doc", ".docx", ".dotx")) or title.lower() == "word document" else title
