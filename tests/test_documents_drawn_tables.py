"""Tables of PDFs without rules whose cells take several lines, drawn one cell after the other as printers do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pdf_maker import Line, lines, make_pdf

from rag.documents.pages import pdf
from rag.documents.pages.lines import Word, line_of, merged

LEFTS = (72.0, 160.0, 330.0, 480.0)
HEAD = (("Locker",), ("What is kept in it",), ("Who has the key",), ("Checked",))
ROWS = (
    (("L1",), ("Ropes, and the lamps for", "the winter walks"), ("Mirjam Aalto, and", "her deputy"), ("2 May",)),
    (("L2",), ("Maps of the northern",  "shore on oilcloth,", "and two compasses"), ("Teo Brandt",), ("9 June",)),
    (("L3",), ("A stretcher",), ("The warden",), ("1 July",)),
)  # fmt: skip


def drawn(
    rows: Sequence[Sequence[Sequence[str]]], *, top: float = 720, gap: float = 6, middle: bool = False
) -> list[Line]:
    """Return the lines of rows, cell after cell; ``middle``: each cell stands in the middle of its row."""
    page = []
    for row in rows:
        height = 14 * max(map(len, row))
        for left, cell in zip(LEFTS, row, strict=True):
            lower = (height - 14 * len(cell)) / 2 if middle else 0
            page += lines(cell, left=left, top=top - lower)
        top -= height + gap
    return page


def text_of(*pages: Sequence[Line]) -> list[str]:
    return pdf.parse(make_pdf(pages), "lockers.pdf").text.split("\n\n")


SAID = [
    "Locker: L1 | What is kept in it: Ropes, and the lamps for the winter walks"
    " | Who has the key: Mirjam Aalto, and her deputy | Checked: 2 May",
    "Locker: L2 | What is kept in it: Maps of the northern shore on oilcloth, and two compasses"
    " | Who has the key: Teo Brandt | Checked: 9 June",
    "Locker: L3 | What is kept in it: A stretcher | Who has the key: The warden | Checked: 1 July",
]


@pytest.mark.parametrize("middle", [False, True])
def test_the_lines_of_each_cell_are_one_text(middle: bool) -> None:
    above = (72.0, 750.0, 12.0, "The lockers stand in the hall below the stairs.")
    assert text_of([above, *drawn([HEAD, *ROWS], middle=middle)]) == [above[3], *SAID]


def test_rows_that_stand_as_close_as_the_lines_of_a_cell() -> None:
    assert text_of(drawn([HEAD, *ROWS], gap=0)) == SAID


def test_a_table_on_the_next_page_has_its_head_there() -> None:
    assert text_of(drawn([HEAD, *ROWS[:2]]), drawn(ROWS[1:])) == [*SAID[:2], *SAID[1:]]


def test_what_a_page_cuts_off_a_row_goes_on_under_its_name() -> None:
    cut = (("L4",), ("Salt for the steps, to", "be used before"), ("The porter",), ("3 May",))
    rest = [*lines(["seven in the morning"], left=LEFTS[1], top=740), *drawn(ROWS)]
    assert text_of(drawn([HEAD, ROWS[0], cut]), rest)[2:] == [
        "Locker: L4 | What is kept in it: seven in the morning",
        *SAID,
    ]


def test_two_digits_set_close_are_one_number() -> None:
    """PDFium ends a line between them."""
    pieces = [[("Locker", 72, 110), ("1", 114, 120)], [("1", 119.5, 125.5), ("stands", 129, 160), ("open", 164, 190)]]
    found = merged(line_of([Word(text, left, 700, right, 712) for text, left, right in piece]) for piece in pieces)
    assert [line.text for line in found] == ["Locker 11 stands open"]
