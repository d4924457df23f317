"""Tables of cells → rows: heads, merged cells, titles, rows without a head, long rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents.parsed import LONG_ROW, side_by_side
from rag.documents.tables.grid import Cell, read


def head(text: str, rows: int = 1, columns: int = 1) -> Cell:
    return Cell(text, rows, columns, is_head=True)


def table(*rows: list[str | Cell]) -> list[list[Cell]]:
    return [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            table(["Berth", "Depth (m)", "Fee"], ["North", "4", "12"], ["South", "6", "15"]),
            ["Berth: North | Depth (m): 4 | Fee: 12", "Berth: South | Depth (m): 6 | Fee: 15"],
        ),
        (table(["Berth", "2023", "2024"], ["North", "4", "12"]), ["Berth: North | 2023: 4 | 2024: 12"]),
        (
            table(["Ann", "2019", "Oslo"], ["Bob", "2020", "Rome"]),
            ["Ann | 2019 | Oslo", "Bob | 2020 | Rome"],
        ),
        (table(["12", "Oslo", "wet"], ["14", "Rome", "dry"]), ["12 | Oslo | wet", "14 | Rome | dry"]),
        (table([head("Berth"), head("Keeper")], ["North", "Ann"]), ["Berth: North | Keeper: Ann"]),
        (table(["Pin", "Fee"], ["A", "9 euros"], ["B", "8 euros"]), ["Pin: A | Fee: 9 euros", "Pin: B | Fee: 8 euros"]),
        (table(["Town", "Oslo"], ["Founded", "1048"], ["Mayor", "Ann"]), ["Town: Oslo", "Founded: 1048", "Mayor: Ann"]),
        (table([head("Town:"), "Oslo"], [head("Mayor:"), "Ann"]), ["Town: Oslo", "Mayor: Ann"]),
        (table(["Name:", "Ann", "Born:", "1 May"], ["Town:", "Oslo"]), ["Name: Ann | Born: 1 May", "Town: Oslo"]),
        (table([head("Mon"), "tea", "cake"], [head("Tue"), "jam", "tart"]), ["Mon | tea | cake", "Tue | jam | tart"]),
        (table(["one"], ["two"]), ["one", "two"]),
        (table(["", ""], []), []),
        (table(), []),
    ],
)  # fmt: skip
def test_a_row_says_what_its_columns_are(rows: list[list[Cell]], expected: list[str]) -> None:
    assert [row.text for row in read(rows)] == expected


def test_a_merged_cell_counts_in_every_row_and_column_that_it_covers() -> None:
    rows = table(
        ["Port", "Berth", "Fee", "Deposit"],
        [Cell("Oslo", rows=2), "1", "12", "50"],
        ["2", Cell("free", columns=2)],
        ["Bergen", "1", "9", "40"],
    )
    assert [row.text for row in read(rows)] == [
        "Port: Oslo | Berth: 1 | Fee: 12 | Deposit: 50",
        "Port: Oslo | Berth: 2 | Fee, Deposit: free",
        "Port: Bergen | Berth: 1 | Fee: 9 | Deposit: 40",
    ]


@pytest.mark.parametrize("cell", [Cell, head])
def test_the_rows_of_a_head_are_one_head(cell: type[Cell]) -> None:
    rows = [
        [cell("Port", rows=2), cell("2023", columns=2), cell("2024", columns=2)],
        [cell("Ships"), cell("Fees"), cell("Ships"), cell("Fees")],
        *table(["Oslo", "3", "4", "5", "6"]),
    ]
    assert [(row.number, row.text) for row in read(rows)] == [
        (2, "Port: Oslo | 2023 Ships: 3 | 2023 Fees: 4 | 2024 Ships: 5 | 2024 Fees: 6")
    ]


def test_a_cell_across_the_table_is_a_title_and_goes_with_the_rows_below_it() -> None:
    rows = table(
        [Cell("Fees of 2024", columns=3)],
        ["Berth", "Summer", "Winter"],
        [Cell("Yachts", columns=3)],
        ["North", "12", "9"],
        [Cell("All fees are without tax.", columns=3)],
        ["South", "8", "7"],
    )
    assert [row.text for row in read(rows)] == [
        "Fees of 2024",
        "Yachts",
        "Yachts | Berth: North | Summer: 12 | Winter: 9",
        "All fees are without tax.",
        "Berth: South | Summer: 8 | Winter: 7",
    ]


def test_where_heads_are_the_rule_two_columns_have_one_and_names_may_be_doubled() -> None:
    assert [row.text for row in read(table(["Key", "Word"], ["a", "x"]), headed=True)] == ["Key: a | Word: x"]
    rows = table(["Name", "Phone", "Phone"], ["Ann", "1", "2"])
    assert [row.text for row in read(rows, headed=True)] == ["Name: Ann | Phone: 1 | Phone: 2"]


def test_a_long_row_stands_on_several_lines_that_each_say_whose_they_are() -> None:
    fields = [("No", "7"), ("Name", "Ann"), *((f"Skill {number}", "has been checked") for number in range(20))]
    rows = table([label for label, _ in fields], [value for _, value in fields])
    lines = next(read(rows)).text.split("\n\n")
    assert len(lines) == 2
    assert all(line.startswith("No: 7 | Name: Ann | Skill") and len(line) <= LONG_ROW for line in lines)
    assert [field for line in lines for field in line.split(" | ")[2:]] == [f"{k}: {v}" for k, v in fields[2:]]


def test_a_long_field_stands_beside_the_name() -> None:
    assert side_by_side(["a: 1", "b: 2", "c" * LONG_ROW, "d: 4"]) == (
        f"a: 1 | b: 2 | {'c' * LONG_ROW}\n\na: 1 | b: 2 | d: 4"
    )
    assert side_by_side(["c" * LONG_ROW, "d" * LONG_ROW]) == f"{'c' * LONG_ROW}\n\n{'d' * LONG_ROW}"


def test_spans_without_measure_are_held() -> None:
    rows = [[Cell("a", rows=1 << 40, columns=1 << 40)], [Cell("b")], [Cell("x" * (LONG_ROW + 1), rows=3)], [Cell("c")]]
    assert max(len(row.text) for row in read(rows)) < 3 * LONG_ROW
    assert len(list(read([[Cell("a", columns=1 << 40)], *table(["b", "c"])]))) == 2


def test_a_name_without_a_value_below_it_is_not_lost() -> None:
    rows = table(["Name", "Signature", "Date"], ["Ann", "", ""])
    assert [row.text for row in read(rows)] == ["Signature | Date", "Name: Ann"]


TEXTS = st.sampled_from(("", "a", "bc", "Name:", "1", "2024", "d. e"))
CELLS = st.builds(Cell, TEXTS, st.integers(-1, 4), st.integers(-1, 4), st.booleans())


@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.booleans())
def test_nothing_is_lost(rows: list[list[Cell]], headed: bool) -> None:
    said = "\n".join(row.text for row in read(rows, headed=headed))
    assert all(cell.text.removesuffix(":") in said for row in rows for cell in row)


@given(st.lists(st.lists(st.builds(Cell, TEXTS), min_size=3, max_size=3), max_size=8))
def test_a_row_keeps_its_place(rows: list[list[Cell]]) -> None:
    for row in read(rows):
        assert all(any(value == cell.text for cell in rows[row.number]) for label, value in row.fields if label)
