"""The words of a paragraph of OpenDocument: raised digits told from digits, marks of notes apart, formulas as lines."""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass

from rag.documents.files import entry_bytes
from rag.documents.marks import NOTE, written
from rag.documents.office.common import HIDDEN, STRUCK, Element, tree
from rag.documents.office.odf import Style, Styles, qn, whole
from rag.documents.web import mathml

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
        """Return what a paragraph says."""
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
            inner = tree(entry_bytes(self._archive, f"{place}/content.xml", "a formula"), place)
        return mathml.line(inner) if inner is not None and mathml.tag_of(inner) == "math" else ""


def _over(own: Style, base: Style) -> Style:
    return Style(own.position or base.position, own.is_struck or base.is_struck, own.is_hidden or base.is_hidden)


def _collapsed(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pieces of a paragraph without the spaces that are not shown, neighbours in one position joined."""
    joined: list[tuple[str, str]] = []
    ends_in_space = True
    for text, position in pieces:
        if position != "space":
            text = text[1:] if ends_in_space and text.startswith(" ") and position != NOTE else text
            ends_in_space = text.endswith(" ") or (ends_in_space and not text)
        else:
            text, position, ends_in_space = text.replace("\u2002", " "), "", False
        if text and joined and joined[-1][1] == position != NOTE:
            joined[-1] = (joined[-1][0] + text, position)
        elif text:
            joined.append((text, position))
    return joined
