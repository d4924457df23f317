"""Columns and tables of printed pages: what is read after what, and which words share a row."""

from __future__ import annotations

from pdf_maker import Line, lines, make_pdf

from rag.documents.pages.pdf import parse

LEFT = [
    "The choir of the island sings",
    "on the first Sunday of the",
    "month, and whoever wishes to",
    "join it comes at five.",
]
RIGHT = [
    "The library lends four books",
    "at a time. They are brought",
    "back within a month, or a",
    "coin is put into the box.",
]
READ = (
    "The choir of the island sings on the first Sunday of the month, and whoever wishes to join it comes at five.",
    "The library lends four books at a time. They are brought back within a month, or a coin is put into the box.",
)


def text_of(*page: Line) -> str:
    return parse(make_pdf([page]), "a.pdf").text


def across(*columns: list[str], lefts: tuple[float, ...] = (72, 320), shift: float = 0, top: float = 720) -> list[Line]:
    """Return the lines of columns in the order of rows; each column stands lower by ``shift`` than the one before."""
    sets = [
        lines(words, left=left, top=top - shift * at)
        for at, (words, left) in enumerate(zip(columns, lefts, strict=False))
    ]
    return [line for row in zip(*sets, strict=True) for line in row]


def test_columns_drawn_across_are_read_one_after_the_other() -> None:
    assert text_of(*across(LEFT, RIGHT)) == "\n\n".join(READ)


def test_columns_whose_lines_stand_at_different_heights() -> None:
    assert text_of(*across(LEFT, RIGHT, shift=4)) == "\n\n".join(READ)


def test_a_heading_over_columns_comes_first_and_a_line_below_them_last() -> None:
    page = [
        (72.0, 750.0, 20.0, "News of the island"),
        *across(LEFT, RIGHT),
        (72.0, 620.0, 12.0, "Both columns end above this line, which is as wide as the page and says so at length."),
    ]
    assert text_of(*page).split("\n\n") == [
        "News of the island",
        *READ,
        "Both columns end above this line, which is as wide as the page and says so at length.",
    ]


def test_three_columns() -> None:
    third = [
        "All boats are painted in",
        "spring, with the paint that",
        "the harbour keeps for them",
        "in the shed on the pier.",
    ]
    narrow = (40.0, 230.0, 420.0)
    words = "All boats are painted in spring, with the paint that the harbour keeps for them in the shed on the pier."
    assert text_of(*across(LEFT, RIGHT, third, lefts=narrow)) == "\n\n".join((*READ, words))


def test_a_word_divided_within_a_column_is_one_word() -> None:
    left = ["The harbour master wel-", "comes the guests of the", "island when they land."]
    right = ["whoever stays longer than", "a week pays a fee, but a", "child pays nothing at all."]
    assert text_of(*across(left, right)).startswith("The harbour master welcomes the guests")


def test_the_rows_of_a_table_name_their_columns() -> None:
    cells = [["Port", "Ships", "Crew"], ["Aldmouth", "12", "340"], ["Birk", "7", "121"], ["Corran", "31", "902"]]
    columns = [list(column) for column in zip(*cells, strict=True)]
    page = [*lines(["The ports of the island:"], top=750), *across(*columns, lefts=(72, 250, 400))]
    assert text_of(*page, *lines(["Counted in May."], top=640)).split("\n\n") == [
        "The ports of the island:",
        "Port: Aldmouth | Ships: 12 | Crew: 340",
        "Port: Birk | Ships: 7 | Crew: 121",
        "Port: Corran | Ships: 31 | Crew: 902",
        "Counted in May.",
    ]


def test_the_lines_of_a_cell_are_one_cell() -> None:
    page = [
        *across(["Fee", "Deposit"], ["Amount", "300 euros are asked for when"], lefts=(72, 200)),
        (200.0, 694.0, 12.0, "the boat is taken out"),
        *across(["Key"], ["20 euros"], lefts=(72, 200), top=674),
    ]
    assert text_of(*page).split("\n\n") == [
        "Fee: Amount",
        "Deposit: 300 euros are asked for when the boat is taken out",
        "Key: 20 euros",
    ]


