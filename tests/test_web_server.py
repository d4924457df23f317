from __future__ import annotations

import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from until import until
from web_library import NEWS, FakeLibrary, document, served

import rag
from rag.errors import SeedsError, ServeError
from rag.interfaces.web import server
from rag.interfaces.web.connection import Connection
from rag.interfaces.web.service import EACH
from rag.types import Reply


def test_a_port_in_use_is_said_with_the_remedy(settings: rag.Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError) as raised:
            server.serve(replace(settings, port=port))
    assert "\n" not in str(raised.value)
    assert f"127.0.0.1:{port}: Address already in use. Choose another port" in str(raised.value)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_is_not_ours_is_refused(host: str, port: int) -> None:
    with pytest.raises(ServeError, match="cannot be served at"):
        server.listen(host, port)


def test_without_documents_the_server_stops_with_the_reason(settings: rag.Settings) -> None:
    # In a thread of its own: a browser test may have left a loop running in this one.
    with ThreadPoolExecutor(1) as thread, pytest.raises(SeedsError):
        thread.submit(server.serve, replace(settings, port=0)).result()


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert server.is_loopback(host) is expected


def test_the_gradio_client_gets_the_reply_of_the_command_line(tmp_path: Path) -> None:
    library = FakeLibrary([document("a/news.txt", NEWS)])
    with served(replace(rag.Settings(), index=tmp_path / "index"), library) as address:
        client = Client(address, verbose=False, download_files=False)
        try:
            reply = client.predict("Who opened the harbour?", api_name="/ask")
            quote = reply["quotes"][0]
            assert NEWS[quote["start"] : quote["end"]] == quote["exact"]
            turns = [{"question": "Who?", "answer": "Sybiha"}]
            assert client.predict("And he?", turns, "harbour?", api_name="/ask")["standalone_question"] == "harbour?"
            with pytest.raises(Exception, match="There are 101 earlier turns"):
                client.predict("And he?", turns * 101, "", api_name="/ask")
            with pytest.raises(Exception, match="The question is empty"):
                client.predict("  ", api_name="/ask")
            public = list(client.view_api(return_format="dict")["named_endpoints"])
            assert public == ["/ask"]
        finally:
            client.close()


def test_one_who_floods_is_turned_away_and_others_are_answered(tmp_path: Path) -> None:
    go_on, begun = threading.Event(), threading.Event()

    class Waiting(FakeLibrary):
        def ask(self, question: str, **options: Any) -> Reply:
            begun.set()
            assert question != "wait" or go_on.wait(60)
            return super().ask(question, **options)

    with (
        served(replace(rag.Settings(), index=tmp_path / "index"), Waiting([document("a/news.txt", NEWS)])) as address,
        asking_from("127.0.0.2", address) as flooder,
        asking_from("127.0.0.1", address) as other,
        ThreadPoolExecutor(EACH + 2) as people,
    ):
        try:
            # Gradio's own interface counts with the API.
            assert flooder.post("/gradio_api/call/ask", json={"data": ["wait", [], ""]}).status_code == 200
            assert begun.wait(30)
            asked = [people.submit(flooder.post, "/api/ask", json={"question": "wait"}) for _ in range(EACH)]
            turned_away = next(as_completed(asked, timeout=30)).result()
            answered = people.submit(other.post, "/api/ask", json={"question": "harbour"})
            assert other.get("/healthz").status_code == 200
        finally:
            go_on.set()
        assert (turned_away.status_code, turned_away.headers["retry-after"]) == (429, "2")
        assert "64 of your requests are waiting already" in turned_away.json()["error"]
        assert sum(one.result().status_code == 200 for one in asked) == EACH - 1
        assert answered.result().json()["status"] == "answered"


def asking_from(own: str, address: str) -> httpx.Client:
    """Return a client with an address of its own, for any number of questions at once."""
    every = httpx.Limits(max_connections=None)
    return httpx.Client(base_url=address, timeout=60, transport=httpx.HTTPTransport(local_address=own, limits=every))


ASKED = b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n"


