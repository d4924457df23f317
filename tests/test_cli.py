"""The command line as a user meets it: exit status, what is printed where, and one line for every error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rag
from rag.interfaces.cli import main


@pytest.fixture(scope="module")
def index(library: rag.Library) -> str:
    return str(library.settings.index)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def test_help_is_quick_and_names_every_command() -> None:
    done = subprocess.run([sys.executable, "-m", "rag", "--help"], capture_output=True, text=True, check=True)
    for command in ("build", "watch", "ask", "search", "read", "verify", "serve", "mcp", "check", "eval"):
        assert f"\n    {command} " in done.stdout


def test_an_answer(capsys: pytest.CaptureFixture[str], index: str) -> None:
    status, out, err = run(capsys, "ask", "Who is Ukraine's foreign minister?", "--index", index)
    assert (status, err) == (0, "")
    assert "Ukraine’s foreign minister, Andriy Sybiha, insisted Kyiv is ready" in out
    assert "[1] 000_0667f53c74d38d8b.txt, line 6, characters 2428–2538" in out


def test_a_refusal_is_a_no(capsys: pytest.CaptureFixture[str], index: str) -> None:
    status, out, err = run(capsys, "ask", "How do I bake bread?", "--index", index)
    assert (status, err) == (1, "")
    assert out.startswith("No clear answer found\n\nNearest passages, not an answer:\n\n  ")
    assert "The documents" not in out


def test_a_reply_in_json_is_verified_and_a_forged_one_is_not(
    capsys: pytest.CaptureFixture[str], index: str, seeds: Path, tmp_path: Path
) -> None:
    status, out, _ = run(capsys, "ask", "Who is Ukraine's foreign minister?", "--json", "--index", index)
    reply = json.loads(out)
    assert (status, reply["status"]) == (0, "answered")
    lead = reply["quotes"][0]
    text = (seeds / lead["document"]["path"]).read_text(encoding="utf-8")
    assert text[lead["start"] : lead["end"]] == lead["exact"]
    assert "Andriy Sybiha" in lead["exact"]

    file = tmp_path / "reply.json"
    file.write_text(out)
    assert run(capsys, "verify", str(file), "--seeds", str(seeds)) == (0, "Every quote stands where it says.\n", "")
    lead["exact"] = lead["exact"].replace("ready", "not ready")
    file.write_text(json.dumps(reply))
    status, out, _ = run(capsys, "verify", str(file), "--seeds", str(seeds))
    assert status == 1
    assert (
        "altered: other words stand here; words: “not” is said, the document has nothing (a negation more or less)\n"
        in out
    )


def test_a_forged_page_is_a_no(capsys: pytest.CaptureFixture[str], index: str, seeds: Path, tmp_path: Path) -> None:
    _, out, _ = run(capsys, "ask", "Who is Ukraine's foreign minister?", "--json", "--index", index)
    reply = json.loads(out)
    lead = reply["quotes"][0]
    lead["page"], lead["document"]["title"] = 7, "Another\u2028title"
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(json.dumps(value, ensure_ascii=False) for value in (json.loads(out), reply)))
    status, out, err = run(capsys, "verify", str(file), "--seeds", str(seeds), "--json")
    verdicts = json.loads(out)["verdicts"]
    assert (status, err) == (1, "")
    assert {verdict["verdict"] for verdict in verdicts} == {"exact"}
    wrong = [difference for verdict in verdicts for difference in verdict["differences"]]
    assert wrong == [
        {"field": "title", "said": "Another\u2028title", "stands": verdicts[0]["document"]["title"]},
        {"field": "page", "said": "7", "stands": ""},
    ]


def test_passages_found_by_words(capsys: pytest.CaptureFixture[str], index: str, seeds: Path) -> None:
    status, out, err = run(capsys, "search", "foreign minister Sybiha", "--limit", "2", "--json", "--index", index)
    first, second = json.loads(out)
    assert (status, err) == (0, "")
    assert first["score"] >= second["score"]
    text = (seeds / first["document"]["path"]).read_bytes().decode("utf-8")
    assert text[first["start"] : first["end"]] == first["exact"]
    assert "Sybiha" in first["exact"]
    assert first.keys() >= {"exact", "start", "end", "page", "line", "section", "score", "document"}
    status, out, _ = run(capsys, "search", "foreign minister Sybiha", "--limit", "1", "--index", index)
    assert status == 0
    assert f"[1] {first['document']['path']}, line {first['line']}" in out
    assert "[2]" not in out


def test_some_documents_alone_are_asked(capsys: pytest.CaptureFixture[str], index: str, tmp_path: Path) -> None:
    minister, name = "Who is Ukraine's foreign minister?", "000_0667f53c74d38d8b.txt"
    status, out, _ = run(capsys, "ask", "--index", index, "--type", "md,txt", "--in", name, minister)
    assert status == 0
    assert out.startswith(f"Searched documents in {name}, of type md or txt\n\n  Ukraine’s foreign minister")
    status, out, _ = run(capsys, "ask", minister, "--type", "pdf", "--index", index, "--json")
    reply = json.loads(out)
    assert (status, reply["reason"]) == (1, "No document is of type pdf: nothing was searched.")
    assert reply["scope"] == {"in": [], "type": ["pdf"], "since": None, "until": None}
    status, out, _ = run(capsys, "ask", minister, "--type", "pdf", "--index", index)
    assert (status, out.splitlines()[2]) == (1, reply["reason"])
    assert run(capsys, "search", minister, "--until", "1066", "--index", index)[:2] == (
        0,
        "No document is dated 1066 or earlier.\n",
    )
    assert run(capsys, "search", "--limit", "1", "--index", index, "--in", ".", minister)[1].count(name) == 1
    status, out, err = run(capsys, "ask", minister, "--in", "000_0667.txt", "--index", index)
    assert (status, out) == (2, "")
    assert err == f"rag: No document or folder '000_0667.txt' is in the index. Near it: {name}.\n"


def test_each_line_of_a_batch_has_its_own_scope(capsys: pytest.CaptureFixture[str], index: str, tmp_path: Path) -> None:
    scopes = [
        {},
        {"type": "txt"},
        {"in": ["."], "type": ["txt", "md"]},
        {"in": ["nowhere"]},
        {"in": 5},
        {"since": 2024},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text(
        "\n".join(json.dumps({"question": "Who is Ukraine's foreign minister?", **scope}) for scope in scopes)
    )
    status, out, _ = run(capsys, "ask", "--batch", str(file), "--type", "pdf", "--index", index)
    replies = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [reply["status"] for reply in replies] == ["refused", "answered", "answered", "error", "error", "error"]
    assert [reply["error"] for reply in replies[3:]] == [
        "No document or folder 'nowhere' is in the index. Paths count from the folder of documents.",
        '"in" must be a list of texts.',
        '"since" must be a date that is text, such as "2024-03".',
    ]


@pytest.mark.parametrize("command", ["ask", "read"])
def test_no_line_of_a_batch_ends_it(
    command: str, capsys: pytest.CaptureFixture[str], index: str, tmp_path: Path
) -> None:
    passages = '"passages": [{"name": "\\u0000", "text": "The \\ud800 harbour \\u0000 opened."}]'
    good = f'{{"id": "good", "question": "What opened?", {passages}}}'
    lines = [
        b"\x00", b"\xff\xfe{", b"\x89PNG\r", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000, b"NaN", b"null", b'"x"',
        b'{"id": {"a": 1}, "question": "x"}', b'{"id": 1e999, "question": "x"}',
        b'{"question": ["x"]}', b'{"question": 5}',
        b'{"question": "x", "turns": "y", "passages": []}', b'{"question": "x", "passages": [[]]}',
        b'{"question": "x", "passages": {"name": "a", "text": "b"}}',
        b'{"question": "\\u0000 \\udfff", "passages": []}',
        b'{"question": "x", "turns": [{"question": "\\ud800", "answer": "\\u0000"}], "passages": []}', good.encode(),
    ]  # fmt: skip
    file = tmp_path / "batch.jsonl"
    file.write_bytes(b"\n".join(lines))
    status, out, err = run(capsys, command, "--batch", str(file), *(["--index", index] if command == "ask" else []))
    replies = [json.loads(line) for line in out.splitlines()]
    assert (status, err, len(replies)) == (0, "", len(lines))
    assert replies[-1]["id"] == "good"
    assert replies[-1]["status"] in ("answered", "refused")
    assert not any("mistake of this program" in str(reply.get("error")) for reply in replies)


def test_a_batch_answers_every_line_in_order(capsys: pytest.CaptureFixture[str], index: str, tmp_path: Path) -> None:
    minister = "Who is Ukraine's foreign minister?"
    lines = [
        json.dumps({"id": "a", "question": minister}),
        "{not json",
        json.dumps({"id": "b", "question": "  "}),
        json.dumps({"id": "c", "question": "x" * 100_000}),
        json.dumps({"id": "d"}),
        json.dumps({"id": "e", "question": "What did he say about talks?", "turns": 5}),
        json.dumps({"id": 7, "question": minister, "turns": [{"question": "Hello?", "answer": "Hi."}]}),
        "[1]",
        json.dumps({"id": "g", "question": "How do I bake bread? \ud800"}),
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\ufeff" + "\n".join(lines) + "\n\n", encoding="utf-8")
    status, out, err = run(capsys, "ask", "--batch", str(file), "--index", index)
    replies = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert [reply["id"] for reply in replies] == ["a", None, "b", "c", "d", "e", 7, None, "g"]
    assert [reply["status"] for reply in replies] == ["answered"] + ["error"] * 5 + ["answered", "error", "refused"]
    assert replies[3]["error"] == "The question has 100,000 characters, at most 2,000 are taken: shorten it."


def test_reading_given_passages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    passages = [
        {"name": "one", "text": "The library opens at nine. It was founded by Ada Byron in 1843."},
        {"name": "two", "text": "Bread is made from flour, water and salt."},
    ]
    lines = [
        {"id": 1, "question": "Who founded the library?", "passages": passages},
        {"id": 2, "question": "Who founded the library?", "passages": "none"},
        {"id": 3, "question": "Who founded the library?", "passages": []},
    ]
    file = tmp_path / "items.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    status, out, _ = run(capsys, "read", "--batch", str(file))
    first, second, third = map(json.loads, out.splitlines())
    assert status == 0
    assert first["quotes"][0]["document"]["id"] == "one"
    assert "It was founded by Ada Byron in 1843." in first["quotes"][0]["exact"]
    assert second["error"] == '"passages" must be a list of objects with "name" and "text".'
    assert (third["status"], third["nearest"]) == ("refused", [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "Who?", "--index", "nowhere"], "no index in nowhere. Build it with: rag build --index nowhere"),
        (["build", "--seeds", "nowhere"], "nowhere"),
        (["ask"], "Give a question, or --batch FILE. See: rag ask --help"),
        (["ask", "a", "--batch", "b"], "Give a question, or --batch FILE. See: rag ask --help"),
        (["bake"], "invalid choice"),
        ([], "the following arguments are required: COMMAND"),
        (["search"], "Give the words, or a question. See: rag search --help"),
        (["search", "x", "--limit", "0"], "'0' is no whole number from 1 on. See: rag search --help"),
        (["search", "x", "--limit", "9" * 5000], "is no whole number from 1 on"),
        (["search", "x", "--index", "nowhere"], "no index in nowhere"),
        (["build", "--seeds", "x" * 5000], "File name too long: 'xxx"),
        (["build", "--index", "x" * 5000, "--seeds", "."], "File name too long"),
        (["check", "--seeds", "\ud800"], "rag: "),
        (["serve", "--host", "no host"], "rag: "),
        (["build", "--seeds", ""], "seeds cannot be '': it must be the path of a folder."),
        (["read", "--batch", "."], ". cannot be read: Is a directory. Give the path of a file."),
        (["read", "--batch", "a\0b"], "cannot be read: embedded null byte"),
        (["verify", "x" * 5000], "cannot be read: File name too long"),
        (["eval", "squad2"], "Published sets are measured in a checkout only: change into it, or give --own FILE."),
        (["eval"], "Name a set, or give --own FILE. See: rag eval --help"),
        (["serve", "--port", "many"], "invalid int value: 'many'. See: rag serve --help"),
        (["verify", "nowhere.json"], "nowhere.json cannot be read: No such file or directory. Give"),
        (["read", "--batch", "nowhere"], "nowhere cannot be read"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("rag: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("question", "message"), [("", "The question is empty"), ("x" * 100_000, "shorten it")])
def test_questions_that_cannot_be_asked(
    question: str, message: str, capsys: pytest.CaptureFixture[str], index: str
) -> None:
    status, _, err = run(capsys, "ask", question, "--index", index)
    assert status == 2
    assert message in err


def test_a_file_that_holds_no_reply(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for content, message in (("", "is empty"), ("nonsense", "is not JSON"), ("[5]", "a JSON object is expected")):
        (tmp_path / "x.json").write_text(content)
        status, _, err = run(capsys, "verify", str(tmp_path / "x.json"))
        assert status == 2
        assert message in err


def test_a_mistake_of_the_program_is_one_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: object) -> None:
        raise ZeroDivisionError("half\n\x1b[31m")

    monkeypatch.setattr("rag.indexing.check.faults", broken)
    status, out, err = run(capsys, "check")
    assert (status, out) == (2, "")
    assert err == "rag: A mistake of this program, please report it (ZeroDivisionError: half �[31m).\n"


def test_a_reader_that_goes_away_leaves_no_traceback(index: str, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text("{}\n" * 20_000)
    command = [sys.executable, "-m", "rag", "ask", "--batch", str(file), "--index", index]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_build_tells_what_it_did(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/a.txt").write_text("One sentence. Another one.")
    (tmp_path / "seeds/bad.txt").write_bytes(b"\x00\x01\x02" * 100)
    place = ["--seeds", str(tmp_path / "seeds"), "--index", str(tmp_path / "index")]
    status, out, err = run(capsys, "build", *place)
    assert status == 0
    assert out.startswith("1 document, 1 passage (1 embedded, 0 unchanged) in ")
    assert "Skipped: bad.txt: " in out
    assert "reading" in err
    assert run(capsys, "check", *place) == (0, "The index is whole and current.\n", "")

    (tmp_path / "seeds/b.txt").write_text("New.")
    (tmp_path / "seeds/a.txt").unlink()
    status, out, _ = run(capsys, "check", *place)
    assert status == 1
    assert out.splitlines()[:2] == ["stale: b.txt is new", "stale: a.txt is gone"]
