"""The chat in other pages: our own demo, a page of another origin that may, and one that may not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser.conftest import ask, serve
from playwright.sync_api import Browser, Page, expect

MINISTER = "Who is Ukraine's foreign minister?"

HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Somebody else's</title><h1>Their page</h1>
<iframe id="chat" src="{address}/?theme=dark&question=Who+is+the+Kremlin+spokesman%3F" width="700" height="600">
</iframe>
<script src="{address}/embed.js" data-label="Ask us" data-theme="light"></script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def two(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The chat, a page on another port that may embed it, and one that may not."""
    folder = tmp_path_factory.mktemp("embedding")
    handler = partial(Quiet, directory=str(folder))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as may,
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as may_not,
    ):
        addresses = [f"http://127.0.0.1:{server.server_address[1]}" for server in (may, may_not)]
        for server in (may, may_not):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        with serve(seeds, folder / "index", embed=addresses[0]) as address:
            (folder / "index.html").write_text(HOST.format(address=address), encoding="utf-8")
            yield address, *addresses  # type: ignore[misc]
        for server in (may, may_not):
            server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def test_a_named_page_embeds_the_chat_with_citations_and_theme(page: Page, two: tuple[str, str, str]) -> None:
    page.goto(two[1])
    chat = page.frame_locator("#chat")
    expect(chat.locator(".cv-lead blockquote")).to_contain_text("Peskov")
    assert chat.locator("body").evaluate("body => body.classList.contains('dark')")
    chat.locator(".cv-lead .cv-chip").click()
    expect(chat.locator(".cv-source:visible .cv-here").first).to_contain_text("Peskov")


def test_another_page_does_not(page: Page, two: tuple[str, str, str]) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(two[2])
    page.wait_for_timeout(0)
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    expect(page.locator("h1")).to_have_text("Their page")
    assert frame.url.startswith("chrome-error://") or any("frame-ancestors" in text for text in refused)
    assert page.frame_locator("#chat").locator("#cv-question").count() == 0


def test_the_floating_button_opens_and_closes_the_chat(page: Page, two: tuple[str, str, str]) -> None:
    page.goto(two[1])
    page.get_by_role("button", name="Ask us").click()
    chat = page.frame_locator("iframe[title='Ask us']")
    box = chat.locator("#cv-question :is(textarea, input)")
    box.wait_for()
    box.fill(MINISTER)
    box.press("Enter")
    expect(chat.locator(".cv-lead blockquote")).to_contain_text("Sybiha")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("iframe[title='Ask us']")).to_be_hidden()


@pytest.mark.parametrize(("host", "status"), [(1, 200), (2, None)])
def test_the_api_answers_named_pages_alone(
    page: Page, two: tuple[str, str, str], host: int, status: int | None
) -> None:
    page.goto(f"{two[host]}/missing.html")
    answered = page.evaluate(
        """address => fetch(address + '/api/ask', {method: 'POST', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({question: "Who is the Kremlin spokesman?"})}).then(r => r.status, () => null)""",
        two[0],
    )
    assert answered == status


def test_the_demo_page_shows_the_chat_and_the_lines_to_paste(page: Page, two: tuple[str, str, str]) -> None:
    page.goto(f"{two[0]}/demo")
    frame = page.frame_locator("iframe.chat")
    box = frame.locator("#cv-question :is(textarea, input)")
    box.wait_for()
    box.fill(MINISTER)
    box.press("Enter")
    expect(frame.locator(".cv-lead blockquote")).to_contain_text("Sybiha")
    samples = page.locator("pre code").all_text_contents()
    assert [sample.split(maxsplit=1)[0] for sample in samples] == ["<iframe", "<script", "import", "const"]
    assert all(two[0] in sample for sample in samples)


def test_a_password_stands_before_everything(
    browser: Browser, seeds: Path, two: tuple[str, str, str], tmp_path: Path
) -> None:
    with serve(seeds, tmp_path / "index", password="open sesame") as address:
        page = browser.new_page()
        page.goto(f"{address}/demo")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Enter").click()
        expect(page.get_by_role("alert")).to_contain_text("That is not the password")
        page.get_by_label("Password").fill("open sesame")
        page.get_by_role("button", name="Enter").click()
        page.wait_for_url("**/demo")
        page.goto(address)
        page.locator("#cv-question :is(textarea, input)").wait_for()
        assert ask(page, MINISTER).locator(".cv-lead").count() == 1
        page.close()
