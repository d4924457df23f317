from __future__ import annotations

import json
from pathlib import Path

from web_library import NEWS, FakeLibrary, document

import rag
from rag.interfaces.web import export
from rag.types import Answer, Turn

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
TURNS = (
    Turn("Who opened the harbour?", LIBRARY.ask("Who opened the harbour?")),
    Turn("bread?", LIBRARY.ask("bread?")),
    Turn("And he?", LIBRARY.ask("And he?", standalone_question="Which minister resigned?")),
)


def test_the_json_is_verified(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "news.txt").write_text(NEWS, encoding="utf-8", newline="")
    whole = json.loads(export.as_json(TURNS))
    assert [reply["question"] for reply in whole["replies"]] == ["Who opened the harbour?", "bread?", "And he?"]
    assert {verdict.kind for verdict in rag.verify(whole, tmp_path)} == {"exact"}
    (tmp_path / "a" / "news.txt").write_text(NEWS.replace("opened", "closed"), encoding="utf-8", newline="")
    assert "altered" in {verdict.kind for verdict in rag.verify(whole, tmp_path)}


def test_the_markdown_keeps_quotes_and_citations() -> None:
    text = export.as_markdown(TURNS)
    assert "## Who opened the harbour?\n" in text
    assert "> The harbour opened on Tuesday\\.\n>\n> — The News \\(a/news\\.txt\\), line 1, characters 33–64\n" in text
    assert "**No clear answer found**\n" in text
    assert "### Nearest passages, not an answer" in text
    assert "Searched for: *Which minister resigned?*" in text


def test_markdown_in_a_document_stays_text() -> None:
    hostile = "# Head *bold* [x](http://evil) <b> `code` | $$x$$\r\n\r\n- item harbour"
    reply = FakeLibrary([document("a_b.md", hostile, title="*T*")]).ask("harbour")
    assert isinstance(reply, Answer)
    text = export.as_markdown([Turn("<script>\n# x", reply)])
    assert "## \\<script\\> \\# x\n" in text
    assert "\\[x\\]\\(http\\://evil\\)" in text
    assert "> \\- item harbour" in text
    plain = "".join(text.split("\n>\n> —")[0].replace("\\\n", "\n").split("> ")[1:]).replace("\\", "")
    assert "bold" in plain


def test_bare_words_of_an_earlier_turn_are_left_out() -> None:
    assert json.loads(export.as_json([Turn("x", "words")]))["replies"] == []
    assert export.as_markdown([Turn("x", "words")]) == ""
