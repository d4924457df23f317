"""The numbers that a list shows before its items."""

from __future__ import annotations

import re

from lxml import etree

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_LIST_STYLES = {"lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
                "upper-roman": "I"}  # fmt: skip
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([a-z-]+)", re.IGNORECASE)


class List:
    """A list's numbers as the page shows them: where they start, whether they run backwards, and how they look."""

    def __init__(self, element: etree._Element, *, is_ordered: bool = False) -> None:
        self.is_bare = element.tag == "dl" or element.get("rend") == "dl"
        self.is_ordered = is_ordered or element.tag == "ol" or element.get("rend") in ("ol", "numbered")
        style = _LIST_STYLE.search(element.get("style", ""))
        named = style[1].lower() if style else ""
        self.is_bare = self.is_bare or named == "none"
        self.look = _LIST_STYLES.get(named) or element.get("type", "1")
        self.step = 1 if element.get("reversed") is None else -1
        items = len(element) if self.step < 0 else 1
        self.number = _whole(element.get("start"), items)

    def next(self, item: etree._Element) -> str:
        """Return what stands before an item's words."""
        if self.is_bare or not self.is_ordered:
            return "" if self.is_bare else "• "
        self.number = _whole(item.get("value"), self.number)
        shown = numeral(self.number, self.look)
        self.number += self.step
        return f"{shown}. "


def numeral(number: int, look: str) -> str:
    """Return a list's number as HTML's ``type`` has it: ``1``, ``a``, ``A``, ``i`` or ``I``.

    >>> numeral(14, "1"), numeral(28, "a"), numeral(14, "I")
    ('14', 'ab', 'XIV')
    """
    said = str(number)
    if look in ("a", "A") and number > 0:
        said = ""
        while number:
            number, rest = divmod(number - 1, 26)
            said = chr(ord("a") + rest) + said
    elif look in ("i", "I") and 0 < number < 4_000:
        said = ""
        for value, letters in _ROMAN:
            said += letters * (number // value)
            number %= value
    return said.upper() if look in ("A", "I") else said


def _whole(text: str | None, otherwise: int) -> int:
    said = (text or "").strip()
    return int(said) if re.fullmatch(r"-?[0-9]{1,9}", said) else otherwise
