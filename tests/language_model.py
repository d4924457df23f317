"""An endpoint on the loopback that speaks as OpenAI's does, and plays what real ones do: good and bad."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Play = Callable[[BaseHTTPRequestHandler], None]


def says(text: str, *, size: int = 7, reason: str | None = "stop", done: bool = True) -> Play:
    """Stream a text in pieces of ``size`` characters; without a ``reason`` the stream ends as if it had been cut."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        _begin(handler)
        for at in range(0, len(text), size):
            _chunk(handler, {"content": text[at : at + size]})
        if reason:
            _chunk(handler, {}, reason)
        if done:
            handler.wfile.write(b"data: [DONE]\n\n")

    return play


def refuses(handler: BaseHTTPRequestHandler) -> None:
    """Decline as the protocol has it."""
    _begin(handler)
    _chunk(handler, {"refusal": "I cannot help with that."})
    _chunk(handler, {}, "stop")


def answers(status: int, body: str) -> Play:
    """Answer with a status and a body."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", "http://127.0.0.1:9/v1/chat/completions")
        handler.end_headers()
        handler.wfile.write(body.encode())

    return play


def trickles(released: threading.Event) -> Play:
    """Begin with a sentence, then send a sign of life now and then, and never end until ``released``."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        _begin(handler)
        _chunk(handler, {"content": "Andriy Sybiha is the minister. [1] He "})
        while not released.wait(0.05):
            handler.wfile.write(b": alive\n\n")
            handler.wfile.flush()

    return play


class Endpoint:
    """What was asked of it, and its address."""

    def __init__(self, play: Play, models: Sequence[str] = ("small",)) -> None:
        self.play = play
        self.models = models
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.address = ""


@contextmanager
def endpoint(play: Play) -> Iterator[Endpoint]:
    """Serve on a free port of the loopback while the block runs."""
    served = Endpoint(play)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = [{"id": name, "object": "model", "created": 0, "owned_by": "us"} for name in served.models]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"object": "list", "data": data}).encode())

        def do_POST(self) -> None:
            served.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            served.keys.append(self.headers["Authorization"])
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked may have hung up
                served.play(self)

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _begin(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def _chunk(handler: BaseHTTPRequestHandler, delta: dict[str, object], reason: str | None = None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "small", "choices": [choice]}
    handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
    handler.wfile.flush()
