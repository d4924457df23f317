"""Vectors that were computed but not published yet: the next build after a kill uses them.

The file is append-only. A record is the digest of the embedded text (16 bytes), the vector (float16) and a CRC-32 of
both. A record that is cut short or damaged ends the file. There is one file for each model; all are removed when a
generation comes into force.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

DIGEST = 16
_FORMAT = 1
_SUFFIX = ".journal"


class Journal:
    """Digest → vector, on disk; ``with`` closes it. ``anew`` begins with an empty one."""

    def __init__(self, index: Path, *, encoder: str, dimension: int, anew: bool = False) -> None:
        name = hashlib.sha256(f"{_FORMAT} {dimension} {encoder}".encode()).hexdigest()[:16]
        self.path = index / f"embedded-{name}{_SUFFIX}"
        self._record = np.dtype([("digest", f"V{DIGEST}"), ("vector", "<f2", (dimension,)), ("check", "<u4")])
        if anew:
            self.path.unlink(missing_ok=True)
        self._positions = self._read()
        self._file = self.path.open("r+b" if self.path.exists() else "w+b")
        self._file.truncate(len(self._positions) * self._record.itemsize)
        self._file.seek(0, 2)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._file.close()
            return
        with suppress(OSError):  # what could not be written is tried again on closing, and has been reported
            self._file.close()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._positions

    def append(self, digests: Iterable[bytes], vectors: np.ndarray) -> None:
        """Add vectors, (n, dimension), under their digests."""
        records = []
        for digest, vector in zip(digests, vectors.astype("<f2"), strict=True):
            record = digest + vector.tobytes()
            records.append(record + zlib.crc32(record).to_bytes(4, "little"))
            self._positions[digest] = len(self._positions)
        self._file.write(b"".join(records))
        self._file.flush()

    def vectors(self, digests: Sequence[bytes]) -> np.ndarray:
        """Return the vectors under these digests: (n, dimension) float16."""
        records = np.memmap(self.path, dtype=self._record, mode="r", shape=(len(self._positions),))
        return np.asarray(records["vector"][[self._positions[digest] for digest in digests]])

    def remove(self) -> None:
        """Delete the file, and those of other models: what it held is published."""
        self._file.close()
        for path in self.path.parent.glob(f"embedded-*{_SUFFIX}"):
            path.unlink(missing_ok=True)

    def _read(self) -> dict[bytes, int]:
        positions: dict[bytes, int] = {}
        if not self.path.exists():
            return positions
        with self.path.open("rb") as file:
            while len(record := file.read(self._record.itemsize)) == self._record.itemsize:
                digest = record[:DIGEST]
                if zlib.crc32(record[:-4]).to_bytes(4, "little") != record[-4:] or digest in positions:
                    break
                positions[digest] = len(positions)
        return positions
