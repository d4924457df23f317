"""A page of a PDF → its lines as they are drawn: the words, where they stand, and how they are set.

Characters come from PDFium in the order of the page's content, as UTF-16 units. A line is read in its own direction:
the places of one that runs up or down the page are turned, so that its words go to the right.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from typing import Any, TypeAlias

import pypdfium2.raw as pdfium

from rag.documents.marks import looks_like_note, lowered, note, raised
from rag.documents.pages.lines import Line, Word, glued, line_of, merged
from rag.documents.parsed import clean
from rag.documents.symbols import LETTERS, drawn

SMALL = 0.85
"""Heights of the line under which a character may be a raised or lowered mark."""
MARKED = 0.1
"""Heights of the line by which two of its characters differ where some may be marks."""
SAME_WIDTH = 0.03
"""Widths of a character by which those of a font for listings may differ."""
DOWN = 0.7
"""Heights of the line by which a character of another row stands lower or higher."""
NEAR = 0.35
"""Heights of the line up to which a mark belongs to the word before it."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right and top, in points from the page's lower left corner."""

_LINE_END = re.compile("\r\n|\n|[\x02\ufffe]")  # the last two are PDFium's for the hyphen of a divided word
_DIVISIONS = ("\x02", "\ufffe")
_WORD = re.compile(r"[^\s\x00-\x20\x7f\u200b\ufeff\uffff]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKABLE = re.compile(r"[\d*†‡§+−–n-]")
_SPECIAL = re.compile("[\x00-\x1f\x7f-\x9f\xad\ud800-\udfff\ue000-\uf8ff\ufb00-\ufb06\ufffe\uffff\u2028\u2029]")
_SIGN = re.compile(rf"[\uf020-\uf0ff]|(?<!\S)[{re.escape(LETTERS)}](?!\S)")
"""What may be a sign of a font without letters: numbers of such fonts' own, and letters for signs that stand alone."""
_ANY = re.compile(r"[\s\S]*")
_QUARTER = math.pi / 2
_CLOSED = ")]}"
_LETTERS = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def read_lines(page: Any) -> list[Line]:
    """Return the lines of a text page in the order of its content; a row that marks interrupt is one line."""
    text = _with_signs(_text(page), page)
    box = _boxes(page)
    lines: list[Line] = []
    start = 0
    ends = [(end.start(), end.end(), end[0]) for end in _LINE_END.finditer(text)]
    for end, following, mark in (*ends, (len(text), len(text), "")):
        found = list(_WORD.finditer(text, start, end))
        if found:
            turn = -round(pdfium.FPDFText_GetCharAngle(page, found[0].start()) / _QUARTER) % 4
            turned = _turned(box, turn)
            for part in _level(found, turned):
                words, fixed = _words(part, turned)
                if _SPECIAL.search("".join(word.text for word in words)):
                    words = [word._replace(text=said) for word in words if (said := _cleaned(word.text))]
                if words:
                    divided = mark in _DIVISIONS and part[-1] is found[-1]
                    lines.append(line_of(words, divided=divided, fixed=fixed, turn=turn))
        start = following
    return merged(lines)


def _level(found: list[re.Match[str]], box: Callable[[int], Box]) -> list[list[re.Match[str]]]:
    """Return the words of a line, apart where they stand on different rows: PDFium may take a column for a word."""
    first, last = box(found[0].start()), box(found[-1].end() - 1)
    reach = DOWN * max(first[3] - first[1], last[3] - last[1])
    if abs(first[1] - last[1]) <= reach:
        return [found]
    rows: list[list[re.Match[str]]] = []
    base = 0.0
    for match in found:
        bottoms = [box(index)[1] for index in range(match.start(), match.end())]
        starts = [0, *(at for at in range(1, len(bottoms)) if abs(bottoms[at] - bottoms[at - 1]) > reach)]
        for start, end in pairwise([*starts, len(bottoms)]):
            if not rows or abs(bottoms[start] - base) > reach:
                rows.append([])
                base = bottoms[start]
            if piece := _ANY.match(match.string, match.start() + start, match.start() + end):
                rows[-1].append(piece)
    return rows


def _words(found: list[re.Match[str]], box: Callable[[int], Box]) -> tuple[list[Word], bool]:
    """Return the words of a line, raised and lowered marks told from other digits; and whether all letters are as wide.

    Only the first and the last character of a word are measured: each measurement costs as much as all else.
    """
    words = []
    fixed, marked, usual = True, False, 0.0
    for match in found:
        first, end = match.span()
        left, bottom, right, top = box(first)
        height, width = top - bottom, right - left
        usual = usual or height
        marked = marked or abs(height - usual) > MARKED * usual
        if end - first > 1:
            begin, lower, right, upper = box(end - 1)
            marked = marked or abs(upper - lower - usual) > MARKED * usual
            pitch = (right - left) / (end - first)
            fixed = fixed and abs(pitch - width) + abs(right - begin - pitch) < SAME_WIDTH * pitch
        words.append(Word(match[0], left, bottom, right, top, (first, end)))
    if _is_doubled(words[0].text) and _overlap(box(found[0].start()), box(found[0].start() + 1)):
        words = [word._replace(text=word.text[::2]) if _is_doubled(word.text) else word for word in words]
    return (_told(words, found, box) if marked else words), fixed


def _is_doubled(text: str) -> bool:
    """Tell whether each letter of a word stands there twice, as where a bold type is made of a thin one."""
    return len(text) % 2 == 0 and text[::2] == text[1::2]


def _overlap(box: Box, other: Box) -> bool:
    return sum(abs(one - another) for one, another in zip(box, other, strict=True)) < 0.4 * (box[3] - box[1])


def _told(words: list[Word], found: list[re.Match[str]], box: Callable[[int], Box]) -> list[Word]:
    """Return the words of a line in which some letters are smaller than others, its marks told."""
    some = (words[0], words[len(words) // 2], words[-1], *words)[: max(3, len(words))]
    usual, base = max((word.top - word.bottom, word.bottom) for word in some)
    told: list[Word] = []
    for word, match in zip(words, found, strict=True):
        whole, text = "", word.text
        if _MARKABLE.search(text):
            near = told and word.left - told[-1].right < NEAR * usual
            whole, text = _marked(match, box, (base, usual), told[-1].text if near else "")
            text = note(text, "") if told and text.isdigit() and _place(box(match.start()), base, usual) > 0 else text
        if whole:
            told[-1] = glued(told[-1], word, whole)
        else:
            told.append(word._replace(text=text))
    return told


def _marked(match: re.Match[str], box: Callable[[int], Box], line: tuple[float, float], before: str) -> tuple[str, str]:
    """Return a word with its small digits and signs as raised or lowered ones, by where they stand.

    Where it begins with such, and ``before`` stands close to it, first ``before`` and the word as one, else nothing.
    """
    base, usual = line
    places = [_place(box(index), base, usual) for index in range(match.start(), match.end())]
    text = before if places[0] else ""
    for place, run in groupby(zip(places, match[0], strict=True), key=lambda pair: pair[0]):
        letters = "".join(letter for _, letter in run)
        if not place:
            text += f" {letters}" if text and not before and len(text) < 4 and places[0] else letters
        elif place > 0 and looks_like_note(letters) and text and not text[-1].isalnum() and text[-1] not in _CLOSED:
            text += note(letters, text)
        else:
            text += (raised if place > 0 else lowered)(letters, text)
    return (text, "") if places[0] and before else ("", text)


def _place(box: Box, base: float, usual: float) -> int:
    """Tell whether a character is small and raised (1) or lowered (-1), on a line of this base and height."""
    _, bottom, _, top = box
    if top - bottom >= SMALL * usual:
        return 0
    return 1 if bottom > base + 0.15 * usual else -1 if bottom < base - 0.02 * usual else 0


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


def _with_signs(text: str, page: Any) -> str:
    """Return a page's text with the signs of Symbol and Wingdings as they look, one for one."""
    signs = list(text)
    for match in _SIGN.finditer(text):
        signs[match.start()] = drawn(_font(page, match.start()), ord(match[0])) or match[0]
    return "".join(signs)


def _font(page: Any, index: int) -> str:
    """Return the name of a character's font, as the file has it."""
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    length = pdfium.FPDFText_GetFontInfo(page, index, name, len(name), flags)
    return name.value.decode("utf-8", "replace") if 0 < length <= len(name) else ""


def boxes_of(page: Any) -> Callable[[range], Iterator[Box]]:
    """Return what measures characters of a text page, in the page's own space; those without any extent have none."""
    box = _boxes(page)

    def measure(characters: range) -> Iterator[Box]:
        for index in characters:
            left, bottom, right, top = box(index)
            if left < right and bottom < top:
                yield left, bottom, right, top

    return measure


def _boxes(page: Any) -> Callable[[int], Box]:
    rectangle = pdfium.FS_RECTF()
    get = pdfium.FPDFText_GetLooseCharBox

    def box(index: int) -> Box:
        get(page, index, rectangle)
        return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top

    return box
