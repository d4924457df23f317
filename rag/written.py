"""What a language model wrote of some quotes, sentence by sentence, each held against the quotes it points to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a language model's."""

    text: str
    """Without its pointers."""
    quotes: tuple[int, ...] = ()
    """The quotes of the reply that it points to, counted from 1."""
    struck: str = ""
    """Why it is struck out; empty where it stands."""
    unsupported: tuple[str, ...] = ()
    """Numbers, names and negations in it that stand in no quote that it points to."""

    @property
    def shown(self) -> str:
        """The sentence as plain text: its pointers behind it, struck out between tildes, doubts in braces.

        >>> Sentence("He came in 1999.", (2,), unsupported=("1999",)).shown
        'He came in 1999. [2] {not in the quote: 1999}'
        >>> Sentence("He left.", struck="it points to no quote").shown
        '~~He left.~~ {struck out: it points to no quote}'
        """
        pointers = "".join(f" [{number}]" for number in self.quotes)
        if self.struck:
            return f"~~{self.text}{pointers}~~ {{struck out: {self.struck}}}"
        doubts = f" {{not in the quote: {', '.join(self.unsupported)}}}" if self.unsupported else ""
        return f"{self.text}{pointers}{doubts}"


def sentence_of(text: str, quotes: Iterable[int], struck: str, unsupported: Iterable[str]) -> Sentence:
    """Return a sentence from its fields as JSON has them."""
    return Sentence(text, tuple(quotes), struck, tuple(unsupported))


def in_words(sentences: Iterable[Sentence]) -> str | None:
    """Return the sentences as one plain text; None where there are none."""
    return " ".join(sentence.shown for sentence in sentences) or None
