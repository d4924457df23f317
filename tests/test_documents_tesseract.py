"""The program Tesseract in place of the extra ``ocr``: real pictures, read by the real program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from test_documents_recognition import HOURS, LEASE, SERIF, saved, scan

import rag
from rag.documents import formats, load, sandbox
from rag.documents.pages import picture, recognition, tesseract
from rag.errors import DocumentError

needs_tesseract = pytest.mark.skipif(
    not tesseract.languages(), reason="the program is not installed: apt-get install tesseract-ocr"
)


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_has_extra", lambda: False)


@pytest.fixture
def in_english(without_extra: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "languages", lambda: ["eng"])


@needs_tesseract
def test_a_scan_is_read_within_the_limits_of_the_child_and_its_quote_can_be_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seeds = tmp_path / "path", tmp_path / "seeds"
    path.mkdir()
    seeds.mkdir()
    (path / "sitecustomize.py").write_text('import sys\nsys.modules["rapidocr"] = None\n', encoding="utf-8")
    (seeds / "lease.pdf").write_bytes(saved([scan(LEASE, turned=1.4), scan(HOURS, turned=-0.8)], "PDF"))
    monkeypatch.setenv("PYTHONPATH", str(path))
    sandbox.close()
    try:
        document = load(seeds / "lease.pdf", seeds)
        [verdict] = rag.verify(
            {"status": "answered", "quotes": [{"exact": HOURS[1], "page": 2, "document": {"path": "lease.pdf"}}]}, seeds
        )
    finally:
        sandbox.close()
    assert "The tenant shall return every key to the caretaker within fourteen days" in document.text
    assert "Room: Study | Area: 18 sqm | Rent: 315.00" in document.text.split("\n\n")
    assert document.text.endswith(" ".join(HOURS))
    assert document.pages == (0, document.text.index("The museum"))
    assert all(sure is not None and 0.9 < sure <= 1 for sure in document.recognised)
    assert verdict.kind == "exact"


@needs_tesseract
@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize("turned", [180, 270])
def test_a_page_that_is_turned_is_read_upright(turned: int) -> None:
    page = scan(HOURS, turned=0.5).rotate(turned, expand=True)
    assert picture.parse(saved([page], "JPEG"), "a.jpg").text == " ".join(HOURS)


@needs_tesseract
@pytest.mark.usefixtures("in_english")
def test_letters_of_a_language_that_is_not_installed_are_no_text() -> None:
    rows = ["Музей открыт по воскресеньям с десяти утра", "до четырёх. Собаки должны ждать снаружи."]
    with pytest.raises(DocumentError, match=r"No text was found in the picture; languages that are known: English\."):
        picture.parse(saved([scan(rows, font=SERIF)], "PNG"), "a.png")


@pytest.mark.usefixtures("in_english")
def test_a_page_that_takes_too_long_is_named_as_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("tesseract", 90.0)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(DocumentError, match="No text was found in the picture"):
        picture.parse(saved([scan(HOURS)], "PNG"), "a.png")


@pytest.mark.usefixtures("without_extra")
def test_the_reading_depends_on_the_program_and_its_languages(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(formats._recognition.cache_clear)
    formats._recognition.cache_clear()
    said = {"--list-langs": "List of available languages (4):\nosd\ndeu\neng\npol\n", "--version": "tesseract 5.3.0\n"}
    monkeypatch.setattr(tesseract.shutil, "which", lambda program: program)
    monkeypatch.setattr(tesseract, "_run", lambda arguments, data, seconds: said[arguments[0]])
    assert tesseract.known_languages() == "English, German, pol"
    assert formats.reading_versions()[".png"] == "pages.picture 4 tesseract-5.3.0 eng deu pol"
    assert "tesseract" not in formats.reading_versions()[".docx"]
    monkeypatch.setattr(tesseract.shutil, "which", lambda program: None)
    formats._recognition.cache_clear()
    assert formats.reading_versions()[".png"] == "pages.picture 4 none"
