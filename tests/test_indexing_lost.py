"""Nothing is lost: builds that are killed, run out of disk or meet another, and readers of what they replace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder

from rag import documents
from rag.errors import IndexError_, IndexNotWritable, RagError
from rag.indexing import embed as embedding
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.library import Library, Models
from rag.settings import Settings
from rag.store.local import disk, generations

HERE = Path(__file__).parent
KILLS = int(os.environ.get("TEST_KILLS", "20"))


def opened(settings: Settings) -> Library:
    return Library(settings, Models(settings, encoder=FakeEncoder()))


@contextmanager
def mounted(*arguments: str, at: Path) -> Iterator[None]:
    """Mount something for a while; skip the test where this user may not."""
    at.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    done = subprocess.run([mount or "mount", *arguments, str(at)], capture_output=True, text=True) if mount else None
    if done is None or done.returncode:
        pytest.skip(f"cannot mount here, so this is not tested: {done.stderr.strip() if done else 'no mount'}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only for a while; permission bits would not bind root."""
    with mounted("--bind", str(folder), at=folder):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


@pytest.fixture
def fox(settings: Settings, write_seeds: Callable[..., Path]) -> Settings:
    write_seeds({"fable.txt": "The fox sleeps.", "loaf.txt": "Bread is baked."})
    build(settings, FakeEncoder())
    return settings


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_builds_killed_at_random_moments(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "killed.py"), str(tmp_path), str(KILLS), "7"]
    paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    versions = [json.loads(line) for line in done.stdout.splitlines()]
    kills = [kill for version in versions for kill in version["kills"]]
    assert len(kills) == KILLS


