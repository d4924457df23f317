"""One open generation: documents and passages from SQLite, vectors from FAISS, words from tantivy."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import IndexMismatch
from rag.store.local import generations
from rag.store.local.docstore import Docstore
from rag.store.local.manifest import check_files, rebuild

if TYPE_CHECKING:
    import numpy as np

    from rag.store.local.lexical import Lexical
    from rag.store.local.vectors import Vectors


class LocalStore(Docstore):
    """One generation: its documents and passages, and two ways to search them. A passage's key is its row.

    Reading from several threads is safe. No build removes the generation until ``close`` is called or nobody refers to
    it; after ``close`` every read raises IndexError_.
    """

    def __init__(self, held: generations.Held, vectors: Vectors, lexical: Lexical) -> None:
        super().__init__(held.folder)
        self.manifest = held.manifest
        self._vectors = vectors
        self._lexical = lexical
        self._release = weakref.finalize(self, _release, self._connection, held)

    @classmethod
    def open(cls, index: Path, *, encoder: str) -> LocalStore:
        """Open the generation in force; ``encoder`` is the identity of the model that encodes the questions.

        Raises IndexMissing, IndexDamaged, or IndexMismatch where another model made the vectors.
        """
        from rag.store.local.lexical import Lexical
        from rag.store.local.vectors import Vectors

        held = generations.hold(index)
        folder, manifest = held.folder, held.manifest
        try:
            if manifest.encoder != encoder:
                raise IndexMismatch(
                    f"The index in {index} was made with {manifest.encoder}, the settings name {encoder}. "
                    f"{rebuild(index)}"
                )
            check_files(folder, manifest)
            vectors = Vectors.open(folder, dimension=manifest.dimension, rows=manifest.passages)
            return cls(held, vectors, Lexical(folder))
        except BaseException:
            held.close()
            raise

    def close(self) -> None:
        """Let the generation go, once a query that is under way has ended."""
        super().close()
        self._release()

    @property
    def document_count(self) -> int:
        """How many documents there are."""
        return self.manifest.documents

    @property
    def passage_count(self) -> int:
        """How many passages there are."""
        return self.manifest.passages

    def nearest(self, vector: np.ndarray, count: int) -> dict[int, float]:
        """Return key → cosine of up to ``count`` passages, best first. ``vector``: (dimension,), unit length."""
        self._check_open()
        return dict(self._vectors.search(vector, count))

    def matching(self, words: str, count: int) -> dict[int, float]:
        """Return key → BM25 of up to ``count`` passages, best first; none where no word is shared."""
        self._check_open()
        return dict(self._lexical.search(words, count))

    def cosines(self, vector: np.ndarray, keys: Sequence[int]) -> list[float]:
        """Return the cosines of ``vector`` with these passages."""
        return [float(cosine) for cosine in self.vectors(keys) @ vector]

    def vectors(self, keys: Sequence[int]) -> np.ndarray:
        """Return the vectors of these passages: (n, dimension) float32, unit length."""
        self._check_open()
        return self._vectors.take(keys)


def _release(connection: sqlite3.Connection, held: generations.Held) -> None:
    connection.close()
    held.close()
