"""Tables of PDFs with cells that cover several rows: what such a cell says counts for each of them."""

from __future__ import annotations

import pytest
from pdf_maker import Line, make_pdf

from rag.documents.pages import pdf

LEFT, WIDTHS, TOP, HEIGHT = 72, (120, 100, 110), 700, 24
EDGES = tuple(LEFT + sum(WIDTHS[:column]) for column in range(len(WIDTHS) + 1))
Rule = tuple[float, float, float, float]


def cell(column: int, row: float, text: str) -> Line:
    """Return the words of a cell; a row of 1.5 is the middle of the second and the third."""
    return (EDGES[column] + 5, TOP - HEIGHT * (row + 1) + 8, 11, text)


def grid(rows: int, *covered: tuple[int, int]) -> list[Rule]:
    """Return the rules of a table, but for those below the cells ``covered``, (row, column)."""
    across = [
        (EDGES[column], TOP - HEIGHT * row, EDGES[column + 1], TOP - HEIGHT * row)
        for row in range(rows + 1)
        for column in range(len(WIDTHS))
        if (row - 1, column) not in covered
    ]
    return [*across, *((edge, TOP - HEIGHT * rows, edge, TOP) for edge in EDGES)]


def text_of(cells: list[Line], rules: list[Rule]) -> list[str]:
    below = (LEFT, TOP - HEIGHT * 8, 11, "Spades are lent by the warden.")
    return pdf.parse(make_pdf([[*cells, below]], rules=rules), "plots.pdf").text.split("\n\n")


HEAD = [cell(0, 0, "Plot"), cell(1, 0, "Warden"), cell(2, 0, "Rent")]
PLOTS = ["Birch", "Cherry", "Damson"]
RENTS = ["40 euros", "45 euros", "52 euros"]


def rows_of(warden: float) -> list[Line]:
    """Return a table of three plots, the name of their one warden at a row of its own, in the order of a browser."""
    cells = [[cell(0, at, PLOTS[at - 1]), cell(2, at, RENTS[at - 1])] for at in (1, 2, 3)]
    cells[0].insert(1, cell(1, warden, "Ulla Brandt"))
    return [*HEAD, *(one for row in cells for one in row)]


@pytest.mark.parametrize("warden", [1, 2, 1.5, 2.5])
def test_a_cell_over_several_rows_counts_for_each_wherever_its_words_stand(warden: float) -> None:
    *rows, below = text_of(rows_of(warden), grid(4, (1, 1), (2, 1)))
    assert rows == [
        f"Plot: {plot} | Warden: Ulla Brandt | Rent: {rent}" for plot, rent in zip(PLOTS, RENTS, strict=True)
    ]
    assert below == "Spades are lent by the warden."


def test_a_cell_of_two_rows_leaves_the_third_alone() -> None:
    others = [cell(1, 3, "Piet Roos")]
    rows = text_of([*rows_of(1.5), *others], grid(4, (1, 1)))[:3]
    assert [row.split(" | ")[1] for row in rows] == ["Warden: Ulla Brandt", "Warden: Ulla Brandt", "Warden: Piet Roos"]


def test_several_lines_in_a_cell_are_one_text() -> None:
    second = (EDGES[1] + 5, TOP - HEIGHT * 3 - 5, 11, "and son")
    rows = text_of([*rows_of(1.6), second], grid(4, (1, 1), (2, 1)))[:3]
    assert rows[2] == "Plot: Damson | Warden: Ulla Brandt and son | Rent: 52 euros"


def wrapped(top: float, *rows: tuple[str, str, str]) -> list[Line]:
    """Return a table's words, cell after cell; a slash begins another line."""
    return [
        (EDGES[column] + 5, top - HEIGHT * (row + 1) + 12 - 11 * number, 9, text)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        for number, text in enumerate(cell.split("/"))
    ]


def test_cells_of_several_lines_go_on_on_the_next_page_under_their_heads() -> None:
    first = wrapped(TOP, ("Plot", "Warden", "Rent"), ("Birch", "Ulla/Brandt", "40/euros"), ("Elm", "Piet Roos", "12"))
    second = wrapped(TOP, ("07", "Mia/Holt", "52"), ("Oak", "Ulla/Brandt", "60"), ("", "in summer", ""))
    assert pdf.parse(make_pdf([first, second], rules=grid(3)), "plots.pdf").text.split("\n\n") == [
        "Plot: Birch | Warden: Ulla Brandt | Rent: 40 euros",
        "Plot: Elm | Warden: Piet Roos | Rent: 12",
        "Plot: 07 | Warden: Mia Holt | Rent: 52",
        "Plot: Oak | Warden: Ulla Brandt | Rent: 60",
        "Warden: in summer",
    ]


def test_what_a_page_cuts_off_a_ruled_row_goes_on_under_its_name() -> None:
    first = wrapped(TOP, ("Plot", "Warden", "Rent"), ("Birch", "Ulla/Brandt", "40/euros"), ("Elm", "Piet Roos", "12"))
    second = wrapped(TOP, ("", "and his/sister", ""), ("Oak", "Ulla/Brandt", "60"), ("Fir", "Mia Holt", "1"))
    *_, cut, _, _ = pdf.parse(make_pdf([first, second], rules=grid(3)), "plots.pdf").text.split("\n\n")
    assert cut == "Plot: Elm | Warden: and his sister"


def test_without_rules_no_row_takes_what_stands_beside_another() -> None:
    rows = text_of(rows_of(2), [])[:3]
    assert rows == [
        "Plot: Birch | Rent: 40 euros",
        "Plot: Cherry | Warden: Ulla Brandt | Rent: 45 euros",
        "Plot: Damson | Rent: 52 euros",
    ]


def test_a_rule_above_a_sum_covers_nothing() -> None:
    sums = [cell(0, 1, "Seeds"), cell(2, 1, "7 euros"), cell(0, 2, "Hose"), cell(2, 2, "9 euros"), cell(0, 3, "Total")]
    rule = (EDGES[2], TOP - HEIGHT * 3, EDGES[3], TOP - HEIGHT * 3)
    edge = (LEFT, TOP - HEIGHT, EDGES[3], TOP - HEIGHT)
    cells = [*HEAD, *sums, cell(2, 3, "16 euros")]
    assert text_of(cells, [rule, edge]) == text_of(cells, [])


def test_cells_that_stand_close_together_are_told_by_their_rules() -> None:
    edges = (72.0, 130.0, 160.0, 204.0)
    table = [("Kiln", "Shelves", "Glaze"), ("Anagama", "12", "ash"), ("Raku", "4", "crackle"), ("Tatara", "30", "none")]
    words = [
        (edges[column] + 3, TOP - HEIGHT * (row + 1) + 8, 8, text)
        for row, cells in enumerate(table)
        for column, text in enumerate(cells)
    ]
    across = [(edges[0], TOP - HEIGHT * row, edges[-1], TOP - HEIGHT * row) for row in range(len(table) + 1)]
    rules = [*across, *((edge, TOP - HEIGHT * len(table), edge, TOP) for edge in edges)]
    assert text_of(words, rules)[:3] == [
        "Kiln: Anagama | Shelves: 12 | Glaze: ash",
        "Kiln: Raku | Shelves: 4 | Glaze: crackle",
        "Kiln: Tatara | Shelves: 30 | Glaze: none",
    ]
