"""OpenDocument (ISO/IEC 26300): the names of its elements, its styles, and the levels of its lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rag.documents.marks import SUBSCRIPT, SUPERSCRIPT
from rag.documents.office.common import Element
from rag.documents.office.numbering import BULLET, Level
from rag.documents.office.symbols import BOXES

_PREFIXES = {
    name: f"urn:oasis:names:tc:opendocument:xmlns:{place}:1.0"
    for name, place in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style", "meta": "meta",
        "svg": "svg-compatible",
    }.items()
} | {"dc": "http://purl.org/dc/elements/1.1/", "xlink": "http://www.w3.org/1999/xlink"}  # fmt: skip
_FORMATS = {"1": "decimal", "i": "lowerRoman", "I": "upperRoman", "a": "a", "A": "A", "": "none"}
_IN_STEP = {"a": "lowerLetter", "A": "upperLetter"}
_DEEPEST = 20
"""Styles based on each other; they may be so in a circle."""


def qn(name: str) -> str:
    """Return the name of an element or attribute as lxml has it.

    >>> qn("text:p")
    '{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p'
    """
    prefix, _, local = name.partition(":")
    return f"{{{_PREFIXES[prefix]}}}{local}"


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
