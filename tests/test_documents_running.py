"""What stands around the text of pages: it is kept once, and falls into no sentence."""

from __future__ import annotations

from pdf_maker import Line, lines, make_pdf

from rag.documents.pages.pdf import parse
from rag.documents.parsed import Parsed

PAGES = [
    ["The harbour office opens at eight. A boat that", "comes in at night is moored at the pier, and its"],
    ["master signs the book in the morning. Whoever", "forgets to do so pays a fee of ten crowns, which is"],
    ["given to the lifeboat. The pier is lit until two.", "Dogs are kept on a lead."],
]
TEXT = " ".join(line for page in PAGES for line in page)


def read(pages: list[list[Line]]) -> Parsed:
    return parse(make_pdf(pages), "a.pdf")


def around(head: str, foot: str, *, size: float = 10) -> list[list[Line]]:
    return [
        [(72.0, 760.0, size, head.format(number)), *lines(words), (72.0, 40.0, 10.0, foot.format(number))]
        for number, words in enumerate(PAGES, start=1)
    ]


def test_a_letterhead_and_a_foot_are_kept_once_and_in_no_sentence() -> None:
    parsed = read(around("Harbour of Birk, telephone 555-0177", "Account 20-441"))
    assert parsed.text == (
        "Harbour of Birk, telephone 555-0177\n\nThe harbour office opens at eight.\n\nAccount 20-441\n\n"
        + TEXT.removeprefix("The harbour office opens at eight. ")
    )
    assert parsed.pages == (0, parsed.text.index("master signs"), parsed.text.index("given to the"))


def test_page_numbers_run_anywhere_in_a_line() -> None:
    foot = "Rules_2026_v3_2.odt 07.03.2026 11:45:09 printed on page {} of 3, copy 2"
    assert read(around("", foot)).text.count("Rules_2026") == 1
    assert read(around("Page {} of 3", "- {} -")).text == TEXT


def test_a_head_in_larger_letters_is_neither_heading_nor_title() -> None:
    parsed = read(around("Rules of the pier, page {}", "{}", size=18))
    assert (parsed.title, parsed.sections) == ("", ())
    assert parsed.text == f"Rules of the pier, page 1\n\n{TEXT}"


def test_headings_that_count_are_headings() -> None:
    pages = [
        [(72.0, 740.0, 18.0, f"Lesson {number}"), *lines([f"Words of lesson {word}.", "They go on."], top=700)]
        for number, word in enumerate(("one", "two", "three"), start=1)
    ]
    assert [section.heading for section in read(pages).sections] == ["Lesson 1", "Lesson 2", "Lesson 3"]


def test_a_page_that_is_repeated_is_not_lost() -> None:
    page = lines(["Receipt for one boat.", "It was paid in coins.", "Keep it."])
    last = lines(["Another page altogether."])
    assert read([page, page, page, last]).text.count("It was paid in coins.") == 3


def test_the_head_of_a_table_stays_with_it_on_every_page() -> None:
    def page(first: int) -> list[Line]:
        rows = [("Day", "Boats", "Fee"), *((f"May {day}", str(3 * day), str(40 + day)) for day in (first, first + 1))]
        return [
            (left, 700.0 - 14 * at, 12.0, cell)
            for at, row in enumerate(rows)
            for left, cell in zip((72.0, 200.0, 300.0), row, strict=True)
        ]

    text = read([page(1), page(3), page(5)]).text
    assert "Day: May 4 | Boats: 12 | Fee: 44" in text.split("\n\n")
    assert text.count("Day: ") == 6


def test_a_footnote_falls_into_no_sentence_and_its_mark_is_no_digit() -> None:
    first: list[Line] = [
        (72.0, 720.0, 12.0, "The deck is 90 m"), (162.0, 724.0, 7.0, "2"), (170.0, 720.0, 12.0, "wide. It carried 35"),
        (278.0, 724.0, 7.0, "1"), (286.0, 720.0, 12.0, "cars, and on Sunday"), (396.0, 724.0, 7.0, "2"),
        (404.0, 720.0, 12.0, "it was full, so"),
        (72.0, 70.0, 8.0, "1 Counted at noon by the crew."), (72.0, 60.0, 8.0, "2 In May."),
    ]  # fmt: skip
    second = lines(["that a second ship was sent from the town."])
    text = read([first, second]).text
    assert text.split("\n\n") == [
        "The deck is 90 m² wide.",
        "[1] Counted at noon by the crew.",
        "[2] In May.",
        "It carried 35 [1] cars, and on Sunday[2] it was full, so that a second ship was sent from the town.",
    ]


def test_lines_that_run_up_the_page_stand_apart() -> None:
    page = [*lines(["The pier is closed in winter, and"]), (30.0, 100.0, 9.0, "Printed in Birk", "up")]
    page += lines(["whoever lands there does so at his own risk."], top=706)
    assert read([page]).text == (
        "The pier is closed in winter, and whoever lands there does so at his own risk.\n\nPrinted in Birk"
    )


def test_a_page_set_sideways_by_its_lines_reads_the_same() -> None:
    words = ["The crane is checked before it is moved, and", "its key is kept in the office of the yard."]
    page: list[Line] = [(100.0 + 14 * at, 72.0, 12.0, text, "up") for at, text in enumerate(words)]
    assert read([page]).text == " ".join(words)


def test_filled_copies_of_one_form_are_read_whole() -> None:
    form = ["This paper tells everybody that", "", "{}", "", "has passed the test of the harbour.", "Birk, in June."]
    pages = [lines([text.format(name) for text in form]) for name in ("Ann Lee", "Bob Orr", "Cy Holm")]
    assert read(pages).text.count("has passed the test of the harbour.") == 3


def test_a_column_of_single_digits_is_no_word() -> None:
    rows = [[(72.0, 700.0 - 24 * at, 10.0, text)] for at, text in enumerate(("Name", "1", "2", "3"))]
    assert read([[line for row in rows for line in row]]).text.split() == ["Name", "1", "2", "3"]
