"""What the names of files and documents say."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable
from datetime import date

_NO_NAME = re.compile(
    r"[\W\d_]*"  # no letter
    r"|(?i:(?=\D*\d)[\da-f]{8,}(?:-[\da-f]{4,})*)"  # a hash, a UUID
    r"|(?i:(?=.*[\da-f]{6})[a-f]*\d[\da-f]*(?:[\W_]+[a-f]*\d[\da-f]*)*)"
    r"|[a-z]\d+|[A-Z]\d{5,}"  # a number in a list of files
    r"|(?i:(?:dcim|dsc[fn]?|gopr|image|img|mov|mvi|pict|pxl|scan|vid)[\W_]*e?\d[\W\d_]*(?:wa\d+[\W\d_]*)?)"
)


def is_telling(title: str) -> bool:
    """Tell whether a title says what a document is about: not a number, a hash, or a name that a device gave.

    >>> is_telling("AI"), is_telling("G20"), is_telling("東京"), is_telling("2024-03-05"), is_telling("IMG_0042")
    (True, True, True, False, False)
    """
    return _NO_NAME.fullmatch(title) is None


_IN_A_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_. ]?([01]\d)[-_. ]?([0-3]\d)|[-_.]([01]\d))(?!\d)", re.ASCII)


def date_in(path: str) -> str:
    """Return the date in a file's name, or else in that of the nearest folder that has one, as ISO 8601 has it.

    >>> date_in("minutes/20240918.txt"), date_in("2024-03/council.md"), date_in("room 20991399.txt")
    ('2024-09-18', '2024-03', '')
    """
    for name in reversed(path.split("/")):
        for match in _IN_A_NAME.finditer(name):
            year, month, day, month_alone = match.groups()
            if found := checked((year, month or month_alone, day)):
                return found
    return ""


def checked(parts: Iterable[str | None]) -> str:
    """Return year, month and day, as far as they are known, as a date; empty where there is no such day."""
    numbers = [int(part) for part in parts if part]
    try:
        date(*(*numbers, 1, 1)[:3])
    except ValueError:
        return ""
    return "-".join((f"{numbers[0]:04}", *(f"{number:02}" for number in numbers[1:])))


def spoken(day: str) -> str:
    """Return a date of ISO 8601 as people say it.

    >>> spoken("2024-09-18"), spoken("2024-09"), spoken("")
    ('18 September 2024', 'September 2024', '')
    """
    year, *rest = day.split("-")
    return " ".join(
        (*(str(int(number)) for number in rest[1:]), *(month_name[int(number)] for number in rest[:1]), year)
    )


_CLOCK = re.compile(r"\d{2,}:[0-5]\d:[0-5]\d", re.ASCII)


def is_clock(label: str) -> bool:
    """Tell whether the label of a page is a time: what is said in a film or a meeting has those for pages.

    >>> is_clock("00:01:02"), is_clock("1:2"), is_clock("xvi")
    (True, False, False)
    """
    return _CLOCK.fullmatch(label) is not None
