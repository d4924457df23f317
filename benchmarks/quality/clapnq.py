"""CLAPNQ's development set: which sentences make up a long answer, and whether there is one; through ``rag read``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.quality.data import rows
from rag.library import read_texts
from rag.quality.metrics import Judged, mean
from rag.quality.report import Figure, Report, Run, refusal_figures
from rag.types import Answer, Quote, Span

_COVERED = 0.5
"""Share of a sentence that quotes must cover for it to count as chosen: the set's sentences are not quite ours."""


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return how well the quotes' sentences are those that people chose, and what refusal is worth."""
    threshold = run.threshold(index=False)
    found: list[tuple[float, float, float]] = []
    judged: list[Judged] = []
    for row in run.some(rows(run.data, "evidence/clapnq_dev")):
        passages = _passages(row)
        texts = {name: text for name, text, _ in passages}
        reply = read_texts(row["input"], texts, settings=run.always, models=run.models).reply
        quotes = reply.quotes if isinstance(reply, Answer) else ()
        chosen = {sentence for name, _, spans in passages for sentence in _covered(name, spans, quotes)}
        scores = [_score(chosen, _marked(passages, output["selected_sentences"])) for output in row["output"]]
        best = max(scores, key=lambda score: score[2])
        judged.append(Judged(reply.confidence, row["answerable"], row["answerable"] and best[0] > 0))
        if row["answerable"]:
            found.append(best)
    asked = [item.confidence >= threshold for item in judged if item.answerable]
    figures = (
        Figure("sentence F1, with refusal", mean([f1 * given for (*_, f1), given in zip(found, asked, strict=True)])),
        Figure("sentence F1, never refusing", mean([f1 for *_, f1 in found])),
        Figure("sentence recall, never refusing", mean([recall for recall, _, _ in found])),
        Figure("sentence precision, never refusing", mean([precision for _, precision, _ in found])),
        *refusal_figures(judged, threshold),
    )
    return (Report("clapnq", len(judged), figures, tuple(judged), threshold),)


Passages = Sequence[tuple[str, str, Sequence[Span]]]
"""Name, text, and the spans of the set's own sentences."""


def _passages(row: Mapping[str, Any]) -> Passages:
    found = []
    for number, passage in enumerate(row["passages"]):
        text, at, spans = passage["text"], 0, []
        for sentence in passage["sentences"]:
            start = text.index(sentence, at)
            at = start + len(sentence)
            spans.append((start, at))
        name = passage["title"] if number == 0 else f"{passage['title']} ({number + 1})"
        found.append((name, text, spans))
    return found


def _covered(name: str, spans: Sequence[Span], quotes: Sequence[Quote]) -> set[tuple[str, Span]]:
    chosen = set()
    for start, end in spans:
        shared = sum(
            max(0, min(end, quote.end) - max(start, quote.start)) for quote in quotes if quote.document.id == name
        )
        if shared >= _COVERED * (end - start):
            chosen.add((name, (start, end)))
    return chosen


def _marked(passages: Passages, sentences: Sequence[str]) -> set[tuple[str, Span]]:
    wanted = {sentence.strip() for sentence in sentences}
    return {
        (name, (start, end))
        for name, text, spans in passages
        for start, end in spans
        if text[start:end].strip() in wanted
    }


def _score(chosen: set[tuple[str, Span]], marked: set[tuple[str, Span]]) -> tuple[float, float, float]:
    """Return recall, precision and F1 of the chosen sentences."""
    both = len(chosen & marked)
    return both / max(1, len(marked)), both / max(1, len(chosen)), 2 * both / max(1, len(chosen) + len(marked))
