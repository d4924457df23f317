"""Reading without the reader: sentences chosen by the encoder's cosine and by shared words.

For those who run without the reader's weights. It has the reader's interface; its highlights are whole sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.protocols import Encoder
from rag.text.words import shared, stems
from rag.types import NEVER, ReaderInput, Reading

_COSINE, _SHARED, _BIAS = 3.579, 4.895, -5.148
"""Of the log-odds that a sentence answers; fitted by ``python -m benchmarks.quality.calibrate --no-reader``."""

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
    scores = tuple(
        _COSINE * cosine + _SHARED * shared(words, item.text[start:end]) + _BIAS
        for cosine, (start, end) in zip(cosines, item.sentences, strict=True)
    )
    best = max(range(len(scores)), key=lambda i: scores[i])
    return Reading(*item.sentences[best], scores[best], scores[best], scores)


def _unread(item: ReaderInput) -> Reading:
    return Reading(*item.sentences[0], NEVER, NEVER, (NEVER,) * len(item.sentences))
