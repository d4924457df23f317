"""A question that leaves out what the one before it said: "Why?", "Who else?", "What about Switzerland?"."""

from __future__ import annotations

import re

from rag.conversation import words as w
from rag.conversation.mentions import Mention, mentions
from rag.conversation.pointers import pointers
from rag.conversation.tokenise import tokens

_ABOUT = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay)\W+)?(?:what|how)\s+about\s+(?P<topic>[^?!]+?)\s*[?.!]*\s*$|"
    r"^\W*(?:and|or)\s+(?P<bare>[^?!]+?)\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_COMPLETED = re.compile(r"^[^()]+\((?P<question>.+)\)$")
"""A fragment that was completed by the question in brackets after it."""
_YEAR = re.compile(r"(?:in )?([12]\d{3})", re.IGNORECASE)
_YEAR_WITHIN = re.compile(r"\b[12]\d{3}\b")
_ADJUNCTS = frozenset(("when", "where", "why", "how"))


def complete(question: str, before: str) -> str | None:
    """Return an elliptical question completed from the question ``before`` it; None where nothing was left out.

    >>> complete("Why?", "Did Putin visit China?")
    'Why did Putin visit China?'
    >>> complete("Who else?", "Who photographed Honkala?")
    'Who else photographed Honkala?'
    >>> complete("What about Switzerland?", "How many people live in Austria?")
    'How many people live in Switzerland?'
    """
    if pointers(question):
        return None
    inner = _COMPLETED.match(before)
    before = (inner["question"] if inner else before).strip()
    topic = _ABOUT.match(question)
    another = _another(question, topic["topic"] or topic["bare"], before) if topic else None
    if another is not None:
        return another
    words = [token.lower for token in tokens(question)]
    if not words or any(_says(word) for word in words) or not set(words) & (w.QUESTION_WORDS | _BARE):
        return None
    return _merged(question, words, before)


_BARE = frozenset("else more really elaborate anything examples example".split())
_FRAGMENT = w.QUESTION_WORDS | frozenset(
    "and but so or else more not then exactly please ok okay really tell me about elaborate anything any other "
    "others one ones which many much often long far old big give an a examples example for instance come is was "
    "are were did "
    "in by to from with do does happened happen next also since until after before up the reason year".split()
)


def _says(word: str) -> bool:
    """Whether the word is one that a bare "Why?" or "Who else?" would not have."""
    return word not in _FRAGMENT


def _merged(question: str, words: list[str], before: str) -> str | None:
    asked = [word for word in words if word in w.QUESTION_WORDS]
    start = tokens(before)
    if not start:
        return None
    opening = start[0].lower
    rest = before[start[0].end :]
    bare = [word for word in words if word not in ("and", "but", "so", "or", "exactly")]
    if asked and bare == [asked[0]] and asked[0] in _ADJUNCTS and opening in w.AUXILIARIES:
        return f"{asked[0].capitalize()} {before[0].lower()}{before[1:]}"
    if bare == [opening, "else"] and opening in w.QUESTION_WORDS:
        return f"{before[: start[0].end]} else{rest}"
    if len(bare) <= 3:
        return f"{question.strip()} ({before})"
    return None


def _another(question: str, topic: str, before: str) -> str | None:
    """ "What about X?": the question before, asked of X where it had one thing of X's kind."""
    year, years = _YEAR.fullmatch(topic), _YEAR_WITHIN.findall(before)
    if year and len(set(years)) == 1:
        return before.replace(years[0], year[1])
    new = mentions(topic)
    if len(new) != 1 or len(tokens(topic)) > len(new[0].words) + 1:
        return None
    same = [mention for mention in mentions(before) if _alike(mention, new[0])]
    if len(same) == 1:
        old = same[0]
        return before[: old.start] + new[0].text + before[old.start + len(old.text) :]
    return f"{question.strip()} ({before})"


def _alike(old: Mention, new: Mention) -> bool:
    if old.name and new.name:
        return old.place == new.place and old.person * new.person >= 0 and old.words != new.words
    return not old.name and not new.name and old.words[-1] == new.words[-1]
