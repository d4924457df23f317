"""What does clause 2.2 say? Which clause is about pets? The clause with that number, or with those words, whatever a
reader makes of either question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rag.text.language import CLAUSES, LANGUAGES, Language, language_of, plain
from rag.text.words import stems
from rag.types import Hit, Reading

_CLAUSE = rf"(?:{'|'.join(sorted(map(re.escape, CLAUSES), key=len, reverse=True))})"
_NUMBER = r"\d{1,3}(?:\.\d{1,3}){0,4}|[a-z]|[ivx]{1,5}"
_ASKS = re.compile(
    r"what (?:do|does|did|is (?:said|stated|written) (?:in|under)|stands in|is in) (?:the )?" + _CLAUSE + r"\.? ?"
    rf"(?P<number>{_NUMBER})\b"
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
_NUMBERED = re.compile(rf"{_CLAUSE}?\.? ?\(?(?:{_NUMBER})[.):]?\s", re.IGNORECASE)


def _asks_elsewhere() -> Iterator[str]:
    """Yield how the words of a clause are asked for in languages other than English."""
    for language in LANGUAGES.values():
        for form in language.questions.clauses:
            yield f"{re.escape(form.removesuffix('~'))}(?:\\w{{1,4}}['’ ]){{0,2}}{_CLAUSE}"


def _which_elsewhere() -> Iterator[str]:
    for language in LANGUAGES.values():
        for form in language.questions.topics:
            which = "|".join(sorted(language.questions.which))
            yield f"(?:\\w{{1,5}} )?(?:{which}) {_CLAUSE}{re.escape(form.removeprefix('~'))}"


_ASKS_ELSEWHERE = re.compile(rf"(?:{'|'.join(_asks_elsewhere())})\.? ?(?P<number>{_NUMBER})(?![\w'’])(?: .{{0,120}})?")
_WHICH_ELSEWHERE = re.compile(rf"(?:{'|'.join(_which_elsewhere())}) (?P<topic>.{{2,80}})")
SURE = 4.0
"""Log-odds of the clause that was named."""


def named(question: str) -> str:
    """Return the number of the clause whose words a question asks for; empty for any other question.

    >>> named("What does clause 2.2 say?"), named("What is in § 5 of the lease?"), named("What does it cost?")
    ('2.2', '5', '')
    >>> named("Was steht in Ziffer 3.1 des Vertrags?"), named("Que dit l'article 6 ?")
    ('3.1', '6')
    """
    match = _ASKS.fullmatch(question.strip().rstrip("?!. ")) or _ASKS_ELSEWHERE.fullmatch(plain(question))
    return match["number"].lower() if match else ""


def topic(question: str) -> str:
    """Return what the clause is about for whose number a question asks; empty for any other question.

    >>> topic("Which clause deals with the deposit?"), topic("Which clause is void?")
    ('the deposit', '')
    """
    match = _WHICH.fullmatch(question.strip().rstrip("?!. ")) or _WHICH_ELSEWHERE.fullmatch(plain(question))
    return match["topic"] if match else ""


def meant(question: str, hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings, of passages in which the clause begins that the question means with that clause as found."""
    if number := named(question):
        numbered = rf"\(?{re.escape(number)}(?:\.|\)|\.?(?=\s)|:)\s"
        clauses = _beginning(rf"{_CLAUSE}\.? ?{numbered}", hits)
        if not any(clause is not None for clause in clauses):  # beside § 4 there is a (4) in every other one
            clauses = _beginning(numbered, hits)
    elif about := topic(question):
        clauses = [_first(hit, partial(_is_about, about, language_of(hit.passage.language))) for hit in hits]
    else:
        return list(readings)
    found = zip(hits, readings, clauses, strict=True)
    return [reading if clause is None else _found(hit, reading, clause) for hit, reading, clause in found]


def _beginning(clause: str, hits: Sequence[Hit]) -> list[int | None]:
    begins = re.compile(clause, re.IGNORECASE)
    return [_first(hit, lambda sentence: bool(begins.match(sentence))) for hit in hits]


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
