from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from web_library import NEWS, FakeLibrary, document, page

import rag
from rag import documents
from rag.interfaces.exports import FORMS, export
from rag.scope import Scope
from rag.settings import Settings
from rag.types import Answer, Change, VerdictKind
from rag.verification.hints import HintKind

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
REPLIES = (
    LIBRARY.ask("Who opened the harbour?"),
    LIBRARY.ask("bread?"),
    LIBRARY.ask("And he?", standalone_question="Which minister resigned?"),
)


def test_the_json_is_verified(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "news.txt").write_text(NEWS, encoding="utf-8", newline="")
    whole = json.loads(export("json", REPLIES))
    assert [reply["question"] for reply in whole["replies"]] == ["Who opened the harbour?", "bread?", "And he?"]
    assert {verdict.kind for verdict in rag.verify(whole, tmp_path)} == {"exact"}
    (tmp_path / "a" / "news.txt").write_text(NEWS.replace("opened", "closed"), encoding="utf-8", newline="")
    assert "altered" in {verdict.kind for verdict in rag.verify(whole, tmp_path)}


def test_the_markdown_keeps_quotes_and_places() -> None:
    text = export("markdown", REPLIES).decode()
    assert "## Who opened the harbour?\n" in text
    assert "> The harbour opened on Tuesday\\.\n>\n> [^1]\n" in text
    assert "[^1]: The News \\(a/news\\.txt\\), line 1, characters 33–64\\. SHA\\-256 " in text
    assert "No clear answer found\n" in text
    assert "Searched for\\: Which minister resigned?\n" in text


def test_what_a_reply_says_of_itself_stands_in_each_brief() -> None:
    first = replace(REPLIES[0], notices=("A notice.",), text="Said by a model.", scope=Scope(("a/",)))
    for form in ("markdown", "html"):
        brief = export(form, [first]).decode().replace("\\", "")
        for words in ("A notice.", "Written by a language model, not a quote: Said by a model.", "documents in a/"):
            assert words in brief


def test_markdown_in_a_document_stays_text() -> None:
    hostile = "# Head *bold* [x](http://evil) <b> `code` | $$x$$\r\n\r\n- item harbour"
    reply = FakeLibrary([document("a_b.md", hostile, title="*T*")]).ask("harbour")
    assert isinstance(reply, Answer)
    text = export("markdown", [replace(reply, question="<script>\n# x")]).decode()
    assert "## \\<script\\> \\# x\n" in text
    assert "\\[x\\]\\(http\\://evil\\)" in text
    assert "> \\- item harbour" in text
    plain = "".join(text.split("\n>\n> [^")[0].replace("\\\n", "\n").split("> ")[1:]).replace("\\", "")
    assert "bold" in plain


@pytest.mark.parametrize("form", FORMS)
def test_a_conversation_and_its_copy_are_saved_in_every_form(form: str, tmp_path: Path) -> None:
    client = page(Settings(index=tmp_path / "index"))
    asked = client.post("/own/ask", json={"question": "Who opened the harbour?", "request": "r" * 12})
    client.headers["X-Visitor"] = asked.headers["x-visitor"]
    id = re.findall('data-conversation="([^"]+)"', asked.text)[0]
    client.post("/own/ask", json={"question": "Which minister resigned?", "request": "s" * 12, "conversation": id})
    shared = client.post(f"/own/conversation/{id}/share").json()["address"]
    whole, copied, one = (
        client.get(address)
        for address in (f"/own/conversation/{id}/{form}", f"{shared}/{form}", f"/own/conversation/{id}/{form}?turn=1")
    )
    for answer in (whole, copied, one):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == FORMS[form].media_type
        assert answer.headers["content-disposition"].endswith(f'{FORMS[form].suffix}"')
    if form != "docx":  # it holds the time at which it was made
        assert whole.content == copied.content
        assert b"harbour" in whole.content
        assert len(one.content) < len(whole.content)


def test_a_conversation_is_verified_again(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "news.txt"
    file.write_text(NEWS, encoding="utf-8", newline="")
    client = page(Settings(index=tmp_path / "index", seeds=tmp_path), [documents.load(file, tmp_path)])
    asked = client.post("/own/ask", json={"question": "Who opened the harbour?", "request": "r" * 12})
    client.headers["X-Visitor"] = asked.headers["x-visitor"]
    id = re.findall('data-conversation="([^"]+)"', asked.text)[0]
    address = f"/own/conversation/{id}/verify"
    assert "the quote stands where cited, word for word" in client.post(address).text
    file.write_text(NEWS.replace("Tuesday", "<i>Sunday"), encoding="utf-8", newline="")
    changed = client.post(address).text
    assert 'data-verdict="altered"' in changed
    assert "harbour opened on Tuesday." in changed
    assert "<i>" not in changed
    assert (
        "other words stand here; the file has changed; words: “Tuesday.” is said, the document has “&lt;i&gt;"
        in changed
    )
    assert "prefix" not in changed
    file.unlink()
    assert 'data-verdict="missing"' in client.post(address).text
    client.headers["X-Visitor"] = "another-visitor-00000"
    client.cookies.clear()
    assert client.post(address).status_code == 404


def test_what_is_no_form_or_no_turn(tmp_path: Path) -> None:
    client = page(Settings(index=tmp_path / "index"))
    asked = client.post("/own/ask", json={"question": "Who opened the harbour?", "request": "r" * 12})
    client.headers["X-Visitor"] = asked.headers["x-visitor"]
    id = re.findall('data-conversation="([^"]+)"', asked.text)[0]
    assert client.get(f"/own/conversation/{id}/exe").status_code == 404
    assert client.get(f"/own/conversation/{id}/json?turn=-1").status_code == 422
    assert client.get(f"/own/conversation/{id}/json?turn=9").json() == {"replies": []}
    client.headers["X-Visitor"] = "another-visitor-00000"
    client.cookies.clear()
    assert client.get(f"/own/conversation/{id}/docx").status_code == 404


def test_what_the_documentation_shows_is_true() -> None:
    root = Path(__file__).parents[1]
    told = (root / "docs" / "replies.md").read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", told, re.DOTALL)]
    for cited in (blocks[0], blocks[-1]):
        [verdict] = rag.verify(cited, root / "seeds")
        assert verdict.holds, verdict.differences
    assert {*blocks[0]} <= {*json.loads(export("json", REPLIES[:1]))}
    assert {*blocks[0]["quotes"][0]} <= {*json.loads(export("json", REPLIES[:1]))["quotes"][0]}
    for name in (*FORMS, *get_args(VerdictKind), *get_args(Change), *get_args(HintKind)):
        assert f"`{name}`" in told
