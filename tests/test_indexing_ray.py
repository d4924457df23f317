"""Builds over Ray: what a local build gives, whoever dies meanwhile, and nothing done twice."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from fakes import FakeEncoder, FakeReader
from test_indexing import tables

import rag
from rag.indexing import ray as over_ray
from rag.indexing import shards
from rag.indexing.build import build
from rag.interfaces.cli import main
from rag.library import Library, Models
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.vectors import open_raw
from rag.types import Progress, Summary

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*")  # its own, of what it will do without
HERE = Path(__file__).parent
QUESTION = "How long does a night bus take, and who signs the lease?"


class NotingEncoder(FakeEncoder):
    """Notes in a folder which texts were encoded, and kills its process the first time that it meets ``deadly``."""

    def __init__(self, folder: Path, deadly: str = "none is") -> None:
        super().__init__()
        self.folder, self.deadly = folder, deadly
        folder.mkdir(exist_ok=True)

    def encode_passages(self, texts: Sequence[str]) -> Any:
        died = self.folder / "died"
        if any(self.deadly in text for text in texts) and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        with (self.folder / f"{os.getpid()}.jsonl").open("a") as notes:
            notes.writelines(json.dumps(text) + "\n" for text in texts)
        return super().encode_passages(texts)

    def noted(self) -> list[str]:
        return [json.loads(line) for file in self.folder.glob("*.jsonl") for line in file.read_text().splitlines()]


class Stopped(Exception):
    """What ends a build half-way."""


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Ray with two workers beside this process, which is connected to it; they find what the tests consist of."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = f"start --head --port {port} --num-cpus 2 --include-dashboard false --object-store-memory 80000000"
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        given = {"PYTHONPATH": os.pathsep.join([str(HERE), os.environ["PYTHONPATH"]]), "MARK": folder}
        for name, value in {**over_ray._ENVIRONMENT, "RAY_AUTH_TOKEN": "t" * 32, **given}.items():
            patch.setenv(name, value)
        pytest.importorskip("ray", reason="the extra ray is not installed")  # it looks at these when it is imported
        command = [sys.executable, "-m", "ray.scripts.scripts", *words.split(), "--temp-dir", folder]
        try:
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            with over_ray._connected(f"127.0.0.1:{port}"):
                yield
        finally:
            for process in with_mark(folder):
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)


def wait_until(done: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for what other processes do; fail where it takes too long."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def with_mark(mark: str) -> list[int]:
    """Return the ids of the processes that began with ``MARK=mark`` in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"MARK={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


