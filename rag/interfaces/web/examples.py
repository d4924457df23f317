"""Example questions, made from the documents' own sentences, and kept only where the library really answers them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from rag.types import Answer, Document

if TYPE_CHECKING:
    from rag.library import Library

SHOWN = 4
_DOCUMENTS = 8
"""Documents that are looked at, spread over the whole index."""
_ASKED = 24
"""Candidates that are tried, at most."""
_LOOKED_AT = 20_000
"""Characters of each document in which candidates are looked for."""
_SURE = 0.6
"""Confidence from which an answer is worth being an example."""

_NAME = r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+){1,2}"
_WORDS = r"(?:[a-z-]+ ){0,2}"
_ROLE = (
    "minister|spokesman|spokeswoman|director|chairman|chairwoman|secretary|professor|author|founder|editor|chief|mayor"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\b([A-Z][a-z]+[’']s {_WORDS}(?:{_ROLE})), {_NAME},"), "Who is {0}?"),
    (re.compile(rf"\b([A-Z][\w’']+ (?:{_ROLE})),? {_NAME}"), "Who is the {0}?"),
    (re.compile(rf"(?:{_ROLE}|President|Minister|Dr\.?|Professor) ({_NAME})"), "What did {0} say?"),
    (re.compile(r"\b\d[\d,.]* ([a-z]+s (?:have|had|are|were) [a-z][\w ]{8,48}[a-z]{3,})[,.;]"), "How many {0}?"),
    (re.compile(r"(?m)^#{1,6} +((?:How|What|Who|When|Where|Why|Which|Can|Does|Is|Are) [^\n?]{6,70}\?)"), "{0}"),
    (
        re.compile(r"(?:^|[.!?]\s+)(?:The|An?) ([A-Za-z][\w-]+(?: [\w-]+)?) (?:is|was) (?:an?|the) [a-z]"),
        "What is the {0}?",
    ),
    (re.compile(rf"\b({_NAME}) (?:is|was) (?:an?|the) [a-z]"), "Who is {0}?"),
    (re.compile(r"(?m)^#{1,6} +([A-Z][\w -]{5,48}\w)\s*$"), "What is said about {0}?"),
)
_OPENINGS = re.compile(r"(?:The|A|An|But|And|In|On|At|For|From|Meanwhile|However) ")


def find(library: Library) -> tuple[str, ...]:
    """Return up to four questions that the library answers with some confidence, of different kinds and documents."""
    kept: list[str] = []
    quoted: set[tuple[str, int]] = set()
    for question in islice(_candidates(library), _ASKED):
        reply = library.ask(question)
        if not isinstance(reply, Answer) or reply.confidence < _SURE:
            continue
        place = (reply.quotes[0].document.id, reply.quotes[0].start)
        if place not in quoted:
            quoted.add(place)
            kept.append(question)
        if len(kept) == SHOWN:
            break
    return tuple(kept)


def from_document(document: Document) -> Iterator[str]:
    """Yield questions about one document, a kind after the other, so that neighbours differ."""
    text = document.text[:_LOOKED_AT]
    kinds = [
        [form.format(_OPENINGS.sub("", match[1])) for match in pattern.finditer(text)] for pattern, form in _PATTERNS
    ]
    seen: set[str] = set()
    for round_ in zip_longest(*kinds):
        for question in round_:
            if question and question not in seen and len(question) <= 90:
                seen.add(question)
                yield question


def _candidates(library: Library) -> Iterator[str]:
    """Yield questions about documents in turn."""
    entries = library.documents()
    chosen = entries[:: max(1, len(entries) // _DOCUMENTS)][:_DOCUMENTS]
    seen: set[str] = set()
    for round_ in zip_longest(*(from_document(library.document(entry.source.id)) for entry in chosen)):
        for question in round_:
            if question and question not in seen:
                seen.add(question)
                yield question
