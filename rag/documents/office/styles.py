"""Word's styles: which are headings, which are numbered, and how they show their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag.documents.office.common import Element
from rag.documents.office.ooxml import qn, value

_OFF = frozenset(("0", "false", "off"))
_DEEPEST = 20
"""Styles based on each other; they may be so in a circle."""


@dataclass(frozen=True, slots=True)
class Look:
    """How words are shown; None where nothing is said."""

    position: str | None = None
    """``superscript``, ``subscript`` or another word for neither."""
    is_struck: bool | None = None
    is_hidden: bool | None = None
    font: str | None = None

    def over(self, base: Look) -> Look:
        """Return this look, and that of ``base`` where it says nothing."""
        return Look(
            base.position if self.position is None else self.position,
            base.is_struck if self.is_struck is None else self.is_struck,
            base.is_hidden if self.is_hidden is None else self.is_hidden,
            base.font if self.font is None else self.font,
        )


@dataclass(frozen=True, slots=True)
class Style:
    """A style with all that it has from the styles it is based on."""

    kind: str = ""
    """``heading``, ``title``, ``contents`` (a line of the table of contents) or empty."""
    list_id: str | None = None
    """The list that numbers its paragraphs."""
    depth: int | None = None
    look: Look = Look()


Styles = Mapping[str | None, Style]


def read_styles(root: Element | None) -> Styles:
    """Return id → style."""
    found = {} if root is None else {style.get(qn("w:styleId")): style for style in root.iter(qn("w:style"))}
    return {identity: _resolved(style, found) for identity, style in found.items()}


def look_of(properties: Element | None) -> Look:
    """Return what an ``w:rPr`` says."""
    if properties is None:
        return Look()
    fonts = properties.find(qn("w:rFonts"))
    struck = [state for name in ("w:strike", "w:dstrike") if (state := _switch(properties, name)) is not None]
    return Look(
        value(properties, "w:vertAlign"),
        any(struck) if struck else None,
        _switch(properties, "w:vanish"),
        None if fonts is None else fonts.get(qn("w:ascii")) or fonts.get(qn("w:hAnsi")),
    )


def number_of(properties: Element | None) -> tuple[str | None, int | None]:
    """Return the list and the level, counted from 0, that a ``w:pPr`` names."""
    depth = value(properties, "w:numPr/w:ilvl")
    return value(properties, "w:numPr/w:numId"), int(depth) if depth in tuple("012345678") else None


def _switch(properties: Element, name: str) -> bool | None:
    said = value(properties, name)
    return None if said is None else said not in _OFF


def _resolved(style: Element, found: Mapping[str | None, Element]) -> Style:
    own = Style()
    at: Element | None = style
    for step in range(_DEEPEST):
        if at is None:
            break
        paragraph = at.find(qn("w:pPr"))
        list_id, depth = number_of(paragraph)
        kind = _kind(at)
        own = replace(
            own,
            kind=own.kind or ("" if step and kind == "title" else kind),
            list_id=list_id if own.list_id is None else own.list_id,
            depth=depth if own.depth is None else own.depth,
            look=own.look.over(look_of(at.find(qn("w:rPr")))),
        )
        base = value(at, "w:basedOn")
        at = found.get(base) if base else None
    return own


def _kind(style: Element) -> str:
    """Tell a heading by its style's name or its level in the outline."""
    name = (value(style, "w:name") or "").lower()
    if name == "title":
        return "title"
    if name.startswith("toc "):
        return "contents"
    return "heading" if name.startswith("heading ") or (value(style, "w:pPr/w:outlineLvl") or "9") < "9" else ""
