"""Putting what was meant into the question: in a pronoun's place where that reads well, in brackets elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rag.conversation.choose import ranked
from rag.conversation.ellipsis import complete
from rag.conversation.gate import leans
from rag.conversation.history import Entity, Past, entities
from rag.conversation.pointers import Pointer, pointers
from rag.conversation.tokenise import tokens
from rag.types import Answer, Turn

Said = TypeVar("Said")
RECENT_TURNS = 6
"""Turns that are looked back upon, beside the first, which names the subject of a conversation."""


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question with what it owes to ``turns``, oldest first, written into it.

    A question that owes them nothing comes back exactly as it is. Deterministic; English only.

    >>> standalone("And what did he say about talks?", [Turn("Who is Ukraine's foreign minister?", "Andriy Sybiha")])
    'And what did Andriy Sybiha say about talks?'
    """
    past: list[Past] = []
    for turn in recent(turns):
        past.append(remember(turn, past))
    return resolve(question, past)


def recent(turns: Sequence[Said]) -> Sequence[Said]:
    """Return the turns that are looked back upon: the first, and the last few."""
    return turns if len(turns) <= RECENT_TURNS else (*turns[:1], *turns[-RECENT_TURNS:])


def remember(turn: Turn, before: Sequence[Past]) -> Past:
    """Return an earlier turn as it is read, its question resolved by those before it where it was not yet."""
    if isinstance(turn.reply, str):
        return Past(resolve(turn.question, before), turn.reply, asked=turn.question)
    answering = ""
    if isinstance(turn.reply, Answer):
        answering = " ".join(
            quote.exact[start - quote.start : end - quote.start]
            for quote in turn.reply.quotes
            for start, end in quote.highlights
        )
    return Past(turn.reply.standalone_question or turn.question, turn.answer, answering, turn.question)


def resolve(question: str, past: Sequence[Past]) -> str:
    """Return the question with what it owes to the turns before it, which stand on their own already."""
    if not past or not tokens(question):
        return question
    completed = complete(question, past[-1].question)
    if completed is not None:
        return completed
    pointing = pointers(question)
    if pointing:
        return _apply(question, _replacements(question, pointing, past))
    if leans(question, past):
        choices = ranked(entities(past), "none", turns=len(past), noun="", question=_words(question))
        return _apply(question, [_topic(question, entity) for _, entity in choices[:1]])
    return question


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def _apply(question: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        question = question[: edit.start] + edit.text + question[edit.end :]
    return question


def _words(question: str) -> frozenset[str]:
    return frozenset(token.lower for token in tokens(question))


def _replacements(question: str, pointing: Sequence[Pointer], past: Sequence[Past]) -> list[_Edit]:
    """An edit for the first pointer of each kind; "he … his" is read as one person."""
    found = entities(past)
    said = _words(question)
    edits: dict[str, _Edit] = {}
    taken: list[Entity] = []
    for pointer in pointing:
        bare = pointer.kind == "this" and not pointer.noun
        if pointer.kind in edits or (bare and taken):
            continue
        for _, entity in ranked(found, pointer.kind, turns=len(past), noun=pointer.noun, question=said):
            if entity not in taken:
                taken.append(entity)
                edits[pointer.kind] = _edit(question, pointer, entity)
                break
    return list(edits.values())


def _edit(question: str, pointer: Pointer, entity: Entity) -> _Edit:
    if pointer.kind == "this":
        return _bracket(question, pointer, entity)
    if pointer.kind == "there":
        return _Edit(pointer.start, pointer.end, f"in {entity.text}")
    text = entity.text + _possessive(entity.text) if pointer.possessive else entity.text
    if pointer.start == 0:
        text = text[0].upper() + text[1:]
    return _Edit(pointer.start, pointer.end, text)


def _possessive(text: str) -> str:
    return "'" if text.endswith(("s", "S")) else "'s"


def _bracket(question: str, pointer: Pointer, entity: Entity) -> _Edit:
    """What "this album" means, after it, or in its place where it is some album; what "this" means, at the end."""
    match = re.compile(re.escape(pointer.noun), re.IGNORECASE).search(question, pointer.end) if pointer.noun else None
    if match is None:
        return _topic(question, entity)
    if pointer.noun in entity.words:
        return _Edit(pointer.start, match.end(), entity.text)
    return _Edit(match.end(), match.end(), f" ({entity.text})")


def _topic(question: str, entity: Entity) -> _Edit:
    """The entity in brackets before the question's last mark."""
    end = len(question.rstrip(" \n\t?.!"))
    return _Edit(end, end, f" ({entity.text})")
