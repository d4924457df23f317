"""SQuAD 2.0, half of its development set: the answer's words, and whether there is one; through ``rag read``."""

from __future__ import annotations

from benchmarks.quality.data import labelled, rows
from benchmarks.quality.scoring import answer_f1, exact_match
from rag.library import read_texts
from rag.quality.metrics import Judged, holds, mean, percentile
from rag.quality.report import Figure, Report, Run, refusal_figures
from rag.types import Answer, Reply

NAME = "reading/dev_squad2_half_a"


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return exact match and F1 as the official script counts them, and what refusal is worth."""
    threshold = run.threshold(index=False)
    matches: list[float] = []
    scores: list[float] = []
    without_refusal: list[float] = []
    times: list[float] = []
    judged: list[Judged] = []
    for item in run.some([labelled(row) for row in rows(run.data, NAME)]):
        reply = read_texts(item.question, {item.title: item.text}, settings=run.always, models=run.models).reply
        words, quote = _answer(reply)
        times.append(reply.timings_ms["total"])
        judged.append(Judged(reply.confidence, bool(item.answers), holds(quote, item.golds)))
        given = words if reply.confidence >= threshold else ""
        matches.append(exact_match(given, item.golds))
        scores.append(answer_f1(given, item.golds))
        if item.answers:
            without_refusal.append(answer_f1(words, item.golds))
    figures = (
        Figure("exact match, with refusal", mean(matches)),
        Figure("F1, with refusal", mean(scores)),
        Figure("F1, answerable alone, never refusing", mean(without_refusal)),
        Figure("lead quote holds the answer, never refusing", mean([item.right for item in judged if item.answerable])),
        *refusal_figures(judged, threshold),
        Figure("time a question, median", percentile(times, 0.5), "ms"),
    )
    return (Report("squad2", len(judged), figures, tuple(judged), threshold),)


def _answer(reply: Reply) -> tuple[str, str]:
    """Return the highlighted words of the lead quote, and the quote."""
    if not isinstance(reply, Answer):
        return "", ""
    lead = reply.quotes[0]
    start, end = lead.highlights[0] if lead.highlights else (lead.start, lead.end)
    return lead.exact[start - lead.start : end - lead.start], lead.exact
