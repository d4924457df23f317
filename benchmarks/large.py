"""A large index: how long it takes to write and to open, what a search takes, and how much memory.

    python -m benchmarks.large write  --rows 1000000 --real real.npy --index /tmp/large [--pool pool.jsonl.gz]
    python -m benchmarks.large search --questions questions.npy --index /tmp/large [--asked train_squad.jsonl.gz]
    python -m benchmarks.large ask    --index /tmp/large [--asked train_squad.jsonl.gz]

``real.npy`` holds real passages' vectors, (n, 384), of which ``realistic`` makes as many as wanted; the text of a
passage is five sentences drawn from ``pool``, so that words are as frequent as they are. Vectors and texts are drawn
apart from each other: the two searches find different passages, and the fused one has the most to score again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import time
from collections.abc import Iterator
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path

import numpy as np

from benchmarks.realistic import grow
from rag.answering.retrieve import retrieve
from rag.encoder import SentenceEncoder
from rag.library import open_library
from rag.settings import Settings
from rag.store.local import LocalStore, LocalWriter, generations, manifest
from rag.text.sentences import sentences
from rag.types import Document, Fingerprint, Passage

PASSAGES_A_DOCUMENT = 50
DATA = Path("../shared/data/reading")


def read_lines(path: Path) -> Iterator[dict[str, str]]:
    """Yield the objects of a compressed file of JSON lines."""
    with gzip.open(path) as lines:
        for line in lines:
            yield json.loads(line)


def texts(pool: Path, rows: int) -> Iterator[tuple[str, list[Passage]]]:
    """Yield documents' texts and passages, drawn from the sentences of ``pool``."""
    known = [item["text"] for item in read_lines(pool)]
    drawn = [text[start:end] for text in known for start, end in sentences(text)]
    chance = random.Random(1)
    for first in range(0, rows, PASSAGES_A_DOCUMENT):
        parts, spans, at = [], [], 0
        for _ in range(min(PASSAGES_A_DOCUMENT, rows - first)):
            chosen = chance.choices(drawn, k=5)
            part = " ".join(chosen)
            begins = accumulate((len(sentence) + 1 for sentence in chosen), initial=0)
            inside = tuple((begin, begin + len(sentence)) for begin, sentence in zip(begins, chosen, strict=False))
            spans.append(Passage(f"{first}.txt", at, at + len(part), 0, f"Document {first}", "", inside))
            parts.append(part)
            at += len(part) + 1
        yield "\n".join(parts), spans


def write(options: argparse.Namespace) -> dict[str, float]:
    """Write the index as a build does, but for reading, dividing and embedding."""
    laps: dict[str, float] = {}
    real = np.load(options.real).astype(np.float32)
    shutil.rmtree(options.index, ignore_errors=True)
    with LocalWriter.open(options.index) as writer:
        began = time.perf_counter()
        for text, spans in texts(options.pool, options.rows):
            name = spans[0].document_id
            document = Document(name, name, spans[0].title, text, "0" * 64, "text/plain")
            searched = [f"{span.context}\n{text[span.start : span.end]}" for span in spans]
            digests = [blake2b(f"{name} {span.start}".encode(), digest_size=16).digest() for span in spans]
            writer.add(document, spans, searched, digests, Fingerprint(len(text), ""))
        laps["documents and words, s"] = time.perf_counter() - began
        began = time.perf_counter()
        writer.write_vectors(grow(real, options.rows), dimension=real.shape[1])
        laps["vectors, s"] = time.perf_counter() - began
        began = time.perf_counter()
        writer.publish(
            seeds="drawn", encoder=SentenceEncoder.load().identity, passage_tokens=160, passage_version="drawn",
            reading={}, threshold=None,
        )  # fmt: skip
        laps["hashing and publishing, s"] = time.perf_counter() - began
    files = generations.hold(options.index).manifest.files
    return {**laps, **{f"{name}, MB": size / 1e6 for name, (size, _) in files.items() if size > 1e6}}


def private_memory() -> float:
    """Return the megabytes that belong to this process alone: not what is mapped from files."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1000


def search(options: argparse.Namespace) -> dict[str, float]:
    """Open the index and ask, in one thread; times are of the wall clock and of the processor."""
    encoder = SentenceEncoder.load()
    found: dict[str, float] = {"private memory before, MB": private_memory()}
    if options.verify:
        folder = generations.current(options.index)
        manifest.forget(folder)
    began = time.perf_counter()
    generation = LocalStore.open(options.index, encoder=encoder.identity)
    found["opening, s"] = time.perf_counter() - began
    questions = np.load(options.questions).astype(np.float32)[: options.count]
    asked = [item["question"] for item, _ in zip(read_lines(options.asked), questions, strict=False)]
    laps: dict[str, list[tuple[float, float]]] = {"dense": [], "words": [], "fused": []}
    for _ in range(2):  # the first round brings the files into memory
        for name in laps:
            laps[name] = []
        for question, vector in zip(asked, questions, strict=True):
            for name, work in (
                ("dense", lambda: generation.nearest(vector, 50)),  # noqa: B023  # called at once
                ("words", lambda: generation.matching(question, 50)),  # noqa: B023
                ("fused", lambda: retrieve(question, vector, generation, candidates=50, limit=20)),  # noqa: B023
            ):
                began, worked = time.perf_counter(), time.thread_time()
                work()
                laps[name].append(((time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000))
    for name, times in laps.items():
        for clock, values in zip(("wall", "processor"), zip(*times, strict=True), strict=True):
            found[f"{name}, {clock}, median ms"] = float(np.median(values))
            found[f"{name}, {clock}, 95th percentile ms"] = float(np.quantile(values, 0.95))
    return {**found, "private memory after, MB": private_memory()}


def ask(options: argparse.Namespace) -> dict[str, float]:
    """Ask whole questions: encoding, search, and reading the best passages, on all cores."""
    library = open_library(Settings(seeds=options.index, index=options.index))
    asked = [item["question"] for item, _ in zip(read_lines(options.asked), range(options.count + 5), strict=False)]
    replies = [library.ask(question) for question in asked][5:]  # the first load the models and warm up
    replies = [reply for reply in replies if "read" in reply.timings_ms]  # without what a whole document answers
    figures = {}
    for stage in replies[0].timings_ms:
        times = [reply.timings_ms[stage] for reply in replies]
        figures[f"{stage}, median ms"] = float(np.median(times))
        figures[f"{stage}, 95th percentile ms"] = float(np.quantile(times, 0.95))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["write", "search", "ask"])
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--pool", type=Path, default=DATA / "pool.jsonl.gz")
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--asked", type=Path, default=DATA / "train_squad.jsonl.gz")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--verify", action="store_true", help="hash every file, as if it was never verified")
    options = parser.parse_args()
    figures = {"write": write, "search": search, "ask": ask}[options.what](options)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=1))


if __name__ == "__main__":
    main()
