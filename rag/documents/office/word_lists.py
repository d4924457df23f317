"""Word's lists (numbering.xml; ECMA-376, part 1, 17.9): the number before a paragraph, from its list and its styles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.documents.office.common import Element
from rag.documents.office.numbering import BULLET, Counter, Level
from rag.documents.office.ooxml import qn, value
from rag.documents.office.styles import Styles, number_of
from rag.documents.office.symbols import BOXES, shown

_JOINTS = {"nothing": "", "space": " ", "tab": " "}


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
    """Return the id of a list → the list."""
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
        decimal is not None and decimal not in ("0", "false", "off"),
        _JOINTS.get(value(item, "w:suff") or "tab", " "),
        value(item, "w:pStyle") or "",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 7 else None
