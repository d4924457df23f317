"""The numbers that a word processor sets before headings, clauses and list items: ``2.``, ``2.1``, ``(a)``, ``•``.

They stand in no paragraph's text: each is counted from the levels of its list (ECMA-376, part 1, 17.9).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.documents.web.lists import numeral

BULLET = "•"
_PLACE = re.compile(r"%([1-9])")
_ITEM = re.compile(r"(?:[•☐☑☒✓✗–-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\Z")
_LOOKS = {"lowerRoman": "i", "upperRoman": "I", "a": "a", "A": "A"}
_SIGNS = "*†‡§"


@dataclass(frozen=True, slots=True)
class Level:
    """How the items of one level are numbered."""

    look: str = "decimal"
    """A name of OOXML: ``decimal``, ``lowerLetter``, ``upperRoman``, ``none``; ``a`` goes from z to aa, ab."""
    text: str = "%1."
    """What is shown; ``%1`` stands for the number of the first level, ``%2`` for that of the second."""
    start: int = 1
    restart: int | None = None
    """Begins anew after an item of this level, counted from 1, or of one above; 0: never; None: of any above."""
    is_decimal: bool = False
    """Whether the numbers of all levels are shown as digits."""
    joint: str = " "
    """What stands between the number and the words."""
    style: str = ""
    """The paragraph style that is numbered on this level."""


class Counter:
    """The items of a list so far.

    >>> counter, levels = Counter(), {0: Level("upperRoman"), 1: Level("lowerLetter", "%1 (%2)")}
    >>> [counter.next(levels, depth) for depth in (0, 1, 1, 0, 1)]
    ['I. ', 'I (a) ', 'I (b) ', 'II. ', 'II (a) ']
    """

    def __init__(self) -> None:
        self._at: dict[int, int] = {}

    def begin(self, depth: int, start: int) -> None:
        """Let the next item on ``depth``, counted from 0, have the number ``start``."""
        self._at[depth] = start - 1

    def next(self, levels: Mapping[int, Level], depth: int) -> str:
        """Count an item on ``depth`` and return what stands before its words; empty for no level of the list."""
        level = levels.get(depth)
        if level is None:
            return ""
        self._at[depth] = self._at.get(depth, level.start - 1) + 1
        for deeper in [other for other in self._at if other > depth]:
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or depth < restart:
                del self._at[deeper]
        shown = _PLACE.sub(lambda place: self._number(levels, level, int(place[1]) - 1), level.text).strip()
        return shown + level.joint if shown else ""

    def _number(self, levels: Mapping[int, Level], shown: Level, depth: int) -> str:
        level = levels.get(depth, Level())
        return look_of(self._at.get(depth, level.start), "decimal" if shown.is_decimal else level.look)


def look_of(number: int, look: str) -> str:
    """Return a number as ``look`` has it; in digits where that is not known.

    >>> look_of(28, "lowerLetter"), look_of(14, "upperRoman"), look_of(7, "decimalZero"), look_of(6, "chicago")
    ('bb', 'XIV', '07', '††')
    """
    if look in ("none", "bullet"):
        return ""
    if look in ("lowerLetter", "upperLetter") and 0 < number <= 780:  # Word goes from z to aa, bb, cc
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if look == "lowerLetter" else letters.upper()
    if look in _LOOKS:
        return numeral(number, _LOOKS[look])
    if look == "ordinal":
        tens = 10 < number % 100 < 20
        return f"{number}{'th' if tens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    if look == "chicago" and 0 < number <= 40:
        return _SIGNS[(number - 1) % 4] * ((number - 1) // 4 + 1)
    return f"{number:02}" if look == "decimalZero" else str(number)


def is_item(label: str) -> bool:
    """Tell whether a number is that of a list's item, which stands on the line below the item before it.

    >>> is_item("• "), is_item("(a) "), is_item("2.1 ")
    (True, True, False)
    """
    return _ITEM.match(label.strip()) is not None
