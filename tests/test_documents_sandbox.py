"""The child process: limits, death, lies, and many files and threads."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from test_documents_docx import make_docx

from rag.documents import SUFFIXES, budget, load, sandbox
from rag.documents.formats import SMALL
from rag.documents.worker import answer
from rag.errors import DocumentError

CSV = SUFFIXES[".csv"]
TABLE = b"Name,Age\nAnn,12\n"


@pytest.fixture(autouse=True)
def _no_children() -> Iterator[None]:
    sandbox.close()
    yield
    sandbox.close()


@pytest.fixture(autouse=True)
def nothing_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a broken child takes a second, and its file is remembered by the process."""
    monkeypatch.setattr(sandbox, "_ALWAYS", budget.Share())


def read_table(data: bytes = TABLE) -> str:
    return sandbox.parse(CSV, data, "a.csv").text


def child() -> int:
    (idle,) = sandbox._idle
    return idle._process.pid


def test_one_child_reads_file_after_file() -> None:
    assert read_table() == "Name: Ann | Age: 12"
    first = child()
    assert read_table(b"a,b\n1,2\n") == "a: 1 | b: 2"
    assert child() == first


def test_a_bad_file_does_not_cost_the_child() -> None:
    read_table()
    first = child()
    with pytest.raises(DocumentError, match="NUL bytes"):
        read_table(b"a\x00b")
    assert child() == first


def test_a_child_that_was_killed_is_replaced() -> None:
    read_table()
    os.kill(child(), signal.SIGKILL)
    assert read_table() == "Name: Ann | Age: 12"


def test_a_child_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    read_table()
    stopped = child()
    os.kill(stopped, signal.SIGSTOP)
    monkeypatch.setattr(sandbox, "PATIENCE", 0.003)
    with pytest.raises(DocumentError, match=r"^Reading it took more than 60 seconds, and was given up\.$"):
        read_table()
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)


