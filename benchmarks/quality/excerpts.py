"""Chroma's chunking evaluation: do the quotes cover the marked excerpts, and nothing else? End to end, over an index.

Recall, precision and IoU count characters, as the evaluation defines them: what is both quoted and marked, over what is
marked, over what is quoted, and over what is either. A refused question quotes nothing, and scores nought.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.quality.data import cache, excerpts
from benchmarks.quality.scoring import Overlap, Place, overlap
from rag.library import Library, build_library
from rag.quality.metrics import mean, percentile
from rag.quality.report import Figure, Report, Run
from rag.types import Answer, Hit, Quote

_NOTHING = Overlap(0.0, 0.0, 0.0)


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return how well the quotes, the lead quote, and the best passage of each search cover the excerpts."""
    asked = excerpts(run.data)
    library = _library(run)
    threshold = run.threshold(index=True)
    quoted: list[Overlap] = []
    lead: list[Overlap] = []
    given: list[Overlap] = []
    passages: dict[str, list[Overlap]] = {"dense": [], "lexical": [], "fused": []}
    times: list[float] = []
    for question, corpus, spans in run.some(asked):
        wanted = [(corpus, start, end) for start, end in spans]
        reply = library.ask(question)
        quotes = reply.quotes if isinstance(reply, Answer) else ()
        times.append(reply.timings_ms["total"])
        quoted.append(overlap(_places(quotes), wanted))
        lead.append(overlap(_places(quotes[:1]), wanted))
        given.append(quoted[-1] if reply.confidence >= threshold else _NOTHING)
        hits = library.search(question, limit=2 * run.settings.candidates)
        for name, best in _best(hits).items():
            passages[name].append(overlap([best], wanted))
    figures = (
        *_figures("all quotes, with refusal", given),
        Figure("answered", mean([item is not _NOTHING for item in given])),
        *_figures("all quotes", quoted),
        *_figures("lead quote", lead),
        *(figure for name, found in passages.items() for figure in _figures(f"best passage, {name}", found)),
        Figure("time a question, median", percentile(times, 0.5), "ms"),
        Figure("time a question, 95th percentile", percentile(times, 0.95), "ms"),
    )
    return (Report("excerpts", len(quoted), figures, threshold=threshold),)


def _library(run: Run) -> Library:
    """Build the index over the five corpora in the cache; only what changed since the last time is embedded."""
    folder = cache("excerpts")
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for corpus in sorted((run.data / "excerpts").glob("*.md")):
        _copy(corpus, seeds / corpus.name)
    settings = replace(run.always, seeds=seeds, index=folder / "index")
    return build_library(settings, progress=run.report, models=run.models)


def _copy(source: Path, target: Path) -> None:
    if not target.is_file() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)


def _places(quotes: Sequence[Quote]) -> list[Place]:
    return [(quote.document.id, quote.start, quote.end) for quote in quotes]


def _best(hits: Sequence[Hit]) -> dict[str, Place]:
    """Return the best passage by either search and by both."""
    chosen = {
        "dense": max(hits, key=lambda hit: hit.dense),
        "lexical": max(hits, key=lambda hit: hit.lexical),
        "fused": hits[0],
    }
    return {name: (hit.passage.document_id, hit.passage.start, hit.passage.end) for name, hit in chosen.items()}


def _figures(of: str, found: Sequence[Overlap]) -> tuple[Figure, ...]:
    return (
        Figure(f"IoU, {of}", mean([item.iou for item in found])),
        Figure(f"recall, {of}", mean([item.recall for item in found])),
        Figure(f"precision, {of}", mean([item.precision for item in found])),
    )
