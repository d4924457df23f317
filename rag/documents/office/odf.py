"""OpenDocument (ISO/IEC 26300): its styles, the levels of its lists, and the words of its paragraphs.

Raised digits are told from digits, marks of notes stand apart, formulas are lines.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rag.documents.files import entry_xml
from rag.documents.marks import NOTE, SUBSCRIPT, SUPERSCRIPT, written
from rag.documents.office.common import HIDDEN, STRUCK, Element, qn
from rag.documents.office.numbering import BULLET, Level
from rag.documents.symbols import BOXES
from rag.documents.web import mathml

_FORMATS = {"1": "decimal", "i": "lowerRoman", "I": "upperRoman", "a": "a", "A": "A", "": "none"}
_IN_STEP = {"a": "lowerLetter", "A": "upperLetter"}
_DEEPEST = 20
"""Styles based on each other; they may be so in a circle."""


_SPACE = re.compile(r"[ \t\r\n]+")
SKIPPED = frozenset(
    map(
        qn,
        (
            "text:tracked-changes", "text:table-of-content", "text:ruby-text", "office:annotation", "office:forms",
            "svg:title", "svg:desc",
        ),
    )
)  # fmt: skip
_BOXES = frozenset(map(qn, ("draw:text-box", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:caption")))
_OBJECT, _NOTE, _SPAN = qn("draw:object"), qn("text:note"), qn("text:span")
_HIDDEN_PARTS = {qn("text:section"): "none", qn("text:hidden-paragraph"): "true", qn("text:hidden-text"): "true"}


def whole(element: Element, name: str, otherwise: int = 1) -> int:
    """Return a count that an attribute says."""
    said = element.get(qn(name), "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else otherwise


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph or words are shown."""

    position: str = ""
    is_struck: bool = False
    is_hidden: bool = False
    is_title: bool = False
    list_style: str | None = None
    """The list that numbers its paragraphs; empty for none, None where nothing is said."""


@dataclass(slots=True)
class Styles:
    """The styles of a document, from both of its parts."""

    _elements: dict[tuple[str, str], Element] = field(default_factory=dict)
    _known: dict[tuple[str, str], Style] = field(default_factory=dict)
    lists: dict[str, Mapping[int, Level]] = field(default_factory=dict)
    outline: Mapping[int, Level] = field(default_factory=dict)
    """How headings are numbered, by their level counted from 0."""

    def add(self, root: Element) -> None:
        """Take in the styles of a part."""
        for style in root.iter(qn("style:style")):
            self._elements[style.get(qn("style:family"), ""), style.get(qn("style:name"), "")] = style
        for item in root.iter(qn("text:list-style")):
            self.lists[item.get(qn("style:name"), "")] = dict(_levels(item))
        for item in root.iter(qn("text:outline-style")):
            self.outline = dict(_levels(item))

    def of(self, family: str, name: str) -> Style:
        """Return a style of ``paragraph`` or ``text``, with what it has from those it is based on."""
        if (family, name) not in self._known:
            self._known[family, name] = _style(list(self._chain(family, name)))
        return self._known[family, name]

    def _chain(self, family: str, name: str) -> Iterator[Element]:
        for _ in range(_DEEPEST):
            style = self._elements.get((family, name))
            if style is None:
                return
            yield style
            name = style.get(qn("style:parent-style-name"), "")


def _style(chain: list[Element]) -> Style:
    found: dict[str, str] = {}
    for style in chain:
        for properties in style.findall(qn("style:text-properties")):
            for name in ("style:text-position", "style:text-line-through-style", "text:display"):
                if properties.get(qn(name)) is not None:
                    found.setdefault(name, properties.get(qn(name)))
        if style.get(qn("style:list-style-name")) is not None:
            found.setdefault("list", style.get(qn("style:list-style-name")))
    names = {style.get(qn("style:name")) for style in chain}
    return Style(
        _position(found.get("style:text-position", "")),
        found.get("style:text-line-through-style", "none") != "none",
        found.get("text:display") == "none",
        "Title" in names,
        found.get("list"),
    )


def _position(said: str) -> str:
    """Return what ``super 58%`` or ``-33% 58%`` says."""
    first = said.partition(" ")[0]
    if first == "sub" or first.startswith("-"):
        return SUBSCRIPT
    return SUPERSCRIPT if first == "super" or first.rstrip("%").strip("0.") else ""


