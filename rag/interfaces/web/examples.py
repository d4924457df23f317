"""Example questions, made from the documents' own sentences; each is kept only where that sentence answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from rag.library import Library
from rag.text.language import ENGLISH, language_of
from rag.types import Answer, Document

SHOWN = 3
_ASKED = 24
"""Candidates that are tried, at most; so many documents are looked at, spread over the whole index."""
_LOOKED_AT = 20_000
"""Characters of each document in which candidates are looked for."""
_SURE = 0.75
"""Confidence from which an answer is worth being an example."""

_NAME = r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+){1,2}"
_WORDS = r"(?:[a-z-]+ ){0,2}"
_ROLE = (
    "minister|spokesman|spokeswoman|director|chairman|chairwoman|secretary|professor|author|founder|editor|chief|mayor"
)
_NO_THING = r"(?:About|After|Before|Between|During|For|From|How|If|In|On|Since|To|Under|When|Where|Why|With|Without)\b"
"""How a heading begins that names nothing to be spoken about, such as "Before first use"."""
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
    (re.compile(rf"(?m)^#{{1,6}} +(?!{_NO_THING})([A-Z][\w -]{{5,48}}\w)\s*$"), "What is said about {0}?"),
)
_QUESTION = re.compile(r"(?m)^#{1,6} +([^\n?]{6,70}\?)")
_TITLE = re.compile(r"(?m)^#{1,6} +([^\W\d_][\w -]{4,48}\w)\s*$")
"""Headings, as Markdown has them."""
_OPENINGS = re.compile(r"(?:The|A|An|But|And|In|On|At|For|From|Meanwhile|However) ")
_HEADING = re.compile(r"(?m)^#{1,6} ")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the place that answers it: ``text[start:end]`` of the document that it was made from."""

    question: str
    document_id: str
    start: int
    end: int


def find(library: Library, given: Sequence[str] = ()) -> tuple[str, ...]:
    """Return up to three questions that the library answers with confidence, by the sentences they were made from.

    Of questions that are ``given`` those that are answered; only where none is are others looked for.
    """
    if answered := tuple(islice((one for one in given if isinstance(library.ask(one, write=False), Answer)), SHOWN)):
        return answered
    entries = library.documents()
    chosen = entries[:: max(1, len(entries) // _ASKED)][:_ASKED]
    candidates = _in_turn(from_document(library.document(entry.source.id)) for entry in chosen)
    kept: dict[tuple[str, int], str] = {}
    for candidate in islice(candidates, _ASKED):
        reply = library.ask(candidate.question, write=False)
        if isinstance(reply, Answer) and reply.confidence >= _SURE:
            lead = reply.quotes[0]
            touched = max(lead.start, candidate.start) < min(lead.end, candidate.end)
            if touched and lead.document.id == candidate.document_id:
                kept.setdefault((lead.document.id, lead.start), candidate.question)
        if len(kept) == SHOWN:
            break
    return tuple(kept.values())


def from_document(document: Document) -> Iterator[Candidate]:
    """Return questions about one document, a kind after the other, so that neighbours differ."""
    text, language = document.text[:_LOOKED_AT], language_of(document.language)
    kinds = [
        [
            Candidate(form.format(_OPENINGS.sub("", match[1])), document.id, *_answered_at(text, match))
            for match in pattern.finditer(text)
        ]
        for pattern, form in (_PATTERNS if language is ENGLISH else _elsewhere(language.questions.heading))
    ]
    return (candidate for candidate in _in_turn(kinds) if len(candidate.question) <= 90)


def _elsewhere(heading: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the patterns for documents in another language than English: what their headings ask and name."""
    return ((_QUESTION, "{0}"), *([(_TITLE, heading)] if heading else []))


def _answered_at(text: str, match: re.Match[str]) -> tuple[int, int]:
    """Return the place of the words that were matched; behind a heading that of its section."""
    if not _HEADING.match(match[0]):
        return match.span(1)
    following = _HEADING.search(text, match.end())
    return match.end(), following.start() if following else len(text)


def _in_turn(runs: Iterable[Iterable[Candidate]]) -> Iterator[Candidate]:
    """Yield one candidate of each run, then another of each, and so on; no question twice."""
    seen: set[str] = set()
    for candidate in chain.from_iterable(zip_longest(*runs)):
        if candidate and candidate.question not in seen:
            seen.add(candidate.question)
            yield candidate
