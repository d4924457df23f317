"""As many vectors as wanted, that lie to one another as real ones do: for measuring sizes nobody has embedded.

Each is a mixture of a real vector with one of its 32 nearest, plus noise with the real vectors' covariance. Halving the
21,000 real vectors again and again (paragraphs of SQuAD) shows how the cosine of a question's tenth nearest passage
grows with their number: by about 0.037 a doubling, which makes 0.53 at 100,000 and 0.61 at 1,000,000 where the growth
goes on. The mixtures have 0.51 and 0.59: neighbours are a little farther from the question, and closer to one another,
than is to be expected of real ones, which makes the search no easier.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

NEIGHBOURS = 32
NOISE = 0.45
BATCH = 50_000


def grow(real: np.ndarray, rows: int, *, seed: int = 5) -> Iterator[np.ndarray]:
    """Yield batches of ``rows`` unit vectors, (n, dimension) float32; the first ones are ``real`` itself."""
    chance = np.random.default_rng(seed)
    yield real[:rows]
    near = _neighbours(real)
    values, axes = np.linalg.eigh(np.cov(real.T))
    root = ((axes * np.sqrt(np.maximum(values, 0))) @ axes.T).astype(np.float32)
    for start in range(len(real), rows, BATCH):
        size = min(BATCH, rows - start)
        first = chance.integers(0, len(real), size)
        second = near[first, chance.integers(0, NEIGHBOURS, size)]
        share = chance.random((size, 1)).astype(np.float32)
        noise = chance.standard_normal((size, real.shape[1])).astype(np.float32) @ root
        mixed = real[first] * (1 - share) + real[second] * share + NOISE * noise
        yield mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def _neighbours(real: np.ndarray) -> np.ndarray:
    """Return the rows of each vector's nearest others: (rows, NEIGHBOURS)."""
    found = np.empty((len(real), NEIGHBOURS), dtype=np.int64)
    for start in range(0, len(real), 2_000):
        cosines = real[start : start + 2_000] @ real.T
        np.put_along_axis(cosines, np.arange(start, start + len(cosines))[:, None], -1.0, axis=1)
        found[start : start + 2_000] = np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return found
