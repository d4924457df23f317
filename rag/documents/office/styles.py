"""Word's styles and lists: which paragraphs are headings, the number before each, and how words are shown.

Of lists (numbering.xml) see ECMA-376, part 1, 17.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag.documents.office.common import Element, qn
from rag.documents.office.numbering import BULLET, Counter, Level
from rag.documents.office.ooxml import value
from rag.documents.symbols import BOXES, shown

_OFF = frozenset(("0", "false", "off"))
_JOINTS = {"nothing": "", "space": " ", "tab": " "}
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


@dataclass(frozen=True, slots=True)
class _List:
    levels: Mapping[int, Level]
    counter: Counter
    """Lists with one definition count on together."""
    starts: dict[int, int]
    """Level → the number with which it begins anew when the list is first met."""


class Lists:
    """The lists of a document, and how far each has counted."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._lists = {} if root is None else _lists(root)

    def label(self, properties: Element | None) -> str:
        """Return what stands before the words of the paragraph with these properties, and count it."""
        style_id = value(properties, "w:pStyle")
        style = self._styles.get(style_id)
        identity, depth = number_of(properties)
        if identity is None and style is not None:
            identity = style.list_id
        found = self._lists.get(identity)
        if found is None:
            return ""
        if depth is None:
            linked = [at for at, level in found.levels.items() if level.style and level.style == style_id]
            depth = linked[0] if linked else (style.depth if style is not None else None) or 0
        for place in [place for place in found.starts if place <= depth]:
            found.counter.begin(place, found.starts.pop(place))
        return found.counter.next(found.levels, depth)


def _lists(root: Element) -> dict[str | None, _List]:
    definitions = {item.get(qn("w:abstractNumId")): item for item in root.findall(qn("w:abstractNum"))}
    by_style = {value(item, "w:styleLink"): item for item in definitions.values()}
    counters = {identity: Counter() for identity in definitions}
    found = {}
    for item in root.findall(qn("w:num")):
        definition = definitions.get(value(item, "w:abstractNumId"))
        if definition is not None:
            definition = by_style.get(value(definition, "w:numStyleLink") or "-", definition)
            levels = _levels(definition)
            starts = {}
            for override in item.findall(qn("w:lvlOverride")):
                levels |= _levels(override)
                if (start := _number(value(override, "w:startOverride"))) is not None:
                    starts[_number(override.get(qn("w:ilvl"))) or 0] = start
            counter = counters[definition.get(qn("w:abstractNumId"))]
            found[item.get(qn("w:numId"))] = _List(levels, counter, starts)
    found.pop("0", None)  # the list 0 stands for none
    return found


def _levels(parent: Element) -> dict[int, Level]:
    return {_number(item.get(qn("w:ilvl"))) or 0: _level(item) for item in parent.findall(qn("w:lvl"))}


def _level(item: Element) -> Level:
    look, text = value(item, "w:numFmt") or "decimal", value(item, "w:lvlText") or ""
    if item.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is not None:
        text = ""
    elif look == "bullet" and text:
        fonts = item.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        sign = shown(text, "" if fonts is None else fonts.get(qn("w:ascii"), ""))
        text = sign if sign in BOXES else BULLET
    start = _number(value(item, "w:start"))
    decimal = value(item, "w:isLgl")
    return Level(
        look,
        text,
        0 if start is None else start,
        _number(value(item, "w:lvlRestart")),
        decimal is not None and decimal not in _OFF,
        _JOINTS.get(value(item, "w:suff") or "tab", " "),
        value(item, "w:pStyle") or "",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
