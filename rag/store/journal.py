"""Vectors that were computed but not published yet: a build that was killed goes on from here.

An append-only file of records: the digest of what was embedded (16 bytes), the vector (half precision), and a CRC-32 of
both. A record that was cut short or damaged is not used. The file belongs to one model and is removed after publishing.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np

DIGEST = 16


class Journal:
    """Digest → vector, on disk; ``with`` closes it."""

    def __init__(self, index: Path, *, encoder: str, dimension: int) -> None:
        self.path = index / f"embedded-{hashlib.sha256(encoder.encode()).hexdigest()[:16]}.journal"
        self._size = DIGEST + 2 * dimension + 4
        self._positions = self._read()
        self._file = self.path.open("r+b" if self.path.exists() else "w+b")
        self._file.truncate(len(self._positions) * self._size)
        self._file.seek(0, 2)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._positions

    def append(self, digests: Iterable[bytes], vectors: np.ndarray) -> None:
        """Add vectors, (n, dimension), under their digests."""
        for digest, vector in zip(digests, vectors.astype(np.float16), strict=True):
            record = digest + vector.tobytes()
            self._file.write(record + zlib.crc32(record).to_bytes(4, "little"))
            self._positions[digest] = len(self._positions)
        self._file.flush()

    def vector(self, digest: bytes) -> np.ndarray:
        """Return the vector under a digest: (dimension,) float16."""
        self._file.seek(self._positions[digest] * self._size + DIGEST)
        vector = np.frombuffer(self._file.read(self._size - DIGEST - 4), dtype=np.float16)
        self._file.seek(0, 2)
        return vector

    def remove(self) -> None:
        """Delete the file: what it held is published."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[bytes, int]:
        positions: dict[bytes, int] = {}
        if not self.path.exists():
            return positions
        with self.path.open("rb") as file:
            while len(record := file.read(self._size)) == self._size:
                digest = record[:DIGEST]
                if zlib.crc32(record[:-4]).to_bytes(4, "little") != record[-4:] or digest in positions:
                    break
                positions[digest] = len(positions)
        return positions
