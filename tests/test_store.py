"""What every store offers: the same documents read back through each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from fakes import FakeEncoder, FakeStore

from rag.documents import reading_of
from rag.errors import UnknownDocument
from rag.indexing.build import build
from rag.protocols import Texts
from rag.settings import Settings
from rag.store.local import LocalStore
from rag.store.memory import MemoryStore
from rag.types import Source

LONG = "\n".join(f"Sentence {n} of the long one says {'word ' * 20}and ends \U0001f40d." for n in range(12))
TEXTS = {"a.txt": "The fox sleeps.\r\nIt dreams.", "b/長い.txt": LONG, "c.txt": "Bread is baked."}
TOKENS = 64


@pytest.fixture(scope="module", params=["memory", "fake", "local", "milvus file", "milvus server"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """A store that holds ``TEXTS``."""
    if request.param == "memory":
        return MemoryStore(TEXTS, passage_tokens=TOKENS)
    if request.param == "fake":
        return FakeStore(TEXTS)
    folder = tmp_path_factory.mktemp("store")
    address = ""
    if request.param.startswith("milvus"):
        server: str = request.getfixturevalue("milvus_server")
        address = server if request.param == "milvus server" else str(folder / "file.db")
    for name, text in TEXTS.items():
        path = folder / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    settings = Settings(seeds=folder / "seeds", index=folder / "index", passage_tokens=TOKENS)
    build(replace(settings, store="milvus" if address else "local", milvus=address), FakeEncoder())
    return LocalStore.open(settings.index, encoder="fake", milvus=address)


def test_the_documents(store: Texts) -> None:
    assert store.document_ids() == ("a.txt", "b/長い.txt", "c.txt")
    source = store.source("b/長い.txt")
    reading = reading_of(".txt") if isinstance(store, LocalStore) else ""
    assert source == Source("b/長い.txt", source.title, "b/長い.txt", sha256(LONG.encode()).hexdigest(), reading)
    assert store.page("c.txt", 0) == (None, None)


@pytest.mark.parametrize(("start", "end"), [(0, 3), (4, 700), (-5, 3), (700, 20_000), (9, 9), (9, 4), (0, -3)])
def test_slices(store: Texts, start: int, end: int) -> None:
    assert store.slice("b/長い.txt", start, end) == LONG[max(start, 0) : max(end, 0)]


def test_lines(store: Texts) -> None:
    assert [store.line("a.txt", offset) for offset in (-1, 0, 16, 17, 99)] == [1, 1, 1, 2, 2]
    assert store.line("b/長い.txt", len(LONG)) == 12


def test_passages_are_numbered_within_their_document(store: Texts) -> None:
    for name in TEXTS:
        found = store.passages_of(name)
        assert [p.number for p in found] == list(range(len(found)))
        assert [p.id for p in found] == [f"{name}#{number}" for number in range(len(found))]
        assert {p.document_id for p in found} == {name}
    assert len(store.passages_of("b/長い.txt")) >= 4


def test_neighbours_stand_just_before_and_behind_in_the_same_document(store: Texts) -> None:
    assert store.neighbours(store.passages_of("c.txt")[0]) == ()
    found = store.passages_of("b/長い.txt")
    assert store.neighbours(found[0]) == (found[1],)
    assert store.neighbours(found[2]) == (found[1], found[3])
    assert store.neighbours(found[-1]) == (found[-2],)


def test_an_unknown_document_is_named(store: Texts) -> None:
    gone = replace(store.passages_of("c.txt")[0], document_id="d.txt")
    reads: list[Callable[[], object]] = [
        lambda: store.source("d.txt"), lambda: store.slice("d.txt", 0, 1), lambda: store.line("d.txt", 0),
        lambda: store.page("d.txt", 0), lambda: store.passages_of("d.txt"), lambda: store.neighbours(gone),
    ]  # fmt: skip
    for read in reads:
        with pytest.raises(UnknownDocument, match=r"No document 'd\.txt' is "):
            read()
