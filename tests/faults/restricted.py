"""Builds and readers that may not do what they need: run as a program, since a process without threads can be forked.

    python tests/faults/restricted.py FOLDER

``FOLDER`` holds ``seeds`` and ``index``. Prints a line of JSON for each restriction: its name, the error's class and
its text, and what the index gives afterwards to one who may read it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

# Everything is imported before the first fork.
from fakes import FakeEncoder
from small_index import opened

import rag.documents.sandbox
import rag.store.local.lexical
import rag.store.local.vectors  # noqa: F401
from rag.errors import RagError
from rag.indexing.build import build
from rag.settings import Settings
from rag.store.local import generations

NOBODY = 65_534


def in_child(work: Callable[[], object]) -> list[str]:
    """Return the class and the text of the error with which ``work`` ends in a child; "done" and what it gives else."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = ["done", str(work())]
        except BaseException as error:
            said = [type(error).__name__ if isinstance(error, RagError) else f"not ours: {type(error)}", str(error)]
        os.write(writer, json.dumps(said).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else ["killed", ""]


def found(settings: Settings) -> str:
    return opened(settings).search("fox", limit=1)[0].text


def with_small_files(settings: Settings, size: int) -> str:
    """Build where no file may grow beyond ``size``: a disk that is full at another moment each time."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    return f"{build(settings, FakeEncoder()).documents} documents"


def as_nobody(settings: Settings, path: Path, work: Callable[[], object], *, mode: int) -> object:
    """Do something as a user who owns nothing, with another mode for ``path``; who is not root is such a user."""
    found(settings)
    with tempfile.TemporaryDirectory() as elsewhere:  # what is imported late may be closed to that user too
        build(replace(settings, index=Path(elsewhere) / "index"), FakeEncoder())
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
        return work()
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        path.chmod(before)


def main(folder: Path) -> None:
    settings = replace(Settings(), seeds=folder / "seeds", index=folder / "index")

    def tell(name: str, said: list[str]) -> None:
        print(json.dumps([name, *said, in_child(lambda: found(settings))[1]]), flush=True)

    (settings.seeds / "fable.txt").write_text("The fox sleeps. " * 300)
    for size in (0, 1_000, 8_192, 40_000, 1 << 20):
        tell(f"files of at most {size} bytes", in_child(lambda size=size: with_small_files(settings, size)))

    generation = generations.current(settings.index)
    for name, path, mode, work in (
        ("an index that cannot be written", settings.index, 0o555, lambda: build(settings, FakeEncoder(), full=True)),
        ("a pointer that cannot be read", settings.index / "CURRENT", 0, lambda: found(settings)),
        ("a file that cannot be read", generation / "docstore.sqlite", 0, lambda: found(settings)),
        ("a generation that cannot be read", generation, 0, lambda: found(settings)),
        ("an index that cannot be read", settings.index, 0, lambda: found(settings)),
        ("documents that cannot be read", settings.seeds, 0, lambda: build(settings, FakeEncoder())),
    ):
        tell(name, in_child(lambda path=path, mode=mode, work=work: as_nobody(settings, path, work, mode=mode)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
