"""Samples of another kind of text and question: BioASQ's, over abstracts whose answering sentences people marked.

The reader was trained on the first rows of the set; these are of the others.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.quality.data import rows
from benchmarks.quality.samples import SIZES, Sample, judged, read_hits
from rag.library import build_library
from rag.quality.report import Run
from rag.types import Evidence, Hit, Progress, Span

_TRAINED_ON = 5_100
_QUESTIONS = 6


@dataclass(frozen=True, slots=True)
class Abstract:
    """A question beside an abstract, and where the sentences stand that answer it."""

    id: str
    question: str
    text: str
    marked: tuple[Span, ...]


def abstracts(data: Path) -> list[Abstract]:
    """Return those that the reader was not trained on; raises SettingsError where the set is missing."""
    found = []
    for row in rows(data, "evidence/bioasq")[_TRAINED_ON:]:
        text, spans = "", []
        for sentence in row["sentences"]:
            text += " " if text else ""
            spans.append((len(text), len(text) + len(sentence.strip())))
            text += sentence.strip()
        marked = tuple(spans[i] for i in row["evidence"])
        found.append(Abstract(row["id"], row["question"], text, marked))
    return found


def abstract_samples(run: Run, every: Sequence[Abstract], *, count: int, seed: int) -> list[Sample]:
    """Return some questions over each of ``count`` small indexes, half of them about an abstract that is not there."""
    rng, samples = random.Random(seed), []
    for done in range(count):
        run.report(Progress("indexes of abstracts", done, count))
        drawn = rng.sample(every, SIZES[done % len(SIZES)] + _QUESTIONS)
        there, elsewhere = drawn[_QUESTIONS:], drawn[:_QUESTIONS]
        with tempfile.TemporaryDirectory() as folder:
            seeds = Path(folder) / "seeds"
            seeds.mkdir()
            for number, item in enumerate(there):
                (seeds / f"{number:03}.txt").write_bytes(item.text.encode())
            settings = replace(run.always, seeds=seeds, index=Path(folder) / "index")
            library = build_library(settings, models=run.models)
            held = {item.question for item in there}
            for item in [*there[:_QUESTIONS], *elsewhere]:
                own = f"{there.index(item):03}.txt" if item in there else ""
                if own or item.question not in held:
                    hits = library.search(item.question, limit=run.settings.read_passages)
                    samples.append(_sample(item, read_hits(run, item.question, hits), own))
    return samples


def _sample(asked: Abstract, evidence: Sequence[Evidence], document: str) -> Sample:
    def is_right(hit: Hit, place: Span, quoted: str) -> bool | None:
        """A marked sentence is quoted; an unmarked one of the same abstract may answer, or not."""
        if hit.passage.document_id != document:
            return False
        return True if any(place[0] < end and start < place[1] for start, end in asked.marked) else None

    kind = "answered" if document else "taken out"
    return Sample("bioasq", asked.id, kind, judged(asked.question, evidence, is_right))
