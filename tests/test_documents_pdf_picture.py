"""Pages as pictures: what is marked is what the text was read from, however a page is set, turned or cropped."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from pdf_maker import Line as Drawn
from pdf_maker import lines, make_pdf
from PIL import Image, ImageChops

from rag import documents
from rag.documents.pages import recognition
from rag.documents.pages.glyphs import Box
from rag.documents.pages.lines import Line, Word, drawn_spans
from rag.documents.pages.pdf import open_pdf, parse
from rag.documents.pages.pdf_picture import LONGEST, draw, marked_boxes
from rag.documents.parsed import Picture
from rag.errors import ChangedDocument, DocumentError, UnknownPage

LEFT = [
    "The quay was laid in 1901 by the",
    "guild of coopers, who paid for it",
    "with a tax on wine. A first ship came",
    "in from Porto with salt and exam-",
    "ples of cork for the workshops of the",
    "guild and for all who lived near it.",
]
RIGHT = [
    "A second column tells of the crane",
    "that broke in the hardest of winters",
    "when the ice stood a foot thick on",
    "all of the basin. The warden said it",
    "was the longest night he had known",
    "in all his years beside the old quay.",
]


def columns() -> list[Drawn]:
    """Two columns, drawn across."""
    pairs = zip(lines(LEFT, left=60, size=11), lines(RIGHT, left=330, size=11), strict=True)
    return [line for pair in pairs for line in pair]


def cited(data: bytes, quote: str) -> Picture:
    parsed = parse(data, "a.pdf")
    at = parsed.text.index(quote)
    return Picture(sum(start <= at for start in parsed.pages), at, at + len(quote), quote)


def below(data: bytes, picture: Picture) -> list[str]:
    """Return the words that stand below the marks, as PDFium finds them by place alone."""
    with closing(open_pdf(data)) as document:
        boxes = marked_boxes(document, picture)
        with closing(document[picture.page - 1]) as page, closing(page.get_textpage()) as text:
            return [" ".join(text.get_text_bounded(*_inner(box)).split()) for box in boxes]


def _inner(box: Box) -> Box:
    left, bottom, right, top = box
    return left + 0.5, bottom + 3, right - 0.5, top - 3


def marked_area(png: bytes) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Return a picture and the edges of what is marked on it: left, upper, right and lower."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    red, _, blue = image.split()
    much_red = Image.eval(red, lambda value: 255 * (value > 200))
    little_blue = Image.eval(blue, lambda value: 255 * (value < 120))
    box = ImageChops.multiply(much_red, little_blue).getbbox()
    assert box is not None
    return image, box


def test_a_quote_over_several_lines_of_a_column() -> None:
    data = make_pdf([columns()])
    quote = "The warden said it was the longest night he had known in all his years beside the old quay."
    assert below(data, cited(data, quote)) == [
        "The warden said it", "was the longest night he had known", "in all his years beside the old quay.",
    ]  # fmt: skip


def test_a_divided_word_is_marked_in_both_its_halves() -> None:
    data = make_pdf([columns()])
    assert below(data, cited(data, "salt and examples of cork")) == ["salt and exam", "ples of cork"]


def test_a_part_of_a_word_is_marked_letter_by_letter() -> None:
    data = make_pdf([lines(["The harbourmaster came."])])
    assert below(data, cited(data, "master")) == ["master"]


def test_of_two_places_with_the_same_words_the_cited_one_is_marked() -> None:
    data = make_pdf([lines(["It was so. It was so. It was so."])])
    with closing(open_pdf(data)) as document:
        places = [marked_boxes(document, Picture(1, at, at + 10, "It was so."))[0][0] for at in (0, 11, 22)]
    assert places == sorted(set(places))


@pytest.mark.parametrize("number", [0, 1])
def test_a_quote_over_two_pages_is_marked_on_each(number: int) -> None:
    data = make_pdf([lines(["The long sentence begins on"]), lines(["this page and ends here."])])
    text = parse(data, "a.pdf").text
    expected = [["The long sentence begins on"], ["this page and ends here."]]
    assert below(data, Picture(number + 1, 0, len(text), text)) == expected[number]


def test_the_cells_of_a_row_are_marked_and_not_its_neighbours() -> None:
    rows = [("Item", "Price", "Stock"), ("Kettle", "30", "12"), ("Pan", "25", "7"), ("Teapot", "41", "3")]
    table: list[Drawn] = [
        (left, 700 - 16 * number, 12, cell)
        for number, row in enumerate(rows)
        for left, cell in zip((72, 220, 330), row, strict=True)
    ]
    data = make_pdf([table])
    assert below(data, cited(data, "Item: Pan | Price: 25 | Stock: 7")) == ["Pan", "25", "7"]


def test_what_is_typed_into_a_form_is_marked_in_its_field() -> None:
    note = "/Subtype /Widget /FT /Tx /T (o) /V (Ann Byron) /Rect [200 716 400 734] /F 4"
    data = make_pdf([lines(["Name of the owner"])], annotations=[note])
    with closing(open_pdf(data)) as document:
        boxes = marked_boxes(document, cited(data, "Ann Byron"))
    assert boxes == [(200.0, 716.0, 400.0, 734.0)]


def test_a_running_foot_that_breaks_no_sentence_is_not_marked() -> None:
    pages = [
        [*lines([f"Number {name} begins here and it"], top=60), (72, 20, 9, f"The Quay Gazette, page {count}")]
        for count, name in enumerate(("one", "two", "three", "four"), start=1)
    ]
    data = make_pdf(pages)
    assert below(data, cited(data, "Number three begins here and it")) == ["Number three begins here and it"]


@pytest.mark.parametrize(
    ("how", "upright"),
    [(b"", True), (b"/Rotate 90", False), (b"/Rotate 180", True), (b"/CropBox [50 600 400 760]", True),
     (b"/CropBox [50 600 400 760] /Rotate 270", False)],
)  # fmt: skip
def test_a_turned_or_cropped_page(how: bytes, upright: bool) -> None:
    data = make_pdf([lines(["A line that is marked.", "", "Another that is not."])])
    data = data.replace(b"/MediaBox [0 0 612 792]", b"/MediaBox [0 0 612 792] " + how)
    image, (left, upper, right, lower) = marked_area(draw(data, cited(data, "A line that is marked.")))
    assert (right - left > lower - upper) == upright
    dark = image.crop((left, upper, right, lower)).convert("L").getextrema()[0]
    assert dark < 60  # the letters show through the mark
    inside = sum(image.crop((left, upper, right, lower)).convert("L").histogram()[:60])
    whole = sum(image.convert("L").histogram()[:60])
    assert 0.3 < inside / whole < 0.7  # of two lines about as long, one


def test_a_line_that_runs_up_the_page() -> None:
    data = make_pdf([[(100 + 14 * at, 100, 12, words, "up") for at, words in enumerate(LEFT)]])
    _, (left, upper, right, lower) = marked_area(draw(data, cited(data, "with a tax on wine.")))
    assert lower - upper > 3 * (right - left)


def test_the_words_of_a_slanting_scan_are_marked_where_they_stand() -> None:
    if not recognition.is_available():
        pytest.skip(recognition.INSTALL)
    words = [
        "The quay was laid in the year 1901.",
        "A tax on wine has paid for all of it.",
        "The ships came in from Porto.",
    ]
    with closing(open_pdf(make_pdf([lines(words, size=16, leading=30)]))) as document, closing(document[0]) as page:
        upright = page.render(scale=2.5).to_pil().convert("RGB")
    scan = io.BytesIO()
    upright.rotate(1.2, fillcolor="white").save(scan, "PDF", resolution=180)
    image, area = marked_area(draw(scan.getvalue(), cited(scan.getvalue(), words[1])))
    inside = sum(image.crop(area).convert("L").histogram()[:60])
    whole = sum(image.convert("L").histogram()[:60])
    assert 0.3 < inside / whole < 0.45  # of three lines about as long, one


@pytest.mark.parametrize(("turned", "upright"), [(0, True), (90, False)])
def test_a_picture_file_is_drawn_with_the_words_marked_where_they_stand(
    tmp_path: Path, turned: int, upright: bool
) -> None:
    if not recognition.is_available():
        pytest.skip(recognition.INSTALL)
    words = ["The quay was laid in the year 1901.", "A tax on wine has paid for all of it.", "Ships came from Porto."]
    with closing(open_pdf(make_pdf([lines(words, size=16, leading=30)]))) as document, closing(document[0]) as page:
        page.render(scale=2.5).to_pil().convert("RGB").rotate(turned, expand=True).save(tmp_path / "a.png")
    read = documents.load(tmp_path / "a.png", tmp_path)
    assert documents.has_pictures(read)
    at = read.text.index(words[1])
    image, area = marked_area(documents.page_picture(read, 1, (at, at + len(words[1])), tmp_path))
    left, upper, right, lower = area
    assert (right - left > lower - upper) == upright
    inside, whole = (sum(one.convert("L").histogram()[:60]) for one in (image.crop(area), image))
    assert 0.33 < inside / whole < 0.48  # of three lines, one a little longer than the others
    with pytest.raises(DocumentError, match="build it again"):
        documents.page_picture(replace(read, text="Another text."), 1, (0, 7), tmp_path)
    plain = Image.open(io.BytesIO(documents.page_picture(read, 1, (0, 0), tmp_path)))
    assert plain.size == image.size


def test_a_page_of_any_size_is_drawn_within_the_limit() -> None:
    data = make_pdf([lines(["Large."])]).replace(b"[0 0 612 792]", b"[0 0 9000 792]")
    with Image.open(io.BytesIO(draw(data, cited(data, "Large.")))) as image:
        assert max(image.size) <= LONGEST + 1


def test_what_is_read_otherwise_is_not_drawn() -> None:
    data = make_pdf([lines(["Nine ships came."])])
    with pytest.raises(DocumentError, match="build it again"):
        draw(data, Picture(1, 0, 16, "Five ships came."))


def test_words_are_laid_along_a_line_from_both_ends() -> None:
    words = [Word(text, at, 0, at + 1, 10) for at, text in enumerate(["The", "cat", "sat.", "The", "dog"])]
    line = Line("The cat sat.[3] The dog", 0, 0, 5, 10, drawn=tuple(words))
    found = [(word.text, line.text[first:last]) for word, first, last in drawn_spans(line)]
    assert found == [("The", "The"), ("cat", "cat"), ("sat.", "sat."), ("The", "The"), ("dog", "dog")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.pdf").write_bytes(make_pdf([lines(["Nine ships came into the harbour."])]))
    (tmp_path / "b.txt").write_text("Nine ships.", encoding="utf-8")
    return tmp_path


def test_a_document_and_its_page(folder: Path) -> None:
    document = documents.load(folder / "a.pdf", folder)
    data, kind = documents.original(document, folder)
    assert (data, kind.media_type) == ((folder / "a.pdf").read_bytes(), "application/pdf")
    _, (left, *_) = marked_area(documents.page_picture(document, 1, (0, 10), folder))
    assert 140 <= left <= 150  # 72 points, two pixels each


@pytest.mark.parametrize("page", [-1, 0, 2])
def test_no_such_page(folder: Path, page: int) -> None:
    with pytest.raises(UnknownPage, match="it has 1"):
        documents.page_picture(documents.load(folder / "a.pdf", folder), page, (0, 0), folder)


def test_a_text_has_no_pages(folder: Path) -> None:
    with pytest.raises(UnknownPage, match="no pages that can be shown"):
        documents.page_picture(documents.load(folder / "b.txt", folder), 1, (0, 0), folder)


def test_a_changed_or_lost_file(folder: Path) -> None:
    document = documents.load(folder / "a.pdf", folder)
    (folder / "a.pdf").write_bytes(make_pdf([lines(["Ten ships."])]))
    with pytest.raises(ChangedDocument, match="has changed"):
        documents.original(document, folder)
    (folder / "a.pdf").unlink()
    with pytest.raises(ChangedDocument, match="no longer there"):
        documents.page_picture(document, 1, (0, 4), folder)


def test_an_attachment_is_had_from_its_mail(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"] = "The plan"
    mail.set_content("Here it is.")
    pdf = make_pdf([lines(["The crane is moved in May."])])
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="plan.pdf")
    (tmp_path / "m.eml").write_bytes(mail.as_bytes())
    _, plan = documents.load_all(tmp_path / "m.eml", tmp_path)
    assert documents.original(plan, tmp_path)[0] == pdf
    assert marked_area(documents.page_picture(plan, 1, (0, 9), tmp_path))


@pytest.mark.parametrize("name", ["../a.pdf", ".hidden.pdf", "x/.git/a.pdf", "/etc/passwd"])
def test_nothing_outside_and_nothing_hidden(folder: Path, name: str) -> None:
    inside = folder / "inside"
    inside.mkdir()
    (inside / ".hidden.pdf").write_bytes((folder / "a.pdf").read_bytes())
    document = replace(documents.load(folder / "a.pdf", folder), path=name)
    with pytest.raises((ChangedDocument, DocumentError)):
        documents.original(document, inside)
