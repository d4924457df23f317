"""The runs of a Word paragraph → its words as they are read: raised digits told from digits, marks of notes apart.

What was deleted with changes tracked, what is struck through and what is hidden are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.documents.marks import NOTE, written
from rag.documents.office import omml
from rag.documents.office.common import HIDDEN, STRUCK, TRACKED, Element, qn
from rag.documents.office.numbering import look_of as numeral
from rag.documents.office.ooxml import Package, value
from rag.documents.office.styles import Look, Styles, look_of
from rag.documents.symbols import shown, symbol
from rag.errors import DocumentError

DELETED = frozenset(map(qn, ("w:del", "w:moveFrom")))
_INSERTED = frozenset(map(qn, ("w:ins", "w:moveTo")))
_GONE = frozenset(map(qn, ("w:pPr", "w:rPr", "w:instrText", "w:delText", "w:sdtPr", "w:rt", "mc:Fallback")))
_NOTES = {qn("w:footnoteReference"): "footnotes", qn("w:endnoteReference"): "endnotes"}
_EQUATIONS = frozenset(map(qn, ("m:oMath", "m:oMathPara")))
_RUN, _TEXT, _BOX, _BREAK = qn("w:r"), qn("w:t"), qn("w:txbxContent"), qn("w:br")
_SYMBOL, _FIELD, _CONTROL, _EITHER = qn("w:sym"), qn("w:fldChar"), qn("w:sdt"), qn("mc:AlternateContent")
_CHARACTERS = {qn("w:tab"): "\t", qn("w:ptab"): "\t", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "\u2011"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a paragraph says."""

    text: str
    notes: tuple[tuple[str, Element], ...]
    """The notes that it refers to, each with its mark."""
    boxes: tuple[Element, ...]
    """The text boxes anchored in it."""


class Notes:
    """The footnotes and endnotes of a document, which are numbered in the order they are referred to."""

    def __init__(self, package: Package, main: str) -> None:
        settings = package.related(main, "settings")
        self._bodies = {kind: _bodies(package, main, kind) for kind in _NOTES.values()}
        self._looks = {
            "footnotes": value(settings, "w:footnotePr/w:numFmt") or "decimal",
            "endnotes": value(settings, "w:endnotePr/w:numFmt") or "lowerRoman",
        }
        self._counts = dict.fromkeys(_NOTES.values(), 0)

    def refer(self, reference: Element) -> tuple[str, Element | None]:
        """Return the mark of the note that ``reference`` names, and the note where it was not given before."""
        kind = _NOTES[reference.tag]
        body = self._bodies[kind].pop(reference.get(qn("w:id")), None)
        if reference.get(qn("w:customMarkFollows"), "0") in ("1", "true", "on"):
            run = reference.getparent()
            return "".join(text.text or "" for text in run.iter(_TEXT)).strip() or "*", body
        self._counts[kind] += 1
        return numeral(self._counts[kind], self._looks[kind]), body


