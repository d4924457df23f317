"""How long a search takes that is limited to some documents: 10,000 documents, 100,000 passages of words and vectors
drawn by chance.

    python -m benchmarks.scope

The first choice of an opened index reads its list of documents; those after it are told apart. Median of 40 questions,
one thread.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from rag.answering.retrieve import retrieve
from rag.scope import Scope
from rag.store.local import LocalStore, LocalWriter
from rag.types import Document, Fingerprint, Passage

DOCUMENTS, PASSAGES, DIMENSION, QUESTIONS = 10_000, 10, 384, 40
WORDS = [f"w{number}" for number in range(20_000)]
NAMES = sorted(f"f{i % 50:02}/{'ab'[i % 2]}/{i:05}.{'pdf' if i % 7 == 0 else 'txt'}" for i in range(DOCUMENTS))
SCOPES = {
    "everything": None,
    "one document": Scope((NAMES[5_555],)),
    "100 documents by path": Scope(tuple(NAMES[::100])),
    "a folder": Scope(("f07",)),
    "half of the folders": Scope(tuple(f"f{i:02}" for i in range(0, 50, 2))),
    "a type": Scope(types=("pdf",)),
    "since 2024": Scope(since="2024"),
    "since 2002": Scope(since="2002"),
    "a folder, a type, ten years": Scope(("f07",), ("pdf",), "2010", "2019"),
}


def unit_vectors(rows: int) -> np.ndarray:
    drawn = np.random.default_rng(rows).standard_normal((rows, DIMENSION)).astype(np.float32)
    unit: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def document(name: str) -> tuple[Document, list[Passage], list[str]]:
    weights = [1 / (rank + 10) for rank in range(len(WORDS))]
    texts = [" ".join(random.choices(WORDS, weights, k=60)) for _ in range(PASSAGES)]
    starts = [sum(len(text) + 1 for text in texts[:i]) for i in range(PASSAGES)]
    passages = [
        Passage(name, start, start + len(text), i, name, "", ((0, len(text)),))
        for i, (start, text) in enumerate(zip(starts, texts, strict=True))
    ]
    date = f"{random.randrange(2000, 2025)}-{random.randrange(1, 13):02}-{random.randrange(1, 28):02}"
    kind = "application/pdf" if name.endswith("pdf") else "text/plain"
    made = Document(name, name, name, "\n".join(texts), "0" * 64, kind, metadata=(("date", date),))
    return made, passages, texts


def batches() -> Iterator[np.ndarray]:
    vectors = unit_vectors(len(NAMES) * PASSAGES)
    for start in range(0, len(vectors), 5_000):
        yield vectors[start : start + 5_000].astype(np.float16)


def write(index: Path, milvus: str = "") -> None:
    random.seed(0)
    with LocalWriter.open(index, milvus=milvus) as writer:
        for number, name in enumerate(NAMES):
            made, passages, texts = document(name)
            digests = [f"{number:08}{i:08}".encode() for i in range(PASSAGES)]
            writer.add(made, passages, texts, digests, Fingerprint(1, "1 2 3"))
        writer.write_vectors(batches(), dimension=DIMENSION)
        writer.publish(seeds="seeds", encoder="drawn", passage_tokens=1, passage_version="", reading={}, threshold=None)


def measure(store: LocalStore, label: str, scope: Scope | None) -> None:
    choosing, searching = [], []
    for question in unit_vectors(QUESTIONS):
        began = time.perf_counter()
        selection = None if scope is None else store.select(scope)
        chose = time.perf_counter()
        retrieve("w12 w40 w333 w5001 w17", question, store, candidates=50, limit=20, selection=selection)
        searching.append((time.perf_counter() - chose) * 1000)
        choosing.append((chose - began) * 1000)
    count = DOCUMENTS if selection is None else len(selection)
    print(
        f"{label:28} {count:6,} documents: chosen in {median(choosing):5.2f} ms (the first time {choosing[0]:5.1f}), "
        f"searched in {median(searching):5.2f} ms"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        store = LocalStore.open(Path(folder), encoder="drawn")
        for label, scope in SCOPES.items():
            measure(store, label, scope)
        store.close()


if __name__ == "__main__":
    main()
