"""The stores beside one another: how long each takes to be written and to search, and whether Milvus finds the same.

    python -m benchmarks.stores ADDRESS [--documents N]

``ADDRESS`` is Milvus' own, or a file for Milvus Lite. Documents of ten passages, words and vectors drawn by chance;
each search brings up 100 passages. Median of 40 questions, one thread.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from statistics import mean, median

from benchmarks import scope
from rag.scope import Scope
from rag.store.local import LocalStore

COUNT = 100
Found = list[tuple[dict[int, float], dict[int, float]]]


def searched(store: LocalStore, label: str, within: Scope | None) -> Found:
    """Search by vectors and by words; print how long that took, return what was found."""
    random.seed(1)
    selection = None if within is None else store.select(within)
    found, dense, lexical = [], [], []
    for vector in scope.unit_vectors(scope.QUESTIONS):
        question = " ".join(random.choices(scope.WORDS[:5_000], k=5))
        began = time.perf_counter()
        nearest = store.nearest(vector, COUNT, selection)
        between = time.perf_counter()
        found.append((nearest, store.matching(question, COUNT, selection)))
        lexical.append(time.perf_counter() - between)
        dense.append(between - began)
    print(f"  {label:22} vectors {median(dense) * 1000:6.1f} ms, words {median(lexical) * 1000:6.1f} ms")
    return found


def measured(milvus: str) -> list[Found]:
    """Write an index and search it in several scopes."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        scope.write(Path(folder), milvus)
        print(f"{milvus or 'local'}: written in {time.perf_counter() - began:.1f} s")
        store = LocalStore.open(Path(folder), encoder="drawn", milvus=milvus)
        scopes = {"everything": None, "a folder": Scope(("f07",)), "a type": Scope(types=("pdf",))}
        found = [searched(store, label, within) for label, within in scopes.items()]
        store.close()
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("milvus")
    parser.add_argument("--documents", type=int, default=2_000)
    options = parser.parse_args()
    scope.NAMES[:] = scope.NAMES[:: scope.DOCUMENTS // options.documents]
    ours, theirs = (measured(milvus) for milvus in ("", options.milvus))
    for way, name in enumerate(("vectors", "words")):
        pairs = [(a[way], b[way]) for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True)]
        shared = mean(len(a.keys() & b.keys()) / len(a) for a, b in pairs if a)
        first = mean(next(iter(a)) == next(iter(b)) for a, b in pairs if a)
        print(f"{name}: {shared:.3f} of the local store's {COUNT} are found, the first is the same in {first:.3f}")


if __name__ == "__main__":
    main()
