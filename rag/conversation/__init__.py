"""A follow-up and the turns before it → a question that stands on its own, without a language model.

English is understood; a question in another language comes back as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.conversation.rewrite import standalone
from rag.types import Turn

__all__ = ["CandidateRewriter", "standalone"]


class CandidateRewriter:
    """Makes standalone questions by rules; ``characters`` is the longest that one may be."""

    def __init__(self, *, characters: int) -> None:
        self._characters = characters

    def candidates(self, question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
        """Return the standalone question; as it was asked where it would be too long."""
        made = standalone(question, turns)
        return (made if len(made) <= self._characters else question,)
