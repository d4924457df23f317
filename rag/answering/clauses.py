"""What does clause 2.2 say? Which clause is about pets? The clause with that number, or with those words, whatever a
reader makes of either question."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from rag.text.language import Language, language_of
from rag.text.words import stems
from rag.types import Hit, Reading

_CLAUSE = r"(?:article|clause|item|paragraph|para|point|rule|section|sec|§)"
_ASKS = re.compile(
    r"what (?:do|does|did|is (?:said|stated|written) (?:in|under)|stands in|is in) (?:the )?" + _CLAUSE + r"\.? ?"
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivx]{1,5})\b"
    r"(?: (?:say|state|provide|stipulate|require|mean|cover|contain|regulate|about|of|in|under)\b.{0,120})?",
    re.IGNORECASE | re.DOTALL,
)
_WHICH = re.compile(
    r"(?:in |under )?(?:which|what) "
    + _CLAUSE
    + r" (?:is about|is on|deals? with|concerns?|covers?|governs?|regulates?"
    r"|addresses|mentions|speaks of|talks about|sets out) (?P<topic>.{2,80})",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERED = re.compile(_CLAUSE + r"? ?\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivx]{1,5})[.):]?\s", re.IGNORECASE)
SURE = 4.0
"""Log-odds of the clause that was named."""


def named(question: str) -> str:
    """Return the number of the clause whose words a question asks for; empty for any other question.

    >>> named("What does clause 2.2 say?"), named("What is in § 5 of the lease?"), named("What does it cost?")
    ('2.2', '5', '')
    """
    match = _ASKS.fullmatch(question.strip().rstrip("?!. "))
    return match["number"].lower() if match else ""


def topic(question: str) -> str:
    """Return what the clause is about for whose number a question asks; empty for any other question.

    >>> topic("Which clause deals with the deposit?"), topic("Which clause is void?")
    ('the deposit', '')
    """
    match = _WHICH.fullmatch(question.strip().rstrip("?!. "))
    return match["topic"] if match else ""


def meant(question: str, hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings, of passages in which the clause begins that the question means with that clause as found."""
    if number := named(question):
        begins = re.compile(rf"{_CLAUSE}? ?\(?{re.escape(number)}(?:\.|\)|\.?(?=\s)|:)\s", re.IGNORECASE)
        clauses = [_first(hit, lambda clause: bool(begins.match(clause))) for hit in hits]
    elif about := topic(question):
        clauses = [_first(hit, partial(_is_about, about, language_of(hit.passage.language))) for hit in hits]
    else:
        return list(readings)
    found = zip(hits, readings, clauses, strict=True)
    return [reading if clause is None else _found(hit, reading, clause) for hit, reading, clause in found]


def _is_about(topic: str, language: Language, clause: str) -> bool:
    return bool(_NUMBERED.match(clause)) and stems(topic, language) <= stems(clause, language)


def _first(hit: Hit, is_meant: Callable[[str], bool]) -> int | None:
    """Return which sentence of a hit is the first that is meant."""
    spans = enumerate(hit.passage.sentences)
    return next((i for i, (start, end) in spans if is_meant(hit.text[start:end])), None)


def _found(hit: Hit, reading: Reading, clause: int) -> Reading:
    spans = hit.passage.sentences
    scores = tuple(SURE if i == clause else min(score, 0.0) for i, score in enumerate(reading.sentences))
    marks = tuple(spans[clause] if i == clause else mark for i, mark in enumerate(reading.marks))
    start, end = spans[clause]
    return replace(reading, start=start, end=end, span_score=SURE, relevance=SURE, sentences=scores, marks=marks)
