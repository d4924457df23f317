"""Pictures of pages: real letters are drawn, turned a little and made noisy, and have to be read again."""

from __future__ import annotations

import io
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager
from pdf_maker import lines, make_pdf
from PIL import Image, ImageDraw, ImageFont

import rag
from rag.documents import formats, load, sandbox
from rag.documents.pages import pdf, pdf_picture, picture, recognition
from rag.documents.parsed import Picture
from rag.errors import DocumentError
from rag.interfaces.terminal import recognised_words

needs_recognition = pytest.mark.skipif(
    not recognition._has_extra(), reason="the extra ocr is not installed: pip install -r requirements-ocr.txt"
)
SERIF = Path(font_manager.findfont("DejaVu Serif"))
"""Has letters that the usual one lacks."""
LEASE = [
    "Lease of the boathouse",
    "",
    "The tenant shall return every key to the caretaker",
    "within fourteen days of the end of the lease. For a",
    "key that is lost a fee of 35.50 euros is due.",
    "",
    "Room|Area|Rent",
    "Kitchen|12 sqm|210.00",
    "Study|18 sqm|315.00",
    "Workshop|40 sqm|505.00",
]
HOURS = ["The museum is open on Sundays from ten in the morning", "until four. Dogs must wait outside."]
LEASE_TEXT = (
    "The tenant shall return every key to the caretaker within fourteen days of the end of the lease. For a key that "
    "is lost a fee of 35.50 euros is due."
)


def scan(rows: list[str], *, turned: float = 0.0, noise: float = 10.0, font: Path | None = None) -> Image.Image:
    """Return an A4 page at 150 dots an inch as a scanner gives it; ``|`` stands between columns."""
    page = Image.new("L", (1240, 1754), 246)
    draw, letters = ImageDraw.Draw(page), ImageFont.truetype(font, 27) if font else ImageFont.load_default(27)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row.split("|")):
            draw.text((110 + 290 * column, 120 + 41 * number), cell, font=letters, fill=30)
    level = page.rotate(turned, fillcolor=246, resample=Image.Resampling.BICUBIC)
    grain = np.random.default_rng(3).normal(0, noise, (1754, 1240))
    return Image.fromarray((np.asarray(level) + grain).clip(0, 255).astype(np.uint8))


def saved(pages: list[Image.Image], kind: str) -> bytes:
    file = io.BytesIO()
    several = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    pages[0].save(file, kind, resolution=150, dpi=(150, 150), quality=70, **several)
    return file.getvalue()


@needs_recognition
def test_a_scanned_pdf_is_read_with_its_table_and_every_quote_can_be_verified(tmp_path: Path) -> None:
    (tmp_path / "lease.pdf").write_bytes(saved([scan(LEASE, turned=1.4), scan(HOURS, turned=-0.8)], "PDF"))
    document = load(tmp_path / "lease.pdf", tmp_path)
    paragraphs = document.text.split("\n\n")
    assert paragraphs[1] == LEASE_TEXT
    assert paragraphs[3] == "Room: Study | Area: 18 sqm | Rent: 315.00"
    assert paragraphs[-1] == " ".join(HOURS)
    assert document.pages == (0, document.text.index("The museum"))
    assert all(sure is not None and 0.9 < sure <= 1 for sure in document.recognised)
    assert document.warnings[0].startswith("pages 1, 2 are pictures whose text was recognised (")
    [verdict] = rag.verify(
        {"status": "answered", "quotes": [{"exact": LEASE_TEXT, "page": 1, "document": {"path": "lease.pdf"}}]},
        tmp_path,
    )
    assert verdict.kind == "exact"


@needs_recognition
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_picture_files_are_read(kind: str) -> None:
    parsed = picture.parse(saved([scan(HOURS, turned=0.6)], kind), "hours")
    assert parsed.text == " ".join(HOURS)
    assert (parsed.pages, len(parsed.recognised)) == ((0,), 1)


@needs_recognition
def test_each_picture_of_a_tiff_is_a_page_and_one_that_lies_on_its_side_is_set_upright() -> None:
    parsed = picture.parse(saved([scan(HOURS), scan(["Second page."])], "TIFF"), "a.tiff")
    assert parsed.text.split() == " ".join([*HOURS, "Second page."]).split()
    assert parsed.text[parsed.pages[1] :] == "Second page."
    lying = scan(HOURS).rotate(90, expand=True)
    told = lying.getexif()
    told[0x0112] = 6  # turn it clockwise
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=told, quality=80)
    assert picture.parse(file.getvalue(), "a.jpg").text == " ".join(HOURS)


@needs_recognition
@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_that_lies_on_its_side_or_stands_on_its_head_is_read_upright(turned: int) -> None:
    page = scan(HOURS, turned=0.5).rotate(turned, expand=True)
    assert picture.parse(saved([page], "JPEG"), "a.jpg").text == " ".join(HOURS)


