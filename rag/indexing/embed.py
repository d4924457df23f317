"""Texts that wait for their vectors, and how far a build has come with them."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from rag.protocols import Encoder, OnProgress
from rag.store.local.vectors import Journal
from rag.types import Progress

if TYPE_CHECKING:
    import numpy as np

_WINDOW = 4096
"""Texts that wait for one another, to be embedded in the order of their lengths: so little padding is computed."""

_BATCH = 256
"""Texts embedded between two writes to the journal: what a kill costs at most."""


class Queue:
    """Texts, each under what identifies it, to be embedded once; the vectors go into the journal.

    It reports how far the build has come with ``files`` files of ``size`` bytes, and guesses how long it will take.
    """

    def __init__(
        self,
        encoder: Encoder,
        journal: Journal,
        known: Container[bytes],
        report: OnProgress,
        *,
        files: int,
        size: int,
    ) -> None:
        self._encoder, self._journal, self._known, self._report = encoder, journal, known, report
        self._files, self._size = files, size
        self._files_read = self._size_read = 0
        self._waiting: dict[bytes, str] = {}
        self.embedded, self._seconds, self._began = 0, 0.0, time.monotonic()

    def add(self, digest: bytes, text: str) -> None:
        """Have ``text`` embedded, unless its vector is known or on its way."""
        if digest in self._waiting or digest in self._known or digest in self._journal:
            return
        self._waiting[digest] = text
        if len(self._waiting) >= _WINDOW:
            self.embed()

    def take(self, digests: Sequence[bytes], vectors: np.ndarray, *, computed: bool) -> None:
        """Keep vectors that were computed elsewhere, (n, dimension), each digest once; ``computed``: in this build."""
        new = [row for row, digest in enumerate(digests) if digest not in self._known and digest not in self._journal]
        if new:
            self._journal.append([digests[row] for row in new], vectors[new])
        if computed:
            self.embedded += len(new)
            self._seconds = time.monotonic() - self._began

    def note_read(self, size: int) -> None:
        """Note that one more file was read, of ``size`` bytes."""
        self._files_read += 1
        self._size_read += size
        self._show()

    def embed(self) -> None:
        """Embed all that wait, the longest first; raises EncoderError."""
        order = sorted(self._waiting, key=lambda digest: (-len(self._waiting[digest]), digest))
        for start in range(0, len(order), _BATCH):
            digests = order[start : start + _BATCH]
            began = time.monotonic()
            vectors = self._encoder.encode_passages([self._waiting.pop(digest) for digest in digests])
            self._journal.append(digests, vectors)
            self.embedded += len(digests)
            self._seconds += time.monotonic() - began
            self._show()

    def _show(self) -> None:
        rate = self.embedded / self._seconds if self._seconds else 0.0
        known = self.embedded + len(self._waiting)
        if self._files_read < self._files:
            # As many texts as so far are expected in each byte that was not read yet.
            total = known * self._size / self._size_read if self._size_read else 0.0
            stage, done, of = "reading", self._files_read, self._files
        else:
            total, stage, done, of = known, "embedding", self.embedded, known
        left = (total - self.embedded) / rate if rate else None
        self._report(Progress(stage, done, of, rate, left))
