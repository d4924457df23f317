"""Which vector index at which size: recall@10 against exact search, time, and bytes.

    python -m benchmarks.vectors --real real.npy --questions questions.npy [--rows 100000] [--types SQ8 PQ96x4fs …]

``real.npy``: real passages' vectors, (n, dimension), of which ``realistic`` makes as many as wanted. Candidates are
scored again with the vectors in half precision, as the program does. Times are of the processor, one thread, a
question; of building, of the processor, all threads.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np

from benchmarks.realistic import grow

CANDIDATES = (50, 100, 200, 400, 800)


def exact(stored: np.ndarray, questions: np.ndarray, count: int = 10) -> np.ndarray:
    """Return the rows of the highest cosines: (questions, count)."""
    blocks = range(0, len(stored), 50_000)
    cosines = np.concatenate([questions @ stored[a : a + 50_000].astype(np.float32).T for a in blocks], axis=1)
    return np.asarray(np.argpartition(-cosines, count, axis=1)[:, :count])


def built(kind: str, stored: np.ndarray) -> tuple[faiss.Index, float]:
    """Return the index and the processor's seconds that it took."""
    began = time.process_time()
    index = faiss.index_factory(stored.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        index.train(stored[:: -(-len(stored) // 50_000)].astype(np.float32))
    for start in range(0, len(stored), 50_000):
        index.add(stored[start : start + 50_000].astype(np.float32))
    return index, time.process_time() - began


Points = dict[str, list[tuple[float, float]]]
"""A type of index → the median milliseconds and the recall@10 at each number of candidates."""


def measure(
    kind: str, stored: np.ndarray, questions: np.ndarray, nearest: np.ndarray, folder: Path
) -> list[tuple[float, float]]:
    points = []
    index, seconds = built(kind, stored)
    faiss.write_index(index, str(folder / "index"))
    size = (folder / "index").stat().st_size / len(stored)
    faiss.omp_set_num_threads(1)
    for candidates in CANDIDATES:
        found, took = 0, []
        for question, right in zip(questions, nearest, strict=True):
            began = time.thread_time()
            rows = index.search(question[None], candidates)[1][0]
            rows = rows[rows >= 0]
            best = rows[np.argsort(-(stored[rows].astype(np.float32) @ question))[:10]]
            took.append((time.thread_time() - began) * 1000)
            found += len(set(best.tolist()) & set(right.tolist()))
        recall = found / nearest.size
        points.append((float(np.median(took)), recall))
        print(
            f"{len(stored):9,} {kind:12} built in {seconds:5.1f} s, {size:5.0f} bytes a row, {candidates:4} taken: "
            f"recall@10 {recall:.4f}, median {np.median(took):.2f} ms, 95th percentile {np.quantile(took, 0.95):.2f} ms"
        )
    return points


def draw(points: Points, path: Path) -> None:
    """Draw recall against time, a line for each type."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    picture, axes = pyplot.subplots(figsize=(6, 3.4), layout="constrained")
    for kind, found in points.items():
        axes.plot(*zip(*found, strict=True), "o-", markersize=4, label=kind)
    axes.set(xscale="log", xlabel="milliseconds a question, median, one thread", ylabel="recall@10")
    ticks = [0.1, 0.2, 0.5, 1, 2, 5]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=300, help="questions asked")
    parser.add_argument("--types", nargs="+", default=["Flat", "SQ8", "RaBitQfs", "PQ96x4fs", "PQ192x4fs"])
    parser.add_argument("--plot", type=Path, help="draw recall against time into this file")
    options = parser.parse_args()
    real = np.load(options.real).astype(np.float32)
    questions = np.load(options.questions).astype(np.float32)
    questions = questions[np.random.default_rng(0).permutation(len(questions))[: options.count]]
    with tempfile.TemporaryDirectory() as folder:
        stored = np.memmap(Path(folder, "rows"), dtype=np.float16, mode="w+", shape=(options.rows, real.shape[1]))
        start = 0
        for batch in grow(real, options.rows):
            stored[start : start + len(batch)] = batch
            start += len(batch)
        nearest = exact(stored, questions)
        points = {kind: measure(kind, stored, questions, nearest, Path(folder)) for kind in options.types}
    if options.plot:
        draw(points, options.plot)


if __name__ == "__main__":
    main()