def with_large_body(word: bytes) -> bytes:
    """Return a Word document with many, many empty elements for its body."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word)) as package, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in package.infolist():
            large = "<a>" + "".join(f"<b>{number % 9_973}</b>" for number in range(2_000_000)) + "</a>"
            copy.writestr(entry, large if entry.filename == "word/document.xml" else package.read(entry))
    return made.getvalue()


def test_a_child_with_too_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MEMORY_A_BYTE", 0)
    sandbox.allow(40)
    try:
        with pytest.raises(DocumentError, match=r"^Reading it needs more than 0\.0 GB of memory\. Allow more with"):
            read_table(b"a,b\n" + b"1" * (30 << 20))
        with pytest.raises(DocumentError, match=r"^Reading it needs more than 0\.0 GB of memory\."):  # and not: no XML
            sandbox.parse(SUFFIXES[".docx"], with_large_body(make_docx()), "a.docx")
        assert read_table() == "Name: Ann | Age: 12"
        assert read_table(b"a,b\n" + b"1,2\n" * 1_000).count("a: 1 | b: 2") == 1_000
    finally:
        sandbox.allow(512)


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_long_text_is_read_in_a_child_and_short_text_is_not(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"A word. " * (SMALL // 8))
    assert len(load(tmp_path / f"a{suffix}", tmp_path).text) == SMALL
    assert sandbox._idle == []
    (tmp_path / f"a{suffix}").write_bytes(b"A word. " * (SMALL // 8 + 1))
    assert len(load(tmp_path / f"a{suffix}", tmp_path).text) == SMALL + 8
    assert len(sandbox._idle) == 1


def test_a_child_that_takes_too_much_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 0.0)
    monkeypatch.setattr(sandbox, "SECONDS_A_MEGABYTE", 0.0001)
    monkeypatch.setattr(sandbox, "PATIENCE", 1e9)
    rows = b"a,b\n" + b"1,2\n" * 900_000
    with pytest.raises(DocumentError, match="seconds, and was given up"):
        read_table(rows)


def fake_child(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a program of ours, which answers with ``code``, stand in for the worker."""
    program = folder / "worker"
    program.write_text(f"#!{sys.executable}\nimport sys, json\nsys.stdin.buffer.readline()\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sandbox.sys, "executable", str(program))


GOOD = {"text": "abc", "title": "", "pages": [], "page_labels": [], "recognised": [], "sections": [],
        "metadata": [], "warnings": [], "attachments": []}  # fmt: skip
REPLY = "data = json.dumps({}).encode(); sys.stdout.buffer.write(len(data).to_bytes(8, 'big') + data)"


def test_files_that_take_their_share_of_the_time_leave_little_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_child(tmp_path, "import time; time.sleep(600)", monkeypatch)
    monkeypatch.setattr(sandbox, "PATIENCE", 0.02)
    started: list[None] = []
    start = sandbox._start
    monkeypatch.setattr(sandbox, "_start", lambda: started.append(None) or start())
    share, reasons = budget.Share(1.0), []
    for data in (TABLE, b"a,b\n3,4\n", TABLE):
        with pytest.raises(DocumentError) as raised:
            sandbox.parse(CSV, data, "a.csv", share)
        reasons.append(str(raised.value))
    first, second, again = reasons
    assert first == again == "Reading it took more than 60 seconds, and was given up."
    assert second.startswith("Reading it took more than 5 seconds, and was given up. Other files had taken the time")
    assert len(started) == 2, "what was given up is not tried again"


@pytest.mark.parametrize(
    "change",
    [
        {"text": 7},
        {"text": "\ud800"},
        {"pages": [4]},
        {"pages": [2, 1]},
        {"pages": [-1]},
        {"pages": [True]},
        {"pages": [0], "page_labels": [1]},
        {"pages": [0], "page_labels": ["i", "ii"]},
        {"page_labels": ["i"]},
        {"recognised": [0.5]},
        {"pages": [0], "recognised": [1.5]},
        {"pages": [0], "recognised": ["1"]},
        {"sections": [[1, "a"], [1, "b"]]},
        {"sections": [[0]]},
        {"sections": [[0, None]]},
        {"metadata": {"a": "b"}},
        {"warnings": "text"},
        {"attachments": [["a.txt"]]},
        {"attachments": [["a.txt", "%"], ["a.txt", ""]]},
        {"attachments": [["../a.txt", ""]]},
        {"attachments": [["a.txt", "YQ"]]},
    ],
)
def test_a_reply_is_checked_before_it_is_believed(
    change: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_child(tmp_path, REPLY.format(repr({**GOOD, **change})), monkeypatch)
    with pytest.raises(DocumentError, match="contradicts itself"):
        read_table()


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(0)",
        "sys.stdout.buffer.write(b'nonsense' * 3)",
        "sys.stdout.buffer.write(bytes(7) + b'\\x05[[[[[')",
        "sys.stdout.buffer.write(bytes(7) + b'\\x02[]')",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    ],
)
def test_a_child_that_breaks_off_costs_one_file(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_child(tmp_path, code, monkeypatch)
    with pytest.raises(DocumentError, match=r"^It breaks the program that reads it"):
        read_table()
    assert sandbox._idle == []


def test_a_child_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PASSWORD", "secret")
    reply = REPLY.format(f"{{**{GOOD!r}, 'text': ' '.join(__import__('os').environ)}}")
    fake_child(tmp_path, reply, monkeypatch)
    assert "PYTHONPATH" in read_table().split()
    assert "RAG_PASSWORD" not in read_table().split()


def test_no_child_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "executable", "/nowhere/python")
    with pytest.raises(DocumentError, match=r"^The program that reads such files cannot be started: No such file"):
        read_table()


def test_threads_read_at_once() -> None:
    tables = [f"n,m\n{number},x\n".encode() for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_table, tables)) == [f"n: {number} | m: x" for number in range(40)]
    assert 1 <= len(sandbox._idle) <= 4


def test_a_forked_process_starts_children_of_its_own() -> None:
    code = """
import os
from rag.documents import SUFFIXES, sandbox
def text(): return sandbox.parse(SUFFIXES[".csv"], b"a,b\\n1,2\\n", "a.csv").text
text()
child = os.fork()
if not child:
    os._exit(0 if not sandbox._idle and text() == "a: 1 | b: 2" else 1)
assert os.waitpid(child, 0)[1] == 0
assert sandbox._idle and text() == "a: 1 | b: 2"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_whatever_a_reader_raises_is_an_answer() -> None:
    assert json.loads(answer("tables.table", "a CSV table", TABLE, "a.csv"))["text"] == "Name: Ann | Age: 12"
    assert json.loads(answer("tables.table", "a CSV table", None, "a.csv")) == {  # type: ignore[arg-type]
        "error": "It is damaged, or is not a CSV table at all (AttributeError)."
    }
    deep = b"[" * 200_000
    assert json.loads(answer("tables.json_", "a JSON file", deep, "a.json")) == {"error": "It is nested too deeply."}
