"""Questions as people ask them, beside passages of contracts, manuals, news, office papers and science.

``field`` asks each beside its own passage, through ``rag read``; ``field-index`` asks them over one index of the
held-out passages and of 3,327 others. Figures are of every other held-out document; the rest fit the calibration.

A lead quote is right where it overlaps a sentence that answers, or holds an answer's words.
"""

from __future__ import annotations

import random
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.quality.data import cache, rows, write_documents
from benchmarks.quality.samples import Sample, judged, read_beside, read_hits
from rag.library import Library, build_library, read_texts
from rag.quality.metrics import Judged, auc, calibration_error, holds, mean, percentile
from rag.quality.report import Figure, Report, Run
from rag.types import Answer, Evidence, Hit, Progress, Quote, Reply, Span

TYPES = ("direct", "paraphrase", "sloppy", "keyword", "yesno", "list")
"""Of questions with an answer; ``near`` and ``far`` have none in their passage."""

_TIGHT = 12
"""Words of a highlight, at most, for it to count as tight."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the passage that it was written beside, and what answers it there; offsets into the passage."""

    type: str
    document: str
    title: str
    heading: str
    text: str
    question: str
    answers: tuple[Span, ...]
    evidence: tuple[Span, ...]
    """The sentences that answer; none where nothing does."""

    @property
    def golds(self) -> tuple[str, ...]:
        """The answers' words."""
        return tuple(self.text[start:end] for start, end in self.answers)

    def is_right(self, quoted: str, place: Span | None) -> bool:
        """Tell whether a quote answers; ``place`` is its range in the passage, None where it stands elsewhere."""
        overlaps = place is not None and any(place[0] < end and start < place[1] for start, end in self.evidence)
        return overlaps or holds(quoted, self.golds)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what its reply was worth, given that it was not refused."""

    item: Question
    judged: Judged
    highlight: str
    touches: bool
    """The highlight shares a character with an answer."""


def halves(data: Path) -> tuple[list[Question], list[Question]]:
    """Return the held-out questions that fit the calibration, and those that measure.

    The held-out documents are sorted by name: the first, third and so on fit, the others measure.
    """
    held = [row for row in rows(data, "reading/field") if row["split"] == "held_out"]
    fitting = set(sorted({row["document"] for row in held})[::2])
    return (
        [_question(row) for row in held if row["document"] in fitting],
        [_question(row) for row in held if row["document"] not in fitting],
    )


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        type=row["type"],
        document=row["document"],
        title=row["title"],
        heading=row["heading"],
        text=row["context"],
        question=row["question"],
        answers=tuple((answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"]),
        evidence=tuple((start, end) for number in row["evidence"] for start, end in [row["sentences"][number]]),
    )


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return the figures of the measured half: each question beside its own passage, then over the index."""
    _, measured = halves(run.data)
    return _beside(run, measured), _over_index(run, measured)


def _beside(run: Run, measured: Sequence[Question]) -> Report:
    threshold, asked, times = run.threshold(index=False), [], []
    for item in run.some(measured):
        reply = read_texts(item.question, {item.title: item.text}, settings=run.always, models=run.models).reply
        times.append(reply.timings_ms["total"])
        asked.append(_asked(item, reply, 0))
    judged = tuple(one.judged for one in asked)
    answerable = [one for one in asked if one.judged.answerable]
    figures = (
        *_by_type(asked, threshold),
        Figure("highlight shares words with an answer", mean([one.touches for one in answerable])),
        Figure(
            f"highlight has at most {_TIGHT} words and shares some with an answer",
            mean([one.touches and len(one.highlight.split()) <= _TIGHT for one in answerable]),
        ),
        Figure("AUC, answerable or not", auc([j.confidence for j in judged], [j.answerable for j in judged]), ""),
        Figure("AUC, right or not", auc([j.confidence for j in judged], [j.right for j in judged]), ""),
        Figure("calibration error", calibration_error(judged), ""),
        Figure("threshold", threshold, ""),
        Figure("time a question, median", percentile(times, 0.5), "ms"),
    )
    return Report("field", len(asked), figures, judged, threshold)


def _asked(item: Question, reply: Reply, before: int) -> Asked:
    """Judge the lead quote; the passage begins at ``before`` of the document that is quoted."""
    if not isinstance(reply, Answer):
        return Asked(item, Judged(reply.confidence, bool(item.evidence), False), "", False)
    lead = reply.quotes[0]
    right = item.is_right(lead.exact, (lead.start - before, lead.end - before))
    start, end = _highlight(lead)
    touches = any(start - before < b and a < end - before for a, b in item.answers)
    words = lead.exact[start - lead.start : end - lead.start]
    return Asked(item, Judged(reply.confidence, bool(item.evidence), right), words, touches)


def _highlight(quote: Quote) -> Span:
    return quote.highlights[0] if quote.highlights else (quote.start, quote.end)


def _by_type(asked: Sequence[Asked], threshold: float) -> Iterator[Figure]:
    """Yield what becomes of each type of question, then of all that have an answer."""
    groups = {name: [one.judged for one in asked if one.item.type == name] for name in (*TYPES, "near", "far")}
    groups["answerable"] = [judged for name in TYPES for judged in groups[name]]
    for name in (*TYPES, "answerable"):
        group = groups[name]
        yield Figure(
            f"{name} ({len(group)}): answered and right", mean([j.right and j.confidence >= threshold for j in group])
        )
        yield Figure(f"{name}: lead right, never refusing", mean([j.right for j in group]))
        yield Figure(f"{name}: refused", mean([j.confidence < threshold for j in group]))
    for name in ("near", "far"):
        group = groups[name]
        yield Figure(f"{name} ({len(group)}): refused", mean([j.confidence < threshold for j in group]))


