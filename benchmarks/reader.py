"""How long the readers take to load, and to read passages of about 180 pieces: ``python -m benchmarks.reader``."""

from __future__ import annotations

import statistics
import time

import torch

from rag.reading.network import prefers_8_bits
from rag.reading.reader import SpanReader
from rag.reading.weights import FIRST_READER, SECOND_READER
from rag.types import ReaderInput

SENTENCE = "The committee of the river towns met in the spring of that year to settle who pays for the bridges. "


def passages(count: int) -> list[ReaderInput]:
    """Passages of eight sentences, about 180 pieces with question and title."""
    made = []
    for number in range(count):
        text = "".join(f"{SENTENCE[:-2]} {number * 8 + place}. " for place in range(7))
        edges = [i + 1 for i, sign in enumerate(text) if sign == "."]
        made.append(ReaderInput("River towns", text, tuple(zip([0, *edges[:-1]], edges, strict=True))))
    return made


def main() -> None:
    """Print the figures."""
    for shipped in (FIRST_READER, SECOND_READER):
        began = time.perf_counter()
        reader = SpanReader.load(shipped)
        print(f"{shipped.file}: loaded in {time.perf_counter() - began:.3f} s (torch imported before)")
        measure(reader)
    print(f"threads: {torch.get_num_threads()}; second reader in 8 bits: {prefers_8_bits()}")


def measure(reader: SpanReader) -> None:
    """Print how long the reader takes for so many passages."""
    question, some = "Who met to settle who pays for the bridges?", passages(20)
    reader.read(question, some)
    for count in (1, 4, 10, 20):
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            reader.read(question, some[:count])
            taken.append(1000 * (time.perf_counter() - began))
        print(f"  {count} passages: median {statistics.median(taken):.0f} ms, best {min(taken):.0f} ms")


if __name__ == "__main__":
    main()
