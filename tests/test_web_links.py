"""The page as proof, over HTTP: pictures of pages, the files themselves, and links to quotes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pdf_maker import lines, make_pdf
from PIL import Image
from starlette.testclient import TestClient
from web_library import page

from rag import documents
from rag.interfaces.web.pages import link
from rag.settings import Settings
from rag.types import Answer

WORDS = "Nine ships came into the harbour."


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "ships #1.pdf").write_bytes(make_pdf([lines([WORDS])], labels="0 << /S /r >>"))
    (tmp_path / "log" / "page.html").write_text("<p>A page with words.</p><script>alert(1)</script>", encoding="utf-8")
    (tmp_path / ".secret.txt").write_text("Hidden.", encoding="utf-8")
    (tmp_path / "later.txt").write_text("Not in the index.", encoding="utf-8")
    return tmp_path


def client_of(seeds: Path, **settings: object) -> TestClient:
    known = [documents.load(seeds / "log" / name, seeds) for name in ("ships #1.pdf", "page.html")]
    return page(Settings(seeds=seeds, **settings), known)  # type: ignore[arg-type]


@pytest.fixture
def client(seeds: Path) -> TestClient:
    return client_of(seeds)


def test_a_page_is_a_picture_with_the_quote_marked(client: TestClient) -> None:
    marked = client.get("/api/pages/log/ships%20%231.pdf/1?start=0&end=10")
    plain = client.get("/api/pages/log/ships%20%231.pdf/1")
    assert marked.headers["content-type"] == plain.headers["content-type"] == "image/png"
    pictures = [Image.open(io.BytesIO(answer.content)).convert("RGB") for answer in (marked, plain)]
    yellow = (255, 213, 70)
    assert [yellow in {color for _, color in picture.getcolors(1 << 20)} for picture in pictures] == [True, False]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("log/ships%20%231.pdf/2", 404, "no page 2"),
        ("log/ships%20%231.pdf/0", 404, "no page 0"),
        ("log/ships%20%231.pdf/one", 422, "page"),
        ("log/ships%20%231.pdf/1?start=5&end=900", 422, "within the text"),
        ("log/ships%20%231.pdf/1?start=5&end=3", 422, "within the text"),
        ("log/page.html/1", 404, "no pages that can be shown"),
        ("later.txt/1", 404, "is in the index"),
    ],
)
def test_what_is_no_page(client: TestClient, path: str, status: int, words: str) -> None:
    answer = client.get(f"/api/pages/{path}")
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_the_file_itself_is_given_so_that_nothing_in_it_runs(client: TestClient, seeds: Path) -> None:
    pdf = client.get("/api/originals/log/ships%20%231.pdf")
    assert pdf.content == (seeds / "log" / "ships #1.pdf").read_bytes()
    assert pdf.headers["content-disposition"] == "inline; filename*=UTF-8''ships%20%231.pdf"
    html = client.get("/api/originals/log/page.html")
    assert html.headers["content-disposition"].startswith("attachment;")
    for answer in (pdf, html):
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", [".secret.txt", "later.txt", "log", "..%2Fx.txt", "log/../.secret.txt"])
def test_only_what_is_in_the_index_is_given(client: TestClient, name: str) -> None:
    assert client.get(f"/api/originals/{name}").status_code == 404


def test_a_changed_file_is_told(client: TestClient, seeds: Path) -> None:
    (seeds / "log" / "ships #1.pdf").write_bytes(make_pdf([lines(["Ten ships."])]))
    for path in ("originals/log/ships%20%231.pdf", "pages/log/ships%20%231.pdf/1"):
        answer = client.get(f"/api/{path}")
        assert answer.status_code == 409
        assert "has changed" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/originals/log/page.html", "/api/pages/log/page.html/1", "/d/log/page.html"])
def test_the_password_and_the_host_are_asked_for_here_too(seeds: Path, path: str) -> None:
    assert client_of(seeds, password="wren").get(path).status_code in (303, 307, 401)
    assert client_of(seeds).get(path, headers={"Host": "evil.example"}).status_code == 421


def linked(client: TestClient) -> str:
    reply = client.app_state["service"].ask("Which ships came into the harbour?")
    assert isinstance(reply, Answer)
    return link(reply.quotes[0])


def test_a_link_opens_the_document_at_the_quote(client: TestClient) -> None:
    address = linked(client)
    assert address.startswith("/d/log/ships%20%231.pdf?q=0-33&sha=")
    shown = client.get(address).text
    assert f'<mark class="cv-here">{WORDS}</mark>' in shown
    assert "/api/pages/log/ships%20%231.pdf/1?start=0&amp;end=33" in shown
    assert 'role="alert"' not in shown


def test_a_link_says_where_the_document_has_changed(client: TestClient, seeds: Path) -> None:
    address = linked(client)
    other = client.get(address.split("&sha=")[0] + "&sha=00").text
    assert "has changed since the link was made, so the quote is not marked in it" in other
    assert "<mark" not in other
    (seeds / "log" / "ships #1.pdf").write_bytes(make_pdf([lines(["Ten ships."])]))
    newer = client.get(address).text
    assert "The file has changed since the documents were last read" in newer
    assert "In the file as it is now the quote does not stand there any more." in newer
    assert "<img" not in newer  # no page of that file can be shown any more
    assert '<mark class="cv-here">' in newer
    (seeds / "log" / "ships #1.pdf").unlink()
    assert "In the file as it is now nothing can be read." in client.get(address).text


@pytest.mark.parametrize(
    ("text", "said", "marked"),
    [
        (f"Before it stood nothing. {WORDS}", "the quote stands in another place, word for word. The place", WORDS),
        (f"{WORDS} More came.", "the quote stands where it stood, word for word. The place is marked", WORDS),
        (f"So: {WORDS} And: {WORDS}", "the quote stands in several places. The place is marked", WORDS),
        ("Ten ships came into the harbour.", "other words stand in the quote&#x27;s place", "Ten ships came into the"),
        ("Bread is baked in the morning.", "the quote does not stand there any more.", ""),
    ],
)  # fmt: skip
def test_in_a_document_that_has_changed_the_quote_is_looked_for(seeds: Path, text: str, said: str, marked: str) -> None:
    (seeds / "a.txt").write_text(WORDS, encoding="utf-8")
    known = [documents.load(seeds / "a.txt", seeds)]
    address = linked(page(Settings(seeds=seeds), known))
    (seeds / "a.txt").write_text(text, encoding="utf-8")
    later = page(Settings(seeds=seeds), [documents.load(seeds / "a.txt", seeds)]).get(address).text
    assert f"has changed since the link was made: {said}" in later
    assert (f'<mark class="cv-here">{marked}' in later) is bool(marked)
    assert ("<mark" in later) is bool(marked)


@pytest.mark.parametrize("place", ["", "5", "9-3", "0-99999", "x-y", "-1-4"])
def test_a_link_without_a_place_opens_the_document(client: TestClient, place: str) -> None:
    answer = client.get(f"/d/log/page.html?q={place}")
    assert answer.status_code == 200
    assert "<mark" not in answer.text


def test_a_link_to_nothing(client: TestClient) -> None:
    assert client.get("/d/log/none.pdf?q=0-3").status_code == 404


def test_the_pane_offers_the_page_and_the_file(client: TestClient) -> None:
    pdf = client.get("/own/document?id=log/ships%20%231.pdf&start=0&end=10").text
    assert 'data-view="page"' in pdf
    assert 'alt="Page i (1) of ships #1, the quote marked"' in pdf
    assert 'href="/api/originals/log/ships%20%231.pdf#page=1"' in pdf
    html = client.get("/own/document?id=log/page.html").text
    assert "data-view" not in html
    assert 'href="/api/originals/log/page.html"' in html
