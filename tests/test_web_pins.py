from __future__ import annotations

import io
import re
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from web_library import NEWS, FakeLibrary, document, page

import rag
from rag.errors import QuestionError, UnknownDocument
from rag.interfaces.web import conversations as module
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.pins import brief
from rag.types import Answer, Turn

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])


def turn(question: str) -> Turn:
    return Turn(question, LIBRARY.ask(question))


def test_pins_stay_when_their_turn_goes_and_end_with_their_conversation(where: Path | str) -> None:
    first = turn("Which foreign minister spoke?")
    with closing(Conversations(where)) as kept:
        id = kept.add("", "me", first, request="r1")
        assert isinstance(first.reply, Answer)
        for quote in first.reply.quotes:
            kept.pin(id, "me", first.question, quote)
        kept.note(id, "me", 1, "For the second part.")
        kept.add(id, "me", turn("harbour"), request="r2", keep=0)
    with closing(Conversations(where)) as kept:
        assert [(pin.quote, pin.note) for pin in kept.pins(id, "me")] == [
            (first.reply.quotes[0], ""),
            (first.reply.quotes[1], "For the second part."),
        ]
        kept.unpin(id, "me", 0)
        assert [pin.number for pin in kept.pins(id, "me")] == [1]
        for forbidden in (kept.pins, lambda *who: kept.unpin(*who, 1), lambda *who: kept.note(*who, 1, "x")):
            with pytest.raises(UnknownDocument):
                forbidden(id, "somebody else")
        kept.delete(id, "me")
        with kept._database.transaction() as execute:
            assert tuple(execute("SELECT count(*) FROM pin").fetchone()) == (0,)


def test_so_many_pins_and_no_more(where: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PINS", 1)
    asked = turn("harbour")
    assert isinstance(asked.reply, Answer)
    with closing(Conversations(where)) as kept:
        id = kept.add("", "me", asked, request="r")
        kept.pin(id, "me", "harbour", asked.reply.quotes[0])
        with pytest.raises(QuestionError, match="At most 1 quotes"):
            kept.pin(id, "me", "harbour", asked.reply.quotes[0])


def test_a_brief_has_one_part_a_question_and_notes_by_number() -> None:
    kept = Conversations()
    turns = [turn("Which foreign minister spoke?"), turn("harbour")]
    id = kept.add("", "me", turns[0], request="r")
    for asked, position in ((turns[0], 0), (turns[1], 0), (turns[0], 1)):
        assert isinstance(asked.reply, Answer)
        kept.pin(id, "me", asked.question, asked.reply.quotes[position])
    kept.note(id, "me", 2, "It was in May.")
    made = brief(kept.pins(id, "me"))
    assert [(reply.question, len(reply.quotes)) for reply in made] == [(turns[0].question, 2), ("harbour", 1)]
    assert [reply.notices for reply in made] == [("Note on 2: It was in May.",), ()]
    assert brief(()) == ()


def ask(client: TestClient, question: str, conversation: str = "") -> str:
    body = {"question": question, "conversation": conversation, "request": f"request {question}"}
    return re.findall(r'data-conversation="([^"]*)"', client.post("/own/ask", json=body).text)[0]


def test_pinning_on_the_page_and_saving_the_brief(settings: rag.Settings) -> None:
    client = page(settings)
    id = ask(client, "Which foreign minister spoke?")
    assert "hidden" in client.get(f"/own/pins/{id}").text
    html = client.post(f"/own/pins/{id}", json={"turn": 0, "position": 0}).text
    assert "Brief: 1 quote pinned" in html
    number = re.findall(r'data-number="(\d+)"', html)[0]
    assert client.patch(f"/own/pins/{id}/{number}", json={"note": "<b>mine</b>"}).status_code == 204
    assert "&lt;b&gt;mine&lt;/b&gt;</textarea>" in client.get(f"/own/pins/{id}").text
    exact = "Ukraine’s foreign minister spoke."
    markdown = client.get(f"/own/pins/{id}/markdown")
    assert exact.split()[1] in markdown.text
    assert markdown.headers["content-disposition"] == 'attachment; filename="brief.md"'
    assert "Note on 1: &lt;b&gt;mine&lt;/b&gt;" in client.get(f"/own/pins/{id}/html").text
    word = zipfile.ZipFile(io.BytesIO(client.get(f"/own/pins/{id}/docx").content))
    assert "Note on 1: &lt;b&gt;mine&lt;/b&gt;" in word.read("word/document.xml").decode()
    assert "hidden" in client.delete(f"/own/pins/{id}/{number}").text


def test_what_is_not_there_cannot_be_pinned_and_others_have_no_part_in_it(settings: rag.Settings) -> None:
    client = page(settings)
    id = ask(client, "harbour")
    for turn, position in ((0, 9), (9, 0)):
        assert client.post(f"/own/pins/{id}", json={"turn": turn, "position": position}).status_code == 404
    assert client.get(f"/own/pins/{id}/exe").status_code == 404
    assert client.patch(f"/own/pins/{id}/0", json={"note": "x" * 2_001}).status_code == 422
    client.cookies.clear()
    stranger = {"X-Visitor": "somebody-else-altogether"}
    assert client.get(f"/own/pins/{id}", headers=stranger).status_code == 404
    assert client.post(f"/own/pins/{id}", json={"turn": 0, "position": 0}, headers=stranger).status_code == 404
