"""Numbers as a spreadsheet shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents.tables.numbers import formatted, plain


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (0.19, "0%", "19%"),
        (0.125, "0.00%", "12.50%"),
        (1250, "#,##0.00", "1,250.00"),
        (1250.5, "#,##0.0#", "1,250.5"),
        (1250.0, "#,##0.##", "1,250"),
        (-3, "0.0", "-3.0"),
        (-3, "0.0;[Red](0.0)", "(3.0)"),
        (9.5, "[$€-407] #,##0.00", "€ 9.50"),
        (9.5, "[$-409]0.00", "9.50"),
        (9.5, '_-* #,##0.00\\ "kr"_-;-* #,##0.00', "9.50 kr"),
        (7, '0 "days"', "7 days"),
        (7, '"No. "0', "No. 7"),
        (1234567, "0.0,,", "1234567"),
        (0.5, "# ?/?", "0.5"),
        (1234.5, "0.00E+00", "1234.5"),
        (45356, "yyyy-mm-dd", "45356"),
        (12, "@", "12"),
        (12, "General", "12"),
        (12, '"hidden"', "12"),
        (12, "", "12"),
    ],
)
def test_a_number_as_it_is_shown(value: float, code: str, expected: str) -> None:
    assert formatted(value, code) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(12, "12"), (12.0, "12"), (-0.5, "-0.5"), (1 / 3, "0.333333333333333"), (1e20, "1e+20"), (float("inf"), "inf")],
)
def test_a_number_as_it_is(value: float, expected: str) -> None:
    assert plain(value) == expected


@given(st.floats(), st.text(alphabet='#0?.,%;"[]\\_*$€- @E', max_size=20))
def test_any_format_gives_a_text(value: float, code: str) -> None:
    assert isinstance(formatted(value, code), str)
