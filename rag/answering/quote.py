"""Hits and what the reader found → quotes: whole sentences, apart from each other, best first.

A quote is a slice of its document by construction; ``cut`` reads that slice from the stored text and compares it with
what the reader saw, and leaves out what does not agree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rag.answering.calibration import probability
from rag.text.boundaries import extend_to_whole_meaning
from rag.text.sentences import sentences
from rag.types import NEVER, Evidence, Quote, Source, Span

CONTEXT = 48
"""Characters of ``prefix`` and ``suffix``."""

_BEYOND = 600
"""Characters on either side of a passage in which a quote at its edge may find what it needs."""

_NEAR, _LIKELY = 1.0, -1.0
"""A sentence belongs to the answer too where it is so near, in log-odds, to the passage's best, and as likely as that.

These two and the next were chosen on BioASQ's marked sentences, of questions that the reader was not trained on: they
quote 76 % of the marked characters with an IoU of 0.64, the span's sentence alone 66 % with 0.65."""

_SETTLES, _SETTLES_YES_NO = 1.5, 0.5
"""Log-odds by which a sentence must beat the span's own to be quoted in its place: a span is a poor "yes" or "no"."""


class Texts(Protocol):
    """Where documents' texts are read from: the index's catalogue, or memory."""

    def slice(self, document_id: str, start: int, end: int) -> str: ...
    def source(self, document_id: str) -> Source: ...
    def line(self, document_id: str, offset: int) -> int: ...
    def pages(self, document_id: str) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Sentences of one passage that are to be quoted, as offsets into the document."""

    evidence: Evidence
    start: int
    end: int
    highlights: tuple[Span, ...]
    score: float
    """Log-odds that these sentences answer."""


def places(evidence: Sequence[Evidence], *, limit: int, floor: float, yes_no: bool = False) -> tuple[Place, ...]:
    """Return up to ``limit`` places to quote, best first, none overlapping.

    The best is always among them, a further one where its log-odds reach ``floor``. ``yes_no``: the question asks
    whether something is so, and a sentence settles it rather than a few words.
    """
    found = sorted((place for item in evidence for place in _places(item, yes_no)), key=lambda place: -place.score)
    chosen: list[Place] = []
    for place in found:
        if chosen and place.score < floor:
            break
        touching = [i for i, other in enumerate(chosen) if _touch(place, other)]
        if touching:
            if len(touching) == 1 and not _overlap(place, chosen[touching[0]]):
                chosen[touching[0]] = _joined(chosen[touching[0]], place)
        elif len(chosen) < limit:
            chosen.append(place)
    return tuple(chosen)


def cut(chosen: Sequence[Place], texts: Texts) -> tuple[Quote, ...]:
    """Return the quotes at these places, each compared with its document; one that does not agree is left out.

    A place at its passage's edge takes in what it needs from beyond, unless that is quoted already.
    """
    wide = list(chosen)
    for i, place in enumerate(chosen):
        wider = _widened(place, texts)
        if not any(_overlap(wider, other) for other in (*wide[:i], *wide[i + 1 :])):
            wide[i] = wider
    return tuple(quote for place in wide if (quote := _cut(place, texts)) is not None)


def _widened(place: Place, texts: Texts) -> Place:
    """Return the place with what it needs of the text around its passage; sections are kept apart."""
    hit, passage = place.evidence.hit, place.evidence.hit.passage
    if passage.heading or (place.start > passage.sentences[0][0] and place.end < passage.sentences[-1][1]):
        return place
    before = texts.slice(passage.document_id, max(0, passage.start - _BEYOND), passage.start)
    after = texts.slice(passage.document_id, passage.end, passage.end + _BEYOND)
    base, end = len(before), len(before) + len(hit.text)
    # The first sentence of what stands before, and the last of what stands behind, may have been cut off.
    spans = list(sentences(before)[passage.start > base :])
    spans += [(start + base, stop + base) for start, stop in _sentences(place.evidence)]
    spans += [(start + end, stop + end) for start, stop in sentences(after)[: None if len(after) < _BEYOND else -1]]
    shift = passage.start - base
    first = next(i for i, (start, _) in enumerate(spans) if start + shift >= place.start)
    last = next(i for i, (_, stop) in enumerate(spans) if stop + shift >= place.end)
    first, last = extend_to_whole_meaning(before + hit.text + after, spans, first, max(first, last))
    return replace(place, start=min(place.start, spans[first][0] + shift), end=max(place.end, spans[last][1] + shift))


def _cut(place: Place, texts: Texts) -> Quote | None:
    hit = place.evidence.hit
    document_id, start, end = hit.passage.document_id, place.start, place.end
    around = texts.slice(document_id, max(0, start - CONTEXT), end + CONTEXT)
    before = min(start, CONTEXT)
    exact = around[before : before + end - start]
    seen = hit.text[max(start - hit.passage.start, 0) : end - hit.passage.start]
    at = max(hit.passage.start - start, 0)
    if len(exact) != end - start or exact[at : at + len(seen)] != seen or not seen:
        return None
    return Quote(
        document=texts.source(document_id),
        start=start,
        end=end,
        exact=exact,
        prefix=around[:before],
        suffix=around[before + end - start :],
        highlights=place.highlights,
        page=_page(texts.pages(document_id), start),
        line=texts.line(document_id, start),
        section=hit.passage.heading,
        score=probability(place.score),
    )


def _places(evidence: Evidence, yes_no: bool) -> Iterator[Place]:
    """Yield the sentences that hold the answer's words, and others of the passage that answer too."""
    scores, spans = _scores(evidence), _sentences(evidence)
    best = max(range(len(scores)), key=lambda i: scores[i])
    first, last, highlight = _lead(evidence, scores, _SETTLES_YES_NO if yes_no else _SETTLES)
    belongs = [score >= max(scores[best] - _NEAR, _LIKELY) for score in scores]
    while first > 0 and belongs[first - 1]:
        first -= 1
    while last + 1 < len(spans) and belongs[last + 1]:
        last += 1
    yield _place(evidence, first, last, highlight, evidence.score)
    for i, score in enumerate(scores):
        if belongs[i] and not first <= i <= last:
            # Behind the lead, and further the less the reader thinks of the sentence.
            yield _place(evidence, i, i, spans[i], evidence.score - (scores[best] - score) - 0.01)


