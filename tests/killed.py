"""Builds that are killed: run as a program, since a process that holds no thread yet is what can be forked safely.

    python tests/killed.py FOLDER KILLS SEED

Writes a version of the documents, begins to build it, kills the build with SIGKILL at a random moment (one time in
three once more, while it goes on from there), looks what is served, and lets a last build end. Prints a JSON object a
version; fails where the index is not whole, serves what never was, or embeds again what was in the journal.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

# Everything is imported before the first fork, so that a child begins at once.
import fakes

import rag.store.local.lexical
import rag.store.local.vectors
from rag.indexing import embed as embedding
from rag.indexing.build import build
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.docstore import Docstore
from rag.store.local.manifest import damaged_files
from rag.store.local.vectors import DIGEST

DOCUMENTS = 12
DIMENSION = 64
RECORD = DIGEST + 2 * DIMENSION + 4


class SlowEncoder(fakes.FakeEncoder):
    """Takes its time, as a real one does, so that a kill often falls between two writes to the journal."""

    def encode_passages(self, texts: object, **options: object) -> object:
        time.sleep(0.004)
        return super().encode_passages(texts, **options)  # type: ignore[arg-type]


def write(seeds: Path, version: int) -> None:
    """Write the documents of a version: a third of them differ from the last one's, and one has another name."""
    for number in range(DOCUMENTS):
        last = version - (version - number) % 3  # the last version in which this document changed
        text = f"Document {number}, version {last}. " + "".join(
            f"Sentence {i} of {number} says {sha256(f'{last} {number} {i}'.encode()).hexdigest()}. " for i in range(12)
        )
        path = seeds / f"document {number}.txt"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    for old in seeds.glob("moved*"):
        old.rename(seeds / f"moved {version}.md")
    (seeds / f"moved {version}.md").write_text("# Moved\n\nThis one only moves about.")


def contents(settings: Settings) -> tuple[str, ...]:
    """Return every text that the index serves; fails where a file of it is damaged."""
    held = generations.hold(settings.index)
    assert damaged_files(held.folder, held.manifest) == {}
    rows = rag.store.local.vectors.Vectors(held.folder, dimension=DIMENSION, rows=held.manifest.passages)
    assert len(rows.search(fakes.FakeEncoder().encode_question("document"), 5)) == 5
    assert rag.store.local.lexical.Lexical(held.folder).search("sentence", 5) != []
    docstore = Docstore(held.folder)
    return tuple(sorted(docstore.document(entry.source.id).text for entry in docstore.entries()))


def journalled(index: Path) -> set[bytes]:
    """Return what the whole records of the journal are about."""
    records = b"".join(path.read_bytes() for path in index.glob("*.journal"))
    return {records[at : at + DIGEST] for at in range(0, len(records) - RECORD + 1, RECORD)}


def embedded_texts(index: Path) -> set[bytes]:
    """Return what the index in force holds the vectors of."""
    docstore = Docstore(generations.current(index)) if (index / "CURRENT").exists() else None
    return set(docstore.digests()) if docstore else set()


def in_child(work: Callable[[], object]) -> int:
    """Begin ``work`` in a forked child, whose exit status tells how it went; return the child's id."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def versions(folder: Path, kills: int, chance: random.Random) -> Iterator[dict[str, object]]:
    settings = Settings(seeds=folder / "seeds", index=folder / "index")
    settings.seeds.mkdir(parents=True)
    result = folder / "result.json"

    def whole_build() -> None:
        known = embedded_texts(settings.index)
        journal = journalled(settings.index)
        summary = build(settings, SlowEncoder(dimension=DIMENSION))
        needed = embedded_texts(settings.index) - known
        assert summary.embedded == len(needed - journal), "what was in the journal was embedded again"
        taken = len(needed & journal)
        result.write_text(json.dumps([taken, summary.embedded, contents(settings), summary.generation]))

    write(settings.seeds, 0)
    began = time.monotonic()
    assert ended(in_child(whole_build)) == 0
    duration = time.monotonic() - began
    served, version = json.loads(result.read_text())[2], 0
    while kills:
        version += 1
        write(settings.seeds, version)
        new = sorted(path.read_text() for path in settings.seeds.iterdir())
        found = []
        for _ in range(min(kills, chance.choice([1, 1, 2]))):
            kills -= 1
            child = in_child(lambda: build(settings, SlowEncoder(dimension=DIMENSION)))
            time.sleep(chance.random() * duration)
            os.kill(child, signal.SIGKILL)
            status = ended(child)
            assert status in (0, -signal.SIGKILL)
            assert ended(in_child(lambda: result.write_text(json.dumps(contents(settings))))) == 0
            now = json.loads(result.read_text())
            assert now in (served, new), "what is served is neither the old version nor the new"
            found.append([status, now == new, len(journalled(settings.index))])
        began = time.monotonic()
        assert ended(in_child(whole_build)) == 0
        duration = (duration + time.monotonic() - began) / 2
        taken, embedded, served, generation = json.loads(result.read_text())
        assert served == new
        assert [path.name for path in (settings.index / "generations").iterdir()] == [generation]
        assert not journalled(settings.index) or not embedded
        yield {"kills": found, "journal": taken, "embedded": embedded}


if __name__ == "__main__":
    embedding._BATCH = 4
    for line in versions(Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))):
        print(json.dumps(line), flush=True)
