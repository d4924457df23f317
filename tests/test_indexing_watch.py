"""Following a folder: what changes in it comes into force by itself."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest
from fakes import FakeEncoder

from rag.errors import IndexNotWritable, RagError, SeedsError
from rag.indexing import watch as module
from rag.indexing.watch import watch
from rag.library import Library, Models
from rag.settings import Settings
from rag.store.local import disk
from rag.types import Summary

Told = Queue[Summary | RagError]
PATIENCE = 120


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TICK_MS", 50)
    monkeypatch.setattr(module, "_QUIET_MS", 20)
    monkeypatch.setattr(module, "_AGAIN", 0.1)


@pytest.fixture
def begin() -> Iterator[Callable[[Settings], Told]]:
    """Watch in a thread, which ends with the test; returns what is told."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start(settings: Settings) -> Told:
        told: Told = Queue()
        options = {"tell": told.put, "stop": stop}
        threads.append(threading.Thread(target=watch, args=(settings, FakeEncoder()), kwargs=options))
        threads[-1].start()
        return told

    yield start
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def summary(told: Told) -> Summary:
    found = told.get(timeout=PATIENCE)
    assert isinstance(found, Summary), found
    return found


def test_changes_come_into_force(
    settings: Settings, write_seeds: Callable[..., Path], begin: Callable[[Settings], Told]
) -> None:
    write_seeds({"fable.txt": "The fox sleeps."})
    told = begin(settings)
    assert summary(told).documents == 1
    library = Library(settings, Models(settings, encoder=FakeEncoder()))
    write_seeds({"sub/loaf.txt": "Bread is baked."})
    assert (summary(told).documents, library.refresh()) == (2, True)
    assert library.search("bread", limit=1)[0].text == "Bread is baked."
    (settings.seeds / "fable.txt").unlink()
    assert summary(told).documents == 1
    assert library.refresh()
    assert [entry.source.id for entry in library.documents()] == ["sub/loaf.txt"]
    assert told.empty()


def test_an_index_below_the_documents_is_not_followed(
    settings: Settings, write_seeds: Callable[..., Path], begin: Callable[[Settings], Told]
) -> None:
    write_seeds({"fable.txt": "The fox sleeps."})
    told = begin(replace(settings, index=settings.seeds / "index"))
    first = summary(told)
    write_seeds({"loaf.txt": "Bread is baked."})
    second = summary(told)
    assert (first.documents, second.documents, told.empty()) == (1, 2, True)


def test_a_folder_that_goes_and_comes_back(
    settings: Settings, write_seeds: Callable[..., Path], begin: Callable[[Settings], Told]
) -> None:
    told = begin(settings)
    error = told.get(timeout=PATIENCE)
    assert isinstance(error, SeedsError)
    assert str(error).startswith(f"There is no folder {settings.seeds}.")
    write_seeds({"fable.txt": "The fox sleeps."})
    assert _next_summary(told).documents == 1
    shutil.rmtree(settings.seeds)
    while not str(told.get(timeout=PATIENCE)).startswith("There is no folder"):
        pass
    write_seeds({"fable.txt": "The fox sleeps.", "loaf.txt": "Bread is baked."})
    while _next_summary(told).documents != 2:
        pass


def test_another_build_is_waited_for(
    settings: Settings, write_seeds: Callable[..., Path], begin: Callable[[Settings], Told]
) -> None:
    write_seeds({"fable.txt": "The fox sleeps."})
    settings.index.mkdir()
    lock = disk.lock(settings.index / "build.lock", shared=False)
    assert lock is not None
    told = begin(settings)
    assert isinstance(told.get(timeout=PATIENCE), IndexNotWritable)
    lock.close()
    assert summary(told).documents == 1


def _next_summary(told: Told) -> Summary:
    """Return the next summary; a folder that is seen while it is being filled is told of as empty before."""
    while not isinstance(found := told.get(timeout=PATIENCE), Summary):
        assert isinstance(found, SeedsError)
    return found
