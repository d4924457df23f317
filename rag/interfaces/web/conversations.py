"""Conversations, kept in this process alone: its id in the page's address is all that a browser holds."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from itertools import count
from threading import Lock

from rag.types import Turn

MOST = 1_000
"""Conversations kept; the one that was longest unused goes first."""
LONGEST = 100
"""Turns kept of one conversation; the oldest go first."""


class Conversations:
    """Turns by conversation, in memory; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Turn, ...]] = OrderedDict()
        self._awaited: dict[str, int] = {}
        self._tickets = count(1)
        self._lock = Lock()

    def begin(self) -> str:
        """Return the id of a new conversation; it cannot be guessed (128 random bits)."""
        return secrets.token_urlsafe(16)

    def turns(self, conversation: str) -> tuple[Turn, ...] | None:
        """Return the turns of a conversation, oldest first; None where it is not kept (any more)."""
        with self._lock:
            turns = self._kept.get(conversation)
            if turns is not None:
                self._kept.move_to_end(conversation)
            return turns

    def keep(self, conversation: str, turns: Sequence[Turn]) -> None:
        """Keep these turns as the conversation's."""
        with self._lock:
            self._kept[conversation] = tuple(turns)[-LONGEST:]
            self._kept.move_to_end(conversation)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def await_answer(self, conversation: str) -> int:
        """Note that an answer is awaited, in place of an earlier one's; return the ticket for it."""
        with self._lock:
            self._awaited[conversation] = next(self._tickets)
            return self._awaited[conversation]

    def is_awaited(self, conversation: str, ticket: int) -> bool:
        """Say, once, whether the answer of this ticket is still awaited."""
        with self._lock:
            if self._awaited.get(conversation) != ticket:
                return False
            del self._awaited[conversation]
            return True

    def stop(self, conversation: str) -> None:
        """Await no answer any more."""
        with self._lock:
            self._awaited.pop(conversation, None)
