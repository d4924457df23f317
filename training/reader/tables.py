"""Tables, records and listings that nobody has seen, and questions about their rows → examples.

A schema in ``training/data/tables.jsonl`` has the columns of a table, values for them, questions that each answers in
other words than its name, and questions that none answers though they sound like it. A document has some of a schema's
rows and columns, drawn at random, is written as a file and read as the program reads it. A question whose column was
left out has no answer there. One schema in five is held out, to measure with.
"""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag import documents
from rag.answering.evidence import reader_input
from rag.reading.windows import load_tokenizer
from rag.text.segment import divide
from rag.types import Hit, Span
from training.reader.sources import Example

_SCHEMAS = Path(__file__).parent.parent / "data/tables.jsonl"

_HELD_OUT = 5
_ROOM = 200
"""Pieces of a passage."""
_ROWS = 3
"""Rows of a document that are asked about, at most."""
_FORMS = ("csv", "json", "html", "md", "txt")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question about one row; ``answer`` is a cell's place in the text of ``hit``, None where nothing answers."""

    kind: str
    """``cell`` or ``name``, which are answered; ``near`` (no column answers) or ``elsewhere`` (the row stands in
    another passage)."""
    question: str
    hit: Hit
    row: Span
    answer: Span | None


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows and columns of one document; ``heads`` are the columns' names there."""

    schema: dict[str, Any]
    columns: list[dict[str, Any]]
    heads: list[str]
    rows: list[list[str]]
    """The first cell of each is its name."""


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a row stands in a passage: spans of its text, of the row and of its cells (none where it is not found)."""

    hit: Hit
    span: Span
    cells: list[Span | None]


def _schemas(*, held_out: bool) -> list[dict[str, Any]]:
    """Return the schemas to measure with, or those to train on."""
    every = [json.loads(line) for line in _SCHEMAS.read_text(encoding="utf-8").splitlines()]
    return [schema for number, schema in enumerate(every) if (number % _HELD_OUT == 0) == held_out]


def _ask(schema: dict[str, Any], rng: random.Random, folder: Path) -> list[_Asked]:
    """Write a document in ``folder`` with some of the schema's rows, read it, and return what is asked of it."""
    table = _draw(schema, rng)
    block = schema.get("block") if rng.random() < 0.7 else None
    form = "txt" if block else rng.choice(_FORMS)
    title = rng.choice([schema["title"], *schema["headings"]])
    heading = rng.choice([*schema["headings"], title])
    file = folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', title).strip('-')}.{form}"
    file.write_text(_listing(table, block) if block else _written(table, form, title, heading, rng), encoding="utf-8")
    hits = _passages(file, folder)
    file.unlink()
    found: list[_Asked] = []
    for number in rng.sample(range(len(table.rows)), min(_ROWS, len(table.rows))):
        places = [place for hit in hits if (place := _row_in(hit, table, table.rows[number], block))]
        if places:
            found += _questions(table, number, places[0], hits, rng)
    return found


def examples(rng: random.Random, times: int, *, held_out: bool = False) -> Iterator[Example]:
    """Yield what is asked of ``times`` documents of each schema."""
    with tempfile.TemporaryDirectory() as folder:
        for schema in _schemas(held_out=held_out):
            for _ in range(times):
                yield from map(_example, _ask(schema, rng, Path(folder)))


def _example(asked: _Asked) -> Example:
    item = reader_input(asked.hit)
    base = len(asked.hit.text) - len(item.text)
    row = (asked.row[0] - base, asked.row[1] - base)
    answer = asked.answer and (asked.answer[0] - base, asked.answer[1] - base)
    labels = tuple((float(answer is not None and a < answer[1] and answer[0] < b), 1.0) for a, b in item.sentences)
    return Example(
        f"table_{asked.kind}",
        asked.question,
        item.context,
        item.text,
        item.sentences,
        (answer,) if answer else (),
        bool(answer),
        not answer,
        None if answer else row,
        labels,
    )


def _draw(schema: dict[str, Any], rng: random.Random) -> _Table:
    columns = [column for column in schema["columns"] if rng.random() < 0.7] or schema["columns"][:2]
    if rng.random() < 0.5:
        rng.shuffle(columns)
    heads = [schema["row"], *(rng.choice([column["name"], column["name"], *column["also"]]) for column in columns)]
    names = rng.sample(schema["names"], min(len(schema["names"]), rng.randint(2, 7)))
    cells = [_values(column, len(names), rng) for column in columns]
    return _Table(schema, columns, heads, [list(row) for row in zip(names, *cells, strict=True)])


def _values(column: dict[str, Any], count: int, rng: random.Random) -> list[str]:
    values = [str(value) for value in column["values"]]
    return rng.sample(values, count) if len(values) >= count else rng.choices(values, k=count)


