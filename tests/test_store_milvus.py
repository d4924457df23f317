"""Milvus as the store: it finds what the local store finds; nothing is lost with a killed build, or when it is away."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder

from rag.errors import IndexDamaged, IndexMismatch, IndexUnreachable, SettingsError
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.library import Library, Models
from rag.settings import Settings

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

from rag.store import milvus as engine

QUESTIONS = ("Which fox sleeps in den 7?", "bread of 3 dreams", "Was träumt der Fuchs?", "owl", "the")
KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from fakes import FakeEncoder
from rag.indexing.build import build
from rag.settings import Settings
from rag.store.local import generations

generations.publish = lambda *given, **values: os.kill(os.getpid(), signal.SIGKILL)
folder, address = Path(sys.argv[1]), sys.argv[2]
build(Settings(seeds=folder / "seeds", index=folder / "index", store="milvus", milvus=address), FakeEncoder())
"""


@pytest.fixture
def served(settings: Settings, milvus_server: str) -> Settings:
    return replace(settings, store="milvus", milvus=milvus_server)


def opened(settings: Settings) -> Library:
    return Library(settings, Models(settings, encoder=FakeEncoder()))


def collections(address: str) -> set[str]:
    return {*engine._client(address).list_collections()}


@pytest.mark.parametrize("milvus", ["milvus file", "milvus server"], indirect=True)
def test_it_finds_what_the_local_store_finds(
    settings: Settings, milvus: str, write_seeds: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_RANGES", 2)
    texts = {
        f"{'bread' if n % 3 else 'dens'}/{n}.txt": f"Fox {n} sleeps in den {n % 13}. It dreams of bread {n % 5}.\n"
        for n in range(240)
    }
    write_seeds({**texts, "de.txt": "Der Fuchs träumt von Brot und schläft. " * 4, "signs.txt": "!? \U0001f40d …"})
    within: tuple[tuple[str, ...], ...] = ((), ("dens/",), ("dens/0.txt", "bread/7.txt", "de.txt"))
    found = []
    for chosen in (settings, replace(settings, store="milvus", milvus=milvus)):
        build(chosen, FakeEncoder())
        with opened(chosen) as library:
            found.append([library.search(question, limit=5, within=w) for question in QUESTIONS for w in within])
            quotes = library.search_quotes("den 7", limit=3)
            assert len(quotes) == 3
            assert all(library.document(q.document.id).text[q.start : q.end] == q.exact for q in quotes)
    for ours, theirs in zip(*found, strict=True):
        assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in ours], abs=0.02)
        assert theirs[:1] == [] or theirs[0].passage.id in {hit.passage.id for hit in ours}
    with opened(replace(settings, store="milvus", milvus=milvus)) as library:
        places = {hit.passage.document_id.split("/")[0] for hit in library.search("bread", limit=99, within="dens/")}
        assert places == {"dens"}


def test_a_rebuild_while_it_is_read_and_one_that_is_killed(
    served: Settings, tmp_path: Path, write_seeds: Callable[..., Path]
) -> None:
    address, before = served.milvus, collections(served.milvus)
    write_seeds({"fox.txt": "The fox sleeps.", "loaf.txt": "Bread is baked."})
    first = engine.collection_of(build(served, FakeEncoder()).generation)
    with opened(served) as library:
        write_seeds({"fox.txt": "The fox wakes."})
        command = [sys.executable, "-c", KILLED, str(tmp_path), address]
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, timeout=300, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        [orphan] = collections(address) - before - {first}
        assert library.search("fox", limit=1)[0].text == "The fox sleeps."
        assert opened(served).search("fox", limit=1)[0].text == "The fox sleeps."

        second = engine.collection_of(build(served, FakeEncoder()).generation)
        assert collections(address) - before == {first, second}, "the killed build's is gone, what is read stays"
        assert library.search("fox", limit=1)[0].text == "The fox sleeps."
        pointer = (served.index / "CURRENT").read_bytes()
        assert library.refresh()
        assert library.search("fox", limit=1)[0].text == "The fox wakes."
        write_seeds({"fox.txt": "The fox runs."})
        third = engine.collection_of(build(served, FakeEncoder()).generation)
        assert collections(address) - before == {second, third}
        assert opened(served).search("fox", limit=1)[0].text == "The fox runs."
        (served.index / "CURRENT").write_bytes(pointer)
        assert opened(served).search("fox", limit=1)[0].text == "The fox wakes.", "switched back"
    assert orphan not in collections(address)


def test_a_build_that_fails_leaves_no_collection(
    served: Settings, write_seeds: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = collections(served.milvus)
    write_seeds({"fox.txt": "The fox sleeps."})
    monkeypatch.setattr(engine, "missing", lambda address, generation, rows: "half of them")
    with pytest.raises(IndexUnreachable, match=r"did not take every passage: half of them\. Build again\."):
        build(served, FakeEncoder())
    assert collections(served.milvus) == before
    assert [*(served.index / "generations").iterdir()] == []


def test_what_is_lost_is_named_and_built_again(served: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({"fox.txt": "The fox sleeps.", "loaf.txt": "Bread is baked."})
    name = build(served, FakeEncoder()).generation
    assert faults(served, encoder=FakeEncoder()) == ()
    client = engine._client(served.milvus)
    client.release_collection(engine.collection_of(name))
    assert opened(served).search("fox", limit=1)[0].text == "The fox sleeps.", "as after a restart"
    client.delete(engine.collection_of(name), filter="row == 1")
    with pytest.raises(IndexDamaged, match=r"has 1 passages instead of 2\. Build anew with: rag build"):
        opened(served)
    engine.drop(served.milvus, name)
    engine.drop(served.milvus, name)
    assert "has no collection" in faults(served, encoder=FakeEncoder())[0]
    again = build(served, FakeEncoder())
    assert (again.embedded, again.generation != name) == (0, True)
    assert opened(served).search("fox", limit=1)[0].text == "The fox sleeps."


def test_the_other_store_is_told_and_built_without_embedding(
    served: Settings, settings: Settings, write_seeds: Callable[..., Path]
) -> None:
    write_seeds({"fox.txt": "The fox sleeps."})
    for chosen, other, name in ((settings, served, "local"), (served, settings, "milvus")):
        summary = build(chosen, FakeEncoder())
        assert summary.embedded == (1 if chosen is settings else 0)
        with pytest.raises(IndexMismatch, match=rf"another store .* Set store to {name} \(RAG_STORE\), or build"):
            opened(other)


def test_what_keeps_milvus_from_answering(
    settings: Settings, served: Settings, write_seeds: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_seeds({"fox.txt": "The fox sleeps."})
    away = replace(settings, store="milvus", milvus="http://root:secret@127.0.0.1:1")
    with pytest.raises(IndexUnreachable, match=r"^Milvus at http://127\.0\.0\.1:1 .* Start it, or name") as raised:
        build(away, FakeEncoder())
    assert "secret" not in str(raised.value)
    build(served, FakeEncoder())
    with pytest.raises(IndexUnreachable, match=r"^Milvus at http://127\.0\.0\.1:1 "):
        opened(away)
    for value in ("milvus.sqlite", "127.0.0.1:19530", "http://"):
        with pytest.raises(SettingsError, match=r"milvus cannot be what it is: .*http://127\.0\.0\.1:19530"):
            replace(settings, milvus=value)
    monkeypatch.setitem(sys.modules, "pymilvus.exceptions", None)
    with pytest.raises(SettingsError, match=r'needs pymilvus: pip install "chapter-and-verse\[milvus\]"'):
        opened(served)