def _levels(parent: Element) -> Iterator[tuple[int, Level]]:
    """Yield the levels of a list, counted from 0."""
    looks = {}
    for item in parent:
        depth = whole(item, "text:level") - 1
        if item.tag == qn("text:list-level-style-bullet"):
            sign = item.get(qn("text:bullet-char"), "")
            yield depth, Level("bullet", sign if sign in BOXES else BULLET if sign else "")
        elif item.tag in (qn("text:list-level-style-number"), qn("text:outline-level-style")):
            look = _FORMATS.get(item.get(qn("style:num-format"), ""), "decimal")
            if item.get(qn("style:num-letter-sync")) == "true":
                look = _IN_STEP.get(look, look)
            looks[depth] = look
            above = range(max(0, depth + 1 - whole(item, "text:display-levels")), depth + 1)
            numbers = ".".join(f"%{place + 1}" for place in above if looks.get(place, "none") != "none")
            around = (item.get(qn("style:num-prefix"), ""), item.get(qn("style:num-suffix"), ""))
            text = "" if look == "none" else numbers.join(around)
            yield depth, Level(look, text, whole(item, "text:start-value"))


@dataclass(frozen=True, slots=True)
class Words:
    """What a paragraph says."""

    text: str
    asides: tuple[tuple[str, Element], ...]
    """The notes that it refers to, each with its mark, and the boxes anchored in it, without one."""


class Reader:
    """Reads paragraphs; remembers what was left out."""

    def __init__(self, archive: zipfile.ZipFile, styles: Styles) -> None:
        self._archive, self._styles = archive, styles
        self.warnings: dict[str, None] = {}

    def words(self, paragraph: Element) -> Words:
        style = self._styles.of("paragraph", paragraph.get(qn("text:style-name"), ""))
        pieces: list[tuple[str, str]] = []
        asides: list[tuple[str, Element]] = []
        self._walk(paragraph, style, pieces, asides)
        return Words(written(_collapsed(pieces)), tuple(asides))

    def is_hidden(self, element: Element) -> bool:
        """Tell whether a part of the text is not shown."""
        said = element.get(qn("text:display")) or element.get(qn("text:is-hidden"))
        hidden = said is not None and _HIDDEN_PARTS.get(element.tag) == said
        if hidden:
            self.warnings[HIDDEN] = None
        return hidden

    def _walk(
        self, parent: Element, style: Style, pieces: list[tuple[str, str]], asides: list[tuple[str, Element]]
    ) -> None:
        """Add the words in ``parent`` to ``pieces``, and the notes and boxes to ``asides``."""
        self._add(parent.text, style, pieces)
        for element in parent:
            tag = element.tag
            if tag == _NOTE:
                mark = "".join(next(element.iter(qn("text:note-citation")), element).itertext()).strip() or "*"
                pieces.append((mark, NOTE))
                asides += [(mark, body) for body in element.findall(qn("text:note-body"))]
            elif tag in _BOXES:
                asides.append(("", element))
            elif tag == _OBJECT:
                pieces.append((self._formula(element), ""))
            elif isinstance(tag, str) and tag not in SKIPPED and not self.is_hidden(element):
                self._shown(element, style, pieces, asides)
            self._add(element.tail, style, pieces)

    def _shown(
        self, element: Element, style: Style, pieces: list[tuple[str, str]], asides: list[tuple[str, Element]]
    ) -> None:
        if element.tag == qn("text:s"):
            pieces.append(("\u2002" * min(100, whole(element, "text:c")), "space"))
        elif element.tag == qn("text:tab"):
            pieces.append(("\t", "space"))
        elif element.tag == qn("text:line-break"):
            pieces.append(("\n", "space"))
        elif element.tag == _SPAN:
            own = self._styles.of("text", element.get(qn("text:style-name"), ""))
            self._walk(element, _over(own, style), pieces, asides)
        else:
            self._walk(element, style, pieces, asides)

    def _add(self, text: str | None, style: Style, pieces: list[tuple[str, str]]) -> None:
        if text and (style.is_hidden or style.is_struck):
            self.warnings[HIDDEN if style.is_hidden else STRUCK] = None
        elif text:
            pieces.append((_SPACE.sub(" ", text), style.position))

    def _formula(self, element: Element) -> str:
        """Return an object that is a formula as a line; nothing for another."""
        place = posixpath.normpath(element.get(qn("xlink:href"), ""))
        inner = next((child for child in element if mathml.tag_of(child) == "math"), None)
        if inner is None and f"{place}/content.xml" in self._archive.namelist():
            inner = entry_xml(self._archive, f"{place}/content.xml", "a formula")
        return mathml.line(inner) if inner is not None and mathml.tag_of(inner) == "math" else ""


def _over(own: Style, base: Style) -> Style:
    return Style(own.position or base.position, own.is_struck or base.is_struck, own.is_hidden or base.is_hidden)


def _collapsed(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pieces of a paragraph without the spaces that are not shown."""
    shown: list[tuple[str, str]] = []
    ends_in_space = True
    for text, position in pieces:
        if position != "space":
            text = text[1:] if ends_in_space and text.startswith(" ") and position != NOTE else text
            ends_in_space = text.endswith(" ") or (ends_in_space and not text)
        else:
            text, position, ends_in_space = text.replace("\u2002", " "), "", False
        shown.append((text, position))
    return shown
