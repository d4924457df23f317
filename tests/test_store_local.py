"""An open generation: its two searches, its counts, and what becomes of reads when it is closed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder

from rag.errors import IndexDamaged, IndexError_, IndexMismatch, IndexMissing
from rag.indexing.build import build
from rag.settings import Settings
from rag.store.local import LocalStore, LocalWriter, Salvage, damage, disk, generations
from rag.types import Document, Fingerprint, Passage, Skipped

ENCODER = FakeEncoder()


@pytest.fixture
def index(settings: Settings, write_seeds: Callable[..., Path]) -> Path:
    write_seeds({"bread.txt": "Bread is baked.", "fox.txt": "The fox sleeps.", "river.txt": "A river runs."})
    build(settings, FakeEncoder())
    return settings.index


@pytest.fixture
def store(settings: Settings, index: Path, milvus: str) -> Iterator[LocalStore]:
    build(replace(settings, store="milvus" if milvus else "local", milvus=milvus), FakeEncoder())
    store = LocalStore.open(index, encoder="fake", milvus=milvus)
    yield store
    store.close()


def test_nearest_and_cosines_are_those_of_brute_force(store: LocalStore) -> None:
    keys = {store.passages([key])[0][0].document_id: key for key in range(3)}
    vector = ENCODER.encode_question("Does the fox sleep?")
    texts = {"bread.txt": "Bread is baked.", "fox.txt": "The fox sleeps.", "river.txt": "A river runs."}
    by_hand = {
        keys[name]: float(ENCODER.encode_question(f"{Path(name).stem}\n{text}") @ vector)
        for name, text in texts.items()
    }
    found = store.nearest(vector, 3)
    assert list(found) == sorted(by_hand, key=lambda key: -by_hand[key])
    assert found == pytest.approx(by_hand, abs=2e-3)
    assert store.cosines(vector, [2, 0]) == pytest.approx([by_hand[2], by_hand[0]], abs=2e-3)
    assert list(store.nearest(vector, 1)) == [keys["fox.txt"]]
    components = [store.cosines(axis, [0, 1, 2]) for axis in np.eye(ENCODER.dimension, dtype=np.float32)]
    assert np.allclose(np.linalg.norm(components, axis=0), 1, atol=2e-3)


def test_matching_finds_shared_words_only(store: LocalStore) -> None:
    [(key, score)] = store.matching("sleeping foxes", 5).items()
    assert store.passages([key])[0][1] == "The fox sleeps."
    assert score > 0
    assert store.matching("harbour", 5) == {}


def test_passages_come_in_the_order_asked_for(store: LocalStore) -> None:
    assert [text for _, text in store.passages([2, 0])] == ["A river runs.", "Bread is baked."]


def test_counts_are_the_manifests(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_rows", None)
    assert (store.document_count, store.passage_count) == (3, 3)


def test_opening_refuses_what_is_not_there_and_what_another_model_made(index: Path, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="There is no index in"):
        LocalStore.open(tmp_path / "nowhere", encoder="fake")
    with pytest.raises(
        IndexMismatch, match=r"was made with fake, the settings name other\. Build anew with: rag build"
    ):
        LocalStore.open(index, encoder="other")
    assert lockable(index)


def test_every_read_after_close_is_refused(index: Path) -> None:
    store = LocalStore.open(index, encoder="fake")
    vector = ENCODER.encode_question("fox")
    passage, _ = store.passages([0])[0]  # also brings its document's row into memory
    store.source(passage.document_id)
    store.close()
    store.close()
    reads: list[Callable[[], object]] = [
        lambda: store.nearest(vector, 1), lambda: store.matching("fox", 1), lambda: store.cosines(vector, [0]),
        lambda: store.passages([0]), lambda: store.passages_of(passage.document_id), lambda: store.neighbours(passage),
        lambda: store.slice(passage.document_id, 0, 1), lambda: store.source(passage.document_id),
        lambda: store.line(passage.document_id, 0), lambda: store.page(passage.document_id, 0),
        lambda: store.document(passage.document_id), store.document_ids, store.entries, store.skipped,
    ]  # fmt: skip
    for read in reads:
        with pytest.raises(IndexError_, match=r"The index was closed\. Open it again\."):
            read()
    assert store.passage_count == 3


def test_closing_while_others_read_gives_right_answers_or_a_refusal(index: Path) -> None:
    store = LocalStore.open(index, encoder="fake")
    vector = ENCODER.encode_question("fox")
    started, wrong, refused = threading.Barrier(5), [], []

    def read() -> None:
        started.wait()
        try:
            while True:
                [key] = store.nearest(vector, 1)
                if [text for _, text in store.passages([key])] != ["The fox sleeps."]:
                    wrong.append(key)
        except IndexError_ as error:
            refused.append(str(error))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    started.wait()
    for _ in range(50):
        store.passages([0])
    store.close()
    for thread in threads:
        thread.join(60)
    assert (wrong, refused) == ([], ["The index was closed. Open it again."] * 4)


def lockable(index: Path) -> bool:
    """Tell whether nobody holds the generation in force."""
    lock = disk.lock(generations.current(index) / generations.IN_USE, shared=False)
    if lock is not None:
        lock.close()
    return lock is not None


def test_a_generation_is_let_go_with_its_last_reference(index: Path) -> None:
    store = LocalStore.open(index, encoder="fake")
    store.source("fox.txt")
    assert not lockable(index)
    gc.disable()
    try:
        del store
        assert lockable(index)
    finally:
        gc.enable()


PASSAGE = Passage("a.txt", 0, 3, 0, "a", "", ((0, 3),))


def written(index: Path, text: str, milvus: str = "") -> str:
    """Write and publish an index of one document with one passage; return its name."""
    with LocalWriter.open(index, milvus=milvus) as writer:
        document = Document("a.txt", "a.txt", "a", text, "ab" * 32, "text/plain")
        writer.add(document, [PASSAGE], [text], [b"0123456789abcdef"], Fingerprint(3, "1 2 3"))
        writer.skip(Skipped("b.txt", "It is empty."), Fingerprint(0, "4 5 6"))
        writer.write_vectors([np.eye(1, 64, dtype=np.float16)], dimension=64)
        return writer.publish(
            seeds="seeds", encoder="fake", passage_tokens=64, passage_version="1", reading={".txt": "1"}, threshold=None
        )


def test_what_was_written_is_read_and_replaces_the_last(tmp_path: Path, milvus: str) -> None:
    for text in ("fox", "owl"):
        name = written(tmp_path, text, milvus)
    assert [folder.name for folder in (tmp_path / "generations").iterdir()] == [name]
    with closing(LocalStore.open(tmp_path, encoder="fake", milvus=milvus)) as store:
        assert store.manifest.name == name
        vector_type = "milvus" if milvus else "Flat"
        assert (store.document_count, store.passage_count, store.manifest.vector_type) == (1, 1, vector_type)
        assert store.passages([0]) == [(PASSAGE, "owl")]
        assert (store.nearest(np.eye(1, 64, dtype=np.float32)[0], 5), list(store.matching("owl", 5))) == ({0: 1.0}, [0])
        assert store.skipped() == (Skipped("b.txt", "It is empty."),)


def test_what_was_not_published_is_gone(tmp_path: Path) -> None:
    name = written(tmp_path, "fox")
    with suppress(KeyboardInterrupt), LocalWriter.open(tmp_path) as writer:
        writer.skip(Skipped("c.txt", "Gone."))
        raise KeyboardInterrupt
    assert [folder.name for folder in (tmp_path / "generations").iterdir()] == [name]
    with LocalWriter.open(tmp_path):
        pass
    assert [folder.name for folder in (tmp_path / "generations").iterdir()] == [name]


@pytest.mark.parametrize(
    ("file", "has_vectors"), [("vectors.f16", False), ("vectors.faiss", True), ("lexical/meta.json", True)]
)
def test_what_can_be_salvaged_of_a_damaged_index(tmp_path: Path, file: str, has_vectors: bool) -> None:
    path = tmp_path / "generations" / written(tmp_path, "fox") / file
    with closing(Salvage.open(tmp_path)) as old:
        assert (old.is_whole, old.has_vectors, damage(tmp_path)) == (True, True, ())
    path.write_bytes(path.read_bytes()[:-1])
    with closing(Salvage.open(tmp_path)) as old:
        assert (old.is_whole, old.has_vectors) == (False, has_vectors)
        assert (old.document("a.txt").text, old.digests()) == ("fox", [b"0123456789abcdef"])
        if has_vectors:
            assert old.vectors([0]).tolist() == np.eye(1, 64).tolist()
    assert [line.split(" has ")[0] for line in damage(tmp_path)] == [file]


def test_without_its_documents_nothing_is_salvaged(tmp_path: Path) -> None:
    path = tmp_path / "generations" / written(tmp_path, "fox") / "docstore.sqlite"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamaged, match=r"docstore\.sqlite has .* Build anew with: rag build"):
        Salvage.open(tmp_path)
    assert lockable(tmp_path)