def _written(table: _Table, form: str, title: str, heading: str, rng: random.Random) -> str:
    if form == "csv":
        file = io.StringIO()
        csv.writer(file).writerows([table.heads, *table.rows])
        return file.getvalue()
    if form == "json":
        records = [dict(zip(table.heads, row, strict=True)) for row in table.rows]
        return json.dumps(rng.choice([records, {re.sub(r"\W+", "_", heading.lower()): records}]), ensure_ascii=False)
    if form == "html":
        lines = ["<tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in table.heads) + "</tr>"]
        lines += ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows]
        above = f"<h1>{html.escape(title)}</h1><h2>{html.escape(heading)}</h2>"
        return f"<html><body>{above}<table>{''.join(lines)}</table></body></html>"
    if form == "md":
        rule = ["---"] * len(table.heads)
        body = "\n".join("| " + " | ".join(row) + " |" for row in (table.heads, rule, *table.rows))
        return f"# {title}\n\n## {heading}\n\n{body}\n"
    fields = ("\n".join(f"{head}: {cell}" for head, cell in zip(table.heads, row, strict=True)) for row in table.rows)
    return f"{heading}\n\n" + "\n\n".join(fields) + "\n"


def _listing(table: _Table, block: str) -> str:
    return "\n".join(_block(table, row, block) for row in table.rows) + "\n"


def _block(table: _Table, row: Sequence[str], block: str) -> str:
    """Return a row as the listing writes it; lines of columns that were left out are left out."""
    said = {column["name"]: cell for column, cell in zip(table.columns, row[1:], strict=True)} | {"row": row[0]}
    lines = []
    for line in block.split("\n"):
        asked = re.findall(r"\{([^{}]+)\}", line)
        if all(name in said for name in asked):
            lines.append(re.sub(r"\{([^{}]+)\}", lambda found: said[found[1]], line))
    return "\n".join(lines)


def _passages(path: Path, folder: Path) -> list[Hit]:
    tokenizer = load_tokenizer()
    document = documents.load(path, folder)

    def sizes(texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    passages = divide(document, budget=lambda _: _ROOM, count=sizes)
    return [Hit(passage, document.text[passage.start : passage.end], 0.0) for passage in passages]


def _row_in(hit: Hit, table: _Table, row: list[str], block: str | None) -> _Row | None:
    if block:
        written = _block(table, row, block)
        start = hit.text.find(written)
        if start < 0:
            return None
        spans = [_in_block(table, written, number, row, block) for number in range(len(row))]
        cells = [span and (span[0] + start, span[1] + start) for span in spans]
        return _Row(hit, (start, start + len(written)), cells)
    for separator in (" | ", "\n"):
        labelled = separator.join(f"{head}: {cell}" for head, cell in zip(table.heads, row, strict=True))
        start = hit.text.find(labelled)
        if start >= 0:
            return _Row(hit, (start, start + len(labelled)), _cells(start, table.heads, row, len(separator)))
    bare = "| " + " | ".join(row) + " |"
    start = hit.text.find(bare)
    return _Row(hit, (start, start + len(bare)), _cells(start + 2, None, row, 3)) if start >= 0 else None


def _cells(at: int, heads: Sequence[str] | None, row: Sequence[str], separator: int) -> list[Span | None]:
    spans: list[Span | None] = []
    for number, cell in enumerate(row):
        at += len(heads[number]) + 2 if heads else 0
        spans.append((at, at + len(cell)))
        at += len(cell) + separator
    return spans


def _in_block(table: _Table, written: str, number: int, row: list[str], block: str) -> Span | None:
    """Return where a cell stands in its written block: in the line of the template that has its column."""
    name = table.columns[number - 1]["name"] if number else "row"
    line = next((line for line in block.split("\n") if f"{{{name}}}" in line), None)
    if line is None:
        return None
    before = line.partition(f"{{{name}}}")[0]
    head = before.replace("{row}", row[0])
    start = written.find(head + row[number])
    return (start + len(head), start + len(head) + len(row[number])) if start >= 0 and "{" not in head else None


def _questions(table: _Table, number: int, place: _Row, hits: Sequence[Hit], rng: random.Random) -> Iterator[_Asked]:
    """Yield what is asked about one row: of its columns, of columns left out, of nothing that is there, of its name."""
    row, schema = table.rows[number], table.schema

    def near(asks: Sequence[str]) -> _Asked:
        return _Asked("near", _worded(rng.choice(asks), "{row}", row[0], rng), place.hit, place.span, None)

    kept = [column["name"] for column in table.columns]
    told = [(column, i + 1) for i, column in enumerate(table.columns) if place.cells[i + 1] and row[i + 1].strip("–- ")]
    for column, cell in rng.sample(told, min(2, len(told))):
        question = _worded(rng.choice(column["asks"]), "{row}", row[0], rng)
        yield _Asked("cell", question, place.hit, place.span, place.cells[cell])
        others = [hit for hit in hits if hit is not place.hit]
        if others and rng.random() < 0.4:
            yield _Asked("elsewhere", question, rng.choice(others), (0, 1), None)
    left_out = [ask for column in schema["columns"] if column["name"] not in kept for ask in column["asks"]]
    yield from (near(asks) for asks in (left_out, schema["missing"]) if asks)
    for reverse in schema.get("reverse", ()):
        if reverse["column"] in kept and place.cells[0] and rng.random() < 0.3:
            at = kept.index(reverse["column"]) + 1
            if sum(other[at] == row[at] for other in table.rows) == 1:
                question = _worded(rng.choice(reverse["asks"]), "{value}", row[at], rng)
                yield _Asked("name", question, place.hit, place.span, place.cells[0])


def _worded(ask: str, slot: str, name: str, rng: random.Random) -> str:
    question = ask.replace(slot, name)
    return question.lower() if rng.random() < 0.1 else question
