"""Hits and what the reader found → quotes: whole sentences, apart from each other, best first.

A quote is a slice of its document by construction; ``cut`` reads that slice from the stored text and compares it with
what the reader saw, and leaves out what does not agree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Protocol

from rag.types import Evidence, Quote, Source, Span

CONTEXT = 48
"""Characters of ``prefix`` and ``suffix``."""

_JOIN = 0.0
"""Log-odds from which a neighbouring sentence belongs to the answer too."""

_MARGIN = 2.5
"""Log-odds by which a further quote may fall behind the first."""

_LONGEST_LEAD_IN = 400
"""Characters of a sentence that is taken in because the next one leans on it."""

_LEANS = re.compile(
    r"(?:[\"'“‘«(]\s*)?(?:He|She|It|They|His|Her|Its|Their|This|These|That|Those|Such|Both|The former|The latter|"
    r"However|But|And|Or|Nor|Yet|So|Thus|Hence|Therefore|Instead|Otherwise|Moreover|Furthermore|Unless|Also)\b",
)
"""How a sentence begins that says less without the one before it."""


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
    highlight: Span | None
    score: float
    """Log-odds that these sentences answer."""


def places(evidence: Sequence[Evidence], *, limit: int, floor: float) -> tuple[Place, ...]:
    """Return up to ``limit`` places to quote, best first, none overlapping.

    The best is always among them; a further one only where its log-odds reach ``floor`` and are not far behind.
    """
    found = sorted((place for item in evidence for place in _places(item)), key=lambda place: -place.score)
    chosen: list[Place] = []
    for place in found:
        if len(chosen) == limit or (chosen and place.score < max(floor, chosen[0].score - _MARGIN)):
            break
        if not any(_overlap(place, other) for other in chosen):
            chosen.append(place)
    return tuple(chosen)


def cut(chosen: Sequence[Place], texts: Texts) -> tuple[Quote, ...]:
    """Return the quotes at these places, each compared with its document; one that does not agree is left out."""
    return tuple(quote for place in chosen if (quote := _cut(place, texts)) is not None)


def _cut(place: Place, texts: Texts) -> Quote | None:
    hit = place.evidence.hit
    document_id, start, end = hit.passage.document_id, place.start, place.end
    around = texts.slice(document_id, max(0, start - CONTEXT), end + CONTEXT)
    before = min(start, CONTEXT)
    exact = around[before : before + end - start]
    if exact != hit.text[start - hit.passage.start : end - hit.passage.start]:
        return None
    return Quote(
        document=texts.source(document_id),
        start=start,
        end=end,
        exact=exact,
        prefix=around[:before],
        suffix=around[before + end - start :],
        highlights=(place.highlight,) if place.highlight else (),
        page=_page(texts.pages(document_id), start),
        line=texts.line(document_id, start),
        section=hit.passage.heading,
        score=probability(place.score),
    )


def probability(log_odds: float) -> float:
    """Return the probability that these log-odds stand for."""
    return 1 / (1 + exp(-max(-50.0, min(50.0, log_odds))))


def _places(evidence: Evidence) -> Iterator[Place]:
    """Yield the sentences that hold the answer's words, and others of the passage that answer too."""
    passage, reading = evidence.hit.passage, evidence.reading
    span = (passage.start + reading.start, passage.start + reading.end)
    touched = [i for i, (start, end) in enumerate(passage.sentences) if start < span[1] and span[0] < end]
    if not touched:
        touched = [max(range(len(passage.sentences)), key=lambda i: reading.sentences[i])]
    first, last = touched[0], touched[-1]
    while first > 0 and reading.sentences[first - 1] > _JOIN:
        first -= 1
    while last + 1 < len(passage.sentences) and reading.sentences[last + 1] > _JOIN:
        last += 1
    lead = Place(evidence, passage.sentences[first][0], passage.sentences[last][1], span, evidence.score)
    yield _lean(lead, first)
    for i, score in enumerate(reading.sentences):
        if score > _JOIN and not first <= i <= last:
            start, end = passage.sentences[i]
            yield replace(lead, start=start, end=end, highlight=None, score=min(evidence.score, score) - 0.01)


def _lean(place: Place, first: int) -> Place:
    """Take in the sentence before one that leans on it."""
    passage, text = place.evidence.hit.passage, place.evidence.hit.text
    if first == 0 or not _LEANS.match(text, place.start - passage.start):
        return place
    start, end = passage.sentences[first - 1]
    return replace(place, start=start) if end - start <= _LONGEST_LEAD_IN else place


def _page(pages: Sequence[int], offset: int) -> int | None:
    return max(1, bisect_right(pages, offset)) if pages else None


def _overlap(one: Place, other: Place) -> bool:
    same = one.evidence.hit.passage.document_id == other.evidence.hit.passage.document_id
    return same and one.start < other.end and other.start < one.end
