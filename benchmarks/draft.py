"""Checking a draft against many documents, from the command line: ``python -m benchmarks.draft --data ../shared/data``.

The paragraphs of ``reading/pool`` are dealt out to the documents; the draft has fifty quotations of them.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.quality.data import DATA
from benchmarks.quality.quotations import paragraphs, part, quotable
from benchmarks.start import median

QUOTATIONS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--files", type=int, default=10_000)
    options = parser.parse_args()
    texts = paragraphs(options.data)
    every = [text for several in texts.values() for text in several]
    chance = random.Random(14)
    quoted = [part(words, chance) for words in chance.sample(quotable(texts), QUOTATIONS)]
    with tempfile.TemporaryDirectory() as name:
        seeds, draft = Path(name, "seeds"), Path(name, "draft.md")
        for number in range(options.files):
            folder = seeds / f"{number // 500}"
            folder.mkdir(parents=True, exist_ok=True)
            text = "\n\n".join(every[number :: options.files])
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
        draft.write_text("\n\n".join(f"It is written: “{words}”" for words in quoted), encoding="utf-8")
        size = sum(len(text) for text in every) / 1_000_000
        wall, processor = median(
            [sys.executable, "-m", "rag", "verify", "--text", str(draft), "--seeds", str(seeds)], 3
        )
        print(f"{options.files:,} documents, {size:.1f} million characters: {wall:.2f} s, {processor:.2f} s of CPU")
    wall, processor = median([sys.executable, "-m", "rag", "verify", "--help"])
    print(f"rag verify --help: {wall:.2f} s, {processor:.2f} of the processor")


if __name__ == "__main__":
    main()
