"""Reading without the reader: sentences chosen by the encoder's cosine and by shared words.

For those who run without the reader's weights. It has the reader's interface; its highlights are whole sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.calibration import sentence_weights
from rag.encoder import Encoder
from rag.text.words import shared, stems
from rag.types import NEVER, ReaderInput, Reading

_FIRST, _SHARING = 4, 4
"""Passages whose sentences are embedded: the first, and those that share most words with the question."""


class SimilarityReader:
    """Reads by similarity; see the module's docstring."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        """Return one reading for each passage."""
        words = stems(question)
        sharing = sorted(range(len(passages)), key=lambda i: (-shared(words, passages[i].text), i))
        near = sorted({*range(min(_FIRST, len(passages))), *sharing[:_SHARING]})
        texts = [passages[i].text[start:end] for i in near for start, end in passages[i].sentences]
        if not texts:
            return ()
        cosines = iter((self._encoder.encode_passages(texts) @ self._encoder.encode_question(question)).tolist())
        readings = [_unread(item) for item in passages]
        for i in near:
            readings[i] = _read(passages[i], words, [next(cosines) for _ in passages[i].sentences])
        return tuple(readings)


def _read(item: ReaderInput, words: frozenset[str], cosines: Sequence[float]) -> Reading:
    of_cosine, of_shared, bias = sentence_weights()
    scores = tuple(
        of_cosine * cosine + of_shared * shared(words, item.text[start:end]) + bias
        for cosine, (start, end) in zip(cosines, item.sentences, strict=True)
    )
    best = max(range(len(scores)), key=lambda i: scores[i])
    return Reading(*item.sentences[best], scores[best], scores[best], scores)


def _unread(item: ReaderInput) -> Reading:
    return Reading(*item.sentences[0], NEVER, NEVER, (NEVER,) * len(item.sentences))
