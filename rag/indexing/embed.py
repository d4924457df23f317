"""Texts that wait for their vectors, and how fast they get them."""

from __future__ import annotations

import time
from collections.abc import Callable, Container

from rag.protocols import Encoder
from rag.store.local.vectors import Journal
from rag.types import Progress

_WINDOW = 4096
"""Texts that wait for one another, to be embedded in the order of their lengths: so little padding is computed."""

_BATCH = 256
"""Texts embedded between two writes to the journal: what a kill costs at most."""


class Pace:
    """Tells how far a build has come, and guesses how long it will take: by bytes read, and texts embedded a second."""

    def __init__(self, report: Callable[[Progress], None], *, files: int, size: int) -> None:
        self._report = report
        self._files, self._size = files, size
        self._files_read = self._size_read = 0
        self._embedded = self._waiting = 0
        self._seconds = 0.0

    def read(self, size: int, waiting: int) -> None:
        """Note that one more file was read, of ``size`` bytes, and how many texts are waiting now."""
        self._waiting = waiting
        self._files_read += 1
        self._size_read += size
        self._show()

    def embedded(self, done: int, waiting: int, seconds: float) -> None:
        """Note that ``done`` more texts were embedded, in ``seconds``, and how many are waiting."""
        self._embedded += done
        self._seconds += seconds
        self._waiting = waiting
        self._show()

    def _show(self) -> None:
        rate = self._embedded / self._seconds if self._seconds else 0.0
        known = self._embedded + self._waiting
        if self._files_read < self._files:
            # As many texts as so far are expected in each byte that was not read yet.
            total = known * self._size / self._size_read if self._size_read else 0.0
            stage, done, of = "reading", self._files_read, self._files
        else:
            total, stage, done, of = known, "embedding", self._embedded, known
        left = (total - self._embedded) / rate if rate else None
        self._report(Progress(stage, done, of, rate, left))


class Queue:
    """Texts, each under what identifies it, to be embedded once; the vectors go into the journal."""

    def __init__(self, encoder: Encoder, journal: Journal, known: Container[bytes], pace: Pace) -> None:
        self._encoder, self._journal, self._known, self._pace = encoder, journal, known, pace
        self._waiting: dict[bytes, str] = {}
        self.embedded = 0

    def add(self, digest: bytes, text: str) -> None:
        """Have ``text`` embedded, unless its vector is known or on its way."""
        if digest in self._waiting or digest in self._known or digest in self._journal:
            return
        self._waiting[digest] = text
        if len(self._waiting) >= _WINDOW:
            self.embed()

    def __len__(self) -> int:
        return len(self._waiting)

    def embed(self) -> None:
        """Embed all that wait, the longest first; raises EncoderError."""
        order = sorted(self._waiting, key=lambda digest: (-len(self._waiting[digest]), digest))
        for start in range(0, len(order), _BATCH):
            digests = order[start : start + _BATCH]
            began = time.monotonic()
            vectors = self._encoder.encode_passages([self._waiting[digest] for digest in digests])
            self._journal.append(digests, vectors)
            self.embedded += len(digests)
            self._pace.embedded(len(digests), len(order) - start - len(digests), time.monotonic() - began)
        self._waiting.clear()
