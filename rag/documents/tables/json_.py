"""JSON and JSON Lines: a record is a section, named by its title, its id or its number; ``field: value`` a field.

What names a record stands first. Records are the objects of a list, or those under keys (``{"ann": {…}, "bob": {…}}``),
wherever in the file's object they stand; what stands beside them is a section too. A record is called by its list, too,
which says what it is (``orders, number 7``). Numbers stand as the file writes them. Nested fields are named by their
path: ``address city: Paris``. Exported chats are talks (``chats``), no records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard

from rag.documents.encodings import decode
from rag.documents.parsed import LONG_ROW, LONG_VALUE, Assembler, Parsed, labelled, one_line
from rag.documents.tables import chats
from rag.errors import DocumentError

_TITLES = ("title", "name", "heading", "headline", "subject")
_LINES = object()
_IDS = ("id", "_id", "key", "uuid")


@dataclass(frozen=True, slots=True)
class _Record:
    """What becomes a section."""

    heading: str
    value: object
    name: tuple[tuple[str, str], ...] = ()
    """The field that names it, where there is one."""
    is_file: bool = False
    """Whether it is the file's own object, without the records in it."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the records of ``data``; raises DocumentError where it is not JSON."""
    text, warnings = decode(data)
    lines = name.lower().endswith((".jsonl", ".ndjson"))
    value = _LINES if lines else _value(text)
    content = Assembler()
    if chat := chats.lines(value):
        for line in chat:
            content.block(line)
        return content.finish(title=chats.title(value), warnings=warnings)
    records, more = _by_line(text) if value is _LINES else (_whole(value), ())
    for record in records:
        content.section(record.heading)
        rest = [field for field in _fields(record.value) if field not in record.name]
        content.block(labelled((*record.name, *rest)))
    own = not lines and bool(records) and (len(records) == 1 or records[0].is_file)
    return content.finish(title=records[0].heading if own and records[0].name else "", warnings=(*warnings, *more))


def _value(text: str) -> object:
    """Return what the text says; ``_LINES`` where each line says something of its own."""
    try:
        return _loads(text)
    except ValueError as error:
        if "\n" in text.strip() and "Extra data" in str(error):
            return _LINES
        raise DocumentError(f"It is not JSON: {error}.") from error


def _whole(value: object) -> list[_Record]:
    if isinstance(value, list):
        return _records([(f"record {number}", item) for number, item in enumerate(value, start=1)])
    return _parts(value) if isinstance(value, dict) else [_Record("", value)]


def _parts(value: dict[str, object]) -> list[_Record]:
    """Return the object as a record, or, where it is no short one with a name, what it holds as records."""
    whole = _named(value)
    if whole.name and len(labelled(_fields(value))) <= LONG_ROW:
        return [whole]
    if _is_keyed(value):
        return _keyed(value)
    rest, records = _divided(value, "")
    return [*([replace(whole, value=rest, is_file=True)] if rest else []), *records]


def _divided(value: dict[str, object], path: str) -> tuple[dict[str, object], list[_Record]]:
    """Return what is no table of records in the object, and the records of all tables."""
    rest: dict[str, object] = {}
    records: list[_Record] = []
    for key, item in value.items():
        here = f"{path} {key}".strip()
        if _is_table(item):
            own = _records([(str(number), record) for number, record in enumerate(item, start=1)])
            records += _within(here, own)
        elif not isinstance(item, dict):
            rest[key] = item
        elif _is_keyed(item):
            records += _within(here, _keyed(item))
        else:
            inner, more = _divided(item, here)
            records += more
            if inner or not item:
                rest[key] = inner
    return rest, records


def _by_line(text: str) -> tuple[list[_Record], tuple[str, ...]]:
    values: list[tuple[str, object]] = []
    wrong: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append((f"record {number}", _loads(line)))
        except ValueError:
            wrong.append(number)
    if not values:
        raise DocumentError("No line of it is JSON.")
    named = ", ".join(map(str, wrong[:3])) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    return _records(values), ((f"not JSON, and left out: line {named}",) if wrong else ())


def _loads(text: str) -> object:
    value: object = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    return value


def _is_table(value: object) -> TypeGuard[list[dict[str, object]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _is_keyed(value: dict[str, object]) -> TypeGuard[dict[str, dict[str, object]]]:
    """Tell whether an object's values are records of one kind, each with most of the fields that any of them has."""
    items = [set(item) for item in value.values() if isinstance(item, dict)]
    return len(items) == len(value) > 1 and 2 * len(set.intersection(*items)) > len(set.union(*items))


def _keyed(value: dict[str, dict[str, object]]) -> list[_Record]:
    return [_Record(one_line(key), item, (("", key),)) for key, item in value.items()]


def _within(table: str, records: list[_Record]) -> list[_Record]:
    """Return the records called by what they stand in, too."""
    called = one_line(table)
    return [replace(record, heading=", ".join(filter(None, (called, record.heading)))) for record in records]


def _records(values: list[tuple[str, object]]) -> list[_Record]:
    """Return the values as records, each named by its title or id, by what tells it from the others, or its place."""
    key = _telling([value for _, value in values])
    return [_named(value, place, key) for place, value in values]


def _telling(values: list[object]) -> str:
    """Return the first field that every record has, with another short text in each; empty where there is none."""
    records: list[dict[str, object]] = [value for value in values if isinstance(value, dict)]
    if len(records) < 2 or len(records) < len(values):
        return ""
    for key in records[0]:
        said = {text for record in records if isinstance(text := record.get(key), str) and 0 < len(text) < LONG_VALUE}
        if len(said) == len(records):
            return key
    return ""


def _named(record: object, place: str = "", key: str = "") -> _Record:
    """Return a value as a record, with its own title, or its id, or what ``key`` says; else called by its place."""
    if isinstance(record, dict):
        for field in (*_TITLES, *_IDS, key):
            if isinstance(value := record.get(field), str) and value.strip():
                heading = value if field in _TITLES else f"{field} {value}"
                return _Record(one_line(heading), record, ((field, value),))
    return _Record(one_line(place), record)


def _fields(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) for everything in ``value`` that says something."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(item, f"{path} {key}".strip())
    elif isinstance(value, list):
        simple = [_text(item) for item in value if not isinstance(item, dict | list)]
        if len(simple) == len(value) and all(len(text) < LONG_VALUE for text in simple):
            yield path, ", ".join(filter(None, simple))
        else:
            for number, item in enumerate(value, start=1):
                yield from _fields(item, f"{path} {number}".strip())
    else:
        yield path, _text(value)


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
