"""Starting, the first reply, a build with nothing to do: ``python -m benchmarks.start``; medians of five runs."""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.serving import server


def median(command: list[str], runs: int = 5) -> tuple[float, float]:
    """Return the medians of a command's seconds: of the wall clock, and of the processor."""
    walls, processor = [], []
    for _ in range(runs):
        before, began = os.times(), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        walls.append(time.perf_counter() - began)
        processor.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(walls), statistics.median(processor)


def first_reply(runs: int = 5) -> float:
    """Return the median of the seconds from starting to serve a built index to the page's first reply."""
    waits = []
    for _ in range(runs):
        began = time.perf_counter()
        with server() as (address, _):
            httpx.get(address, timeout=60).raise_for_status()
            waits.append(time.perf_counter() - began)
    return statistics.median(waits)


def write(seeds: Path, files: int) -> None:
    """Write small documents into folders of a hundred, all with one of ten texts: embedding is not what is measured."""
    chance = random.Random(1)
    words = [f"word{number}" for number in range(5_000)]
    texts = [" ".join(chance.choices(words, k=60)).capitalize() + "." for _ in range(10)]
    for number in range(files):
        folder = seeds / f"folder {number // 100}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file {number}.md").write_text(f"# The same title\n\n{texts[number % 10]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    options = parser.parse_args()
    rag = [sys.executable, "-m", "rag"]
    wall, processor = median([*rag, "--help"])
    print(f"rag --help: {wall:.2f} s, {processor:.2f} s of the processor")
    subprocess.run([*rag, "build"], check=True)
    print(f"python app.py, to the page's first reply: {first_reply():.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        seeds, index = Path(folder, "seeds"), Path(folder, "index")
        write(seeds, options.files)
        build = [*rag, "build", "--seeds", str(seeds), "--index", str(index)]
        subprocess.run(build, check=True)
        wall, processor = median(build)
        print(f"build of {options.files:,} files, nothing changed: {wall:.2f} s, {processor:.2f} s of the processor")


if __name__ == "__main__":
    main()
