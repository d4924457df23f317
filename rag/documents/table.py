"""CSV and TSV: a row is a section, ``row 12`` as a spreadsheet counts it, ``column: value`` a cell.

The first row names the columns where it looks like a header; else they are called as a spreadsheet calls them.
"""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from typing import Literal

from rag.documents.encodings import decode
from rag.documents.parsed import Assembler, Parsed, labelled, one_line
from rag.errors import DocumentError

ROWS = 1_000_000
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r"sep=(.)(?:\r|\n|\Z)")  # Excel's own first line
_LETTER = re.compile(r"[^\W\d_]")


def parse(data: bytes, name: str) -> Parsed:
    """Return the rows of ``data``; raises DocumentError where it is not text."""
    text, warnings = decode(data)
    csv.field_size_limit(max(131_072, len(text) + 1))  # of the whole process: never under the default
    delimiter = "\t" if name.lower().endswith((".tsv", ".tab")) else _delimiter(text[:_SAMPLE])
    rows = _rows(text, delimiter)
    if _is_unclosed(text, rows):
        rows = _rows(text, delimiter, quoted=False)
        warnings = (*warnings, "a quotation mark in it is never closed: quotation marks were read as they stand")
    skipped = 1 if _SEPARATOR.match(text) else 0
    first = next((number for number in range(skipped, len(rows)) if any(cell.strip() for cell in rows[number])), 0)
    header = rows[first] if rows and _is_header(rows[first], rows[first + 1 :]) else None
    content = Assembler()
    for number, row in enumerate(rows, start=1):
        if number <= skipped or (header is not None and number == first + 1):
            continue
        content.section(f"row {number}")
        content.block(labelled((_label(header, column), cell) for column, cell in enumerate(row)))
    return content.finish(warnings=warnings)


def _rows(text: str, delimiter: str, *, quoted: bool = True) -> list[list[str]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    rows = list(islice(reader, ROWS + 1))
    if len(rows) > ROWS:
        raise DocumentError(f"It has more than {ROWS:,} rows. Split it.")
    return rows


def _is_unclosed(text: str, rows: list[list[str]]) -> bool:
    """Tell whether a cell that begins with a quotation mark runs to the end of the file."""
    return bool(rows and rows[-1]) and "\n" in rows[-1][-1] and not text.rstrip().endswith('"')


def _delimiter(sample: str) -> str:
    """Return the character that divides most lines of the sample into equally many cells."""
    if stated := _SEPARATOR.match(sample):
        return stated[1]
    best, score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        rows = islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 100)
        widths = [len(row) for row in rows if row]
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        if usual > 1 and (widths.count(usual) / len(widths), usual) > score:
            best, score = delimiter, (widths.count(usual) / len(widths), usual)
    return best


def _is_header(row: list[str], below: list[list[str]]) -> bool:
    """Tell whether a row names columns: words in every cell, no two alike, and rows below it."""
    cells = [cell.strip() for cell in row]
    named = [cell for cell in cells if cell]
    return (
        bool(below)
        and 2 * len(named) > len(cells)
        and len(set(named)) == len(named)
        and all(len(cell) <= 100 and _LETTER.search(cell) for cell in named)
    )


def _label(header: list[str] | None, column: int) -> str:
    if header is not None and column < len(header) and header[column].strip():
        return one_line(header[column])
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"column {letters}"