@pytest.fixture
def mixed(settings: Settings) -> Settings:
    """Files of many formats, some with others in them, some that cannot be read, and twice the same text."""
    for folder in ("documents", "formats"):
        shutil.copytree(HERE / "mixed" / folder, settings.seeds / folder, ignore=shutil.ignore_patterns("*.jpg"))
    (settings.seeds / "copy.txt").write_bytes((settings.seeds / "documents" / "judgment.txt").read_bytes())
    (settings.seeds / "empty.md").touch()
    (settings.seeds / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (settings.seeds / "picture.xyz").write_bytes(b"\0\1")
    (settings.seeds / "Österreich 東京.txt").write_text("The last sentence has a smile: \U0001f642.", encoding="utf-8")
    (settings.seeds / "trap.txt").write_text("Whoever embeds this falls over, but only once.")
    return settings


def outcome(settings: Settings, summary: Summary) -> dict[str, Any]:
    """Return what a build gave, but for its times and the names of its generation."""
    folder = generations.current(settings.index)
    reply = Library(settings, Models(settings, encoder=FakeEncoder(), reader=FakeReader())).ask(QUESTION)
    return {
        **tables(settings.index),
        "summary": replace(summary, seconds=0, generation=""),
        "hashes": (folder / "documents.sha256").read_text(),
        "reply": replace(reply, timings_ms={}),
    }


def vectors(settings: Settings, summary: Summary) -> np.ndarray:
    folder = generations.current(settings.index)
    return open_raw(folder, dimension=64, rows=summary.passages).astype(np.float32)


def shards_of(settings: Settings) -> set[Path]:
    return {*settings.index.glob("shards-*/*.parquet")}


@pytest.mark.usefixtures("workers")
def test_a_build_whose_worker_is_killed_gives_what_a_local_build_gives(mixed: Settings, tmp_path: Path) -> None:
    alone = replace(mixed, index=tmp_path / "alone")
    expected = build(alone, FakeEncoder())
    encoder, shown = NotingEncoder(tmp_path / "notes", "falls over"), list[Progress]()
    summary = build(mixed, encoder, report=shown.append, ray=over_ray.LOCAL)
    assert (encoder.folder / "died").exists()
    assert outcome(mixed, summary) == outcome(alone, expected)
    assert {entry.path for entry in summary.skipped} == {"broken.pdf", "empty.md", "picture.xyz"}
    np.testing.assert_allclose(vectors(mixed, summary), vectors(alone, expected), atol=1e-3)
    assert [p.done for p in shown if p.stage == "reading"] == [*range(1, shown[0].total)]
    assert not list(mixed.index.glob("shards-*"))

    (mixed.seeds / "new.txt").write_text("A file that came later.")
    later = build(mixed, encoder, ray=over_ray.LOCAL)
    assert (later.embedded, later.documents) == (1, summary.documents + 1)


@pytest.mark.usefixtures("workers")
def test_a_stopped_build_goes_on_from_its_shards_in_either_store(mixed: Settings, tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="the extra milvus is not installed")
    alone = replace(mixed, index=tmp_path / "alone", store="milvus", milvus=str(tmp_path / "alone.db"))
    expected = build(alone, FakeEncoder())

    def stop_half_way(progress: Progress) -> None:
        if progress.done >= progress.total // 2:
            raise Stopped

    with pytest.raises(Stopped):
        build(mixed, NotingEncoder(tmp_path / "first"), report=stop_half_way, ray=over_ray.LOCAL)
    damaged, *whole = sorted(shards_of(mixed))
    again = {text for file, _ in read(damaged, mixed).values() for text in shards.texts_of(file).values()}
    kept = {
        text for shard in whole for file, _ in read(shard, mixed).values() for text in shards.texts_of(file).values()
    }
    assert len(whole) >= 2
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")

    def stop_before_the_end(progress: Progress) -> None:
        if progress.stage == "writing":
            raise Stopped

    second = NotingEncoder(tmp_path / "second")
    with pytest.raises(Stopped):
        build(mixed, second, report=stop_before_the_end, ray=over_ray.LOCAL)
    assert again <= {*second.noted()}
    assert not (kept - again) & {*second.noted()}

    third = NotingEncoder(tmp_path / "third")
    elsewhere = replace(mixed, store="milvus", milvus=str(tmp_path / "milvus.db"))
    summary = build(elsewhere, third, ray=over_ray.LOCAL)
    assert (third.noted(), summary.embedded) == ([], 0)
    assert outcome(elsewhere, replace(summary, embedded=expected.embedded)) == outcome(alone, expected)


def read(shard: Path, settings: Settings) -> dict[str, Any]:
    return shards.read(shard, settings, FakeEncoder())


def test_a_worker_that_cannot_do_its_part_says_so(mixed: Settings, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra ray is not installed")
    encoder = FakeEncoder()
    row = {"names": json.dumps(["trap.txt", "documents/lease.md"])}
    given = {"folder": tmp_path, "settings": mixed, "made": shards.made_by(mixed, encoder)}
    made = over_ray._make(row, encoder=pickle.dumps(encoder), **given)
    assert (made["error"], [*read(tmp_path / made["shard"], mixed)]) == ("", ["trap.txt", "documents/lease.md"])

    other = over_ray._make(row, encoder=pickle.dumps(encoder), **{**given, "made": "another"})
    assert "Another version" in other["error"]
    nowhere = over_ray._make(row, encoder=pickle.dumps(encoder), **{**given, "folder": tmp_path / "nowhere"})
    assert "a disk that all share" in nowhere["error"]
    for _ in range(3):
        over_ray._make(row, encoder=pickle.dumps(encoder), **given)
    dead = over_ray._make(row, encoder=pickle.dumps(encoder), **given)
    assert "died 4 times over these files: trap.txt, documents/lease.md" in dead["error"]


def test_without_the_extra_it_is_named(
    mixed: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["build", "--ray", "--seeds", str(mixed.seeds), "--index", str(mixed.index)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert 'Building with Ray needs the library ray: pip install "chapter-and-verse[ray]"' in said


def test_the_command_answers_as_after_a_local_build_and_leaves_no_process(
    library: rag.Library, seeds: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    command = [sys.executable, "-m", "rag", "build", "--ray", "--seeds", str(seeds), "--index", str(tmp_path / "index")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "MARK": str(tmp_path)}
    )
    ours = rag.open(tmp_path / "index", settings=rag.Settings())
    question = "Who is Ukraine's foreign minister?"
    assert replace(ours.ask(question), timings_ms={}) == replace(library.ask(question), timings_ms={})
    assert (ours.document_count, ours.passage_count) == (library.document_count, library.passage_count)
    assert "Traceback" not in done.stderr
    wait_until(lambda: not with_mark(str(tmp_path)))