def _over_index(run: Run, measured: Sequence[Question]) -> Report:
    library, homes = field_index(run)
    threshold = run.threshold(index=True)
    asked: list[Asked] = []
    found: list[bool] = []
    first: list[bool] = []
    near_wrong: list[bool] = []
    times = []
    for item in run.some(measured):
        outcome = library.explain(item.question)
        reply = outcome.reply
        own, before = homes[item.text]
        names = [one.hit.passage.document_id for one in outcome.evidence]
        lead = reply.quotes[0] if isinstance(reply, Answer) else None
        at_home = lead is not None and lead.document.id == own
        one = _asked(item, reply, before)
        if not at_home:
            right = lead is not None and item.is_right(lead.exact, None)
            one = replace(one, judged=replace(one.judged, right=right), touches=False)
        times.append(reply.timings_ms["total"])
        asked.append(one)
        if item.evidence:
            found.append(own in names)
            first.append(names[:1] == [own])
        else:
            near_wrong.append(at_home and one.judged.confidence >= threshold)
    answerable = tuple(one.judged for one in asked if one.judged.answerable)
    figures = (
        Figure("passage among those read", mean(found)),
        Figure("passage first after reading", mean(first)),
        *(figure for figure in _by_type(asked, threshold) if not figure.name.startswith(("near", "far"))),
        Figure("near and far answered from their own passage", mean(near_wrong)),
        Figure(
            "answers that are right, of answerable", mean([j.right for j in answerable if j.confidence >= threshold])
        ),
        Figure("calibration error, of answerable", calibration_error(answerable), ""),
        Figure("threshold", threshold, ""),
        Figure("time a question, median", percentile(times, 0.5), "ms"),
        Figure("time a question, 95th percentile", percentile(times, 0.95), "ms"),
    )
    return Report("field-index", len(asked), figures, answerable, threshold)


def field_index(run: Run) -> tuple[Library, dict[str, tuple[str, int]]]:
    """Return an index of the held-out passages and of others, and each text's document id and where it begins there.

    A passage is a Markdown document below its title and heading. The index is built in the cache, the first time in
    minutes.
    """
    held = [row for row in rows(run.data, "reading/field") if row["split"] == "held_out"]
    passages = [(row["document"], row["title"], row["heading"], row["context"]) for row in held]
    others = rows(run.data, "reading/field_passages")
    passages += [(row["document"], row["title"], row["heading"], row["text"]) for row in others]
    folder = cache("field")
    documents, places = _documents(dict.fromkeys(passages))
    write_documents(folder / "seeds", documents)
    settings = replace(run.always, seeds=folder / "seeds", index=folder / "index")
    return build_library(settings, progress=run.report, models=run.models), places


def _documents(passages: Iterable[tuple[str, str, str, str]]) -> tuple[dict[str, str], dict[str, tuple[str, int]]]:
    documents: dict[str, str] = {}
    places: dict[str, tuple[str, int]] = {}
    for number, (document, title, heading, text) in enumerate(passages):
        above = "".join(f"{mark} {name}\n\n" for mark, name in (("#", title), ("##", heading)) if name)
        name = f"{number:04}/{Path(document).stem}.md"
        documents[name] = f"{above}{text}"
        places.setdefault(text, (name, len(documents[name]) - len(text)))
    return documents, places


def beside_samples(run: Run, asked: Sequence[Question], *, count: int, seed: int) -> list[Sample]:
    """Return ``count`` questions read beside their own passage: half of them alone, half among one to seven others."""
    rng, samples = random.Random(seed), []
    every = list({item.text: item for item in asked}.values())
    for done, item in enumerate(_evenly(asked, count)):
        run.report(Progress("field, beside passages", done, count))
        others = rng.sample(every, min(len(every), rng.choice((2, 3, 5, 8)))) if rng.random() < 0.5 else []
        given = [item, *(other for other in others if other.text != item.text)]
        rng.shuffle(given)
        names = {f"{one.title} ({number + 1})" if number else one.title: one for number, one in enumerate(given)}
        evidence = read_beside(run, item.question, {name: one.text for name, one in names.items()})
        own = next(name for name, one in names.items() if one is item)
        same = {name for name, one in names.items() if one.document == item.document}
        samples.append(_sample(item, evidence, own, 0, same))
    return samples


def index_samples(run: Run, asked: Sequence[Question], *, count: int) -> list[Sample]:
    """Return ``count`` questions over the index of passages."""
    library, homes = field_index(run)
    samples = []
    for done, item in enumerate(_evenly(asked, count)):
        run.report(Progress("field, over an index", done, count))
        hits = library.search(item.question, limit=run.settings.read_passages)
        named = Path(item.document).stem
        same = {hit.passage.document_id for hit in hits if Path(hit.passage.document_id).stem == named}
        samples.append(_sample(item, read_hits(run, item.question, hits), *homes[item.text], same))
    return samples


def _evenly(asked: Sequence[Question], count: int) -> list[Question]:
    count = min(count, len(asked))
    return [asked[number * len(asked) // count] for number in range(count)]


def _sample(item: Question, evidence: Sequence[Evidence], own: str, before: int, same: Container[str]) -> Sample:
    """Judge what is quoted from each passage; ``same`` are the passages of the question's document."""

    def is_right(hit: Hit, place: Span, quoted: str) -> bool | None:
        """Nobody knows where another passage has an answer's words, or another of the document may answer."""
        document = hit.passage.document_id
        if document == own:
            return item.is_right(quoted, (place[0] - before, place[1] - before))
        return None if (document in same and not item.evidence) or holds(quoted, item.golds) else False

    kind = "answered" if item.evidence else "unanswerable"
    return Sample("field", item.document, kind, judged(item.question, evidence, is_right))
