"""A question → hits: dense and lexical search, fused by scores.

A passage's score is its cosine plus ``LEXICAL_WEIGHT`` times its BM25 over the best BM25 for this question. Each of the
two searches brings up candidates; one that the other did not bring up gets its true cosine, or a BM25 of nought. The
words that every other question has are left out of the lexical search.

Weight, words and number of candidates were fitted on questions of SQuAD's training set (``rag eval open`` reports them
on others): the best of three ways to fuse, by reciprocal ranks, by minimum and maximum, and this one.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from rag.store.local.docstore import Catalogue
from rag.store.local.lexical import Lexical
from rag.store.local.vectors import Vectors
from rag.text.words import content_words
from rag.types import Hit

LEXICAL_WEIGHT = 0.5


class Searched(Protocol):
    """What is searched: an open generation, or a part of one."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def vectors(self) -> Vectors: ...
    @property
    def lexical(self) -> Lexical: ...


def retrieve(question: str, vector: np.ndarray, store: Searched, *, candidates: int, limit: int) -> tuple[Hit, ...]:
    """Return up to ``limit`` hits, best first.

    ``vector`` is the question's, (dimension,) float32 of unit length; each search brings up ``candidates`` passages.
    """
    dense = dict(store.vectors.search(vector, candidates))
    lexical = dict(store.lexical.search(" ".join(content_words(question)), candidates))
    missing = [row for row in lexical if row not in dense]
    dense.update(zip(missing, store.vectors.cosines(vector, missing).tolist(), strict=True))
    best = max(lexical.values(), default=1.0)
    scored = {row: cosine + LEXICAL_WEIGHT * lexical.get(row, 0.0) / best for row, cosine in dense.items()}
    rows = sorted(scored, key=lambda row: (-scored[row], row))[:limit]
    return tuple(
        Hit(passage, text, scored[passage.number], dense[passage.number], lexical.get(passage.number, 0.0) / best)
        for passage, text in store.catalogue.passages(rows)
    )
