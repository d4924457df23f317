"""What was found → ``Answer`` or ``Refusal``: the one place where it is decided whether the documents say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rag.calibration import Calibration
from rag.quote import Texts, cut, places
from rag.types import Answer, Evidence, Hit, ReaderInput, Reading, Refusal, Reply
from rag.words import is_yes_no, stems

NEAREST = 3
"""Passages shown with a refusal."""


class Reads(Protocol):
    """What reads passages: the shipped reader, or similarity."""

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]: ...


def read(question: str, hits: Sequence[Hit], reader: Reads, calibration: Calibration) -> tuple[Evidence, ...]:
    """Read the hits and put together what search and reader say of each, best first."""
    readings = reader.read(question, [_input(hit) for hit in hits])
    asked = stems(question)
    evidence = [
        Evidence(hit, reading, calibration.score(asked, hit, reading))
        for hit, reading in zip(hits, readings, strict=True)
    ]
    return tuple(sorted(evidence, key=lambda item: -item.score))


def _input(hit: Hit) -> ReaderInput:
    base = hit.passage.start
    return ReaderInput(hit.passage.context, hit.text, tuple((a - base, b - base) for a, b in hit.passage.sentences))


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
