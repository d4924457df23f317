"""Reading without the reader: sentences chosen by the encoder's cosine and by shared words.

For those who run without the reader's weights. It has the reader's interface; its highlights are whole sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.encoder import Encoder
from rag.types import ReaderInput, Reading
from rag.words import COMMON

_READ = 4
"""Passages whose sentences are embedded; the others are too far down to be quoted."""

_COSINE, _SHARED, _BIAS = 9.0, 3.0, -5.2
"""Logistic regression of "this sentence holds the answer", fitted on train_squad's held-out articles."""

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
        words = _stems(question)
        readings = []
        for item in near:
            scores = tuple(
                _COSINE * float(next(cosines)) + _SHARED * _shared(words, item.text[start:end]) + _BIAS
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


def _shared(words: frozenset[str], text: str) -> float:
    """Return the share of the question's words that stand in the text."""
    return len(words & _stems(text)) / max(1, len(words))


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:6] for word in _WORD.findall(text.lower()) if word not in COMMON)
