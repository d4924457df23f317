"""XLSX, XLS and ODS: the rows of each sheet as those of a CSV table, in sections like ``Prices, row 12``.

A merged cell counts for all that it covers. Hidden sheets are left out, and named in a warning. A formula stands as
its last result, a number of an XLSX as it is shown, with its unit; a date as ISO 8601 has it.
"""

from __future__ import annotations

import datetime
import io
from typing import TypeAlias

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from rag.documents.files import OLE, open_archive
from rag.documents.parsed import Assembler, Parsed, one_line
from rag.documents.tables.grid import Cell
from rag.documents.tables.numbers import Place, codes, formatted, plain
from rag.documents.tables.table import ROWS, write
from rag.errors import DocumentError

KIND = "a spreadsheet"
CELLS = 5_000_000
"""Cells of a sheet, empty ones between others included."""
MERGED = 500_000
"""Places that merged cells cover; what is merged beyond them stands where it begins."""
_ZIP = b"PK\x03\x04"

_Value: TypeAlias = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def parse(data: bytes, name: str) -> Parsed:
    """Return the rows of all sheets that are shown; raises DocumentError where ``data`` is no spreadsheet."""
    formats = _codes(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        content = Assembler()
        for sheet in book.sheets_metadata:
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
                _write(content, book.get_sheet_by_name(sheet.name), formats.get(sheet.name, {}))
    except PasswordError as error:
        raise DocumentError("It is protected by a password.") from error
    except CalamineError as error:
        if data.startswith(OLE):
            raise DocumentError("It is protected by a password, or damaged: save it anew without one.") from error
        raise DocumentError(f"It is damaged, or is not {KIND} at all.") from error
    hidden = ", ".join(sheet.name for sheet in book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible)
    return content.finish(warnings=[f"hidden sheets were left out: {one_line(hidden)}"] if hidden else [])


def _codes(data: bytes) -> dict[str, dict[Place, str]]:
    """Return sheet → cell → the format of its number, where the file is an XLSX."""
    if not data.startswith(_ZIP):
        return {}
    with open_archive(data, KIND) as archive:
        return codes(archive, KIND) if "xl/workbook.xml" in archive.namelist() else {}


def _write(content: Assembler, sheet: CalamineSheet, formats: dict[Place, str]) -> None:
    if sheet.start is None:
        return
    if sheet.height > ROWS or sheet.height * sheet.width > CELLS:
        raise DocumentError(
            f"Its sheet {one_line(sheet.name)!r} has {sheet.height:,} × {sheet.width:,} cells. Split it."
        )
    top = sheet.start[0]
    write(content, _table(sheet, sheet.start, formats), lambda number: f"{sheet.name}, row {top + number + 1}")


def _table(sheet: CalamineSheet, start: Place, formats: dict[Place, str]) -> list[list[Cell | str]]:
    rows: list[list[Cell | str]] = []
    merged, covered = _merged(sheet, start)
    for at, values in enumerate(sheet.to_python()):
        of_row = [formats.get((at + start[0], column + start[1]), "") for column in range(len(values))]
        shown = [_shown(value, code) for value, code in zip(values, of_row, strict=True)]
        last = max((column for column, text in enumerate(shown) if text.strip()), default=-1)
        rows.append(
            [
                Cell(text, *merged[at, column]) if (at, column) in merged else text
                for column, text in enumerate(shown[: last + 1])
                if (at, column) not in covered
            ]
        )
    return rows


def _merged(sheet: CalamineSheet, start: Place) -> tuple[dict[Place, Place], set[Place]]:
    """Return where merged cells begin → how many rows and columns they have, and what they cover besides."""
    merged: dict[Place, Place] = {}
    covered: set[Place] = set()
    left_over = MERGED  # ranges that overlap are no work of a spreadsheet: they must not take time without end
    for (first, left), (last, right) in sheet.merged_cell_ranges or ():
        rows = range(first - start[0], min(last - start[0] + 1, sheet.height))
        columns = range(left - start[1], min(right - start[1] + 1, sheet.width))
        left_over -= len(rows) * len(columns)
        if left_over < 0:
            break
        places = {(row, column) for row in rows for column in columns}
        if len(places) > 1 and min(rows[0], columns[0]) >= 0 and not places & covered:
            merged[rows[0], columns[0]] = len(rows), len(columns)
            covered |= places - {(rows[0], columns[0])}
    return merged, covered


def _shown(value: _Value, code: str = "") -> str:
    """Return a value as text: ``2024-03-05 14:30``, a number as its format ``code`` shows it.

    >>> _shown(12.0), _shown(datetime.timedelta(hours=30, minutes=5))
    ('12', '30:05')
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return formatted(value, code) if code else plain(value)
    if isinstance(value, datetime.datetime):
        return f"{value.date().isoformat()} {_shown(value.time())}" if value.time() else value.date().isoformat()
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="auto" if value.second else "minutes")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(value)
