"""JSON and JSON Lines: a record is a section, named by its title, its id or its number; ``field: value`` a field.

Numbers stand as the file writes them. Nested fields are named by their path: ``address.city: Paris``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from rag.documents.encodings import decode
from rag.documents.parsed import LONG_VALUE, Assembler, Parsed, labelled, one_line
from rag.errors import DocumentError

_TITLES = ("title", "name", "heading", "headline", "subject")
_IDS = ("id", "_id", "key", "uuid")


def parse(data: bytes, name: str) -> Parsed:
    """Return the records of ``data``; raises DocumentError where it is not JSON."""
    text, warnings = decode(data)
    lines = name.lower().endswith((".jsonl", ".ndjson"))
    records, more = _by_line(text) if lines else _whole(text)
    content = Assembler()
    for heading, record in records:
        content.section(heading)
        content.block(labelled(_fields(record)))
    title = records[0][0] if len(records) == 1 and not lines and isinstance(records[0][1], dict) else ""
    return content.finish(title=title, warnings=(*warnings, *more))


def _whole(text: str) -> tuple[list[tuple[str, object]], tuple[str, ...]]:
    try:
        value = _loads(text)
    except ValueError as error:
        if "\n" in text.strip() and "Extra data" in str(error):
            return _by_line(text)
        raise DocumentError(f"It is not JSON: {error}.") from error
    if isinstance(value, list):
        return _named(enumerate(value, start=1)), ()
    if isinstance(value, dict):
        tables = [key for key, item in value.items() if _is_table(item)]
        if len(tables) == 1 and not any(isinstance(value[key], dict | list) for key in value if key != tables[0]):
            rest = {key: item for key, item in value.items() if key != tables[0]}
            return [("", rest), *_named(enumerate(value[tables[0]], start=1))], ()
        return [(_name(value), value)], ()
    return [("", value)], ()


def _by_line(text: str) -> tuple[list[tuple[str, object]], tuple[str, ...]]:
    values: list[tuple[int, object]] = []
    wrong: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append((number, _loads(line)))
        except ValueError:
            wrong.append(number)
    if not values:
        raise DocumentError("No line of it is JSON.")
    named = ", ".join(map(str, wrong[:3])) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    return _named(values), ((f"not JSON, and left out: line {named}",) if wrong else ())


def _loads(text: str) -> object:
    value: object = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    return value


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _named(values: Iterable[tuple[int, object]]) -> list[tuple[str, object]]:
    return [(_name(value) or f"record {number}", value) for number, value in values]


def _name(record: object) -> str:
    """Return a record's own title, or its id; empty where it has neither."""
    if not isinstance(record, dict):
        return ""
    for key in (*_TITLES, *_IDS):
        if isinstance(value := record.get(key), str) and value.strip():
            return one_line(value if key in _TITLES else f"{key} {value}")
    return ""


def _fields(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) for everything in ``value`` that says something."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(item, f"{path}.{key}" if path else key)
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
