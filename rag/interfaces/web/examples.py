"""Example questions, made from the documents' own sentences; each is kept only where that sentence answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise, zip_longest

from rag.library import Library
from rag.text.language import ENGLISH, language_of
from rag.text.segment import same_words
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
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\b([A-Z][a-z]+[’']s {_WORDS}(?:{_ROLE})), {_NAME},"), "Who is {0}?"),
    (re.compile(rf"\b([A-Z][\w’']+ (?:{_ROLE})),? {_NAME}"), "Who is the {0}?"),
    (re.compile(rf"(?:{_ROLE}|President|Minister|Dr\.?|Professor) ({_NAME})"), "What did {0} say?"),
    (re.compile(r"\b\d[\d,.]* ([a-z]+s (?:have|had|are|were) [a-z][\w ]{8,48}[a-z]{3,})[,.;]"), "How many {0}?"),
    (
        re.compile(r"(?:^|[.!?]\s+)(?:The|An?) ([A-Za-z][\w-]+(?: [\w-]+)?) (?:is|was) (?:an?|the) [a-z]"),
        "What is the {0}?",
    ),
    (re.compile(rf"\b({_NAME}) (?:is|was) (?:an?|the) [a-z]"), "Who is {0}?"),
    (re.compile(r"\b[Tt]he ([A-Z]?[a-z]{3,}) (?:shall|must) (?!not\b)[a-z]"), "What must the {0} do?"),
)
_ASKS = re.compile(r"[^\n?]{6,70}\?")
"""A heading that is a question."""
_NAMES = re.compile(
    r"(?:\d+(?:\.\d+)*\.? )?(?!(?:About|After|Before|Between|During|For|From|How|If|In|On|Since|To|Under|When|Where|Why"
    r"|With|Without)\b)([^\W\d_][\w -]{4,48}\w)"
)
"""A heading that names something to be spoken about, behind its number: not one such as "Before first use"."""
_CELL = re.compile(r"(?P<column>[A-Za-z][a-z]+(?: [a-z]+){0,3})(?: \([^()]*\))?: (?P<value>\S[^|]{0,40})")
_NO_NOUN = re.compile(r"(?i).*(?:ed|ing|\b(?:at|bought|by|due|for|from|made|on|paid|sent|sold|to))")
"""A column that "What is the … of" cannot ask for."""
_LINE = re.compile(".+")
_OPENINGS = re.compile(r"(?:The|A|An|But|And|In|On|At|For|From|Meanwhile|However) ")


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
    language = language_of(document.language)
    kinds = [_headed(document, language.questions.heading)]
    if language is ENGLISH:
        kinds = [*(_said(document, pattern, form) for pattern, form in _PATTERNS), *kinds, _recorded(document)]
    return (candidate for candidate in _in_turn(kinds) if len(candidate.question) <= 90)


def _said(document: Document, pattern: re.Pattern[str], form: str) -> Iterator[Candidate]:
    """Yield questions made of the words that a pattern finds."""
    for match in pattern.finditer(document.text, 0, _LOOKED_AT):
        yield Candidate(form.format(_OPENINGS.sub("", match[1])), document.id, *match.span(1))


def _headed(document: Document, form: str) -> Iterator[Candidate]:
    """Yield what headings ask, and questions about what they name; each is answered below its heading."""
    edges = [*((section.start, section.heading) for section in document.sections), (len(document.text), "")]
    for (start, heading), (end, _) in pairwise(edges):
        below = document.text.find("\n", start, end)
        if below < 0 or start > _LOOKED_AT or not same_words(document.text[start:below], heading):
            continue
        if _ASKS.fullmatch(heading):
            yield Candidate(heading, document.id, below, end)
        elif form and document.text[below:end].strip() and (named := _NAMES.fullmatch(heading)):
            yield Candidate(form.format(named[1]), document.id, below, end)


def _recorded(document: Document) -> Iterator[Candidate]:
    """Yield questions for the cells of rows that begin with their name, each row for another column."""
    for number, row in enumerate(_LINE.finditer(document.text, 0, _LOOKED_AT)):
        name, *cells = (_CELL.fullmatch(cell) for cell in row[0].split(" | "))
        if name and cells and (cell := cells[number % len(cells)]) and not _NO_NOUN.fullmatch(cell["column"]):
            column = cell["column"][0].lower() + cell["column"][1:]
            yield Candidate(f"What is the {column} of {name['value']}?", document.id, *row.span())


def _in_turn(runs: Iterable[Iterable[Candidate]]) -> Iterator[Candidate]:
    """Yield one candidate of each run, then another of each, and so on; no question twice."""
    seen: set[str] = set()
    for candidate in chain.from_iterable(zip_longest(*runs)):
        if candidate and candidate.question not in seen:
            seen.add(candidate.question)
            yield candidate
