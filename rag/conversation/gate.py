"""Whether a question without a pronoun still leans on the turns before it ("Who won the debate?").

A logistic model, held to the few cases where it is nearly sure: a question that stands on its own is left alone.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from rag.conversation import weights
from rag.conversation import words as w
from rag.conversation.history import SHORT_ANSWER, Past
from rag.conversation.mentions import Mention, mentions
from rag.conversation.tokenise import Token, tokens

GATE_FEATURES = (
    "constant", "no topical word", "one", "two", "three", "more", "a name", "a name that was said", "opens with and",
    "else or other", "also or then", "the, and a noun that was said", "the, and a new noun", "a, and a noun",
    "share of topical words that were said", "any was said", "a number", "tens of words",  
)  # fmt: skip
THRESHOLD = 1.0
"""Log-odds above which a question is taken to lean on what was said; chosen on held-out training dialogues."""


def gate_features(question: str, past: Sequence[Past]) -> tuple[float, ...]:
    """Return the values of ``GATE_FEATURES``."""
    words = tokens(question)
    found = mentions(question)
    said = _said(past)
    topical = [token.lower for token in words if token.lower not in w.LIGHT_WORDS]
    known = [word for word in topical if word in said]
    names = [mention for mention in found if mention.name]
    definite = [mention for mention in found if not mention.name and _after(mention, words, ("the",))]
    low = {token.lower for token in words}
    return (
        1.0,
        not topical,
        len(topical) == 1,
        len(topical) == 2,
        len(topical) == 3,
        len(topical) > 3,
        bool(names),
        any(said.issuperset(mention.words) for mention in names),
        bool(words) and words[0].lower in ("and", "but", "so", "or"),
        bool(low & {"else", "other", "others", "another", "any"}),
        bool(low & {"also", "more", "still", "then", "again", "later", "next"}),
        any(mention.words[-1] in said for mention in definite),
        any(mention.words[-1] not in said for mention in definite),
        any(not mention.name and _after(mention, words, ("a", "an")) for mention in found),
        len(known) / max(1, len(topical)),
        bool(known),
        any(token.text.isdigit() for token in words),
        min(len(words), 20) / 10,
    )


def has_new_topic(question: str, past: Sequence[Past]) -> bool:
    """Return whether a noun without "the" or the like is new: "What is osmosis?" needs nothing, however short."""
    words = tokens(question)
    said = _said(past)
    return any(
        not mention.name and said.isdisjoint(mention.words) and not _after(mention, words, w.DETERMINERS)
        for mention in mentions(question)
    )


def leans(question: str, past: Sequence[Past]) -> bool:
    """Return whether the question, in which nothing points back, is nearly sure to need what was said before."""
    if has_new_topic(question, past):
        return False
    values = gate_features(question, past)
    return sum(weight * value for weight, value in zip(weights.GATE, values, strict=True)) > THRESHOLD


def _said(past: Sequence[Past]) -> frozenset[str]:
    """The words of the turns; of a long answer, in which nearly every common word occurs, only the beginning's."""
    texts = [text for turn in past for text in (turn.question, turn.answering or turn.answer[:SHORT_ANSWER])]
    return frozenset(token.lower for text in texts for token in tokens(text))


def _after(mention: Mention, words: Sequence[Token], determiners: Container[str]) -> bool:
    return any(token.lower in determiners and token.end + 1 == mention.start for token in words)
