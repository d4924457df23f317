"""A page of a PDF → its lines as they are drawn: the words, where they stand, and how they are set.

Characters come from PDFium in the order of the page's content, as UTF-16 units. A line is read in its own direction:
the places of one that runs up or down the page are turned, so that its words go to the right.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import pypdfium2.raw as pdfium

from rag.documents.lines import Line, Word, line_of, merged
from rag.documents.marks import lowered, raised
from rag.documents.parsed import clean

SMALL = 0.85
"""Heights of the line under which a character may be a raised or lowered mark."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right and top, in points from the page's lower left corner."""

_LINE_END = re.compile("\r\n|\n|[\x02\ufffe]")  # the last two are PDFium's for the hyphen of a divided word
_DIVISIONS = ("\x02", "\ufffe")
_WORD = re.compile(r"[^\s\x00-\x20\x7f\u200b\ufeff\uffff]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKABLE = re.compile(r"[\d*†‡§+−–n-]")
_QUARTER = math.pi / 2
_FIXED = re.compile(r"(?i)courier|mono|consol|typewriter|menlo|cmtt|terminal|fixed")
_LETTERS = str.maketrans(
    {
        **{"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"},
        # the signs of the fonts Symbol and Wingdings that are told by number alone
        **{"\uf0b7": "•", "\uf0a7": "▪", "\uf02d": "−", "\uf0b1": "±", "\uf0b4": "×", "\uf0a3": "≤", "\uf0b3": "≥"},
        **{"\uf0fc": "✓", "\uf0fe": "☒", "\uf0a8": "☐", "\uf0e0": "→", "\uf0d8": "➢", "\uf0b0": "°", "\uf06d": "μ"},
    }
)


def read_lines(page: Any) -> list[Line]:
    """Return the lines of a text page in the order of its content; a row that marks interrupt is one line."""
    text = _text(page)
    box = _boxes(page)
    fixed = _fixed(page)
    lines: list[Line] = []
    start = 0
    for end, following, mark in (*((end.start(), end.end(), end[0]) for end in _LINE_END.finditer(text)), _last(text)):
        found = list(_WORD.finditer(text, start, end))
        start = following
        if found:
            first = found[0].start()
            turn = -round(pdfium.FPDFText_GetCharAngle(page, first) / _QUARTER) % 4
            if words := _words(found, _turned(box, turn)):
                lines.append(line_of(words, divided=mark in _DIVISIONS, fixed=fixed(found), turn=turn))
    return merged(lines)


def _last(text: str) -> tuple[int, int, str]:
    return len(text), len(text), ""


def _words(found: list[re.Match[str]], box: Callable[[int], Box]) -> list[Word]:
    """Return the words of a line, their raised and lowered marks told from other digits."""
    words, heights = [], []
    for match in found:
        first, last = match.start(), match.end() - 1
        left, bottom, right, top = box(first)
        height = top - bottom
        if last > first:
            _, lower, right, upper = box(last)
            height = min(height, upper - lower)
        words.append(Word(match[0], left, bottom, right, top))
        heights.append(height)
    some = (words[0], words[len(words) // 2], words[-1])
    usual, base = sorted((word.top - word.bottom, word.bottom) for word in some)[1]
    for at, (word, match, height) in enumerate(zip(words, found, heights, strict=True)):
        if height < SMALL * usual and _MARKABLE.search(word.text):
            word = word._replace(text=_marked(match, box, base, usual))
        words[at] = word._replace(text=_cleaned(word.text))
    return [word for word in words if word.text]


def _marked(match: re.Match[str], box: Callable[[int], Box], base: float, height: float) -> str:
    """Return a word with its small digits and signs as raised or lowered ones, by where they stand."""
    parts = []
    for index in range(match.start(), match.end()):
        letter = match.string[index]
        _, bottom, _, top = box(index)
        if top - bottom < SMALL * height and bottom > base + 0.15 * height:
            letter = raised(letter)
        elif top - bottom < SMALL * height and bottom < base - 0.02 * height:
            letter = lowered(letter)
        parts.append(letter)
    return "".join(parts)


def _cleaned(text: str) -> str:
    """Return the characters of a word as they are stored; a soft hyphen that the page shows is a hyphen."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", errors="replace")
    return clean(text.translate(_LETTERS).replace("\xad", "-"))


def _turned(box: Callable[[int], Box], turn: int) -> Callable[[int], Box]:
    """Return ``box`` for a line that reads upright once the page is turned clockwise by so many quarters."""
    if turn == 0:
        return box

    def turned(index: int) -> Box:
        left, bottom, right, top = box(index)
        if turn == 1:
            return bottom, -right, top, -left
        return (-right, -top, -left, -bottom) if turn == 2 else (-top, left, -bottom, right)

    return turned


def _text(page: Any) -> str:
    """Return a string of the page's units, one a character of PDFium: halves of surrogate pairs stand alone."""
    count = page.count_chars()
    if count <= 0:
        return ""
    units = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(page, 0, count, units) == count + 1:
        return "".join(map(chr, units[:count]))
    return "".join(chr(pdfium.FPDFText_GetUnicode(page, index) & 0xFFFF) for index in range(count))


def _boxes(page: Any) -> Callable[[int], Box]:
    rectangle = pdfium.FS_RECTF()
    get = pdfium.FPDFText_GetLooseCharBox

    def box(index: int) -> Box:
        get(page, index, rectangle)
        return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top

    return box


def _fixed(page: Any) -> Callable[[list[re.Match[str]]], bool]:
    """Return what tells whether a line's first, middle and last letters are of fonts that give all letters one width."""
    name = ctypes.create_string_buffer(64)
    flags = ctypes.c_int()

    def is_fixed(index: int) -> bool:
        pdfium.FPDFText_GetFontInfo(page, index, name, 64, flags)
        return bool(flags.value & 1) or _FIXED.search(name.value.decode("latin-1")) is not None

    return lambda found: all(is_fixed(found[at].start()) for at in (0, -1, len(found) // 2))
