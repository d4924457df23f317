"""The turns before a question → the names and noun phrases that it may point back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.conversation import words as w
from rag.conversation.mentions import Mention, mentions
from rag.conversation.pointers import pointers
from rag.conversation.tokenise import tokens

_PLACE_NOUNS = frozenset(
    "country countries city cities place town state region capital nation continent capital".split()
)
ANSWER_CHARACTERS = 1_200
"""As much of an earlier answer as is read: what a follow-up points to stands near its beginning."""
SHORT_ANSWER = 200
"""Characters: a longer answer names much that nobody asked for."""
_ONE_PHRASE = 60


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier turn as it is read: its question made to stand on its own, and its answer."""

    question: str
    answer: str
    answering: str = ""
    """The words of the answer that were highlighted; empty where that is not known."""
    asked: str = ""
    """The question as it was asked, where that differs."""


@dataclass(frozen=True, slots=True)
class Entity:
    """What one or more mentions speak of, under its longest name."""

    text: str
    """With "the" where it was said with an article."""
    words: frozenset[str]
    asked: tuple[int, ...]
    """Ages of the questions that mention it; 0 is the last turn."""
    answered: tuple[int, ...]
    """Ages of the answers that do."""
    count: int
    subject: bool
    """It is what the last question is about."""
    lead: bool
    """The first name in the last answer that the question did not have."""
    wanted: bool
    """What the last question asked for, where nothing in it pointed back: a subject that the answer brings in."""
    named: bool
    """Named by the last question as it was asked, in which nothing pointed back: a subject newly taken up, or kept."""
    buried: bool
    """Said only in long answers, and not what was asked for."""
    opening: bool
    """In the first question."""
    name: bool
    person: int
    gender: str
    place: bool
    plural: bool


@dataclass(slots=True)
class _Draft:
    mention: Mention
    asked: list[int]
    answered: list[int]
    person: int = 0
    gender: str = ""
    place: bool = False
    plural: bool = False
    buried: bool = True
    subject: bool = False
    lead: bool = False
    wanted: bool = False
    named: bool = False
    opening: bool = False
    count: int = 0

    def take(self, mention: Mention) -> None:
        self.count += 1
        if self.mention.name == mention.name and len(mention.words) > len(self.mention.words):
            self.mention = mention
        self.person = self.person or mention.person
        if mention.person > 0:
            self.person = 1
        self.gender = self.gender or mention.gender
        self.place |= mention.place
        self.plural |= mention.plural


def entities(past: Sequence[Past]) -> tuple[Entity, ...]:
    """Return what the turns in ``past``, oldest first, speak of; the most recent first."""
    drafts: list[_Draft] = []
    for age, turn in enumerate(reversed(past)):
        last = age == len(past) - 1
        plain = age == 0 and not pointers(turn.asked or turn.question)
        for mention in mentions(turn.question):
            draft = _draft(drafts, mention)
            draft.asked.append(age)
            _learn(draft, mention, turn)
            draft.subject |= mention.subject and age == 0
            draft.opening |= last
            draft.buried = False
            draft.named |= plain and mention.text in (turn.asked or turn.question)
        led, wanted = age > 0, not plain
        asks = _asks_for(turn.question)
        long = len(turn.answering or turn.answer) > SHORT_ANSWER
        for mention in _answer_mentions(turn.answer):
            draft = _draft(drafts, mention)
            if mention.name and age not in draft.asked and (not turn.answering or mention.text in turn.answering):
                draft.lead |= not led
                led = True
                if not wanted and _fits(draft, asks):
                    wanted = draft.wanted = True
            draft.buried &= long and not draft.wanted and mention.text not in turn.answering
            draft.answered.append(age)
    return tuple(_entity(draft) for draft in drafts)


def _answer_mentions(answer: str) -> list[Mention]:
    """The names of an answer; where it is no more than one noun phrase, that."""
    found = mentions(answer[:ANSWER_CHARACTERS])
    only = len(found) == 1 and len(answer) <= _ONE_PHRASE
    return [mention for mention in found if mention.name or only]


def _learn(draft: _Draft, mention: Mention, turn: Past) -> None:
    """What was once said as "she" is a woman, what was said as "they" a plural."""
    if not turn.asked or mention.text in turn.asked:
        return
    kinds = {pointer.kind for pointer in pointers(turn.asked)}
    if len(kinds & {"he", "she"}) == 1 and draft.person >= 0 and not draft.place:
        draft.person, draft.gender = 1, "he" if "he" in kinds else "she"
    elif kinds == {"they"}:
        draft.plural = True
    elif kinds == {"it"} and not draft.person:
        draft.person = -1


def _asks_for(question: str) -> str:
    """What a question's first words ask for: ``person``, ``place`` or ``thing``; empty for a definition or none."""
    opening = [token.lower for token in tokens(question)[:6]]
    for index, word in enumerate(opening):
        if word in ("who", "whom", "whose"):
            return "person"
        if word == "where":
            return "place"
        if word in ("what", "which"):
            if set(opening[index + 1 :]) & _PLACE_NOUNS:
                return "place"
            defines = opening[index + 1 : index + 2] and opening[index + 1] in w.COPULAS and "of" not in opening
            return "" if defines else "thing"
    return ""


def _fits(draft: _Draft, asks: str) -> bool:
    if asks == "person":
        return draft.person >= 0 and not draft.place
    return draft.place if asks == "place" else asks == "thing" and draft.person <= 0


def _draft(drafts: list[_Draft], mention: Mention) -> _Draft:
    words = frozenset(mention.words)
    for draft in drafts:
        if draft.mention.name == mention.name and _same(draft, mention, words):
            draft.take(mention)
            return draft
    draft = _Draft(mention, [], [])
    draft.take(mention)
    drafts.append(draft)
    return draft


def _same(draft: _Draft, mention: Mention, words: frozenset[str]) -> bool:
    """Whether two mentions are one: equal, or for names one a part of the other ("Putin", "Vladimir Putin")."""
    other = draft.mention.words
    if mention.words == other:
        return True
    if not mention.name or draft.place or mention.place or draft.person * mention.person < 0:
        return False
    return words < frozenset(other) or words > frozenset(other)


def _entity(draft: _Draft) -> Entity:
    mention = draft.mention
    return Entity(
        text=_with_article(mention, draft.person),
        words=frozenset(mention.words),
        asked=tuple(draft.asked),
        answered=tuple(draft.answered),
        count=draft.count,
        subject=draft.subject,
        lead=draft.lead,
        wanted=draft.wanted,
        named=draft.named,
        buried=draft.buried,
        opening=draft.opening,
        name=mention.name,
        person=draft.person,
        gender=draft.gender,
        place=draft.place,
        plural=draft.plural,
    )


def _with_article(mention: Mention, person: int) -> str:
    bare = not mention.article or (mention.name and person > 0) or mention.text.lower().startswith("the ")
    return mention.text if bare else f"the {mention.text}"
