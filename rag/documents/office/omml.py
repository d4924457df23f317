"""Equations of Word and PowerPoint (OMML; ECMA-376, part 1, 22.1) as MathML, which is read as one line."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from rag.documents.office.common import Element, qn
from rag.documents.web import mathml

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|\s+|[^\W\d_]|[\W_]")
_SPACE = frozenset(" \t\n\u2009\u200a\u2002\u2003")
_ABOVE = {"\u0302": "^", "\u0303": "~", "\u0304": "¯", "\u0305": "¯", "\u0307": "˙", "\u20d7": "→"}
_ATTRIBUTE = qn("m:val")


def line(equation: Element) -> str:
    """Return an ``m:oMath`` or ``m:oMathPara`` on one line: ``a/b``, ``x^2``, ``sqrt(x)``."""
    root = etree.Element("math")
    _fill(root, equation)
    return mathml.line(root)


def _fill(parent: Element, source: Element) -> None:
    for child in source:
        name = mathml.tag_of(child)
        if name == "r":
            _run(parent, child)
        elif name in _SHAPES:
            _SHAPES[name](parent, child)
        elif name and not name.endswith("pr") and name not in ("del", "movefrom"):
            _fill(parent, child)


def _run(parent: Element, run: Element) -> None:
    text = "".join(part.text or "" for part in run.iter(qn("m:t"), qn("w:t")))
    if run.find(f"{qn('m:rPr')}/{qn('m:nor')}") is not None:
        _token(parent, "mtext", text)
        return
    style = run.find(f"{qn('m:rPr')}/{qn('m:sty')}")
    if style is not None and style.get(_ATTRIBUTE) == "p" and text.strip().isalpha():
        _token(parent, "mi", text)
        return
    for part in _TOKEN.findall(text):
        if part[0] not in _SPACE:
            _token(parent, "mn" if part[0].isdigit() else "mi" if part.isalpha() else "mo", part)


def _token(parent: Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = "".join(letter for letter in text if letter >= " ")


def _group(parent: Element, source: Element, name: str) -> Element:
    """Add the child ``name`` of ``source`` as one group; an empty one where it is missing."""
    group = etree.SubElement(parent, "mrow")
    child = source.find(qn(f"m:{name}"))
    if child is not None:
        _fill(group, child)
    return group


def _shape(tag: str, *names: str) -> Callable[[Element, Element], None]:
    def add(parent: Element, source: Element) -> None:
        shape = etree.SubElement(parent, tag)
        for name in names:
            _group(shape, source, name)

    return add


def _radical(parent: Element, source: Element) -> None:
    degree = source.find(qn("m:deg"))
    if degree is None or not "".join(degree.itertext()).strip():
        _shape("msqrt", "e")(parent, source)
    else:
        _shape("mroot", "e", "deg")(parent, source)


def _setting(source: Element, name: str, otherwise: str) -> str:
    """Return what a shape's properties say of ``name``."""
    found = source.find(f"{source.tag}Pr/{qn(f'm:{name}')}")
    said = otherwise if found is None else found.get(_ATTRIBUTE, "")
    return "".join(letter for letter in said[:2] if letter >= " ")


def _brackets(parent: Element, source: Element) -> None:
    _token(parent, "mo", _setting(source, "begChr", "("))
    for number, inner in enumerate(source.findall(qn("m:e"))):
        if number:
            _token(parent, "mo", _setting(source, "sepChr", "|"))
        _fill(etree.SubElement(parent, "mrow"), inner)
    _token(parent, "mo", _setting(source, "endChr", ")"))


def _sum(parent: Element, source: Element) -> None:
    shape = etree.SubElement(parent, "munderover")
    _token(shape, "mo", _setting(source, "chr", "∫"))
    _group(shape, source, "sub")
    _group(shape, source, "sup")
    _group(parent, source, "e")


def _accent(parent: Element, source: Element) -> None:
    shape = etree.SubElement(parent, "mover")
    _group(shape, source, "e")
    said = "¯" if mathml.tag_of(source) == "bar" else _setting(source, "chr", "\u0302")
    _token(shape, "mo", _ABOVE.get(said, said))


def _function(parent: Element, source: Element) -> None:
    _group(parent, source, "fName")
    _group(parent, source, "e")


def _matrix(parent: Element, source: Element) -> None:
    table = etree.SubElement(parent, "mtable")
    rows = source.findall(qn("m:mr")) or [[inner] for inner in source.findall(qn("m:e"))]
    for row in rows:
        line_ = etree.SubElement(table, "mtr")
        for cell in row:
            if mathml.tag_of(cell) == "e":
                _fill(etree.SubElement(line_, "mtd"), cell)


_SHAPES: dict[str, Callable[[Element, Element], None]] = {
    "f": _shape("mfrac", "num", "den"),
    "ssup": _shape("msup", "e", "sup"),
    "ssub": _shape("msub", "e", "sub"),
    "ssubsup": _shape("msubsup", "e", "sub", "sup"),
    "spre": _shape("msubsup", "e", "sub", "sup"),
    "limlow": _shape("munder", "e", "lim"),
    "limupp": _shape("mover", "e", "lim"),
    "rad": _radical,
    "d": _brackets,
    "nary": _sum,
    "acc": _accent,
    "bar": _accent,
    "func": _function,
    "m": _matrix,
    "eqarr": _matrix,
}
