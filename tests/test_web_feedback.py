from __future__ import annotations

import json
from pathlib import Path

import pytest
from web_library import NEWS, FakeLibrary, document

from rag.interfaces.web.feedback import keep_vote
from rag.quality import kept
from rag.quality.kept import NotKept

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])


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
    with pytest.raises(NotKept):
        keep_vote(file, LIBRARY.ask("harbour"), vote, reason)
    assert not file.exists()


def test_the_file_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "feedback.jsonl"
    keep_vote(file, LIBRARY.ask("harbour"), "up", "")
    monkeypatch.setattr(kept, "LARGEST_FILE", file.stat().st_size + 10)
    with pytest.raises(NotKept, match="is full"):
        keep_vote(file, LIBRARY.ask("harbour"), "up", "")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotKept, match=r"^nowhere.jsonl cannot be written: No such file or directory\.$"):
        keep_vote(tmp_path / "missing" / "nowhere.jsonl", LIBRARY.ask("harbour"), "up", "")
