"""A question → hits: dense and lexical search, fused by scores.

A passage's score is its cosine plus ``LEXICAL_WEIGHT`` times its BM25 over the best BM25 for this question. Each of the
two searches brings up candidates; one that the other did not bring up gets its true cosine, or a BM25 of nought. The
words that every other question has are left out of the lexical search.

Weight, words and number of candidates were fitted on questions of SQuAD's training set (``rag eval open`` reports them
on others): the best of three ways to fuse, by reciprocal ranks, by minimum and maximum, and this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rag.text.words import content_words
from rag.types import Hit, Passage

if TYPE_CHECKING:
    import numpy as np

LEXICAL_WEIGHT = 0.5


class Searched(Protocol):
    """What is searched, such as an open generation. A key is the store's own and means nothing elsewhere."""

    def nearest(self, vector: np.ndarray, count: int) -> dict[int, float]: ...
    def matching(self, words: str, count: int) -> dict[int, float]: ...
    def cosines(self, vector: np.ndarray, keys: Sequence[int]) -> list[float]: ...
    def passages(self, keys: Sequence[int]) -> list[tuple[Passage, str]]: ...


def retrieve(question: str, vector: np.ndarray, store: Searched, *, candidates: int, limit: int) -> tuple[Hit, ...]:
    """Return up to ``limit`` hits, best first.

    ``vector`` is the question's, (dimension,) float32 of unit length; each search brings up ``candidates`` passages.
    """
    dense = store.nearest(vector, candidates)
    lexical = store.matching(" ".join(content_words(question)), candidates)
    missing = [key for key in lexical if key not in dense]
    dense.update(zip(missing, store.cosines(vector, missing), strict=True))
    best = max(lexical.values(), default=1.0)
    scored = {key: cosine + LEXICAL_WEIGHT * lexical.get(key, 0.0) / best for key, cosine in dense.items()}
    keys = sorted(scored, key=lambda key: (-scored[key], key))[:limit]
    return tuple(
        Hit(passage, text, scored[key], dense[key], lexical.get(key, 0.0) / best)
        for key, (passage, text) in zip(keys, store.passages(keys), strict=True)
    )
