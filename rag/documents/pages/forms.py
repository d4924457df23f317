"""What was typed into a PDF: values of form fields, beside their labels, and notes that stand on its pages.

A field's value stands after the words to its left, or at the end of the line above it; a box that can be ticked is ☒
or ☐ before or after its label. Passwords, buttons and signatures are left out.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as pdfium

from rag.documents.pages.lines import Line, Word, line_of
from rag.documents.parsed import clean, one_line

ANNOTATIONS = 2_000
"""Notes and fields of a page that are looked at."""
UNITS = 1 << 20
"""UTF-16 units of a value that are read."""
REACH = 2.0
"""Heights of a line within which it may be the label of a field below it."""

_WRITTEN_ON = {pdfium.FPDF_ANNOT_FREETEXT}
_REMARKS = {pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_CARET, pdfium.FPDF_ANNOT_HIGHLIGHT}
_BOXES = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_WRITTEN = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
_PASSWORD = 1 << 13
_HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_BLANK = re.compile(r"[_.…·]{3,}")


@dataclass(frozen=True, slots=True)
class Field:
    """What a field or a note says, and its place, in points."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    name: str = ""
    """What the file calls it for its readers."""
    is_box: bool = False
    is_note: bool = False
    is_remark: bool = False
    """Whether it is a note about the text, rather than words written onto the page."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Its left, bottom, right and top."""
        return self.left, self.bottom, self.right, self.top

    def touches(self, other: Line | Word) -> bool:
        """Tell whether a line or word stands above, below or in it."""
        return other.left < self.right and other.right > self.left


def read_fields(page: Any, form: Any) -> list[Field]:
    """Return the fields and notes of a page that say something, from its top to its bottom; ``form`` may be None."""
    count = min(pdfium.FPDFPage_GetAnnotCount(page), ANNOTATIONS)
    fields = []
    for index in range(max(count, 0)):
        with _annotation(page, index) as annotation:
            field = _field(annotation, form) if annotation else None
            if field is not None:
                fields.append(field)
    return sorted(fields, key=lambda field: (-field.top, field.left))


@contextmanager
def _annotation(page: Any, index: int) -> Iterator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page, index)
    try:
        yield annotation
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _field(annotation: Any, form: Any) -> Field | None:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
        return None
    rectangle = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, rectangle)
    place = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
    if kind in _WRITTEN_ON or kind in _REMARKS:
        text = _said(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
        return Field(text, *place, is_note=True, is_remark=kind not in _WRITTEN_ON) if text else None
    if kind != pdfium.FPDF_ANNOT_WIDGET or form is None:
        return None
    name = one_line(_said(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation))
    sort = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if sort in _BOXES:
        return Field("☒" if pdfium.FPDFAnnot_IsChecked(form, annotation) else "☐", *place, name, is_box=True)
    flags = pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation)
    if sort not in _WRITTEN or (sort == pdfium.FPDF_FORMFIELD_TEXTFIELD and flags & _PASSWORD):
        return None
    text = _chosen(annotation, form) or _said(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    return Field(text, *place, name) if text else None


def _chosen(annotation: Any, form: Any) -> str:
    """Return the options that are selected, as they are shown; empty for a field that has none."""
    count = min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), ANNOTATIONS)
    chosen = [
        _said(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, index)
        for index in range(count)
        if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, index)
    ]
    return ", ".join(filter(None, chosen))


