"""CSV and TSV: a row is a section, ``row 12`` as a spreadsheet counts it, ``column: value`` a cell.

The columns have the names that the head gives them, below titles and comments; else those of a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from itertools import islice
from typing import Literal

from rag.documents.encodings import decode
from rag.documents.parsed import LONG_VALUE, Assembler, Parsed, labelled
from rag.documents.tables.grid import Table, read
from rag.errors import DocumentError

ROWS = 1_000_000
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r"sep=(.)(?:\r|\n|\Z)")  # Excel's own first line
_COMMENT = re.compile(r"#+[ \w]")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")


def parse(data: bytes, name: str) -> Parsed:
    """Return the rows of ``data``; raises DocumentError where it is not text."""
    text, warnings = decode(data)
    csv.field_size_limit(max(131_072, len(text) + 1))  # of the whole process: never under the default
    delimiter = "\t" if name.lower().endswith((".tsv", ".tab")) else _delimiter(text[:_SAMPLE])
    rows = _rows(text, delimiter)
    if rows and rows[-1] and "\n" in rows[-1][-1] and not text.rstrip().endswith('"'):
        rows = _rows(text, delimiter, quoted=False)
        warnings = (*warnings, "a quotation mark in it is never closed: quotation marks were read as they stand")
    content = Assembler()
    skipped = 1 if _SEPARATOR.match(text) else 0
    write(content, _uncommented(rows[skipped:], delimiter), lambda number: f"row {number + skipped + 1}")
    return content.finish(warnings=warnings)


def write(content: Assembler, table: Table, name: Callable[[int], str]) -> None:
    """Add the rows of a table, each a section of its own, which ``name`` calls by the row's place.

    A row with a long text is called by its first words besides, which do not stand beside everything that is quoted.
    """
    for row in read(table, headed=True):
        text = labelled(row.fields)
        words = next((value for _, value in row.fields if _LETTER.search(value) and len(value) < LONG_VALUE), "")
        content.section(f"{name(row.number)}: {words}" if words and "\n" in text else name(row.number))
        content.block(text)


def _uncommented(rows: list[list[str]], delimiter: str) -> list[list[str]]:
    """Return the rows, a comment above the table as one cell; the last one may hold the names of the columns."""
    count = next((at for at, row in enumerate(rows) if row and not _COMMENT.match(row[0])), 0)
    comments = [[delimiter.join(row).lstrip("# ")] if row else row for row in rows[:count]]
    if count and len(rows[count - 1]) == len(rows[count]) > 1 and any(_DIGIT.search(cell) for cell in rows[count]):
        comments[-1] = [rows[count - 1][0].lstrip("# "), *rows[count - 1][1:]]
    return comments + rows[count:]


def _rows(text: str, delimiter: str, *, quoted: bool = True) -> list[list[str]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    rows = list(islice(reader, ROWS + 1))
    if len(rows) > ROWS:
        raise DocumentError(f"It has more than {ROWS:,} rows. Split it.")
    return rows


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
