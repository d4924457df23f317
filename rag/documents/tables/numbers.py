"""Numbers in spreadsheets as they are shown: ``19%`` for 0.19, ``1,250.00 €``; which cell of an XLSX has which format.

The codes are those of ECMA-376, Part 1, 18.8.30 and 18.8.31. Of dates, fractions and powers of ten nothing is known
here, and a number stays as it is.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import TypeAlias
from xml.etree import ElementTree

from rag.documents.files import entry_bytes

Place: TypeAlias = tuple[int, int]
"""Row and column, counted from 0."""

_EXACT = 1e15
"""From here on a number that a spreadsheet keeps is not exact."""
_STANDARD = {"1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%"} | dict.fromkeys(
    ("37", "38"), "#,##0;(#,##0)"
)
_STANDARD |= dict.fromkeys(("39", "40"), "#,##0.00;(#,##0.00)")
_CODE = 255
"""Characters of the longest code."""
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]{0,99})"|\\(?P<single>.)|[_*].|\[\$(?P<currency>[^\]-]{0,9})[^\]]{0,99}\]|\[[^\]]{0,99}\]'
    r"|(?P<digits>[#0?][#0?,]{0,99}(?:\.[#0?]{0,30})?,{0,9})|(?P<other>.)"
)
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def plain(value: float) -> str:
    """Return a number with what a spreadsheet keeps of it, 15 digits at most.

    >>> plain(12.0), plain(0.1 + 0.2)
    ('12', '0.3')
    """
    return str(int(value)) if abs(value) < _EXACT and value == int(value) else f"{value:.15g}"


def formatted(value: float, code: str) -> str:
    """Return a number as a format shows it, or as it is where the format is no number's.

    >>> formatted(0.125, "0.0%"), formatted(1250, '#,##0.00 "€"'), formatted(-3, "0;(0)"), formatted(3, "General")
    ('12.5%', '1,250.00 €', '(3)', '3')
    """
    sections = code[:_CODE].split(";")
    negative = value < 0 and len(sections) > 1 and bool(sections[1])
    tokens = list(_TOKEN.finditer(sections[1] if negative else sections[0]))
    patterns = [token["digits"] for token in tokens if token["digits"]]
    others = "".join(token["other"] or "" for token in tokens)
    if len(patterns) != 1 or patterns[0].endswith(",") or any(char.isalpha() or char in "/.@" for char in others):
        return plain(value)
    number = _digits(abs(value) * 100 ** others.count("%"), patterns[0])
    said = "".join(
        number if token["digits"] else next((token[name] for name in _SAID if token[name]), "") for token in tokens
    )
    return f"-{said}".strip() if value < 0 and not negative else said.strip()


_SAID = ("quoted", "single", "currency", "other")


def _digits(value: float, pattern: str) -> str:
    whole, _, fraction = pattern.partition(".")
    text = f"{value:{',' if ',' in whole else ''}.{len(fraction)}f}"
    for optional in reversed(fraction):
        if optional == "0" or not text.endswith("0"):
            break
        text = text[:-1]
    return text.rstrip(".")


def codes(archive: zipfile.ZipFile, kind: str) -> dict[str, dict[Place, str]]:
    """Return sheet → cell → the code of its format, for cells of an XLSX that have one of their own.

    Raises DocumentError, and ElementTree.ParseError, where the file is damaged.
    """
    styles = _styles(archive, kind)
    if not styles:
        return {}
    book = ElementTree.fromstring(entry_bytes(archive, "xl/workbook.xml", kind))
    relations = ElementTree.fromstring(entry_bytes(archive, "xl/_rels/workbook.xml.rels", kind))
    parts = {item.get("Id"): f"xl/{item.get('Target', '')}".removeprefix("xl//") for item in relations}
    names = {sheet.get("name", ""): parts.get(sheet.get(_RELATION), "") for sheet in book.iter(f"{_MAIN}sheet")}
    known = set(archive.namelist())
    return {name: dict(_cells(archive, part, styles)) for name, part in names.items() if part in known}


def _styles(archive: zipfile.ZipFile, kind: str) -> dict[str, str]:
    """Return the number of a cell's style → the code of its format, where it is one for numbers."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    tree = ElementTree.fromstring(entry_bytes(archive, "xl/styles.xml", kind))
    own = {item.get("numFmtId", ""): item.get("formatCode", "") for item in tree.iter(f"{_MAIN}numFmt")}
    used = [item.get("numFmtId", "") for item in tree.iterfind(f"{_MAIN}cellXfs/{_MAIN}xf")]
    known = _STANDARD | own
    return {str(number): known[name] for number, name in enumerate(used) if known.get(name, "General") != "General"}


def _cells(archive: zipfile.ZipFile, part: str, styles: dict[str, str]) -> Iterator[tuple[Place, str]]:
    with archive.open(part) as file:
        for _, element in ElementTree.iterparse(file):
            code = styles.get(element.get("s", ""), "") if element.tag == f"{_MAIN}c" else ""
            if code and (place := _CELL.fullmatch(element.get("r", ""))):
                yield (int(place[2]) - 1, _column(place[1])), code
            if element.tag == f"{_MAIN}row":
                element.clear()


def _column(letters: str) -> int:
    """Return the number, from 0, of a column: ``AB`` is 27."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
