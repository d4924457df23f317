"""What was found → ``Answer`` or ``Refusal``: the one place where it is decided whether the documents say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from rag.answering.calibration import Calibration
from rag.answering.quote import Texts, cut, places
from rag.text.segment import same_words
from rag.text.sentences import is_marked_heading
from rag.text.words import is_yes_no, stems
from rag.types import NEVER, Answer, Evidence, Hit, Passage, ReaderInput, Reading, Refusal, Reply

NEAREST = 3
"""Passages shown with a refusal."""


class Reads(Protocol):
    """What reads passages: the shipped reader, or similarity."""

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]: ...


def read(question: str, hits: Sequence[Hit], reader: Reads, calibration: Calibration) -> tuple[Evidence, ...]:
    """Read the hits and put together what search and reader say of each, best first."""
    bodies = [_body(hit.passage, hit.text) for hit in hits]
    found = reader.read(question, [_input(hit, body) for hit, body in zip(hits, bodies, strict=True)])
    asked = stems(question)
    evidence = []
    for hit, body, reading in zip(hits, bodies, found, strict=True):
        reading = _of_whole(reading, hit.passage, body)
        evidence.append(Evidence(hit, reading, calibration.score(asked, hit, reading)))
    return tuple(sorted(evidence, key=lambda item: -item.score))


def _body(passage: Passage, text: str) -> int:
    """Return the first sentence that is no heading: headings are read as the passage's context, and answer nothing.

    0 where there is nothing else.
    """
    for number, (start, end) in enumerate(passage.sentences):
        said = text[start - passage.start : end - passage.start]
        names = (passage.title, passage.heading, "")
        if not is_marked_heading(said) and not any(same_words(said, name) for name in names):
            return number
    return 0


def _input(hit: Hit, body: int) -> ReaderInput:
    passage = hit.passage
    base = passage.sentences[body][0]
    spans = tuple((start - base, end - base) for start, end in passage.sentences[body:])
    return ReaderInput(passage.context, hit.text[base - passage.start :], spans)


def _of_whole(reading: Reading, passage: Passage, body: int) -> Reading:
    """Return a reading of a passage's body as one of the passage."""
    before = passage.sentences[body][0] - passage.start
    scores = (NEVER,) * body + reading.sentences
    return replace(reading, start=reading.start + before, end=reading.end + before, sentences=scores)


def decide(
    question: str,
    standalone_question: str,
    evidence: Sequence[Evidence],
    texts: Texts,
    *,
    calibration: Calibration,
    threshold: float | None,
    limit: int,
    timings_ms: Mapping[str, float],
) -> Reply:
    """Answer where the confidence reaches ``threshold`` (none: the calibration's own), else refuse.

    ``evidence`` is in order, best first; ``limit`` is the number of quotes at most.
    """
    threshold = calibration.threshold if threshold is None else threshold
    confidence = calibration.confidence(evidence)
    if evidence and confidence >= threshold:
        yes_no = is_yes_no(standalone_question)
        quotes = cut(places(evidence, limit=limit, floor=calibration.floor, yes_no=yes_no), texts)
        if quotes:
            return Answer(question, standalone_question, quotes, confidence, timings_ms)
    nearest = cut(places(evidence[:NEAREST], limit=NEAREST, floor=-50.0), texts)
    reason = "Nothing in the documents answers this." if evidence else "No passage shares anything with this question."
    return Refusal(question, standalone_question, reason, nearest, confidence, timings_ms)