def test_a_list_with_marks_apart_from_its_words_is_no_table() -> None:
    items = ["Oars are put back.", "The rope is coiled.", "The book is signed."]
    assert text_of(*across(["•"] * 3, items, lefts=(72, 96))) == "\n".join(f"• {item}" for item in items)


def test_text_with_wide_spaces_at_no_common_place_stays_text() -> None:
    page = [
        (72.0, 720.0, 12.0, "The ferry leaves at"), (220.0, 720.0, 12.0, "eight, and whoever comes later"),
        (72.0, 706.0, 12.0, "than that has to wait for the one at ten, which is slower."),
        (72.0, 692.0, 12.0, "It calls"), (150.0, 692.0, 12.0, "at the outer islands on its way to the town."),
    ]  # fmt: skip
    assert text_of(*page) == (
        "The ferry leaves at eight, and whoever comes later than that has to wait for the one at ten, which is slower. "
        "It calls at the outer islands on its way to the town."
    )


def test_fields_side_by_side_stand_on_one_line() -> None:
    left, right = ["Name: Ada Holm", "Boat: Petrel"], ["Berth: 14", "Since: 2019"]
    assert text_of(*across(left, right)) == "Name: Ada Holm | Berth: 14\n\nBoat: Petrel | Since: 2019"


def table(rows: list[list[str]], *, top: float = 700) -> list[Line]:
    return [
        (left, top - 14 * at, 12.0, cell)
        for at, row in enumerate(rows)
        for left, cell in zip((72.0, 220.0, 340.0), row, strict=True)
        if cell
    ]


def test_a_table_that_goes_on_on_the_next_page_has_its_head_there() -> None:
    first = table([["Port", "Ships", "Crew"], ["Birk", "7", "121"], ["Corran", "31", "902"]])
    second = table([["Dunes", "5", "66"], ["Elver", "9", "70"]])
    assert parse(make_pdf([first, second]), "a.pdf").text.split("\n\n")[2:] == [
        "Port: Dunes | Ships: 5 | Crew: 66",
        "Port: Elver | Ships: 9 | Crew: 70",
    ]


def test_the_title_of_a_group_of_rows_is_named_with_each() -> None:
    rows = [["Boat", "Seats", "Fee"], ["Small", "", ""], ["Petrel", "4", "12"], ["Large", "", ""], ["Skua", "9", "30"]]
    assert text_of(*table(rows)).split("\n\n") == [
        "Small", "Small | Boat: Petrel | Seats: 4 | Fee: 12", "Large", "Large | Boat: Skua | Seats: 9 | Fee: 30",
    ]  # fmt: skip


def test_a_sum_below_a_table_is_no_part_of_the_row_above() -> None:
    rows = [["Item", "Price", "Amount"], ["Lamp", "30", "120"], ["Wick", "15", "30"], ["", "Total", "150"]]
    assert text_of(*table(rows)).endswith("Item: Wick | Price: 15 | Amount: 30\n\nPrice: Total | Amount: 150")


def test_the_foot_of_a_letter_in_columns_is_read_by_column() -> None:
    foot = table([["Lumen Lamps", "Bank of Birk", "Tax 88-412"], ["4 Mill Lane", "No. 30 219", "Ada Holm"]], top=60)
    pages = [[*lines(["The lamps are sent in June, with the first ship."]), *foot]]
    pages += [[*lines(["They are paid in July, at the office of the bank."]), *foot]]
    assert parse(make_pdf(pages), "a.pdf").text.split("\n\n") == [
        "The lamps are sent in June, with the first ship.",
        "Lumen Lamps\n4 Mill Lane",
        "Bank of Birk No. 30 219",
        "Tax 88-412 Ada Holm",
        "They are paid in July, at the office of the bank.",
    ]
