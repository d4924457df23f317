"""Checking a draft against many documents, from the command line: ``python -m benchmarks.draft --data ../shared/data``.

The paragraphs of ``reading/pool`` are dealt out to the documents; the draft has fifty quotations of them. ``--pdf``
makes PDFs of them, whose text the check takes from an index. That is built first, with the tests' encoder: a check
needs no vectors.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.data import DATA
from benchmarks.quality.quotations import paragraphs, part, quotable
from benchmarks.start import median
from rag.indexing.build import build
from rag.settings import Settings
from tests.fakes import FakeEncoder
from tests.pdf_maker import lines, make_pdf

QUOTATIONS = 50


def write(seeds: Path, every: Sequence[str], files: int, *, pdf: bool) -> None:
    """Deal the paragraphs out to so many documents, in folders of 500."""
    for number in range(files):
        folder = seeds / f"{number // 500}"
        folder.mkdir(parents=True, exist_ok=True)
        own = every[number::files]
        if pdf:
            (folder / f"{number}.pdf").write_bytes(printed(own))
        else:
            (folder / f"{number}.txt").write_text("\n\n".join(own), encoding="utf-8")


def printed(texts: Sequence[str]) -> bytes:
    """Return a PDF with these paragraphs, 45 lines a page."""
    wrapped = [line for text in texts for line in (*textwrap.wrap(text, 90, break_on_hyphens=False), "")]
    return make_pdf([lines(wrapped[at : at + 45], size=10) for at in range(0, len(wrapped), 45)])


def _in_cp1252(text: str) -> str:
    return text.encode("cp1252", "replace").decode("cp1252")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--pdf", action="store_true")
    parser.add_argument("--folder", type=Path, help="keeps the documents and their index, and takes them from there")
    options = parser.parse_args()
    texts = paragraphs(options.data)
    if options.pdf:  # a small PDF's letters
        texts = {title: [_in_cp1252(text) for text in own] for title, own in texts.items()}
    every = [text for several in texts.values() for text in several]
    chance = random.Random(14)
    quoted = [part(words, chance) for words in chance.sample(quotable(texts), QUOTATIONS)]
    rag = [sys.executable, "-m", "rag"]
    with tempfile.TemporaryDirectory() as made:
        name = options.folder or made
        seeds, draft = Path(name, "seeds"), Path(name, "draft.md")
        if not seeds.exists():
            write(seeds, every, options.files, pdf=options.pdf)
        draft.write_text("\n\n".join(f"It is written: “{words}”" for words in quoted), encoding="utf-8")
        folders = ["--seeds", str(seeds), "--index", str(Path(name, "index"))]
        if options.pdf:
            build(Settings(seeds=seeds, index=Path(name, "index")), FakeEncoder())
        size = sum(len(text) for text in every) / 1_000_000
        wall, processor = median([*rag, "verify", "--text", str(draft), *folders], 3)
        print(f"{options.files:,} documents, {size:.1f} million characters: {wall:.2f} s, {processor:.2f} s of CPU")
    wall, processor = median([*rag, "verify", "--help"])
    print(f"rag verify --help: {wall:.2f} s, {processor:.2f} of the processor")


if __name__ == "__main__":
    main()
