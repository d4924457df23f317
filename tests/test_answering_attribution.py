"""Who said it: of a talk the words are looked for, and any other passage is read as it was."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.answering import attribution
from rag.text.sentences import sentences
from rag.types import ReaderInput, Reading

TALK = "MS. LIM: The lock is new. It shines. The key hangs in the hall.\n\nMR. OTT: Who has it?"
PLAIN = "Ms. Lim said that the key hangs in the hall."


class FirstReader:
    """Finds the second sentence of every passage, or the only one; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def read(self, question: str, passages: Sequence[ReaderInput]) -> list[Reading]:
        self.asked.append((question, len(passages)))
        return [self._reading(given) for given in passages]

    def _reading(self, given: ReaderInput) -> Reading:
        best = min(1, len(given.sentences) - 1)
        scores = tuple(2.0 if i == best else float(-i) for i in range(len(given.sentences)))
        return Reading(*given.sentences[best], 1.0, 1.0, scores)


def given(text: str) -> ReaderInput:
    return ReaderInput("", text, tuple(sentences(text)))


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("Who said that the key hangs in the hall?", "the key hangs in the hall"),
        ("who mentioned the old key ?", "the old key"),
        ("Who else told Bo that it is new?", "it is new"),
        ("Who said so?", ""),
        ("Who has the key?", ""),
    ],
)
def test_what_somebody_said(question: str, claim: str) -> None:
    assert attribution.claimed(question) == claim


def test_of_a_talk_the_claim_is_read_and_its_sentence_found() -> None:
    reader = FirstReader()
    plain, talk = attribution.read("Who said that the key hangs in the hall?", [given(PLAIN), given(TALK)], reader)
    assert reader.asked == [
        ("Is it true that the key hangs in the hall?", 1),
        ("Who said that the key hangs in the hall?", 1),
    ]
    assert PLAIN[plain.start : plain.end] == PLAIN
    assert TALK[talk.start : talk.end] == "The key hangs in the hall."
    assert talk.sentences == (0.0, -2.0, 2.0, -3.0)


def test_any_other_question_is_read_as_it_is() -> None:
    reader = FirstReader()
    attribution.read("Who has the key?", [given(TALK), given(PLAIN)], reader)
    assert reader.asked == [("Who has the key?", 2)]


def test_a_sentence_that_shares_too_little_stays_where_it_is() -> None:
    reading = attribution.read("Who said that some paint is blue and wet?", [given(TALK)], FirstReader())[0]
    assert TALK[reading.start : reading.end] == "It shines."
