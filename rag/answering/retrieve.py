"""A question → hits: dense and lexical search, fused by scores.

A passage's score is its cosine plus ``LEXICAL_WEIGHT`` times its BM25 over the best BM25 for this question. Each of the
two searches brings up candidates; one that the other did not bring up gets its true cosine, or a BM25 of nought. The
words that every other question has are left out of the lexical search.

The way to fuse, words and number of candidates were fitted on questions of SQuAD's training set (``rag eval open``
reports them on others), the weight on those and on questions in people's own words: see ``docs/quality.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.protocols import Encoder, Lap, Selection, Store
from rag.types import Hit

if TYPE_CHECKING:
    import numpy as np

LEXICAL_WEIGHT = 0.2


def retrieve(
    question: str,
    vector: np.ndarray,
    store: Store,
    *,
    candidates: int,
    limit: int,
    selection: Selection | None = None,
) -> tuple[Hit, ...]:
    """Return up to ``limit`` hits, best first.

    ``vector`` is the question's, (dimension,) float32 of unit length; each search brings up ``candidates`` passages,
    of the documents selected or of all.
    """
    dense = store.nearest(vector, candidates, selection)
    lexical = store.matching(question, candidates, selection)
    missing = [key for key in lexical if key not in dense]
    dense = {**dense, **dict(zip(missing, store.cosines(vector, missing), strict=True))}
    best = max(lexical.values(), default=1.0)
    scored = {key: cosine + LEXICAL_WEIGHT * lexical.get(key, 0.0) / best for key, cosine in dense.items()}
    keys = sorted(scored, key=lambda key: (-scored[key], key))[:limit]
    return tuple(
        Hit(passage, text, scored[key], dense[key], lexical.get(key, 0.0) / best)
        for key, (passage, text) in zip(keys, store.passages(keys), strict=True)
    )


@dataclass(frozen=True, slots=True)
class IndexCorpus:
    """An open index as what a question is asked of."""

    texts: Store
    encoder: Encoder
    candidates: int
    """Passages that each of the two searches brings up."""
    selection: Selection | None = None
    """The documents that are searched; none where all are."""

    def document_ids(self) -> Sequence[str]:
        """Return the documents that are searched."""
        return self.texts.document_ids() if self.selection is None else tuple(self.selection)

    def search(self, question: str, *, limit: int, lap: Lap) -> tuple[Hit, ...]:
        """Return the passages nearest in meaning and in words, best first."""
        vector = self.encoder.encode_question(question)
        lap("encode")
        hits = retrieve(question, vector, self.texts, candidates=self.candidates, limit=limit, selection=self.selection)
        lap("search")
        return hits
