"""What a passage costs, and what a million, a hundred million and a billion of them need.

    python -m benchmarks.scale measure               # core-seconds and bytes a passage, on this machine
    python -m benchmarks.scale plan --shard 10000000  # sizes, cores and the limiting part at each size
    python -m benchmarks.scale simulate --passages 1000000000 --shard 10000000 --rate 20

``measure`` reads, embeds and writes real articles (``../shared/data/reading/pool.jsonl.gz``) and counts processor time,
which other programs on the machine change little. ``plan`` multiplies. ``simulate`` plays a day's questions, one after
the other as they come, against machines that each hold some shards: every question is embedded, goes to all shards,
waits for the slowest, and is then read; so it shows what no multiplication does, the waiting.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag.encoder import SentenceEncoder
from rag.indexing.ingest import ingest
from rag.settings import Settings
from rag.store.local import LocalWriter, generations

POOL = Path("../shared/data/reading/pool.jsonl.gz")
SIZES = (1_000_000, 100_000_000, 1_000_000_000)

READ, EMBED, WRITE = 0.0012, 0.02, 0.00016
"""Core-seconds a passage, to read and divide plain text, to embed, and to write; from ``measure``. Embedding took 0.016
on a quiet machine and 0.039 on a busy one, whose two cores are the threads of one."""
DISK = {"texts": 923, "vectors": 768, "words": 131, "vector index": 48}
"""Bytes a passage; from ``benchmarks.large`` at 100,000 and 1,000,000 passages."""
QUESTION, FINAL = 0.014, 0.9
"""Core-seconds a question to embed it, and to read its best passages with both readers."""
SCANNED, WORDS, STEADY = 2.0e-9, 7.0e-9, 0.003
"""Core-seconds a passage for a question's search: vectors scanned, words' lists followed; and those of any search."""
MERGE = 0.000_02
"""Core-seconds a shard for its hits."""
MACHINE = {"cores": 16, "memory, GB": 64, "disk, GB": 2_000, "a month, €": 150}
"""A machine as it is let in 2026, for reckoning; put in your own."""
SHARE = 0.6
"""Of its cores that a machine may use on average before questions wait for one another."""

T = TypeVar("T")


def measure(pool: Path, articles: int) -> dict[str, float]:
    """Return core-seconds and bytes a passage of reading, embedding and writing."""
    with tempfile.TemporaryDirectory() as folder, gzip.open(pool) as lines:
        seeds, index = Path(folder, "seeds"), Path(folder, "index")
        seeds.mkdir()
        for number, line in zip(range(articles), lines, strict=False):
            (seeds / f"{number}.txt").write_text(json.loads(line)["text"], encoding="utf-8")
        encoder, settings = SentenceEncoder.load(), Settings(seeds=seeds, index=index)
        encoder.encode_passages(["to load the model"])
        files = [(path.name, path) for path in sorted(seeds.iterdir())]
        reading, read = _timed(lambda: list(ingest(files, settings, encoder, None)))
        texts = [text for item in read for text in item.texts]
        embedding, vectors = _timed(lambda: encoder.encode_passages(texts))

        def write() -> None:
            with LocalWriter.open(index) as writer:
                for item in read:
                    if item.document is not None:
                        writer.add(item.document, item.passages, item.texts, item.digests, item.fingerprint)
                writer.write_vectors(iter([vectors]), dimension=vectors.shape[1])
                writer.publish(
                    seeds="pool", encoder=encoder.identity, passage_tokens=160, passage_version="pool", reading={},
                    threshold=None,
                )  # fmt: skip

        writing, _ = _timed(write)
        stored = generations.hold(index).manifest.files
    count = len(texts)
    return {
        "passages": count,
        "read, core-s": reading / count,
        "embed, core-s": embedding / count,
        "write, core-s": writing / count,
        **{f"{name.split('/')[0]}, bytes": size / count for name, (size, _) in stored.items() if size > 1e4},
    }


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the processor's seconds, of all threads, and what the work gives."""
    began = time.process_time()
    done = work()
    return time.process_time() - began, done


@dataclass(frozen=True, slots=True)
class Plan:
    """What so many passages need, ``rate`` questions a second coming in."""

    passages: int
    shards: int
    disk: float
    """Gigabytes, of one copy."""
    memory: float
    """Gigabytes that have to lie in memory: the vector index, and the words' lists as far as they are used."""
    building: float
    """Core-hours, of reading, embedding and writing all."""
    search: float
    """Core-seconds a question, over all shards."""
    machines: dict[str, float]
    """How many machines each need asks for; the largest is the limiting part."""

    @property
    def limit(self) -> str:
        """The limiting part."""
        return max(self.machines, key=lambda part: self.machines[part])

    @property
    def count(self) -> int:
        """Machines in all: where data and search live, and where questions are read."""
        held = max(self.machines[part] for part in ("disk", "memory", "searching"))
        return max(1, int(np.ceil(held + self.machines["reading answers"])))


