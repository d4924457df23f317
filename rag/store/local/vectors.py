"""Unit vectors, row i for passage i. The only file that imports faiss.

Two files: ``vectors.f16`` holds every vector (half precision, row after row), stays on the disk, and is what a rebuild
takes over; ``vectors.faiss`` is the structure that is searched, of a type chosen by the number of rows. Where that
type is approximate, its candidates are scored again with the vectors themselves. Measured by
``benchmarks/vectors.py``, whose figures are in ``docs/performance.md``.

A third holds vectors that were computed but not published yet: the next build after a kill uses them (``Journal``).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged
from rag.store.local.disk import refusal

FILE = "vectors.faiss"
RAW = "vectors.f16"
EXACT_LIMIT = 50_000
"""Up to this many rows the search is exact."""

_TIMES, _FEWEST = 8, 400
"""Where the search is approximate, 8 × the passages asked for, and at least 400, are scored again."""

_FEW = 4
"""Times the candidates: up to so many rows are all scored, where the search is limited to them."""
_MARGIN = 2
"""Times as many rows are taken as the share of those wanted asks for, and again where they were too few."""

_TRAINING_ROWS = 50_000
_ROWS = 50_000
"""Rows held in memory at once while the structure is filled."""


class Vectors:
    """Inner-product search over unit vectors: the score is the cosine. Searching from several threads is safe."""

    def __init__(self, folder: Path, *, dimension: int, rows: int) -> None:
        """Open a generation's vectors, memory-mapped; raises IndexDamaged for files of another shape."""
        import faiss

        try:
            # No part of a file can be larger than the file: one that says so is not read.
            faiss.set_deserialization_vector_byte_limit(max((folder / FILE).stat().st_size, 1 << 20))
            index = faiss.read_index(str(folder / FILE), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexDamaged(f"{folder / FILE} cannot be read. Build anew with: rag build") from error
        size = (folder / RAW).stat().st_size
        if (index.d, index.ntotal) != (dimension, rows) or size != rows * dimension * 2:
            raise IndexDamaged(
                f"{folder / FILE} holds {index.ntotal} vectors of {index.d} dimensions, not {rows} of {dimension}. "
                "Build anew with: rag build"
            )
        self._index = index
        self._raw = open_raw(folder, dimension=dimension, rows=rows)
        self._exact = isinstance(index, faiss.IndexFlat)

    def search(self, vector: np.ndarray, count: int, within: Sequence[range] | None = None) -> list[tuple[int, float]]:
        """Return up to ``count`` (row, cosine), best first. ``vector``: (dimension,) float32, unit length.

        ``within``: the ranges of rows that are searched, in order; none where all are.
        """
        candidates = min(count if self._exact else max(count * _TIMES, _FEWEST), len(self._raw))
        if within is None:
            rows, scores = self._found(vector, candidates)
        else:
            rows, scores = self._found_within(vector, candidates, within)
        if not self._exact:
            scores = self.take(rows) @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return [(int(rows[i]), float(scores[i])) for i in best]

    def _found(self, vector: np.ndarray, candidates: int, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return up to so many rows and their scores, best first, as the structure has them."""
        import faiss

        # One question is too little work for two threads: each would wait for a core that is busy elsewhere.
        faiss.omp_set_num_threads(1)
        scores, rows = self._index.search(vector.reshape(1, -1).astype(np.float32), candidates, **options)
        found = rows[0] >= 0  # FAISS fills up with row -1 where it found fewer
        return rows[0][found], scores[0][found]

    def _found_within(
        self, vector: np.ndarray, candidates: int, within: Sequence[range]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what ``_found`` does, of the rows in these ranges."""
        wanted = np.zeros(len(self._raw), dtype=bool)
        for run in within:
            wanted[run.start : run.stop] = True
        return self._selected(vector, candidates, wanted) if self._exact else self._sifted(vector, candidates, wanted)

    def _selected(self, vector: np.ndarray, candidates: int, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import faiss

        bits = np.packbits(wanted, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        return self._found(vector, candidates, params=parameters)

    def _sifted(self, vector: np.ndarray, candidates: int, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The approximate types of index take no selector: have them give more, until enough of those are wanted."""
        every = np.flatnonzero(wanted)
        if len(every) <= _FEW * candidates:
            return every, np.zeros(len(every))
        taken = candidates * len(wanted) // len(every)
        while True:
            taken = min(_MARGIN * taken, len(wanted))
            rows, scores = self._found(vector, taken)
            chosen = np.flatnonzero(wanted[rows])[:candidates]
            if len(chosen) == candidates or taken == len(wanted):
                return rows[chosen], scores[chosen]

    def take(self, rows: Iterable[int]) -> np.ndarray:
        """Return these rows' vectors: (n, dimension) float32."""
        return self._raw[np.fromiter(rows, dtype=np.int64)].astype(np.float32)


def open_raw(folder: Path, *, dimension: int, rows: int) -> np.ndarray:
    """Return every vector of a generation as it is stored, memory-mapped: (rows, dimension) float16."""
    return np.memmap(folder / RAW, dtype="<f2", mode="r", shape=(rows, dimension))


def write_raw(folder: Path, batches: Iterable[np.ndarray]) -> None:
    """Write the vectors as they are stored, given in order as (n, dimension) float16."""
    with (folder / RAW).open("wb") as file:
        for batch in batches:
            file.write(np.ascontiguousarray(batch, dtype="<f2").tobytes())


def write(folder: Path, *, dimension: int, rows: int) -> str:
    """Write the structure that searches the stored vectors; return the type of index chosen for ``rows``."""
    import faiss

    raw = open_raw(folder, dimension=dimension, rows=rows)
    kind = index_type(rows, dimension)
    index = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    if not index.is_trained:
        index.train(raw[:: -(-rows // _TRAINING_ROWS)].astype(np.float32))
    for start in range(0, rows, _ROWS):
        index.add(raw[start : start + _ROWS].astype(np.float32))
    try:
        faiss.write_index(index, str(folder / FILE))
    except RuntimeError as error:
        raise refusal(error) from error
    return kind


def index_type(rows: int, dimension: int) -> str:
    """Return the FAISS factory string for this number of vectors.

    Above ``EXACT_LIMIT``: product quantisation, half a byte for four components, all of it scanned by vector
    instructions. It needs no clusters, so a rebuild takes seconds; a row of 384 components takes 48 bytes. Where the
    components cannot be divided by four: a byte for each.
    """
    if rows <= EXACT_LIMIT:
        return "Flat"
    return f"PQ{dimension // 4}x4fs" if dimension % 4 == 0 else "SQ8"


DIGEST = 16
_FORMAT = 1
_SUFFIX = ".journal"


class Journal:
    """Digest → vector, in an append-only file; ``with`` closes it. ``anew`` begins with an empty one.

    A record is the digest of the embedded text (16 bytes), the vector (float16) and a CRC-32 of both. One that is cut
    short or damaged ends the file. Each model has a file; all are removed when a generation comes into force.
    """

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
        # What could not be written is tried again on closing, and has been reported.
        with nullcontext() if kind is None else suppress(OSError):
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
