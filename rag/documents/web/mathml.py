"""MathML → one line that can be read aloud and typed: ``F = 12 + 3d``, ``(a + b)/2``, ``x^2``, ``sqrt(x)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lxml import etree

DEEPEST = 60
"""Elements in each other; what is deeper is read without its structure."""

_SPACED = frozenset("= ≠ ≈ ≡ ≤ ≥ < > + - − ± ∓ × · ∗ * ÷ → ← ↔ ⇒ ⇔ ↦ ∈ ∉ ⊂ ⊆ ∪ ∩ ∧ ∨ ∝ ∼ ≪ ≫ | := mod".split())
_SIGNS = frozenset("+-−±∓")
_UNSEEN = frozenset("annotation annotation-xml maligngroup malignmark mphantom none mprescripts".split())
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b")
_ACCENTS = {"¯": "\u0304", "‾": "\u0304", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "˙": "\u0307",
            "→": "\u20d7", "⃗": "\u20d7"}  # fmt: skip
_ATOM = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_][\u0300-\u036f\u20d7]*|\([^()]*\)|…")
_NAME = re.compile(r"[^\W\d_]{2,}")


def line(math: etree._Element) -> str:
    """Return a ``<math>`` element on one line; empty where it shows nothing.

    >>> line(etree.XML("<math><mfrac><mi>a</mi><mn>2</mn></mfrac><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></math>"))
    'a/2 = x^2'
    """
    return _read(math, DEEPEST) or " ".join(math.get("alttext", "").split())


def tag_of(element: etree._Element) -> str:
    """Return an element's name in small letters, without a namespace or a prefix; empty for a comment.

    >>> tag_of(etree.XML('<m:Math xmlns:m="x"/>'))
    'math'
    """
    return re.split("[:}]", element.tag)[-1].lower() if isinstance(element.tag, str) else ""


def _read(element: etree._Element, depth: int) -> str:
    tag = tag_of(element)
    if tag in _UNSEEN or depth == 0:
        return "" if tag in _UNSEEN else _own(element)
    if tag in ("mi", "mn", "mo", "ms", "mtext", "ci", "cn"):
        return _own(element)
    children = [child for child in element if tag_of(child) not in ("", *_UNSEEN)]
    if tag == "semantics":
        return _read(children[0], depth - 1) if children else ""
    parts = [_read(child, depth - 1) for child in children]
    make = _SHAPES.get(tag)
    if make is not None and len(parts) >= _LEAST.get(tag, 0):
        return make(parts)
    if tag == "mfenced":
        inside = ", ".join(filter(None, parts))
        return f"{element.get('open', '(')}{inside}{element.get('close', ')')}"
    if not children:
        return _own(element)
    return _row([(tag_of(child), part) for child, part in zip(children, parts, strict=True)])


def _own(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).translate(_INVISIBLE).split())


def _row(parts: Sequence[tuple[str, str]]) -> str:
    """Join what stands side by side: spaces around operators of two sides and names, none elsewhere."""
    said: list[str] = []
    for tag, part in parts:
        before = said[-1] if said else " "
        if tag == "mo" and part in _SPACED and not (part in _SIGNS and before[-1] in " ([{"):
            said.append(f" {part} ")
        elif tag == "mo" and part in (",", ";", ":"):
            said.append(f"{part} ")
        elif part:
            said.append(f" {part}" if tag != "mo" and _is_apart(before, tag, part) else part)
    return " ".join("".join(said).split())


def _is_apart(before: str, tag: str, part: str) -> bool:
    """Tell whether a space belongs between two parts that are no operators: beside words, names and whole numbers."""
    if before[-1] in " ([{" or part[0] in "([{":
        return False
    raised = re.search(r"[\^_][^\s^_]{1,40}\Z", before) is not None
    words = raised or tag == "mtext" or _NAME.fullmatch(before.strip()) is not None or _NAME.match(part) is not None
    return words or (before[-1].isdigit() and part[0].isdigit())


def _bracketed(part: str) -> str:
    return part if _ATOM.fullmatch(part) or _NAME.fullmatch(part) else f"({part})"


def _fraction(parts: Sequence[str]) -> str:
    above = parts[0] if re.fullmatch(r"[\w.,]+", parts[0]) else _bracketed(parts[0])
    return f"{above}/{_bracketed(parts[1])}"


def _over(parts: Sequence[str]) -> str:
    accent = _ACCENTS.get(parts[1])
    return parts[0] + accent if accent and len(parts[0]) == 1 else f"{parts[0]}^{_bracketed(parts[1])}"


def _scripts(parts: Sequence[str]) -> str:
    base, below, above = (*parts, "", "")[:3]
    return base + (f"_{_bracketed(below)}" if below else "") + (f"^{_bracketed(above)}" if above else "")


_SHAPES: dict[str, Callable[[Sequence[str]], str]] = {
    "mfrac": _fraction,
    "msup": lambda parts: f"{_bracketed(parts[0])}^{_bracketed(parts[1])}",
    "msub": _scripts,
    "munder": _scripts,
    "msubsup": _scripts,
    "munderover": _scripts,
    "mmultiscripts": _scripts,
    "mover": _over,
    "msqrt": lambda parts: f"sqrt({' '.join(parts)})",
    "mroot": lambda parts: f"{_bracketed(parts[0])}^(1/{_bracketed(parts[1])})",
    "mtable": lambda parts: f"[{'; '.join(parts)}]",
    "mtr": lambda parts: ", ".join(parts),
}
_LEAST = {"mfrac": 2, "msup": 2, "mover": 2, "mroot": 2} | dict.fromkeys(
    ("msub", "munder", "msubsup", "munderover", "mmultiscripts"), 1
)
"""The children that a shape needs; with fewer it is read as a row."""