def test_slow_clients_and_those_with_too_many_connections_are_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Counted anew: a server that another test has stopped may never have said goodbye to its connections.
    for name, value in {"LOOK": 0.05, "HEAD": 0.5, "STALLED": 0.5, "MOST": 5, "open": Counter()}.items():
        monkeypatch.setattr(Connection, name, value)
    large = document("large.txt", "The harbour opened. " * 1_000_000)

    def dribble(connection: socket.socket, data: bytes) -> bytes:
        """Send a byte again and again until the other end hangs up; return what it said before that."""
        connection.sendall(data)
        connection.settimeout(0.05)
        with suppress(ConnectionError):
            for _ in range(600):
                with suppress(TimeoutError):
                    return connection.recv(99)
                connection.sendall(b"x")
        return b"cut off" if _ < 599 else b"never"

    with served(replace(rag.Settings(), index=tmp_path / "index"), FakeLibrary([large])) as address:
        at = ("127.0.0.1", int(address.rpartition(":")[2]))
        for begun in (b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", ASKED):
            with socket.create_connection(at) as slow:
                assert dribble(slow, begun) in (b"", b"cut off")
        with socket.create_connection(at) as stalled:
            stalled.settimeout(60)
            stalled.sendall(b"GET /api/documents/large.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            taken = len(stalled.recv(99))
            until(lambda: not sum(Connection.open.values()))
            with suppress(ConnectionError):
                while got := stalled.recv(1 << 20):
                    taken += len(got)
            assert taken < len(large.text)
        monkeypatch.setattr(Connection, "HEAD", 600.0)
        with ExitStack() as held:
            for _ in range(5):
                held.enter_context(socket.create_connection(at))
            until(lambda: Connection.open["127.0.0.1"] == 5)
            with socket.create_connection(at) as another, suppress(ConnectionError):
                another.settimeout(30)
                assert another.recv(99) == b""
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}


DEEP = b"[" * 100_000
BODIES = (
    DEEP,
    b'{"replies":' * 20_000,
    b'{"question": ' + b"9" * 10_000 + b"}",
    b"",
    b"null",
    b"\xff\xfe",
    b'"\\ud800"',
    b'{"question": NaN}',
    b'{"turn": 1e400, "conversation": "x", "vote": "up"}',
    b'{"status": "answered", "question": "x", "confidence": 1, "quotes": [{"exact": "x", "start": 1e308}]}',
)
LONG = "9" * 5_000
ADDRESSES = (
    f"/own/document?id=a/news.txt&start={'9' * 30}&end={'9' * 31}",
    f"/own/document?id=a/news.txt&start={LONG}",
    "/own/document?id=%00",
    "/own/document?id=a/news.txt&start=0&end=5&marks=9-%D9%A3,%C2%B2-3",
    f"/own/piece?id=a/news.txt&start=-{'9' * 30}&end={'9' * 30}",
    "/own/listing?words=%00%ff",
    "/own/conversation/%00.json",
    "/own/chat.js%00",
    "/own/..%2f..%2fsecurity.py",
    "/api/documents/%ff",
    "/demo?%ff",
    "/?theme=%ff",
    "/?deep_link=..%2Fx",
    "/login?next=%ff%00",
    "/gradio_api/queue/data?session_hash=%00",
    "/assets/..%2f..%2froutes.py",
    "/config?deep_link=x",
)


@pytest.mark.parametrize("password", ["", "open sesame"])
def test_nothing_malformed_is_a_fault_of_the_server(tmp_path: Path, password: str) -> None:
    library = FakeLibrary([document("a/news.txt", NEWS)])
    (tmp_path / "seeds").mkdir()
    settings = replace(rag.Settings(), index=tmp_path / "index", seeds=tmp_path / "seeds", password=password)
    paths = "/api/ask /api/verify /own/feedback /login /own/draft/json /gradio_api/queue/join /gradio_api/call/ask"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {password or 'x'}"}
    found = {}
    with served(settings, library) as address, httpx.Client(base_url=address, timeout=30, headers=headers) as client:
        for path in paths.split():
            for body in BODIES:
                found[path, body[:20]] = client.post(path, content=body).status_code
        for path in ADDRESSES:
            with client.stream("GET", path) as response:
                found[path[:60], b""] = response.status_code
    assert {request: status for request, status in found.items() if status >= 500} == {}
