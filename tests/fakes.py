"""Stand-ins for the models, seeded by hashes: exact and equal on every machine, with no weights to load."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\w{1,8}|[^\w\s]")


class FakeEncoder:
    """Texts that share words get similar vectors.

    A word's direction comes from its SHA-256, its weight from its length (so "the" says little); a text's vector is
    the unit sum over its distinct words, in lower case. A text without words gets a direction of its own.
    A piece is up to eight letters or one other sign, and two more stand for the text's beginning and end.

    >>> encoder = FakeEncoder()
    >>> float(encoder.encode_question("Foreign minister") @ encoder.encode_passages(["minister, foreign!"])[0])
    1.0
    """

    def __init__(self, *, dimension: int = 64, window: int = 256, identity: str = "fake") -> None:
        self.identity = identity
        self._size = dimension
        self._pieces_at_most = window
        self._directions: dict[str, NDArray[np.float64]] = {}
        self.encoded: list[str] = []
        """Every passage that was encoded, in order: for tests of what was embedded again."""

    @property
    def dimension(self) -> int:
        return self._size

    @property
    def window(self) -> int:
        return self._pieces_at_most

    def warm_up(self) -> None:
        """Nothing to load."""

    def pieces(self, texts: Sequence[str]) -> list[int]:
        return [len(_PIECE.findall(text)) + 2 for text in texts]

    def encode_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        vectors = np.empty((len(texts), self._size), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self.encode_question(text)
        if progress is not None and texts:
            progress(len(texts))
        return vectors

    def encode_question(self, text: str) -> NDArray[np.float32]:
        words = sorted(set(_WORD.findall(text.lower())))
        parts = [len(word) ** 2 * self._direction(word) for word in words]
        total = np.sum(parts or [self._direction("")], axis=0)
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def _direction(self, word: str) -> NDArray[np.float64]:
        if word not in self._directions:
            digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
            drawn = np.random.default_rng(int.from_bytes(digest, "big")).standard_normal(self._size)
            self._directions[word] = drawn / np.linalg.norm(drawn)
        return self._directions[word]
