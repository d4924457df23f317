from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from web_library import NEWS, FakeLibrary, document, served

import rag
from rag.interfaces.web import events as module
from rag.interfaces.web.events import MalformedError, plain_body

FILE = {"path": "/etc/passwd", "url": "http://203.0.113.7/x", "meta": {"_type": "gradio.FileData"}}
NESTED = [["x", FILE], {"a": [FILE]}, {"question": FILE}, {"question": [FILE]}, [[FILE]]]


def plain(route: str, **body: Any) -> Any:
    return json.loads(plain_body(json.dumps(body).encode(), route))


def test_only_what_an_event_takes_goes_through() -> None:
    made = plain(
        "queue/join", fn_index=0, session_hash="ab-1", trigger_id=15, data=["Who?", None, ""], event_data=FILE,
        event_id="x", simple_format=True, batched=True, request=FILE, oauth_token="x",
    )  # fmt: skip
    assert made == {"fn_index": 0, "session_hash": "ab-1", "trigger_id": 15, "data": ["Who?", None, ""]}


def test_turns_are_the_only_objects_in_data() -> None:
    data = ["And he?", [{"question": "Who?", "answer": "Sybiha"}], ""]
    assert plain("queue/join", fn_index=0, session_hash="a", data=data)["data"] == data
    assert plain("call/ask", data=data) == {"data": data}
    assert plain("call/v2/ask", question="Who?", turns=data[1]) == {"question": "Who?", "turns": data[1]}


@pytest.mark.parametrize("shape", [FILE, *NESTED, {}, []])
def test_nothing_shaped_like_a_file_goes_through(shape: Any) -> None:
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("queue/join", {"fn_index": 0, "session_hash": "a", "data": [shape, None, ""]}),
        ("queue/join", {"fn_index": 0, "session_hash": "a", "data": ["x", None, shape]}),
        ("queue/join", {"fn_index": 0, "session_hash": "a", "data": ["x", [shape] if shape else shape or {}, FILE]}),
        ("queue/join", {"fn_index": 0, "session_hash": "a", "data": shape}),
        ("queue/join", {"fn_index": 0, "session_hash": shape, "data": ["x", None, ""]}),
        ("queue/join", {"fn_index": shape, "session_hash": "a", "data": ["x", None, ""]}),
        ("queue/join", {"fn_index": 0, "session_hash": "a", "data": ["x", None, ""], "trigger_id": shape}),
        ("call/ask", {"data": [shape, None, ""]}),
        ("call/v2/ask", {"question": shape}),
        ("call/v2/ask", {"question": "x", "files": shape}),
    ]
    for route, body in bodies:
        with pytest.raises(MalformedError) as raised:
            plain(route, **body)
        assert "\n" not in str(raised.value)
        assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "change",
    [
        {"fn_index": 1},
        {"fn_index": 99},
        {"fn_index": True},
        {"fn_index": False},
        {"fn_index": None},
        {"data": ["x", None]},
        {"data": ["x" * (module.LONGEST + 1), None, ""]},
        {"data": [float("inf"), None, ""]},
        {"session_hash": "a" * 65},
        {"session_hash": "../a"},
        {"session_hash": None},
    ],
)
def test_other_events_and_values_are_refused(change: dict[str, Any]) -> None:
    sent = {"fn_index": 0, "session_hash": "a", "data": ["x", None, ""]}
    assert plain("queue/join", **sent)["data"] == ["x", None, ""]
    with pytest.raises(MalformedError):
        plain("queue/join", **{**sent, **change})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b"1", b"[" * 100_000, b'{"fn_index": ' + b"9" * 9_999 + b"}"]
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        plain_body(body, "queue/join")


def test_a_running_server_neither_copies_nor_fetches_nor_hangs(tmp_path: Path) -> None:
    library = FakeLibrary([document("a/news.txt", NEWS)])
    files = [FILE, {**FILE, "path": "/dev/zero"}, {**FILE, "path": str(tmp_path)}]
    with (
        served(replace(rag.Settings(), index=tmp_path / "index"), library) as address,
        httpx.Client(base_url=f"{address}/gradio_api", timeout=10) as client,
    ):
        for file in files:
            for route, body in (
                ("/queue/join", {"fn_index": 0, "session_hash": "a", "data": ["x", [file], ""]}),
                ("/call/ask", {"data": ["x", {"x": file}, ""]}),
                ("/call/v2/ask", {"question": file}),
            ):
                answered = client.post(route, json=body)
                assert answered.status_code == 400
                assert set(answered.json()) == {"error"}
        assert client.post("/run/predict", json={"fn_index": 0, "data": ["x", None, ""]}).status_code == 404
        begun = client.post("/call/ask", json={"data": ["harbour?", None, ""]}).json()
        assert "The harbour opened" in client.get(f"/call/ask/{begun['event_id']}").text
        named = client.post("/call/v2/ask", json={"question": "harbour?"}).json()
        assert "The harbour opened" in client.get(f"/call/v2/ask/{named['event_id']}").text
