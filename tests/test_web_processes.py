"""Two real servers over one index and one PostgreSQL, behind a proxy that gives each the next request."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from language_model import Endpoint, endpoint, says
from until import until

pytest.importorskip("openai", reason="the extra llm is not installed")

PASSWORD, VISITOR = "open sesame", "a-visitor-of-this-test"
MINISTER = "Andriy Sybiha is the foreign minister of Ukraine. He said that talks on neutral ground are possible.\n"
HARBOUR = "The harbour of Odesa was opened on 4 May by the mayor, Anna Kovalenko.\n"
MILL = "The old mill in Lviv was sold to the baker Petro Hnatiuk in 1987.\n"


@dataclass
class Server:
    """A ``rag serve`` of its own."""

    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    address: str = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "rag", "serve", "--port", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=self.environment)
        assert self.process.stderr is not None
        told = iter(self.process.stderr.readline, "")
        said = next((line for line in told if " is at http" in line), "")
        self.address = re.findall(r"http://[^/]+", said)[0]

    def wait(self) -> None:
        until(lambda: httpx.get(f"{self.address}/healthz", timeout=60).status_code == 200, seconds=300)

    def end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            assert self.process.stderr is not None
            self.process.stderr.close()


class Proxy(ThreadingHTTPServer):
    """Passes every request on to the next server; one that does not answer is a 502, as with any proxy."""

    daemon_threads = True

    def __init__(self, servers: list[Server]) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.turn = cycle(servers)


class Passing(BaseHTTPRequestHandler):
    """A request that is passed on."""

    server: Proxy

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {**self.headers, "X-Forwarded-For": self.client_address[0], "Accept-Encoding": "identity"}
        try:
            with httpx.Client(timeout=300) as client:
                given = client.request(
                    self.command, f"{next(self.server.turn).address}{self.path}", headers=headers, content=body
                )
        except httpx.HTTPError:
            self.send_error(502)
            return
        self.send_response(given.status_code)
        for name, value in given.headers.multi_items():
            if name not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(given.content)

    do_GET = do_POST = do_DELETE = do_PATCH = answer

    def log_message(self, *said: object) -> None:
        pass


@dataclass
class Pair:
    """Two servers, the proxy before them, and a reader who entered the password once."""

    servers: list[Server]
    reader: httpx.Client
    seeds: Path
    model: Endpoint

    def at(self, number: int) -> httpx.Client:
        """The same reader, at one of the servers."""
        closing = httpx.Limits(max_keepalive_connections=0)
        address = self.servers[number].address
        client = httpx.Client(base_url=address, headers=self.reader.headers, timeout=300, limits=closing)
        client.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.reader.cookies.items())
        return client

    def ask(self, client: httpx.Client, question: str, conversation: str = "", request: str = "") -> httpx.Response:
        body = {"question": question, "conversation": conversation, "request": request or f"request: {question}"}
        return client.post("/own/ask", json=body)


def conversation(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return re.findall(r'data-conversation="([^"]+)"', response.text)[0]


def turns(response: httpx.Response) -> int:
    assert response.status_code == 200, response.text
    return response.text.count('class="cv-turn"')


@contextmanager
def running(servers: list[Server]) -> Iterator[str]:
    with ExitStack() as ending:
        for server in servers:
            ending.callback(server.end, signal.SIGKILL)
            server.start()
        for server in servers:
            server.wait()
        proxy = Proxy(servers)
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        ending.callback(proxy.server_close)
        ending.callback(proxy.shutdown)
        yield f"http://127.0.0.1:{proxy.server_address[1]}"


@pytest.fixture(scope="module")
def pair(postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "minister.txt").write_text(MINISTER)
    with endpoint(says("Who is the foreign minister of Ukraine?")) as model:
        environment = {
            **os.environ,
            "RAG_SEEDS": str(folder / "seeds"),
            "RAG_INDEX": str(folder / "index"),
            "RAG_DATABASE": postgres(),
            "RAG_PASSWORD": PASSWORD,
            "RAG_HOSTS": "chat.example",
            "RAG_READER": "false",  # what is asked here is simple, and four networks take a while to load
            "RAG_LLM": model.address,
            "RAG_LLM_REWRITES": "true",
        }
        subprocess.run([sys.executable, "-m", "rag", "build"], check=True, env=environment, capture_output=True)
        servers = [Server(environment) for _ in range(2)]
        with running(servers) as address:
            headers = {"Host": "chat.example", "X-Visitor": VISITOR}
            with httpx.Client(base_url=address, headers=headers, timeout=300) as reader:
                yield Pair(servers, reader, folder / "seeds", model)


@pytest.fixture(autouse=True)
def entered(pair: Pair) -> None:
    if not pair.reader.cookies:
        assert pair.reader.get("/own/conversations").status_code == 401
        assert pair.reader.post("/login", data={"password": PASSWORD}).status_code == 303


def test_who_entered_the_password_at_one_is_known_at_both(pair: Pair) -> None:
    assert [pair.reader.get("/own/conversations").status_code for _ in range(4)] == [200] * 4


def test_a_conversation_goes_on_at_the_other_and_is_shared_pinned_and_deleted_for_both(pair: Pair) -> None:
    first, second = pair.at(0), pair.at(1)
    id = conversation(pair.ask(first, "Who is the foreign minister of Ukraine?"))
    went_on = pair.ask(second, "What did he say about talks?", id)
    assert turns(went_on) == 2
    assert "neutral ground" in went_on.text
    assert went_on.text == first.get(f"/own/thread?c={id}").text == second.get(f"/own/thread?c={id}").text
    stranger = {"X-Visitor": "somebody-else-altogether"}
    assert second.get(f"/own/thread?c={id}", headers=stranger).status_code == 404

    assert second.post(f"/own/pins/{id}", json={"turn": 0, "position": 0}).status_code == 200
    assert "Brief: 1 quote pinned" in first.get(f"/own/pins/{id}").text
    shared = first.post(f"/own/conversation/{id}/share").json()["address"]
    for client in (first, second):
        assert "Andriy Sybiha" in client.get(shared).text
        assert client.post("/own/feedback", json={"conversation": id, "turn": 0, "vote": "up"}).status_code == 204
    assert len((pair.seeds.parent / "feedback.jsonl").read_text().splitlines()) == 2

    assert first.delete(f"/own/conversation/{id}").status_code == 204
    for client in (second, first):
        assert client.get(f"/own/thread?c={id}").status_code == 404
        assert "Andriy Sybiha" in client.get(shared).text


def test_one_that_is_killed_in_the_middle_of_an_answer_loses_nothing(pair: Pair) -> None:
    id = conversation(pair.ask(pair.at(0), "Who is the foreign minister of Ukraine?", request="before the kill"))
    reached, go_on, play = threading.Semaphore(0), threading.Event(), pair.model.play

    def held(handler: Any) -> None:
        reached.release()
        go_on.wait(120)
        play(handler)

    pair.model.play = held
    follow_up, request = "Where can he talk?", "the one that is killed"
    try:
        with ThreadPoolExecutor(1) as person:
            killed = person.submit(pair.ask, pair.at(0), follow_up, id, request)
            assert reached.acquire(timeout=300)
            pair.servers[0].end(signal.SIGKILL)
            with pytest.raises(httpx.HTTPError):
                killed.result()
    finally:
        go_on.set()
        pair.model.play = play
    # What a page does: it sends the same again, until the proxy has somebody who answers.
    tries = [pair.ask(pair.reader, follow_up, id, request) for _ in range(4)]
    assert sorted(one.status_code for one in tries) == [200, 200, 502, 502]
    assert {turns(one) for one in tries if one.status_code == 200} == {2}
    pair.servers[0].start()
    pair.servers[0].wait()
    assert turns(pair.at(0).get(f"/own/thread?c={id}")) == 2
    assert [pair.reader.get("/own/conversations").status_code for _ in range(2)] == [200, 200]


def test_a_rebuild_by_one_or_by_the_command_line_is_seen_by_both(pair: Pair) -> None:
    def generation(client: httpx.Client) -> str:
        return re.findall(r'data-generation="([^".]+)', client.get("/own/state").text)[0]

    both = pair.at(0), pair.at(1)
    (before,) = {generation(client) for client in both}
    (pair.seeds / "harbour.txt").write_text(HARBOUR)
    assert both[0].post("/own/rebuild").status_code == 202
    until(lambda: len({before, *map(generation, both)}) == 2 and before not in map(generation, both), seconds=300)
    for number, client in enumerate(both):
        assert (
            "Anna Kovalenko" in pair.ask(client, "Who opened the harbour of Odesa?", request=f"harbour {number}").text
        )

    (between,) = {generation(client) for client in both}
    (pair.seeds / "mill.txt").write_text(MILL)
    subprocess.run(
        [sys.executable, "-m", "rag", "build"], check=True, env=pair.servers[0].environment, capture_output=True
    )
    until(lambda: between not in map(generation, both), seconds=300)
    for number, client in enumerate(both):
        assert (
            "Petro Hnatiuk" in pair.ask(client, "Who bought the old mill in Lviv?", request=f"the mill {number}").text
        )
