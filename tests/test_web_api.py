from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from web_library import NEWS, document, page

import rag


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents that the library below stands for."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "seeds" / "a").mkdir(parents=True)
    (folder / "seeds" / "a" / "news.txt").write_text(NEWS, encoding="utf-8", newline="")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    return page(replace(rag.Settings(), seeds=folder / "seeds", index=folder / "index"))


def test_a_question_gets_the_reply_of_the_command_line(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "Who opened the harbour?", "id": "q1"})
    reply = response.json()
    assert response.status_code == 200
    assert (reply["id"], reply["status"], reply["answer"]) == ("q1", "answered", None)
    quote = reply["quotes"][0]
    assert NEWS[quote["start"] : quote["end"]] == quote["exact"]
    assert quote["document"]["path"] == "a/news.txt"


def test_a_question_that_is_not_answered_is_refused(client: TestClient) -> None:
    reply = client.post("/api/ask", json={"question": "Bread?"}).json()
    assert (reply["status"], reply["quotes"], len(reply["nearest"])) == ("refused", [], 2)


def test_turns_and_a_standalone_question_reach_the_library(client: TestClient) -> None:
    body = {
        "question": "And he?",
        "turns": [{"question": "Who?", "answer": "Sybiha"}],
        "standalone_question": "harbour?",
    }
    assert client.post("/api/ask", json=body).json()["standalone_question"] == "harbour?"
    asked = client.app_state["service"].library.asked[-1]
    assert (asked[0], asked[2]) == ("And he?", "harbour?")
    assert [(turn.question, turn.answer) for turn in asked[1]] == [("Who?", "Sybiha")]


def test_a_scope_reaches_the_library_and_comes_back(client: TestClient) -> None:
    body = {"question": "harbour?", "in": ["a/"], "type": ["txt"], "since": "2024", "until": "2025-03"}
    reply = client.post("/api/ask", json=body).json()
    assert reply["scope"] == {"in": ["a/"], "type": ["txt"], "since": "2024", "until": "2025-03"}
    assert client.post("/api/ask", json={"question": "harbour?"}).json()["scope"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"question": "x", "in": "a/"}, "in: Input should be a valid list."),
        ({"question": "  "}, "The question is empty"),
        ({"question": "x" * 2_001}, "at most 2,000"),
        ({}, "question: Field required."),
        ({"question": 5}, "question: Input should be a valid string."),
        ({"question": "x", "turns": [{"answer": "x"}]}, "turns.0.question: Field required."),
    ],
)
def test_what_cannot_be_asked_is_a_clear_422(client: TestClient, body: dict[str, object], words: str) -> None:
    response = client.post("/api/ask", json=body)
    assert response.status_code == 422
    assert words in response.json()["error"]
    assert "\n" not in response.json()["error"]


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        ([{"question": "x"}] * 101, "There are 101 earlier turns, at most 100 are taken"),
        ([{"question": "x", "answer": "y" * 20_000}], "An earlier turn has 20,001 characters, at most 20,000"),
    ],
)
def test_too_long_a_conversation_is_a_clear_400(client: TestClient, turns: list[dict[str, str]], words: str) -> None:
    response = client.post("/api/ask", json={"question": "And he?", "turns": turns})
    assert response.status_code == 400
    assert words in response.json()["error"]


def test_what_is_not_json_is_a_clear_422(client: TestClient) -> None:
    response = client.post("/api/ask", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert "JSON" in response.json()["error"]


def test_a_lone_surrogate_in_a_question_is_taken_as_unknown(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post("/api/ask", content=b'{"question": "harbour \\ud800"}', headers=headers)
    assert response.json()["question"] == "harbour ?"
    for body in (b'{"question": "x", "id": "\\udfff"}', b'{"turns": [{"\\ud800": 1}]}'):
        assert client.post("/api/ask", content=body, headers=headers).status_code == 422


def test_a_true_reply_is_verified_and_an_altered_one_is_not(client: TestClient) -> None:
    reply = client.post("/api/ask", json={"question": "harbour"}).json()
    reply["quotes"][0]["document"]["title"] = "news"  # as the file has it
    answer = client.post("/api/verify", json=reply).json()
    assert (answer["verified"], answer["reasons"], answer["verdicts"][0]["verdict"]) == (True, [], "exact")
    reply["quotes"][0]["exact"] = reply["quotes"][0]["exact"].replace("opened", "closed")
    answer = client.post("/api/verify", json=reply).json()
    assert answer["verified"] is False
    assert "a/news.txt" in answer["reasons"][0]


@pytest.mark.parametrize("path", ["a/\0news.txt", "../x", "/etc/passwd", "", "a" * 5_000, "\ud800", ".secret.txt"])
def test_a_document_that_cannot_be_is_not_verified(client: TestClient, path: str) -> None:
    reply = client.post("/api/ask", json={"question": "harbour"}).json()
    reply["quotes"][0]["document"]["path"] = path
    response = client.post("/api/verify", content=json.dumps(reply), headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["verified"]) == (200, False)


def test_too_many_citations_are_a_clear_400(client: TestClient) -> None:
    reply = client.post("/api/ask", json={"question": "harbour"}).json()
    reply["quotes"] *= 1_001
    response = client.post("/api/verify", json=reply)
    assert response.status_code == 400
    assert "There are 1,001 citations, at most 1,000" in response.json()["error"]


def test_what_is_no_reply_cannot_be_verified(client: TestClient) -> None:
    response = client.post("/api/verify", json={"status": "odd"})
    assert response.status_code == 422
    assert "not a reply" in response.json()["error"]


def test_documents_are_listed(client: TestClient) -> None:
    listed = client.get("/api/documents").json()
    assert (listed["passages"], listed["built_at"]) == (3, "2026-11-23T08:00:00Z")
    assert listed["skipped"] == [{"path": "broken.txt", "reason": "binary"}]
    assert [(entry["id"], entry["title"], entry["characters"]) for entry in listed["documents"]] == [
        ("a/news.txt", "The News", len(NEWS))
    ]


def test_a_document_comes_with_the_text_that_offsets_count_in(client: TestClient) -> None:
    assert client.get("/api/documents/a/news.txt").json()["text"] == NEWS


@pytest.mark.parametrize("id", ["nothing.txt", "../secret.txt", "%2e%2e%2fsecret.txt", "a/news.txt/"])
def test_an_unknown_document_is_a_404(client: TestClient, id: str) -> None:
    response = client.get(f"/api/documents/{id}")
    assert response.status_code == 404
    assert set(response.json()) == {"error"}


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_api_describes_itself(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert set(paths) == {
        "/api/ask", "/api/ask/stream", "/api/verify", "/api/documents", "/api/documents/{id}",
        "/api/pages/{document}/{page}", "/api/originals/{document}", "/healthz",
    }  # fmt: skip


def test_a_method_that_is_not_there_is_a_405(client: TestClient) -> None:
    response = client.get("/api/ask")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json() == {"error": "Use POST here."}


def test_a_document_without_a_page_can_hold_anything(folder: Path) -> None:
    text = "<script>1</script> harbour \u202e\r\n"
    client = page(replace(rag.Settings(), index=folder / "index"), [document("x<y>.txt", text)])
    assert client.get("/api/documents/x%3Cy%3E.txt").json()["text"] == text
