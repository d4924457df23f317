"""Tables, records and listings → examples: see ``benchmarks.quality.tables``, which draws them."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.quality.tables import Asked, ask, schemas
from rag.answering.evidence import reader_input
from training.reader.sources import Example


def table_examples(rng: random.Random, times: int) -> Iterator[Example]:
    """Yield what is asked of ``times`` documents of each schema that is not held out."""
    with tempfile.TemporaryDirectory() as folder:
        for schema in schemas(held_out=False):
            for _ in range(times):
                file, questions = ask(schema, rng, Path(folder), Path(folder))
                file.unlink()
                yield from map(_example, questions)


def _example(asked: Asked) -> Example:
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
