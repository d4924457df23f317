"""What differs from language to language: one ``Language`` for each table in ``rag/data``, and which one a text is in.

A language is added by its table alone, ``rag/data/CODE.toml``; ``en.toml`` says what stands in one.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

READ = 20_000
"""Characters of a text's beginning by which its language is told."""

_FEWEST = 12
"""Words below which a text counts as English, the language that everything here was measured on."""

_SHARE, _LEAD = 0.12, 1.5
"""Of its words, the common ones of a language that is told; and how many times as many as of English there must be."""

_DIFFERENT = 4
"""Of them that must be there: one word alone may be a name that comes again and again."""

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Questions:
    """How things are asked in a language other than English, whose own rules stand where they are needed.

    All of it is in small letters and without marks at its beginning and end; empty where a table says nothing of it.
    """

    greetings: frozenset[str]
    """What asks for nothing."""
    requests: tuple[str, ...]
    """How a request begins to write, to translate or to calculate."""
    summaries: tuple[str, ...]
    """How a document as a whole is asked for; ``~`` stands for a word of ``it``, or one of ``documents``."""
    it: frozenset[str]
    documents: frozenset[str]
    """A word may stand before them: "this text"."""
    yes_no: frozenset[str]
    """Words with which a question begins that asks whether something is so."""
    pointers: frozenset[str]
    """Words that point to what was spoken of."""
    heading: str
    """The question what stands under a heading, with ``{0}`` in its place."""
    clauses: tuple[str, ...]
    """How the words of a numbered clause are asked for; ``~`` stands for its name and number."""
    topics: tuple[str, ...]
    """How the clause about something is asked for, behind ``which``; ``~`` stands for its name, the topic follows."""
    which: frozenset[str]


@dataclass(frozen=True, slots=True)
class Language:
    """The words by which sentences and questions of one language are understood, in small letters but for names.

    A word with a capital in ``within``, ``before_number`` or ``may_end`` counts only where it is written with one.
    """

    code: str
    """ISO 639-1."""
    long_code: str
    """ISO 639-3."""
    name: str
    """In English."""
    stemmer: str
    """As the lexical search names it."""
    counted: tuple[str, ...]
    """The words for first, second and so on."""
    common: frozenset[str]
    """They stand in every other question and say nothing of what it is about."""
    clauses: frozenset[str]
    """What a numbered part of a contract or a law is called."""
    openers: frozenset[str]
    """With a capital behind an abbreviation, a sentence begins with them."""
    within: frozenset[str]
    """Abbreviations that no sentence ends with."""
    before_number: frozenset[str]
    """Abbreviations that no sentence ends with where a number follows."""
    may_end: frozenset[str]
    """Abbreviations that may end a sentence: what follows decides."""
    before_day: frozenset[str]
    """Those of them that stand before a day or a year: months."""
    behind_ordinal: frozenset[str]
    """Words before which a number with a full stop is an ordinal."""
    ordinal_behind: frozenset[str]
    """Words behind which it is."""
    leans: tuple[str, ...]
    """How a sentence begins that says less, or something else, without the one before it."""
    qualifies: tuple[str, ...]
    """How a sentence begins that takes back, or limits, what the one before it says."""
    questions: Questions


def table(code: str) -> Mapping[str, Any]:
    """Return what the file of a language says."""
    return tomllib.loads((files("rag") / "data" / f"{code}.toml").read_text(encoding="utf-8"))


def _language(code: str) -> Language:
    said = table(code)
    short, ordinals, beginnings = (said.get(name, {}) for name in ("abbreviations", "ordinals", "beginnings"))
    return Language(
        code=code,
        long_code=said.get("long_code", ""),
        name=said["name"],
        stemmer=said["stemmer"],
        counted=tuple(said.get("counted", "").split()),
        common=_words(said, "common"),
        clauses=_words(said, "clauses"),
        openers=_words(said, "openers"),
        within=_words(short, "within"),
        before_number=_words(short, "before_number"),
        may_end=_words(short, "may_end"),
        before_day=_words(short, "before_day"),
        behind_ordinal=_words(ordinals, "before"),
        ordinal_behind=_words(ordinals, "behind"),
        leans=tuple(beginnings.get("leans", "").splitlines()),
        qualifies=tuple(beginnings.get("qualifies", "").splitlines()),
        questions=_questions(said.get("questions", {})),
    )


def _questions(said: Mapping[str, str]) -> Questions:
    return Questions(
        greetings=frozenset(said.get("greetings", "").splitlines()),
        requests=tuple(said.get("requests", "").split("\n")[:-1]),
        summaries=tuple(said.get("summaries", "").split("\n")[:-1]),
        it=_words(said, "it"),
        documents=_words(said, "documents"),
        yes_no=_words(said, "yes_no"),
        pointers=_words(said, "pointers"),
        heading=said.get("heading", ""),
        clauses=tuple(said.get("clauses", "").split("\n")[:-1]),
        topics=tuple(said.get("topics", "").split("\n")[:-1]),
        which=_words(said, "which"),
    )


def _words(said: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(said.get(name, "").split())


def _codes() -> list[str]:
    """Return the codes of all tables, English before the others."""
    names = [file.name for file in (files("rag") / "data").iterdir() if file.name.endswith(".toml")]
    return sorted((name.removesuffix(".toml") for name in names), key=lambda code: (code != "en", code))


LANGUAGES: Mapping[str, Language] = {code: _language(code) for code in _codes()}
ENGLISH = LANGUAGES["en"]
CLAUSES = frozenset().union(*(language.clauses for language in LANGUAGES.values()))
"""What numbered parts are called in any language: a contract may name another's law."""


def language_of(code: str) -> Language:
    """Return the language of this code; English for one that has no table."""
    return LANGUAGES.get(code, ENGLISH)


def told(text: str) -> Language:
    """Return the language of a text, by a vote of its common words; English where none clearly wins.

    >>> told("Der Verein wurde am 3. Oktober in der Stadt gegründet, und er hat noch heute eine Halle.").name
    'German'
    """
    words = Counter(_WORD.findall(text[:READ].lower()))
    votes = {language: _votes(words, language) for language in LANGUAGES.values()}
    best = max(votes, key=lambda language: votes[language])
    enough = votes[best] >= _SHARE * words.total() and words.total() >= _FEWEST
    enough = enough and len(words.keys() & best.common) >= _DIFFERENT
    return best if enough and votes[best] > _LEAD * votes[ENGLISH] else ENGLISH


def told_question(question: str, among: Sequence[Language]) -> Language:
    """Return the language of a question: the one of these to which most of its words are common, English of equals."""
    words = Counter(_WORD.findall(question.lower()))
    return max(among, key=lambda language: (_votes(words, language), language is ENGLISH), default=ENGLISH)


def plain(question: str) -> str:
    """Return a question in small letters with one space between words, without marks around it.

    >>> plain("¿De qué  trata?"), plain("Qu’est-ce ?")
    ('de qué trata', "qu'est-ce")
    """
    return " ".join(question.lower().replace("’", "'").split()).strip(" ?!.,¿¡;:")


def _votes(words: Counter[str], language: Language) -> int:
    return sum(count for word, count in words.items() if word in language.common)