class Runs:
    """Reads paragraphs; remembers which notes were given, and what was left out."""

    def __init__(self, styles: Styles, notes: Notes) -> None:
        self._styles, self._notes = styles, notes
        self.warnings: dict[str, None] = {}

    def words(self, paragraph: Element) -> Words:
        style = self._styles.get(value(paragraph, "w:pPr/w:pStyle"))
        found = _Found()
        self._walk(paragraph, Look() if style is None else style.look, found)
        return Words(written(found.pieces), tuple(found.notes), tuple(found.boxes))

    def is_deleted(self, properties: Element | None) -> bool:
        """Tell whether a paragraph's end or a table's row, by its properties, was deleted with changes tracked."""
        gone = properties is not None and any(properties.find(name) is not None for name in DELETED)
        if gone:
            self.warnings[TRACKED] = None
        return gone

    def _walk(self, parent: Element, look: Look, found: _Found) -> None:
        for element in parent:
            tag = element.tag
            if tag in DELETED or tag in _INSERTED:
                self.warnings[TRACKED] = None
            if not isinstance(tag, str) or tag in _GONE or tag in DELETED or is_prompt(element):
                continue
            if tag == _RUN:
                self._run(element, look, found)
            elif tag == _BOX:
                found.boxes.append(element)
            elif tag in _EQUATIONS:
                found.add(omml.line(element))
            elif not self._say(element, look, found):
                self._walk(_preferred(element), look, found)

    def _run(self, run: Element, look: Look, found: _Found) -> None:
        properties = run.find(qn("w:rPr"))
        style = self._styles.get(value(properties, "w:rStyle"))
        own = look_of(properties).over(look if style is None else style.look.over(look))
        if own.is_hidden or own.is_struck:
            if run.find(_TEXT) is not None:
                self.warnings[HIDDEN if own.is_hidden else STRUCK] = None
            return
        self._walk(run, own, found)

    def _say(self, element: Element, look: Look, found: _Found) -> bool:
        """Add what an element of a run shows by itself; False where it may hold others."""
        tag, position = element.tag, look.position or ""
        if tag == _TEXT:
            if not found.is_marked(element):
                found.add(shown(element.text or "", look.font or ""), position)
        elif tag in _CHARACTERS:
            found.add(_CHARACTERS[tag])
        elif tag == _BREAK:
            found.add("\n" if element.get(qn("w:type"), "textWrapping") == "textWrapping" else "\n\n")
        elif tag == _SYMBOL:
            found.add(_symbol(element), position)
        elif tag in _NOTES:
            found.refer(element, *self._notes.refer(element))
        elif tag == _FIELD:
            found.add(_form_field(element))
        else:
            return False
        return True


def is_prompt(element: Element) -> bool:
    """Tell a content control that only asks for words ("Click to enter text") from one that holds some."""
    return element.tag == _CONTROL and element.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None


@dataclass(slots=True)
class _Found:
    """What the walk through a paragraph has met so far."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    """Words with their position."""
    notes: list[tuple[str, Element]] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    marked: Element | None = None
    """The run whose words are the mark of a note."""

    def add(self, text: str, position: str = "") -> None:
        self.pieces.append((text, position))

    def refer(self, reference: Element, mark: str, body: Element | None) -> None:
        self.add(mark, NOTE)
        self.marked = reference.getparent() if reference.get(qn("w:customMarkFollows")) else self.marked
        if body is not None:
            self.notes.append((mark, body))

    def is_marked(self, text: Element) -> bool:
        """Tell whether words are the mark of a note, which was added already."""
        return self.marked is not None and text.getparent() is self.marked


def _preferred(element: Element) -> Element:
    """Return what is walked of an element: of two ways to show the same only the first, of ruby only the base."""
    if element.tag == _EITHER:
        choice = element.find(qn("mc:Choice"))
        fallback = element.find(qn("mc:Fallback"))
        return choice if choice is not None else fallback if fallback is not None else ()
    return element


def _symbol(element: Element) -> str:
    try:
        return symbol(element.get(qn("w:font"), ""), int(element.get(qn("w:char"), ""), 16))
    except ValueError:
        return ""


def _form_field(element: Element) -> str:
    """Return what a form's box or list shows; other fields show what follows."""
    box = element.find(f"{qn('w:ffData')}/{qn('w:checkBox')}")
    if box is not None:
        checked = value(box, "w:checked")
        state = value(box, "w:default") if checked is None else checked
        return "☐" if state in (None, "0", "false", "off") else "☒"
    chosen = element.find(f"{qn('w:ffData')}/{qn('w:ddList')}")
    if chosen is None:
        return ""
    entries = [entry.get(qn("w:val"), "") for entry in chosen.findall(qn("w:listEntry"))]
    place = value(chosen, "w:result") or value(chosen, "w:default") or "0"
    return entries[int(place)] if place in map(str, range(len(entries))) else ""


def _bodies(package: Package, main: str, kind: str) -> dict[str | None, Element]:
    """Return id → footnote or endnote; bad notes leave the document readable."""
    try:
        root = package.related(main, kind)
    except DocumentError:
        return {}
    return {} if root is None else {body.get(qn("w:id")): body for body in root}
