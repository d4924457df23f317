"""Questions as the page's script sends them: each is answered once, however often it is sent, and can be stopped."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient
from web_library import NEWS, FakeLibrary, document, page

from rag.interfaces.web.server import application
from rag.interfaces.web.service import Service
from rag.settings import Settings
from rag.types import Reply

OPENED = "Who opened the harbour?"


class Waiting(FakeLibrary):
    """Counts what is asked of it, and answers when it is let to."""

    def __init__(self) -> None:
        super().__init__([document("a/news.txt", NEWS, title="The News")])
        self.began = threading.Semaphore(0)
        self.go_on = threading.Event()

    def ask(self, question: str, **options: Any) -> Reply:
        if question == OPENED:
            self.began.release()
            assert self.go_on.wait(60)
        return super().ask(question, **options)

    @property
    def times(self) -> int:
        return [question for question, *_ in self.asked].count(OPENED)


@pytest.fixture
def library() -> Iterator[Waiting]:
    library = Waiting()
    yield library
    library.go_on.set()


@pytest.fixture
def client(library: Waiting, tmp_path: Path) -> TestClient:
    service = Service(Settings(seeds=tmp_path, index=tmp_path / "index"), lambda: library)  # type: ignore[arg-type, return-value]
    service.open()
    client = TestClient(application(service), base_url="http://127.0.0.1:7860")
    client.headers["X-Visitor"] = "a-visitor-of-this-test"
    return client


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def ask(client: TestClient, question: str = OPENED) -> Response:
    return client.post("/own/ask", json={"question": question, "request": "0123456789"})


def test_the_same_question_sent_again_while_it_is_answered_gets_the_same_answer(
    client: TestClient, library: Waiting, pool: ThreadPoolExecutor
) -> None:
    replies = [pool.submit(ask, client) for _ in range(2)]
    assert library.began.acquire(timeout=60)
    assert not library.began.acquire(timeout=0.5), "the second is not asked anew"
    library.go_on.set()
    first, second = (reply.result(60) for reply in replies)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.text == second.text
    assert first.text.count("cv-turn") == 1
    assert ask(client).text == first.text
    assert library.times == 1


def test_a_stopped_question_is_kept_by_nobody(client: TestClient, library: Waiting, pool: ThreadPoolExecutor) -> None:
    reply = pool.submit(ask, client)
    assert library.began.acquire(timeout=60)
    assert client.post("/own/stop", json={"request": "0123456789"}).status_code == 204
    library.go_on.set()
    assert "stopped" in reply.result(60).json()["error"]
    assert "Who opened" not in client.get("/own/conversations").text
    assert ask(client).status_code == 200


def test_a_question_that_comes_after_the_word_to_stop_it_is_not_asked(client: TestClient, library: Waiting) -> None:
    library.go_on.set()
    client.post("/own/stop", json={"request": "0123456789"})
    assert "stopped" in ask(client).json()["error"]
    assert library.times == 0
    assert client.post("/own/ask", json={"question": OPENED, "request": "9876543210"}).status_code == 200


def test_a_question_that_was_answered_before_the_word_to_stop_it_came_is_kept_by_nobody(
    client: TestClient, library: Waiting
) -> None:
    library.go_on.set()
    first = ask(client)
    conversation = re.findall(r'data-conversation="([^"]+)"', first.text)[0]
    body = {"question": "Which minister resigned?", "conversation": conversation, "request": "9876543210"}
    assert client.post("/own/ask", json=body).text.count("cv-turn") == 2
    assert client.post("/own/stop", json={"request": "9876543210"}).status_code == 204
    assert client.get(f"/own/thread?c={conversation}").text == first.text
    client.post("/own/stop", json={"request": "0123456789"}, headers={"X-Visitor": "another-visitor-0"})
    assert client.get(f"/own/thread?c={conversation}").text == first.text
    client.post("/own/stop", json={"request": "0123456789"})
    assert "Who opened" not in client.get("/own/conversations").text


def test_a_browser_is_known_before_its_first_question(client: TestClient, library: Waiting) -> None:
    library.go_on.set()
    del client.headers["X-Visitor"]
    script = client.get("/own/all.js")
    assert "chapter_and_verse_visitor=" in script.headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get("/own/all.js").headers
    assert "Set-Cookie" not in ask(client).headers
    assert OPENED in client.get("/own/conversations").text


def test_a_question_that_cannot_be_asked_may_be_sent_again(client: TestClient) -> None:
    for _ in range(2):
        assert "empty" in ask(client, "   ").json()["error"]


def test_a_page_that_embeds_the_chat_limits_what_is_asked(settings: Settings) -> None:
    embedded = page(settings)
    body = {"question": "harbour", "within": "a/, b/", "request": "embedded 1"}
    assert "Searched documents <bdi>in a/ or b/</bdi>" in embedded.post("/own/ask", json=body).text
    typed = {**body, "question": "in:c/ harbour", "request": "embedded 2"}
    assert "Searched documents <bdi>in c/</bdi>" in embedded.post("/own/ask", json=typed).text


def test_the_sentences_around_a_quote_are_shown_with_it_until_its_document_is_gone(
    client: TestClient, library: Waiting
) -> None:
    answered = ask(client, "Which minister resigned?").text
    (before,) = re.findall(r'<p class="cv-around" dir="auto">([^<]*)</p>', answered)[:1]
    assert before in NEWS
    conversation = re.findall(r'data-conversation="([^"]+)"', answered)[0]
    library.forget()
    kept = client.get(f"/own/thread?c={conversation}").text
    assert "resigned" in kept
    assert "cv-around" not in kept
