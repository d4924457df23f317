"""Files dropped into the page: what is taken, under which name, and what attackers try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from apart import apart
from starlette.testclient import TestClient
from web_library import OTHER_PAGES, page

import rag
from rag.documents.formats import MEGABYTE
from rag.interfaces.web.uploads import UploadError, Uploads, clean_name


@pytest.fixture
def seeds(settings: rag.Settings) -> Path:
    settings.seeds.mkdir(exist_ok=True)
    return settings.seeds


@pytest.fixture
def client(settings: rag.Settings, seeds: Path) -> TestClient:
    return page(replace(settings, upload_megabytes=1, embed=("https://news.example",)))


def files(seeds: Path) -> list[str]:
    return sorted(path.relative_to(seeds).as_posix() for path in seeds.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/cron.txt", "cron.txt"),
        ("..\\..\\boot.md", "boot.md"),
        ("/etc/passwd.txt", "passwd.txt"),
        (".hidden.txt", "hidden.txt"),
        ("~$report.docx", "report.docx"),
        ("con.txt", "_con.txt"),
        ("a\0b\r\n\u202ec.txt", "a_b___c.txt"),
        ("Zu\u0308rich <b>.PDF", "Zürich _b_.PDF"),
        ("😀" * 100 + ".txt", "😀" * 45 + ".txt"),
    ],
)
def test_names_are_cleaned(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@pytest.mark.parametrize("name", ["", "..", "../", ".txt", "x.exe", "page.html.lnk", "noend", "x.txt/..", "a." * 9])
def test_what_says_no_known_kind_is_refused(client: TestClient, seeds: Path, name: str) -> None:
    with pytest.raises(UploadError, match="not read"):
        clean_name(name)
    answer = client.put(f"/own/uploads?name={quote(name, safe='')}", content=b"x")
    assert answer.status_code == 422
    assert "not read" in answer.json()["error"]
    assert files(seeds) == []


def test_a_file_is_kept_and_taken_out_again(client: TestClient, seeds: Path) -> None:
    answer = client.put("/own/uploads?name=a%2Fminutes.txt", content=b"The harbour opened.")
    assert (answer.status_code, answer.text) == (201, "minutes.txt")
    assert (seeds / "uploads" / "minutes.txt").read_bytes() == b"The harbour opened."
    assert 'data-remove="minutes.txt"' in client.get("/own/catalogue").text
    assert client.delete("/own/uploads?name=minutes.txt").status_code == 204
    assert client.delete("/own/uploads?name=minutes.txt").status_code == 404
    assert files(seeds) == []


def test_no_file_is_written_over(client: TestClient, seeds: Path) -> None:
    names = [client.put("/own/uploads?name=a.txt", content=text).text for text in (b"one", b"two", b"three")]
    assert names == ["a.txt", "a (2).txt", "a (3).txt"]
    assert (seeds / "uploads" / "a.txt").read_bytes() == b"one"
    assert client.delete("/own/uploads?name=a+(2).txt").status_code == 204


def test_too_large_or_empty_leaves_nothing(client: TestClient, seeds: Path) -> None:
    def chunked() -> AsyncIterator[bytes]:
        return iter([b"x" * 300_000] * 4)  # type: ignore[return-value]

    assert client.put("/own/uploads?name=a.txt", content=b"x" * (MEGABYTE + 1)).status_code == 413
    told = client.put("/own/uploads?name=a.txt", content=chunked())  # no length is said before
    assert told.status_code == 413
    assert "larger than 1 MB" in told.json()["error"]
    assert client.put("/own/uploads?name=a.txt", content=b"").status_code == 422
    assert client.put("/own/uploads?name=a.txt", content=b"x" * MEGABYTE).status_code == 201
    assert files(seeds) == ["uploads/a.txt"]


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_other_pages_add_and_remove_nothing(client: TestClient, seeds: Path, headers: dict[str, str]) -> None:
    assert client.put("/own/uploads?name=mine.txt", content=b"x").status_code == 201
    assert client.put("/own/uploads?name=a.txt", content=b"x", headers=headers).status_code == 403
    assert client.delete("/own/uploads?name=mine.txt", headers=headers).status_code == 403
    assert client.post("/own/rebuild", headers=headers).status_code == 403
    asked = {"Access-Control-Request-Method": "PUT", "Origin": "https://news.example"}
    assert client.options("/own/uploads?name=a.txt", headers=asked).status_code >= 400
    assert files(seeds) == ["uploads/mine.txt"]


@pytest.mark.parametrize(
    "name", ["../secret.txt", "..%2Fsecret.txt", "%2Fetc%2Fhostname", ".part-1", "", ".", "..", "x%00.txt", "sub"]
)
def test_only_what_was_dropped_in_is_removed(client: TestClient, seeds: Path, name: str) -> None:
    (seeds / "secret.txt").write_text("Mine.", encoding="utf-8")
    (seeds / "uploads" / "sub").mkdir(parents=True)
    (seeds / "uploads" / ".part-1").write_text("half", encoding="utf-8")
    assert client.delete(f"/own/uploads?name={name}").status_code == 404
    assert files(seeds) == ["secret.txt", "uploads/.part-1"]


def test_a_folder_that_is_a_link_is_left_alone(client: TestClient, seeds: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.txt").write_text("Not yours.", encoding="utf-8")
    (seeds / "uploads").symlink_to(outside)
    assert client.put("/own/uploads?name=a.txt", content=b"x").status_code == 422
    assert client.delete("/own/uploads?name=b.txt").status_code == 404
    assert [path.name for path in outside.iterdir()] == ["b.txt"]
    assert "b.txt" not in client.get("/own/catalogue").text


def test_the_limit_of_zero_takes_nothing(settings: rag.Settings, seeds: Path) -> None:
    client = page(replace(settings, upload_megabytes=0))
    assert client.put("/own/uploads?name=a.txt", content=b"").status_code == 403
    html = client.get("/own/catalogue").text
    assert "data-uploads" not in html
    assert "Check for new files" in html


def test_who_hangs_up_leaves_nothing(seeds: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError("gone")

    with pytest.raises(UploadError):
        apart(asyncio.run, Uploads(seeds, 1).add("a.txt", broken()))
    assert files(seeds) == []
