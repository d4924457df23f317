"""A real server with the real models, and Debian's chromium in front of it; every request the browser makes is kept."""

from __future__ import annotations

import os
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from benchmarks.serving import server

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 60_000
"""Milliseconds: a machine may have other things to do."""
ZONE = "Asia/Kathmandu"
"""Where the reader sits: 5 hours and 45 minutes ahead of the server's times."""
WIDTHS = {"desk": (1280, 860), "phone": (390, 844)}

HOSTILE = (
    "The logbook of 1907 was kept by Aldous Finch <script>window.pwned=1</script><img src=x onerror=window.pwned=2> "
    "${window.pwned=3} {{7*7}} $$x^2$$ ![i](http://evil.example/i.png) [link](javascript:window.pwned=4) `code` *bold* "
    "\\(y\\) \u202eback\u202c <form action=http://evil.example><input></form> "
    "<iframe src=http://evil.example></iframe> 👩🏽‍🚀, the keeper of the lighthouse."
)
LOGBOOK = "Who kept the logbook of 1907?"
LONG = (
    "# The harbour books\n\n"
    + "".join(f"Entry {number} of the ledger records the tide and nothing else.\n" for number in range(370))
    + "The harbour master Wilhelmina Okonkwo resigned on the last day of March.\n"
    + "".join(f"Entry {number} of the second ledger records the wind and nothing else.\n" for number in range(370))
)


class Recorder(socketserver.BaseRequestHandler):
    """A proxy that lets nothing through and keeps what it was asked for."""

    asked: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        self.asked.append(self.request.recv(200))


@dataclass(slots=True)
class Site:
    """The server under test."""

    address: str
    seeds: Path
    index: Path
    feedback: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def serve(seeds: Path, index: Path, **settings: str) -> Iterator[str]:
    """Serve as a user would, on a free port, while the block runs; gives the address."""
    variables = {f"RAG_{name.upper()}": value for name, value in settings.items()}
    environment = {**os.environ, **variables}
    with server("--seeds", str(seeds), "--index", str(index), env=environment) as (address, _):
        yield address


@pytest.fixture(scope="session")
def site(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The project's seeds, a hostile document and a long one, served."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(seeds, folder / "seeds")
    (folder / "seeds" / "hostile <b>x.txt").write_text(HOSTILE, encoding="utf-8")
    (folder / "seeds" / "long.md").write_text(LONG, encoding="utf-8")
    with serve(folder / "seeds", folder / "index") as address:
        yield Site(address, folder / "seeds", folder / "index", folder / "feedback.jsonl")


@pytest.fixture(scope="session")
def proxy() -> Iterator[list[bytes]]:
    """What the browser wanted from anywhere but this machine."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Recorder.asked.append(b"%d" % server.server_address[1])
        yield Recorder.asked
        server.shutdown()


@pytest.fixture(scope="session")
def browser(proxy: list[bytes]) -> Iterator[Browser]:
    """Debian's chromium; everything that does not lead to this machine goes to the recording proxy."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: apt-get install -y chromium")
    port = int(proxy.pop())
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, f"--proxy-server=http://127.0.0.1:{port}"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open the chat at a width and in a theme, ready to be asked; ``at`` is the address of another than ``site``."""
    contexts: list[BrowserContext] = []

    def open_page(
        where: str = "/", *, width: str = "desk", theme: str = "light", ready: bool = True, at: str = ""
    ) -> Page:
        known: Site | None = None if at else request.getfixturevalue("site")
        address, requests, complaints = (known.address, known.requests, known.complaints) if known else (at, [], [])
        across, down = WIDTHS[width]
        context = browser.new_context(
            viewport={"width": across, "height": down}, reduced_motion="reduce", timezone_id=ZONE
        )
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        separator = "&" if "?" in where else "?"
        path, hash_, fragment = where.partition("#")
        page.goto(f"{address}{path}{separator}theme={theme}{hash_}{fragment}")
        if ready:
            page.locator("#cv-question :is(textarea, input)").wait_for()
            page.locator(".cv-thread").wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()


def ask(page: Page, question: str) -> Locator:
    """Type a question, press Enter, and return the turn that answers it."""
    turns = page.locator(".cv-turn")
    before = turns.count()
    box = page.locator("#cv-question :is(textarea, input)")
    box.fill(question)
    box.press("Enter")
    turn = turns.nth(before)
    turn.wait_for(timeout=PATIENCE)
    return turn
