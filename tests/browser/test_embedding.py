"""The chat in other pages: our own demo, a page of another origin that may, and one that may not."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser.conftest import FLAGS
from playwright.sync_api import Browser, Page, expect
from web_library import NEWS, FakeLibrary, document, served

import rag

MINISTER = "Who is Ukraine's foreign minister?"
TEXT = "Andriy Sybiha is Ukraine's foreign minister. Dmitry Peskov is the Kremlin spokesman."

HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Somebody else's</title><h1>Their page</h1>
<iframe id="chat" src="{address}/?theme=dark&question=Who+is+the+Kremlin+spokesman%3F" width="700" height="600">
</iframe>
<script src="{address}/embed.js" data-label="Ask us" data-title="Our archive" data-theme="light" data-accent="#0a5a3c"
        data-within="{within}" data-sources="hidden"></script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
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
        settings = rag.Settings(seeds=folder, index=folder / "index", embed=(addresses[0],))
        with served(settings, FakeLibrary([document("news.txt", TEXT, title="News")])) as address:
            (folder / "index.html").write_text(HOST.format(address=address, within="news.txt"), encoding="utf-8")
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


def test_another_page_gets_a_sentence_and_a_link(page: Page, two: tuple[str, str, str]) -> None:
    page.goto(two[2])
    expect(page.locator("h1")).to_have_text("Their page")
    chat = page.frame_locator("#chat")
    expect(chat.locator("body")).to_contain_text("cannot be shown inside this page")
    with page.context.expect_page() as opened:
        chat.get_by_role("link", name="Open it in a window of its own").click()
    opened.value.locator("#cv-question").wait_for()
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_button_opens_a_chat_that_looks_as_the_page_says(page: Page, two: tuple[str, str, str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(two[1])
    expect(page.frame_locator("#chat").locator(".cv-lead")).to_be_visible()
    # The chat that is part of the page took no focus, though it asked and was answered.
    assert page.evaluate("document.activeElement === document.body")
    page.get_by_role("button", name="Ask us").click()
    expect(page.get_by_role("heading", name="Our archive")).to_be_visible()
    chat = page.frame_locator("iframe[title='Our archive']")
    box = chat.locator("#cv-question :is(textarea, input)")
    box.wait_for()
    expect(chat.locator(".cv-masthead")).to_be_hidden()
    expect(chat.get_by_role("tab", name="Conversations")).to_be_visible()
    expect(chat.get_by_role("tab", name="Documents")).to_be_hidden()
    box.fill(MINISTER)
    box.press("Enter")
    expect(chat.locator(".cv-lead blockquote")).to_contain_text("Sybiha")
    expect(chat.locator(".cv-searched").first).to_contain_text("Searched documents in ")
    number = chat.locator(".cv-lead .cv-number")
    assert number.evaluate("one => getComputedStyle(one).color") == "rgb(10, 90, 60)"
    assert chat.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    panel = page.get_by_role("region", name="Our archive")
    # A document that lies over the answer closes first, then the chat.
    chat.locator(".cv-lead .cv-chip").click()
    expect(chat.locator(".cv-source:visible")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chat.locator(".cv-source:visible")).to_have_count(0)
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Ask us")).to_be_focused()


def test_the_api_answers_named_pages_alone(page: Page, two: tuple[str, str, str]) -> None:
    for theirs, status in zip(two[1:], (200, None), strict=True):
        page.goto(f"{theirs}/missing.html")
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


@contextmanager
def site_over_tls(folder: Path, certificate: Path | None) -> Iterator[int]:
    """Serve a folder over TLS, or without a certificate over plain HTTP; gives the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody vouches for, its key beside it."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    path = tmp_path / "site.pem"
    made = f"{program} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=site.example"
    subprocess.run([*made.split(), "-keyout", path.with_suffix(".key"), "-out", path], check=True, capture_output=True)
    return path


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_chat_with_a_password_in_a_page_of_another_site(
    browser: Browser, tmp_path: Path, certificate: Path, scheme: str
) -> None:
    """The browser keeps no cookies of third parties but partitioned ones, which it takes over https alone."""
    flags = [*FLAGS, "--ignore-certificate-errors", "--test-third-party-cookie-phaseout"]
    flags.append("--host-resolver-rules=MAP *.example 127.0.0.1")
    tls = {"ssl_certfile": str(certificate), "ssl_keyfile": str(certificate.with_suffix(".key"))}
    secure = scheme == "https"
    folder = tmp_path / "theirs"
    folder.mkdir()
    with site_over_tls(folder, certificate if secure else None) as port:
        theirs = f"{scheme}://news.example:{port}"
        settings = rag.Settings(
            seeds=tmp_path, index=tmp_path / "index", password="open sesame", embed=(theirs,), hosts=("chat.example",)
        )
        library = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
        with served(settings, library, **(tls if secure else {})) as address:
            chat = f"{scheme}://chat.example:{address.rpartition(':')[2]}"
            html = (
                f'<!doctype html><title>News</title><iframe id="chat" src="{chat}/" width="800" height="600"></iframe>'
            )
            (folder / "index.html").write_text(html, encoding="utf-8")
            own = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=flags)
            page = own.new_page()
            page.goto(theirs)
            frame = page.frame_locator("#chat")
            frame.get_by_label("Password").fill("open sesame")
            frame.get_by_role("button", name="Enter").click()
            if secure:
                box = frame.locator("#cv-question :is(textarea, input)")
                box.fill("Who opened the harbour?")
                box.press("Enter")
                expect(frame.locator(".cv-lead blockquote")).to_contain_text("The harbour opened")
                page.reload()
                expect(box).to_be_visible()
                expect(frame.get_by_label("Password")).to_have_count(0)
                # What the frame keeps is that page's alone: the chat by itself asks again.
                page.goto(f"{chat}/demo")
                page.get_by_label("Password").fill("wrong")
                page.get_by_role("button", name="Enter").click()
                expect(page.get_by_role("alert")).to_contain_text("That is not the password")
                page.get_by_label("Password").fill("open sesame")
                page.get_by_role("button", name="Enter").click()
                page.wait_for_url("**/demo")
                page.goto(chat)
                page.locator("#cv-question :is(textarea, input)").wait_for()
            else:
                expect(frame.get_by_role("alert")).to_contain_text("does not remember it inside another page")
                link = frame.get_by_role("link", name="Open it in a window of its own")
                expect(link).to_have_attribute("target", "_blank")
            own.close()