def plan(passages: int, shard: int, rate: float) -> Plan:
    """Multiply."""
    shards = -(-passages // shard)
    disk = passages * sum(DISK.values()) / 1e9
    memory = passages * (DISK["vector index"] + DISK["words"]) / 1e9
    search = shards * (STEADY + MERGE) + passages * (SCANNED + WORDS)
    busy = MACHINE["cores"] * SHARE
    machines = {
        "disk": disk / MACHINE["disk, GB"],
        "memory": memory / MACHINE["memory, GB"],
        "searching": rate * search / busy,
        "reading answers": rate * (QUESTION + FINAL) / busy,
    }
    building = passages * (READ + EMBED + WRITE) / 3600
    return Plan(passages, shards, disk, memory, building, search, machines)


def simulate(passages: int, shard: int, rate: float, seconds: float, *, seed: int = 1) -> dict[str, float]:
    """Play questions that come at random, ``rate`` a second, and return what they waited, in seconds.

    Each machine's cores take the parts of a question first come, first served. A part takes its mean time, times a
    factor drawn from a log-normal distribution (sigma 0.35, mean 1), as single searches were measured to vary.
    """
    chance = random.Random(seed)
    needed = plan(passages, shard, rate)
    holding = max(1, int(np.ceil(max(needed.machines[part] for part in ("disk", "memory", "searching")))))
    readers = max(1, int(np.ceil(needed.machines["reading answers"])))
    cores = [[0.0] * int(MACHINE["cores"]) for _ in range(holding)]
    reading = [0.0] * (readers * int(MACHINE["cores"]))
    one = STEADY + min(shard, passages) * (SCANNED + WORDS)

    def drawn(mean: float) -> float:
        return mean * chance.lognormvariate(-(0.35**2) / 2, 0.35)

    def taken(free: list[float], at: float, takes: float) -> float:
        """Give the work to the core that is free first; return when it is done."""
        done = max(at, heapq.heappop(free)) + takes
        heapq.heappush(free, done)
        return done

    searches, waits, now = [], [], 0.0
    while now < seconds:
        now += chance.expovariate(rate)
        embedded = now + drawn(QUESTION)
        found = max(taken(cores[number % holding], embedded, drawn(one)) for number in range(needed.shards))
        found += needed.shards * MERGE
        # The readers use two cores for half the time each.
        answered = max(taken(reading, found, drawn(FINAL / 2)) for _ in range(2))
        searches.append(found - now)
        waits.append(answered - now)
    return {
        "questions": len(waits),
        "machines that hold shards": holding,
        "machines that read": readers,
        "found, median s": float(np.median(searches)),
        "found, 95th percentile s": float(np.quantile(searches, 0.95)),
        "answered, median s": float(np.median(waits)),
        "answered, 95th percentile s": float(np.quantile(waits, 0.95)),
    }


def show(plans: list[Plan]) -> str:
    """Return a Markdown table."""
    rows = [
        "| passages | shards | disk, GB | in memory, GB | to build, core-hours | search, core-s | machines | limit |"
    ]
    rows.append("|" + "---|" * 8)
    rows += [
        f"| {p.passages:,} | {p.shards} | {p.disk:,.1f} | {p.memory:,.1f} | {p.building:,.0f} | {p.search:.2f} "
        f"| {p.count} (€{p.count * MACHINE['a month, €']:,.0f} a month) | {p.limit} |"
        for p in plans
    ]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["measure", "plan", "simulate"])
    parser.add_argument("--pool", type=Path, default=POOL)
    parser.add_argument("--articles", type=int, default=1_000)
    parser.add_argument("--passages", type=int, default=SIZES[-1])
    parser.add_argument("--shard", type=int, default=10_000_000, help="passages in a shard, at most")
    parser.add_argument("--rate", type=float, default=1, help="questions a second")
    parser.add_argument("--seconds", type=float, default=3_600)
    options = parser.parse_args()
    if options.what == "plan":
        print(show([plan(passages, options.shard, options.rate) for passages in SIZES]))
        return
    if options.what == "measure":
        figures = measure(options.pool, options.articles)
    else:
        figures = simulate(options.passages, options.shard, options.rate, options.seconds)
    print(json.dumps({name: round(value, 6) for name, value in figures.items()}, indent=1))


if __name__ == "__main__":
    main()
