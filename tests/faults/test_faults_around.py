"""What is around the program fails it: the disk, permissions, the clock, the environment, a kill, its own files."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from fakes import FakeEncoder
from small_index import opened

from rag.answering import calibration
from rag.errors import ModelError, RagError, SettingsError
from rag.indexing import reuse
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.interfaces.web.conversations import Conversations
from rag.settings import Settings, load_settings
from rag.store.local import generations
from rag.types import Refusal, Turn

HERE = Path(__file__).parent
Copied = Callable[[], Settings]


def environment(**more: str) -> dict[str, str]:
    paths = [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and limits")
def test_a_disk_that_is_full_and_files_that_may_not_be_used(pristine: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to everybody else
        shutil.copytree(pristine, folder, dirs_exist_ok=True)
        os.chmod(folder, 0o755)
        command = [sys.executable, str(HERE / "restricted.py"), folder]
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
        assert done.returncode == 0, done.stderr
    told = {name: rest for name, *rest in map(json.loads, done.stdout.splitlines())}
    full = [rest for name, rest in told.items() if name.startswith("files of at most")]
    assert full[-1][:2] == ["done", "3 documents"]
    refused = [rest for rest in full if rest[0] != "done"]
    assert len(refused) >= 4
    for kind, words, after in refused:
        assert (kind, after) == ("IndexNotWritable", "The fox sleeps.")
        assert re.search(r"could not be written .*Look after the disk|No space is left", words), words
        assert words.endswith("The last good index still serves.")
    for name, kind, words in (
        ("an index that cannot be written", "IndexNotWritable", "Give write permission, or another folder"),
        ("a pointer that cannot be read", "IndexDamaged", "CURRENT cannot be read (Permission denied)"),
        ("a file that cannot be read", "IndexDamaged", "docstore.sqlite cannot be read (Permission denied)"),
        ("a generation that cannot be read", "IndexDamaged", "manifest.json is damaged ([Errno 13] Permission denied"),
        ("an index that cannot be read", "IndexDamaged", "CURRENT cannot be read (Permission denied)"),
        ("documents that cannot be read", "SeedsError", "cannot be opened: permission denied. Allow reading it."),
    ):
        assert told[name][0] == kind, told[name]
        assert words in told[name][1]
        assert told[name][2].startswith("The fox sleeps.")


def test_a_clock_that_goes_back(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = copied()
    first = generations.current(settings.index).name

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2020, 1, 1, tzinfo=UTC)

    def as_it_was() -> int:
        return real() - int(timedelta(days=400).total_seconds() * 1e9)

    real = time.time_ns
    monkeypatch.setattr(generations, "datetime", Earlier)
    monkeypatch.setattr(reuse.time, "time_ns", as_it_was)
    fable = settings.seeds / "fable.txt"
    for text in ("The ape sleeps.", "The fox sleeps.", "The cat sleeps."):  # all of one length
        fable.write_text(text)
        os.utime(fable, ns=(0, 0))
        assert faults(settings, encoder=FakeEncoder())[0] == "stale: fable.txt has changed"
        build(settings, FakeEncoder())
        assert opened(settings).document("fable.txt").text == text
        assert faults(settings, encoder=FakeEncoder()) == ()
    assert generations.current(settings.index).name < first


def test_without_a_home_and_in_plain_ascii(pristine: Path, tmp_path: Path) -> None:
    shutil.copytree(pristine / "seeds", tmp_path / "seeds")
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONPATH": environment()["PYTHONPATH"]}
    for arguments, words in (
        (["build"], "3 documents"),
        (["search", "Is the harbour open?"], "The harbour is open."),
    ):
        command = [sys.executable, "-m", "rag", *arguments]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=bare)
        assert done.returncode == 0, done.stderr
        assert words.encode() in done.stdout + done.stderr


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    command = [sys.executable, str(HERE / "serving.py"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        try:
            assert server.stdout is not None
            with httpx.Client(base_url=server.stdout.readline().strip(), timeout=60) as client:
                client.headers["X-Visitor"] = "a-visitor-of-this-test"
                yield server, client
        finally:
            server.kill()


def test_a_server_that_is_killed_has_kept_what_it_showed(tmp_path: Path) -> None:
    shown = []
    with serving(tmp_path) as (server, client):
        for number in range(6):
            shown.append(f"Who opened harbour {number}?")
            assert client.post("/own/ask", json={"question": shown[-1], "request": f"{number:08}"}).status_code == 200
        server.send_signal(signal.SIGKILL)
    with closing(sqlite3.connect(tmp_path / "conversations.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert [row[0] for row in database.execute("SELECT question FROM turn ORDER BY question")] == sorted(shown)


def test_kept_conversations_that_were_damaged_are_named(tmp_path: Path) -> None:
    file, chance = tmp_path / "conversations.sqlite3", random.Random(16)
    turn = Turn("Who said so?", Refusal("Who said so?", "Who said so?", "Nothing is close.", (), 0.05))
    kept = Conversations(file)
    id = kept.add("", "ann", turn, request="0123456789")
    kept._database.close()
    content, said = file.read_bytes(), []
    for flips in (1, 8, 64, 512):
        for _ in range(25):
            damaged = bytearray(content)
            for _ in range(flips):
                damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
            file.write_bytes(damaged)
            for beside in tmp_path.glob("conversations.sqlite3-*"):
                beside.unlink()
            try:
                with closing((again := Conversations(file))._database):
                    assert again.turns(id, "ann")[0].reply == turn.reply
                    again.listed("ann")
                    again.add("", "ann", turn, request="1123456789")
            except RagError as error:
                said.append(str(error))
    assert len(said) > 50
    assert not any("\n" in words for words in said)


@pytest.mark.parametrize(
    "content", [b"quotes = ", b"\xff\xfe", b"quotes = 3\nquotes = 4", b"[" * 5_000, b"\0", b"quotes"]
)
def test_damaged_settings_are_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rag.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"rag\.toml cannot be read as TOML: .* Correct it or remove it\.$"):
        load_settings(environment={}, file=file)


def test_damaged_weights_of_the_calibration_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (files("rag") / "data" / "calibration.json").read_bytes()
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(calibration, "files", lambda package: tmp_path)
    chance, digits = random.Random(16), [at for at, byte in enumerate(content) if chr(byte).isdigit()]
    for at in [None, *chance.sample(digits, 100)]:
        damaged = bytearray(content)
        if at is not None:
            damaged[at] = ord("7") if damaged[at] != ord("7") else ord("1")
        (tmp_path / "data" / "calibration.json").write_bytes(damaged)
        calibration._shipped.cache_clear()
        try:
            if at is None:
                assert calibration.calibration_for(readers="both", index=True)
            else:
                with pytest.raises(ModelError, match="reinstall the program"):
                    calibration.calibration_for(readers="both", index=True)
        finally:
            calibration._shipped.cache_clear()