def test_the_next_build_goes_on_from_the_journal(
    settings: Settings, write_seeds: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(FakeEncoder):
        def encode_passages(self, texts: object, **options: object) -> object:
            if len(self.encoded) == 4:
                raise KeyboardInterrupt
            return super().encode_passages(texts, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(embedding, "_BATCH", 2)
    write_seeds({f"text {i}.txt": f"Text number {i}." for i in range(7)})
    with pytest.raises(KeyboardInterrupt):
        build(settings, Interrupted())
    assert [path.name for path in (settings.index / "generations").iterdir()] == []
    encoder = FakeEncoder()
    assert (build(settings, encoder).embedded, len(encoder.encoded)) == (3, 3)
    assert list(settings.index.glob("*.journal")) == []


def test_full_does_not_trust_the_journal(
    fox: Settings, write_seeds: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generations, "publish", stop)
        with pytest.raises(KeyboardInterrupt):
            build(fox, FakeEncoder(), full=True)
    assert len(list(fox.index.glob("*.journal"))) == 1
    assert build(fox, FakeEncoder(), full=True).embedded == 2


@pytest.mark.parametrize("step", ["rename", "flush", "pointer"])
def test_a_build_that_fails_while_it_publishes(fox: Settings, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object, **_: object) -> None:
        raise OSError(5, "Input/output error", str(fox.index / "x"))

    def refused_pointer(path: Path, content: bytes) -> None:
        if path.name == "CURRENT":
            refused()
        real(path, content)

    name, real = generations.current(fox.index).name, disk.write_atomically
    (fox.seeds / "port.txt").write_text("The harbour is open.")
    with monkeypatch.context() as patch:
        if step == "pointer":
            patch.setattr(disk, "write_atomically", refused_pointer)
        else:
            patch.setattr(*((Path, "rename") if step == "rename" else (disk, "flush")), refused)
        with pytest.raises(IndexNotWritable, match=r"could not be written .*Input/output error.*still serves"):
            build(fox, FakeEncoder())
    assert [path.name for path in (fox.index / "generations").iterdir()] == [name]
    assert opened(fox).search("fox", limit=1)[0].text == "The fox sleeps."
    assert build(fox, FakeEncoder()).embedded == 0, "the vector was in the journal"


def test_a_full_disk(tmp_path: Path, write_seeds: Callable[..., Path]) -> None:
    seeds = write_seeds({f"text {i}.txt": f"Text number {i} says {'something ' * 40}." for i in range(40)})
    disk_folder = tmp_path / "disk"
    outcomes = []
    with mounted("-t", "tmpfs", "-o", "size=3m", "tmpfs", at=disk_folder):
        settings = replace(Settings(), seeds=seeds, index=disk_folder / "index")
        build(settings, FakeEncoder())
        filler = disk_folder / "filler"
        (seeds / "new.txt").write_text("The harbour is open. " * 1000)
        free = shutil.disk_usage(disk_folder).free
        for left in (0, 4, 8, 16, 32, 64, 96, 128, 160, 200, 240, 280, 320, 360, 400, 800):
            filler.write_bytes(b"\0" * max(0, free - left * 1024))
            outcomes.append(_outcome(settings))
            filler.unlink()
            if outcomes[-1] == "built":
                break
            assert len(opened(settings).documents()) == 40
            assert len(list((settings.index / "generations").iterdir())) == 1
        assert len(opened(settings).documents()) == 41
        assert faults(settings, encoder=FakeEncoder()) == ()
    refusal = f"No space is left for the index in {settings.index}: free some, or name another folder with --index. "
    assert set(outcomes[:-1]) == {f"{refusal}The last good index still serves."}
    assert outcomes[-1] == "built"


def _outcome(settings: Settings) -> str:
    try:
        build(settings, FakeEncoder())
    except IndexNotWritable as error:
        return str(error)
    return "built"


def test_two_builds_at_once(fox: Settings) -> None:
    class Waiting(FakeEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.began, self.go_on = threading.Event(), threading.Event()

        def encode_passages(self, texts: object, **options: object) -> object:
            self.began.set()
            assert self.go_on.wait(60)
            return super().encode_passages(texts, **options)  # type: ignore[arg-type]

    first = Waiting()
    (fox.seeds / "port.txt").write_text("The harbour is open.")
    thread = threading.Thread(target=build, args=(fox, first))
    thread.start()
    assert first.began.wait(60)
    with pytest.raises(IndexNotWritable, match=r"^Another build is at work in .*\. Wait for it to end"):
        build(fox, FakeEncoder())
    (fox.seeds / "port.txt").unlink()
    assert build(fox, FakeEncoder()).documents == 2, "nothing changed since the generation in force: no lock is needed"
    first.go_on.set()
    thread.join(60)
    assert {entry.source.id for entry in opened(fox).documents()} == {"fable.txt", "loaf.txt", "port.txt"}
    assert build(fox, FakeEncoder()).documents == 2


def test_a_build_looks_again_when_another_was_faster(fox: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (fox.seeds / "port.txt").write_text("The harbour is open.")
    really = generations.new_generation
    encoder = FakeEncoder()

    @contextmanager
    def after_another(index: Path, **options: object) -> Iterator[Path]:
        monkeypatch.setattr(generations, "new_generation", really)
        build(fox, FakeEncoder())
        with really(index, **options) as folder:
            yield folder

    monkeypatch.setattr(generations, "new_generation", after_another)
    summary = build(fox, encoder)
    assert (encoder.encoded, summary.embedded) == ([], 0)
    assert summary.generation == generations.current(fox.index).name
    assert len(list((fox.index / "generations").iterdir())) == 1


def test_a_reader_keeps_its_generation(fox: Settings) -> None:
    reader = opened(fox)
    old = generations.current(fox.index)
    (fox.seeds / "fable.txt").write_text("The fox is awake.")
    build(fox, FakeEncoder())
    assert old.is_dir()
    assert reader.search("fox", limit=1)[0].text == "The fox sleeps."
    assert reader.refresh()
    assert not reader.refresh()
    assert reader.search("fox", limit=1)[0].text == "The fox is awake."
    (fox.seeds / "fable.txt").write_text("The fox is gone.")
    build(fox, FakeEncoder())
    assert not old.exists()
    assert len(list((fox.index / "generations").iterdir())) == 2
    assert reader.refresh()
    build(fox, FakeEncoder())
    assert len(list((fox.index / "generations").iterdir())) == 1, "a build with nothing to do tidies up"


def test_readers_while_generations_come_and_go(fox: Settings) -> None:
    done, found = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            try:
                library = opened(fox)
                found.append(library.document("fable.txt").text)
            except RagError as error:
                found.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in range(8):
        (fox.seeds / "fable.txt").write_text(f"The fox, version {version}.")
        build(fox, FakeEncoder())
    done.set()
    for thread in threads:
        thread.join()
    assert set(found) <= {"The fox sleeps.", *(f"The fox, version {version}." for version in range(8))}


def test_a_read_only_index_can_be_read(fox: Settings) -> None:
    with read_only(fox.index):
        assert opened(fox).search("fox", limit=1)[0].text == "The fox sleeps."
        assert faults(fox, encoder=FakeEncoder()) == ()
        assert build(fox, FakeEncoder()).documents == 2
        shutil.rmtree(fox.index / "verified", ignore_errors=True)
        (fox.seeds / "port.txt").write_text("The harbour is open.")
        with pytest.raises(IndexNotWritable, match=r"index is read-only\. Name another folder with --index\."):
            build(fox, FakeEncoder())
    assert build(fox, FakeEncoder()).documents == 3


def test_an_index_that_is_read_only_and_was_never_verified(fox: Settings) -> None:
    shutil.rmtree(fox.index / "verified")
    with read_only(fox.index):
        assert opened(fox).search("bread", limit=1)[0].text == "Bread is baked."


def test_an_index_folder_that_is_a_file(fox: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Not a folder.")
    with pytest.raises(IndexNotWritable, match=r"file is not a folder\. Name another with --index\."):
        build(replace(fox, index=tmp_path / "file"), FakeEncoder())
    with pytest.raises(RagError, match="There is no index in"):
        opened(replace(fox, index=tmp_path / "file"))


def test_what_killed_builds_left_is_removed(fox: Settings) -> None:
    folder = fox.index / "generations"
    (folder / "20200101T000000-abcdef.building/lexical").mkdir(parents=True)
    (folder / "20200101T000000-fedcba").mkdir()
    (fox.index / "CURRENT.0123abcd.tmp").write_text("half")
    (fox.seeds / "port.txt").write_text("The harbour is open.")
    summary = build(fox, FakeEncoder())
    assert [path.name for path in folder.iterdir()] == [summary.generation]
    assert sorted(path.name for path in fox.index.iterdir()) == ["CURRENT", "build.lock", "generations", "verified"]
    assert [path.name for path in (fox.index / "verified").iterdir()] == [summary.generation]


@pytest.mark.parametrize(
    ("damaged", "reads", "embeds"),
    [("lexical/meta.json", 0, 0), ("vectors.faiss", 0, 0), ("vectors.f16", 0, 2), ("docstore.sqlite", 2, 2)],
)
def test_a_build_repairs_a_damaged_index(
    fox: Settings, damaged: str, reads: int, embeds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = generations.current(fox.index) / damaged
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexError_, match="The index is damaged"):
        opened(fox)
    names: list[Path] = []
    really = documents.load_all
    monkeypatch.setattr(documents, "load_all", lambda path, *rest: names.append(path) or really(path, *rest))
    encoder = FakeEncoder()
    build(fox, encoder)
    assert (len(names), len(encoder.encoded)) == (reads, embeds)
    assert opened(fox).search("fox", limit=1)[0].text == "The fox sleeps."
