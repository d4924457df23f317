"""Reading without the reader: sentences chosen by the encoder's cosine and by shared words.

For those who run without the reader's weights. It has the reader's interface; its highlights are whole sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.calibration import sentence_weights
from rag.encoder import Encoder
from rag.types import ReaderInput, Reading
from rag.words import COMMON

_READ = 4
"""Passages whose sentences are embedded; the others are too far down to be quoted."""

_WORD = re.compile(r"\w+")


class SimilarityReader:
    """Reads by similarity; see the module's docstring."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        """Return one reading for each passage."""
        near = passages[:_READ]
        texts = [item.text[start:end] for item in near for start, end in item.sentences]
        if not texts:
            return ()
        cosines = iter(self._encoder.encode_passages(texts) @ self._encoder.encode_question(question))
        words, (of_cosine, of_shared, bias) = stems(question), sentence_weights()
        readings = []
        for item in near:
            scores = tuple(
                of_cosine * float(next(cosines)) + of_shared * shared(words, item.text[start:end]) + bias
                for start, end in item.sentences
            )
            best = max(range(len(scores)), key=lambda i: scores[i])
            start, end = item.sentences[best]
            readings.append(Reading(start, end, scores[best], scores[best], (_FAR,) * len(scores)))
        return (*readings, *(_unread(item) for item in passages[_READ:]))


_FAR = -12.0


def _unread(item: ReaderInput) -> Reading:
    start, end = item.sentences[0]
    return Reading(start, end, _FAR, _FAR, (_FAR,) * len(item.sentences))


def shared(words: frozenset[str], text: str) -> float:
    """Return the share of the question's words that stand in the text."""
    return len(words & stems(text)) / max(1, len(words))


def stems(text: str) -> frozenset[str]:
    """Return the words of a text without the common ones, cut to where they are told apart."""
    return frozenset(word[:6] for word in _WORD.findall(text.lower()) if word not in COMMON)
