"""What does clause 2.2 say? The clause that begins with that number says it, whatever a reader makes of the words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.types import Hit, Reading

_ASKS = re.compile(
    r"what (?:do|does|did|is (?:said|stated|written) (?:in|under)|stands in|is in) (?:the )?"
    r"(?:article|clause|item|paragraph|para|point|rule|section|sec|§)\.? ?"
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivx]{1,5})\b"
    r"(?: (?:say|state|provide|stipulate|require|mean|cover|contain|regulate|about|of|in|under)\b.{0,120})?",
    re.IGNORECASE | re.DOTALL,
)
SURE = 4.0
"""Log-odds of the clause that was named."""


def named(question: str) -> str:
    """Return the number of the clause whose words a question asks for; empty for any other question.

    >>> named("What does clause 2.2 say?"), named("What is in § 5 of the lease?"), named("What does it cost?")
    ('2.2', '5', '')
    """
    match = _ASKS.fullmatch(question.strip().rstrip("?!. "))
    return match["number"].lower() if match else ""


def meant(question: str, hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings, of passages in which the clause begins that the question names with that clause as found."""
    number = named(question)
    if not number:
        return list(readings)
    begins = re.compile(rf"(?:article|clause|section|§)? ?\(?{re.escape(number)}(?:\.|\)|\.?(?=\s)|:)\s", re.IGNORECASE)
    return [_found(begins, hit, reading) for hit, reading in zip(hits, readings, strict=True)]


def _found(begins: re.Pattern[str], hit: Hit, reading: Reading) -> Reading:
    spans = hit.passage.sentences
    clause = next((i for i, (start, _) in enumerate(spans) if begins.match(hit.text, start)), None)
    if clause is None:
        return reading
    scores = tuple(SURE if i == clause else min(score, 0.0) for i, score in enumerate(reading.sentences))
    marks = tuple(spans[clause] if i == clause else mark for i, mark in enumerate(reading.marks))
    start, end = spans[clause]
    return replace(reading, start=start, end=end, span_score=SURE, relevance=SURE, sentences=scores, marks=marks)