def _scores(evidence: Evidence) -> tuple[float, ...]:
    """Return the log-odds of the passage's sentences; a table's head, and a rule between lines, say nothing."""
    said = [evidence.hit.text[start:end] for start, end in _sentences(evidence)]
    rules = [not any(char.isalnum() for char in text) for text in said]
    heads = [rule and text.startswith("|") for rule, text in zip([*rules[1:], False], [*said[1:], ""], strict=True)]
    return tuple(
        NEVER if rule or head else score
        for rule, head, score in zip(rules, heads, evidence.reading.sentences, strict=True)
    )


def _lead(evidence: Evidence, scores: Sequence[float], settles: float) -> tuple[int, int, Span]:
    """Return the first and last sentence of the span, and the span; or the best sentence where that one settles it."""
    spans, best = _sentences(evidence), max(range(len(scores)), key=lambda i: scores[i])
    span = (evidence.reading.start, evidence.reading.end)
    touched = [i for i, (start, end) in enumerate(spans) if start < span[1] and span[0] < end]
    if not touched or scores[best] > max(scores[i] for i in touched) + settles:
        return best, best, spans[best]
    return touched[0], touched[-1], span


def _place(evidence: Evidence, first: int, last: int, highlight: Span, score: float) -> Place:
    """Return the place of these sentences and of what they need, with the answering words among them."""
    passage = evidence.hit.passage
    first, last = extend_to_whole_meaning(evidence.hit.text, _sentences(evidence), first, last)
    start, end = passage.sentences[first][0], passage.sentences[last][1]
    inside = (max(start, passage.start + highlight[0]), min(end, passage.start + highlight[1]))
    return Place(evidence, start, end, (inside,) if inside[0] < inside[1] else (), score)


def _sentences(evidence: Evidence) -> tuple[Span, ...]:
    """Return the passage's sentences, counted from its start."""
    base = evidence.hit.passage.start
    return tuple((start - base, end - base) for start, end in evidence.hit.passage.sentences)


def _joined(one: Place, other: Place) -> Place:
    """Return two places of a passage, next to each other, as one, with the answering words of the better."""
    return replace(one, start=min(one.start, other.start), end=max(one.end, other.end))


def _page(pages: Sequence[int], offset: int) -> int | None:
    return max(1, bisect_right(pages, offset)) if pages else None


def _overlap(one: Place, other: Place) -> bool:
    return _same_document(one, other) and one.start < other.end and other.start < one.end


def _touch(one: Place, other: Place) -> bool:
    """Tell whether two places overlap or, in one passage, have nothing but white space between them."""
    if _overlap(one, other):
        return True
    if one.evidence is not other.evidence:
        return False
    base, text = one.evidence.hit.passage.start, one.evidence.hit.text
    between = text[min(one.end, other.end) - base : max(one.start, other.start) - base]
    return not between.strip()


def _same_document(one: Place, other: Place) -> bool:
    return one.evidence.hit.passage.document_id == other.evidence.hit.passage.document_id