@needs_recognition
def test_accents_are_read() -> None:
    rows = ["Für größere Übungen sind drei Schlüssel nötig.", "L'élève paie 3,50 € après Noël à l'entrée."]
    assert picture.parse(saved([scan(rows, font=SERIF)], "JPEG"), "a.jpg").text == " ".join(rows)


@needs_recognition
def test_letters_that_are_unknown_are_no_text() -> None:
    rows = ["Музей открыт по воскресеньям с десяти утра", "до четырёх. Собаки должны ждать снаружи."]
    with pytest.raises(DocumentError, match="letters that are known: Latin, Greek, Chinese and Japanese"):
        picture.parse(saved([scan(rows, font=SERIF)], "JPEG"), "a.jpg")


def test_a_line_of_blanks_and_dots_is_sparse() -> None:
    box = np.array([[[0, 0], [600, 0], [600, 40], [0, 40]]], dtype=float)  # 15 squares
    assert recognition._is_sparse("   . 5 .   .", box)
    assert not recognition._is_sparse("seven letters", box)
    assert not recognition._is_sparse("5", box * [0.05, 1.0])


@needs_recognition
def test_pages_that_say_their_letters_are_not_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "recognise", lambda picture: pytest.fail("a page with letters was recognised"))
    parsed = pdf.parse(make_pdf([lines(["This page says its letters itself."]), []]), "b.pdf")
    assert (parsed.text, parsed.recognised) == ("This page says its letters itself.", ())


@pytest.mark.parametrize(("read", "meant"), [("four.Dogs", "four. Dogs"), ("keys,and", "keys, and"), ("3,5", "3,5")])
def test_a_space_that_was_overlooked_is_set(read: str, meant: str) -> None:
    assert recognition._LOST_SPACE.sub(" ", read) == meant


@needs_recognition
def test_a_picture_without_words_and_a_damaged_one_are_named() -> None:
    with pytest.raises(DocumentError, match="No text was found in the picture"):
        picture.parse(saved([Image.new("L", (600, 400), 255)], "PNG"), "a.png")
    with pytest.raises(DocumentError, match="cannot be opened as a picture"):
        picture.parse(saved([scan(HOURS)], "PNG")[:200], "a.png")


@needs_recognition
def test_the_time_of_a_file_grows_with_the_pages_that_are_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 0.1)  # too little for any page
    monkeypatch.setattr(sandbox, "SECONDS_A_MEGABYTE", 0.0)
    monkeypatch.setattr(sandbox, "PATIENCE", 100.0)
    sandbox.close()
    try:
        document = sandbox.parse(formats.SUFFIXES[".pdf"], saved([scan(HOURS)], "PDF"), "a.pdf")
    finally:
        sandbox.close()
    assert document.text == " ".join(HOURS)


def test_without_the_extra_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "is_available", lambda: False)
    with pytest.raises(DocumentError, match="It is a picture: install text recognition with: pip install rapidocr"):
        picture.parse(b"anything", "a.png")
    with pytest.raises(
        DocumentError, match="pictures of pages and no text: install text recognition with: pip install"
    ):
        pdf.parse(saved([scan(HOURS)], "PDF"), "a.pdf")


def test_reading_changes_where_the_extra_is_installed(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(formats._recognition.cache_clear)
    request.addfinalizer(formats._installed.cache_clear)
    monkeypatch.setattr(recognition, "_has_extra", lambda: True)
    monkeypatch.setattr(metadata, "version", lambda library: "1")
    formats._recognition.cache_clear()
    assert "rapidocr-1" in formats.reading_versions()[".pdf"]
    assert "rapidocr" not in formats.reading_versions()[".docx"]


def test_a_quote_says_that_it_was_recognised() -> None:
    assert recognised_words(0.961) == ", recognised in a picture (96 % sure)"
    assert recognised_words(None) == ""


@needs_recognition
@pytest.mark.parametrize("kind", ["TIFF", "PDF"])
def test_to_draw_a_page_that_page_alone_is_recognised(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, drawing = (pdf, pdf_picture) if kind == "PDF" else (picture, picture)
    data = saved([scan(HOURS), scan(["Closed on Monday.", "", "Dogs are let in."]), scan(["Third page."])], kind)
    parsed = read.parse(data, "a")
    begins, stops = parsed.pages[1:3]
    at = parsed.text.index("Dogs are")
    recognised = []
    once = recognition.recognise
    monkeypatch.setattr(recognition, "recognise", lambda colours: recognised.append(1) or once(colours))
    place = (2, at, at + 8, "Dogs are")
    alone = drawing.draw(data, Picture(*place, begins, parsed.text[begins:stops]))
    assert len(recognised) == 1
    assert drawing.draw(data, Picture(*place)) == alone  # as it is where all pages are read
    assert len(recognised) > 3
    with pytest.raises(DocumentError, match="read otherwise"):
        drawing.draw(data, Picture(2, at, at + 8, "Cats are", begins, "Closed. Cats are let in."))
