from __future__ import annotations

import json
from pathlib import Path

import pytest
from web_library import NEWS, FakeLibrary, document

import rag
from rag.errors import UnknownDocument
from rag.interfaces.web import conversations as module
from rag.interfaces.web.conversations import Conversations, FeedbackError, keep_vote
from rag.types import Answer, Turn

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
TURNS = (
    Turn("Who opened the harbour?", LIBRARY.ask("Who opened the harbour?")),
    Turn("bread?", LIBRARY.ask("bread?")),
    Turn("And he?", LIBRARY.ask("And he?", standalone_question="Which minister resigned?")),
)


def test_turns_are_kept_by_an_id_that_cannot_be_guessed() -> None:
    kept = Conversations()
    first, second = kept.begin(), kept.begin()
    kept.keep(first, [Turn("a", "b")])
    assert kept.turns(first) == (Turn("a", "b"),)
    assert kept.turns(second) is None
    assert len({kept.begin()[:22] for _ in range(100)}) == 100


@pytest.mark.parametrize("made_up", ["", "id", "x" * 44, "é" * 44, "x" * 1_000_000])
def test_an_id_that_somebody_made_up_is_not_taken(made_up: str) -> None:
    kept = Conversations()
    assert not kept.knows(made_up)
    with pytest.raises(UnknownDocument):
        kept.keep(made_up, [Turn("a", "b")])
    assert kept.turns(made_up) is None


def test_an_altered_id_and_one_of_another_server_are_not_taken() -> None:
    kept = Conversations()
    id = kept.begin()
    assert kept.knows(id)
    assert not kept.knows(("B" if id[0] == "A" else "A") + id[1:])
    assert not Conversations().knows(id)


def test_the_longest_unused_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    kept = Conversations()
    ids = [kept.begin() for _ in range(4)]
    for id in ids[:3]:
        kept.keep(id, [])
    kept.turns(ids[0])
    kept.keep(ids[3], [])
    assert [kept.turns(id) for id in ids] == [(), None, (), ()]


def test_all_conversations_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 1_000)
    kept = Conversations()
    ids = [kept.begin() for _ in range(3)]
    for id in ids:
        kept.keep(id, [Turn("x" * 100, "y" * 300)])
    kept.keep(ids[2], [Turn("x" * 100, "y" * 400)])
    assert [kept.turns(id) is not None for id in ids] == [False, True, True]
    kept.keep(ids[1], [])
    kept.keep(ids[0], [Turn("x" * 100, "y" * 400)])
    assert [kept.turns(id) is not None for id in ids] == [True, True, True]


def test_only_the_last_turns_of_a_long_one_are_kept() -> None:
    kept = Conversations()
    id = kept.begin()
    kept.keep(id, [Turn(str(number), "") for number in range(module.LONGEST + 5)])
    turns = kept.turns(id)
    assert turns is not None
    assert (len(turns), turns[0].question) == (module.LONGEST, "5")


def test_only_the_newest_answer_of_a_conversation_is_awaited_and_only_until_it_came() -> None:
    kept = Conversations()
    older, newer, other = kept.await_answer("id"), kept.await_answer("id"), kept.await_answer("another")
    assert not kept.is_awaited("id", older)
    assert kept.is_awaited("id", newer)
    assert not kept.is_awaited("id", newer)
    assert kept.is_awaited("another", other)


def test_an_answer_that_was_stopped_is_not_awaited() -> None:
    kept = Conversations()
    ticket = kept.await_answer("id")
    kept.stop("id")
    kept.stop("of which nothing is known")
    assert not kept.is_awaited("id", ticket)


def test_the_json_is_verified(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "news.txt").write_text(NEWS, encoding="utf-8", newline="")
    whole = json.loads(module.as_json(TURNS))
    assert [reply["question"] for reply in whole["replies"]] == ["Who opened the harbour?", "bread?", "And he?"]
    assert {verdict.kind for verdict in rag.verify(whole, tmp_path)} == {"exact"}
    (tmp_path / "a" / "news.txt").write_text(NEWS.replace("opened", "closed"), encoding="utf-8", newline="")
    assert "altered" in {verdict.kind for verdict in rag.verify(whole, tmp_path)}


def test_the_markdown_keeps_quotes_and_citations() -> None:
    text = module.as_markdown(TURNS)
    assert "## Who opened the harbour?\n" in text
    assert "> The harbour opened on Tuesday\\.\n>\n> — The News \\(a/news\\.txt\\), line 1, characters 33–64\n" in text
    assert "**No clear answer found**\n" in text
    assert "### Nearest passages, not an answer" in text
    assert "Searched for: *Which minister resigned?*" in text


def test_markdown_in_a_document_stays_text() -> None:
    hostile = "# Head *bold* [x](http://evil) <b> `code` | $$x$$\r\n\r\n- item harbour"
    reply = FakeLibrary([document("a_b.md", hostile, title="*T*")]).ask("harbour")
    assert isinstance(reply, Answer)
    text = module.as_markdown([Turn("<script>\n# x", reply)])
    assert "## \\<script\\> \\# x\n" in text
    assert "\\[x\\]\\(http\\://evil\\)" in text
    assert "> \\- item harbour" in text
    plain = "".join(text.split("\n>\n> —")[0].replace("\\\n", "\n").split("> ")[1:]).replace("\\", "")
    assert "bold" in plain


def test_bare_words_of_an_earlier_turn_are_left_out() -> None:
    assert json.loads(module.as_json([Turn("x", "words")]))["replies"] == []
    assert module.as_markdown([Turn("x", "words")]) == ""


def test_a_vote_is_a_line_that_people_can_read(tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    keep_vote(file, LIBRARY.ask("harbour"), "up", "")
    keep_vote(file, LIBRARY.ask("harbour"), "down", "wrong “harbour”\nsecond line")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["vote"], line["reason"]) for line in lines] == [("up", ""), ("down", "wrong “harbour”\nsecond line")]
    assert lines[0]["reply"]["question"] == "harbour"
    assert lines[0]["time"].endswith("+00:00")


@pytest.mark.parametrize(("vote", "reason"), [("maybe", ""), ("up", "x" * 501)])
def test_what_is_no_vote_is_not_kept(tmp_path: Path, vote: str, reason: str) -> None:
    file = tmp_path / "feedback.jsonl"
    with pytest.raises(FeedbackError):
        keep_vote(file, LIBRARY.ask("harbour"), vote, reason)
    assert not file.exists()


def test_the_file_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "feedback.jsonl"
    keep_vote(file, LIBRARY.ask("harbour"), "up", "")
    monkeypatch.setattr(module, "LARGEST_FILE", file.stat().st_size + 10)
    with pytest.raises(FeedbackError, match="is full"):
        keep_vote(file, LIBRARY.ask("harbour"), "up", "")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedbackError, match=r"^nowhere.jsonl cannot be written: No such file or directory\.$"):
        keep_vote(tmp_path / "missing" / "nowhere.jsonl", LIBRARY.ask("harbour"), "up", "")