def _said(get: Callable[..., int], *arguments: Any) -> str:
    """Return a string that PDFium gives in two calls: its length in bytes, then its units."""
    length = min(get(*arguments, None, 0) // 2, UNITS)
    if length < 2:
        return ""
    units = (ctypes.c_ushort * length)()
    get(*arguments, units, 2 * length)
    text = bytes(units).decode("utf-16-le", errors="replace").rstrip("\0")
    return clean(text).strip()


def with_fields(lines: Sequence[Line], fields: Sequence[Field]) -> tuple[list[Line], list[list[Line]]]:
    """Return the lines of a page with what its fields say, each beside its label, and its notes, which stand apart."""
    filled = list(lines)
    notes: list[list[Line]] = []
    values = {" ".join(field.text.split()) for field in fields}

    def said(word: Word) -> bool:
        return word.text in values

    for field in fields:
        at = None if field.is_remark else _beside(filled, field)
        below = _below(filled, field) if at is None and not (field.is_box or field.is_note) else None
        if at is not None:
            filled[at] = _written(filled[at], field, said)
        elif below is not None:
            filled[below] = _written(filled[below], replace(field, left=field.right, right=field.right + 1), said)
        elif field.is_note:
            notes += [[_alone(field)]] if not any(field.text in line.text for line in lines) else []
        else:
            # It has no label: it goes behind the nearest line above it.
            above = [
                (line.bottom, at) for at, line in enumerate(filled) if not line.turn and line.bottom >= field.bottom
            ]
            filled.insert(min(above)[1] + 1 if above else 0, _alone(field))
    return filled, notes


def _beside(lines: list[Line], field: Field) -> int | None:
    """Return the line on whose row a field stands, the nearest to it; a note stands to its right."""
    found = []
    for at, line in enumerate(lines):
        overlap = min(line.top, field.top) - max(line.bottom, field.bottom)
        if line.turn or overlap < 0.5 * min(line.height, field.top - field.bottom) or not line.words:
            continue
        if field.top - field.bottom > 2.5 * line.height and field.top - line.top > line.height:
            continue  # a large field: its label stands at its top
        left = max((field.left - word.right for word in line.words if word.left <= field.left), default=-1e9)
        right = max((field.right - word.left for word in line.words if word.left > field.left), default=-1e9)
        if left > -0.5 * (field.right - field.left) and left > -1e9:
            found.append((max(left, 0.0), at))
        elif field.is_box and right > -1e9:
            found.append((max(-right, 0.0), at))
    return min(found)[1] if found else None


def _below(lines: list[Line], field: Field) -> int | None:
    """Return the short line that stands directly above a field."""
    found = [
        (line.bottom - field.top, at)
        for at, line in enumerate(lines)
        if not line.turn and -0.5 * line.height < line.bottom - field.top < REACH * line.height
        if field.touches(line) and len(line.text) < 80
    ]
    return min(found)[1] if found else None


def _written(line: Line, field: Field, said: Callable[[Word], bool]) -> Line:
    """Return a line with a field's value among its words, in place of the dots or the rule that show where to write.

    ``said`` tells whether a word is another field's value.
    """
    words = list(line.words)
    text = " ".join(field.text.split())
    at = next((at for at, word in enumerate(words) if word.left > field.left), len(words))
    beside = (near for near in (at - 1, at) if 0 <= near < len(words))
    blank = next((near for near in beside if _BLANK.fullmatch(words[near].text) and field.touches(words[near])), None)
    if blank is not None:
        words[blank] = words[blank]._replace(text=text)
        return replace(line_of(words, turn=line.turn), bottom=line.bottom, top=line.top)
    if at and not field.is_box and not field.is_note and words[at - 1].text[-1:].isalpha() and not said(words[at - 1]):
        words[at - 1] = words[at - 1]._replace(text=f"{words[at - 1].text}:")
    left = _place(words, at, field, said)
    right = max(left, min(field.right, left + line.height))
    words.insert(at, Word(text, left, line.bottom, right, line.top, area=field.box))
    return replace(line_of(words, turn=line.turn), bottom=line.bottom, top=line.top)


def _place(words: list[Word], at: int, field: Field, said: Callable[[Word], bool]) -> float:
    """Return where a value begins: after its label, or where its field is that has no label or stands before it."""
    if at == 0 or said(words[at - 1]) or words[at - 1].text.isdigit():
        return field.left
    before = words[at - 1].right
    if field.is_box and at < len(words) and words[at].left - field.right < field.left - before:
        return field.left
    return before + 0.2 * (words[0].top - words[0].bottom)


def _alone(field: Field) -> Line:
    text = f"{field.name}: {field.text}" if field.name and not field.is_box else f"{field.text} {field.name}".strip()
    bottom = max(field.bottom, field.top - 14.0)
    drawn = (Word(text, *field.box),)
    return Line(text, field.left, bottom, field.right, field.top, opens=True, aside=field.is_note, drawn=drawn)
