"""PDF exactly: pages, paragraphs, divided words, running heads, bookmarks, and what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_maker import Line as Drawn
from pdf_maker import lines, make_pdf

from rag.documents.pages.layout import flow, large_lines
from rag.documents.pages.lines import Line
from rag.documents.pages.pdf import parse
from rag.documents.pages.running import apart, running_heads
from rag.errors import DocumentError
from rag.types import Section


def pdf_text(*pages: Sequence[Drawn]) -> str:
    return parse(make_pdf(pages), "a.pdf").text


def test_pages_and_paragraphs() -> None:
    first = [
        "The minister met the ambassador on Monday and they",
        "talked about the harbour.",
        "",
        "A second paragraph.",
    ]
    parsed = parse(make_pdf([lines(first), lines(["On the second page."])]), "a.pdf")
    assert parsed.text == (
        "The minister met the ambassador on Monday and they talked about the harbour.\n\nA second paragraph."
        "\n\nOn the second page."
    )
    assert parsed.pages == (0, parsed.text.index("On the second"))


def test_a_sentence_goes_on_over_the_page() -> None:
    parsed = parse(make_pdf([lines(["The talks went on, and the minister"]), lines(["left on Tuesday."])]), "a.pdf")
    assert parsed.text == "The talks went on, and the minister left on Tuesday."
    assert parsed.pages == (0, parsed.text.index("left"))


def test_a_page_without_text_begins_where_the_next_one_does() -> None:
    parsed = parse(make_pdf([[], lines(["One."]), [], lines(["Two."]), []]), "a.pdf")
    assert (parsed.text, parsed.pages) == ("One.\n\nTwo.", (0, 0, 6, 6, 10))
    assert parsed.warnings == ()  # nothing stands there that could be read


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ("He gave an exam-", "ple of it.", "He gave an example of it."),
        ("It is a well-", "known fact.", "It is a well-known fact."),
        ("A fact-check and a new fact-", "check.", "A fact-check and a new fact-check."),
        ("The sea and the bed: a sea-", "bed it is.", "The sea and the bed: a sea-bed it is."),
        ("Seabed, said twice: sea-", "bed it is.", "Seabed, said twice: seabed it is."),
        ("The old Anglo-", "Saxon laws.", "The old Anglo-Saxon laws."),
        ("After COVID-", "19 came.", "After COVID-19 came."),
        ("The pre-", "and post-war years.", "The pre- and post-war years."),
        ("It was late -", "too late.", "It was late - too late."),
    ],
)
def test_words_divided_at_a_line_end(above: str, below: str, expected: str) -> None:
    assert pdf_text(lines([above, below])) == expected


def test_letters_are_what_the_page_shows() -> None:
    text = "Naïve “café” – €5 (50 %) \\ O’Brien’s…"
    assert pdf_text(lines([text])) == text


def test_two_columns_are_read_one_after_the_other() -> None:
    left = lines(["The first column is read", "down to its end, and", "then"])
    right = lines(["the second column is", "read."], left=320)
    assert pdf_text(left + right) == "The first column is read down to its end, and then the second column is read."


def test_a_page_on_its_side_reads_the_same() -> None:
    page = lines(["The minister met the ambassador on Monday and they", "talked.", "", "A second paragraph."], top=500)
    assert parse(make_pdf([page], turned=True), "a.pdf").text == pdf_text(page)


def test_lines_that_end_early_stay_lines() -> None:
    rows = ["Name Age", "Ann Lee 12", "Bob 13", "This is a line that is a good deal longer than the rows above it."]
    assert pdf_text(lines(rows)) == "\n".join(rows)


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = []
    for number in range(1, 8):
        head = (
            72.0,
            760.0,
            10.0,
            "The Annual Report" if number % 2 else f"Chapter {1 + number // 4}: Weather {number}",
        )
        foot = (300.0, 30.0, 10.0, f"Page {number} of 7")
        letter = "abcdefg"[number - 1]
        body = lines([f"Sentence {letter} stands on its page, and it is long enough.", f"It ends in {letter}."])
        pages.append([head, *body, foot])
    expected = [
        f"Sentence {letter} stands on its page, and it is long enough. It ends in {letter}." for letter in "abcdefg"
    ]
    expected.insert(0, "The Annual Report")  # the first copy is kept
    expected.insert(2, "Chapter 1: Weather 2")
    assert pdf_text(*pages) == "\n\n".join(expected)


def test_roman_page_numbers_are_left_out() -> None:
    pages = [
        [*lines([f"Text {word}."]), (300.0, 30.0, 12.0, number)]
        for word, number in zip("abc", ("iii", "iv", "v"), strict=True)
    ]
    assert pdf_text(*pages) == "Text a.\n\nText b.\n\nText c."


def test_a_number_that_does_not_count_the_pages_stays() -> None:
    pages = [
        [*lines([f"Text {word}."]), (72.0, 30.0, 12.0, number)]
        for word, number in zip("abc", ("17", "99", "42"), strict=True)
    ]
    assert pdf_text(*pages) == "Text a.\n\n17\n\nText b.\n\n99\n\nText c.\n\n42"


def test_bookmarks_are_sections() -> None:
    pages = [
        [(72.0, 740.0, 20.0, "1 Introduction"), *lines(["It begins."], top=700)],
        [*lines(["It goes on.", "", "Methods", "We measured."])],
    ]
    parsed = parse(make_pdf(pages, outline=[("Introduction", 0), ("Methods", 1), ("Absent", 1)]), "a.pdf")
    assert parsed.text == "1 Introduction\n\nIt begins.\n\nIt goes on.\n\nMethods\nWe measured."
    assert parsed.sections == (Section(0, "Introduction"), Section(parsed.text.index("Methods"), "Methods"))


def test_without_bookmarks_large_lines_are_sections() -> None:
    page = [
        (72.0, 740.0, 20.0, "The harbour and"),
        (72.0, 716.0, 20.0, "its ships"),
        *lines(["It begins here.", "And it goes on."], top=680),
        (72.0, 640.0, 15.0, "Ferries"),
        *lines(["There are two.", "", "One is old.", "", "And one is new, and larger.", "", "Both are red."], top=610),
    ]
    parsed = parse(make_pdf([page]), "a.pdf")
    assert parsed.sections == (
        Section(0, "The harbour and its ships"),
        Section(parsed.text.index("Ferries"), "Ferries"),
    )


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("The Harbour", "The Harbour"),
        ("Microsoft Word - The Harbour", "The Harbour"),
        ("report_final.docx", "In large letters"),
        ("", "In large letters"),
        ("Untitled", "In large letters"),
        ("title 2", "In large letters"),
        ("Title IX in Schools", "Title IX in Schools"),
        ("AI", "AI"),
        ("0042", "In large letters"),
    ],
)
def test_the_title_is_the_stated_one_where_it_is_one(stated: str, title: str) -> None:
    page = [(72.0, 740.0, 24.0, "In large letters"), *lines(["Text.", "More text."], top=700)]
    assert parse(make_pdf([page], info=[("Title", stated)]), "a.pdf").title == title


def test_a_short_heading_is_a_heading_and_an_initial_is_none() -> None:
    page = [(72.0, 740.0, 20.0, "AI"), *lines(["It learns.", "It plans."], top=700), (72.0, 640.0, 20.0, "T")]
    parsed = parse(make_pdf([[*page, *lines(["here it ends."], top=600)]]), "a.pdf")
    assert (parsed.title, parsed.sections) == ("AI", (Section(0, "AI"),))


def test_metadata() -> None:
    info = [("Author", "Ann Lee"), ("CreationDate", "D:20240305100000+01'00'"), ("Subject", " ")]
    assert parse(make_pdf([lines(["Text."])], info=info), "a.pdf").metadata == (
        ("author", "Ann Lee"),
        ("created", "2024-03-05"),
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"text", "It is not a PDF, whatever its name says."),
        (make_pdf([lines(["Text."])])[:-200], "It is cut off: its end is missing. Get it again."),
        (make_pdf([lines(["Text."])], encrypt=True), "It is protected by a password."),
        (make_pdf([[], []]), "No text was found on its pages."),
        (b"%PDF-1.7\n%%EOF\n", "It is damaged: it cannot be opened as a PDF."),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(data, "a.pdf")
    assert str(caught.value) == reason


def test_a_page_that_stands_upside_down_in_the_file_does_no_harm() -> None:
    upward = [(72.0, 100.0 + 14 * number, 12.0, f"Line {number}.") for number in range(5)]
    parsed = parse(make_pdf([upward]), "a.pdf")
    assert all(f"Line {number}." in parsed.text for number in range(5))


def test_signs_of_wingdings_are_what_they_look_like_and_letters_stay_letters() -> None:
    page: list[Drawn] = [(72, 700, 12, "ü", "F3"), (90, 700, 12, "Keys handed over"), (72, 660, 12, "ü is a letter.")]
    page += [(72, 620, 12, "þ", "F3"), (90, 620, 12, "Meter read"), (72, 580, 12, "q", "F3"), (90, 580, 12, "Door q")]
    said = parse(make_pdf([page]), "a.pdf").text
    assert said == "✓ Keys handed over\n\nü is a letter.\n\n☑ Meter read\n\n☐ Door q"


def test_a_few_lines_set_far_apart_are_one_paragraph_where_a_sentence_goes_on() -> None:
    said = [
        (700.0, "Report"),
        (640.0, "On Monday the crane struck the"),
        (610.0, "pipe above the door."),
        (550.0, "Nobody was hurt."),
    ]
    page = [Line(text, 72.0, bottom, 72.0 + 6 * len(text), bottom + 14) for bottom, text in said]
    assert flow([page])[0] == "Report\n\nOn Monday the crane struck the pipe above the door.\n\nNobody was hurt."


LINES = st.builds(
    lambda text, left, bottom, width, height, divided: Line(text, left, bottom, left + width, bottom + height, divided),
    st.text(st.sampled_from("abcA1.-‐,• 日本😀é"), min_size=1).filter(lambda text: text.strip() == text and text != ""),
    *(st.floats(-50, 800) for _ in range(2)),
    *(st.floats(0, 400) for _ in range(2)),
    st.booleans(),
)


@settings(max_examples=100)
@given(st.lists(st.lists(LINES, max_size=6), max_size=5))
def test_any_lines_flow_into_text_that_holds_each_at_its_place(pages: list[list[Line]]) -> None:
    bodies, heads = running_heads(pages)
    kept = apart(bodies, [[[head] for head in page] for page in heads])
    text, starts, placed = flow(kept)
    assert len(starts) == len(pages)
    assert starts == sorted(starts)
    assert [item.line for item in placed] == [line for page in kept for line in page]
    assert all(text[item.start : item.start + len(item.line.text)] == item.line.text for item in placed)
    assert all(starts[item.page] <= item.start for item in placed)
    assert all(line in {item.line for item in placed} and words for line, words in large_lines(kept))


def test_a_listing_keeps_its_lines_and_their_indentation() -> None:
    code = ["lamp {", "  colour white;", "  flash   12;", "}"]
    page: list[Drawn] = [
        *lines(["The lamp is set in a file."]),
        *lines(["It is read at dusk, by the keeper."], top=600),
    ]
    page[1:1] = [(90.0 + 7.2 * (len(text) - len(text.lstrip())), 690 - 14.0 * at, 12.0, text.lstrip(), "F2")
                 for at, text in enumerate(code)]  # fmt: skip
    assert pdf_text(page) == "\n\n".join(
        ["The lamp is set in a file.", "\n".join(code), "It is read at dusk, by the keeper."]
    )


def test_a_document_typed_in_such_letters_is_running_text() -> None:
    page: list[Drawn] = [
        (72.0, 700.0 - 14 * at, 12.0, text, "F2") for at, text in enumerate(["Dear Sir, the", "ship left."])
    ]
    assert pdf_text(page) == "Dear Sir, the ship left."


def test_letters_drawn_twice_to_look_bold_are_read_once() -> None:
    for shifts in ((0, 0.3), (0, 1.0)):
        page: list[Drawn] = [
            (72 + 7.2 * at + shift, 700.0, 12.0, letter, "F2") for shift in shifts for at, letter in enumerate("Wage")
        ]
        assert pdf_text(page) == "Wage"
    assert pdf_text(lines(["1100 2244"])) == "1100 2244"


def test_a_hyphen_that_can_be_seen_is_one() -> None:
    assert pdf_text(lines(["A well\xadknown place."])) == "A well-known place."


def test_small_digits_are_raised_and_lowered() -> None:
    page = [(72.0, 700.0, 12.0, "In 1 m"), (106.0, 704.0, 7.0, "3"), (114.0, 700.0, 12.0, "of air.")]
    assert pdf_text(page) == "In 1 m³ of air."


def test_labels_of_pages() -> None:
    pages = [lines([f"Text {word}."]) for word in "abc"]
    assert parse(make_pdf(pages, labels="0 << /S /r >> 2 << /S /D >>"), "a.pdf").page_labels == ("i", "ii", "1")
    assert parse(make_pdf(pages, labels="0 << /S /D >>"), "a.pdf").page_labels == ()
    assert parse(make_pdf(pages), "a.pdf").page_labels == ()


def test_bytes_after_the_end_do_no_harm() -> None:
    data = make_pdf([lines(["Text."])])
    assert parse(data + b"\n<!-- mail -->" * 1_000, "a.pdf").text == "Text."
    with pytest.raises(DocumentError, match="cut off"):
        parse(data + b"\n9 0 obj\n" + b"x" * 9_000, "a.pdf")


def test_a_number_that_is_stated_and_shown_is_a_title() -> None:
    page = [(72.0, 740.0, 24.0, "1984"), *lines(["It was a cold day.", "It rained."], top=700)]
    assert parse(make_pdf([page], info=[("Title", "1984")]), "a.pdf").title == "1984"


def test_a_title_in_two_lines() -> None:
    page = [
        (72.0, 740.0, 24.0, "The birds of"),
        (72.0, 712.0, 24.0, "the islands"),
        *lines(["Text."], top=680),
    ]
    assert parse(make_pdf([page, lines(["Of more pages."] * 4)]), "a.pdf").title == "The birds of the islands"
