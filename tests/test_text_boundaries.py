"""Where quotes begin and end: the sentences without which one says something else are taken in, and no others."""

from __future__ import annotations

import re

import pytest
from evidence import spans_of
from hypothesis import given
from hypothesis import strategies as st

from rag.text.boundaries import LONGEST, extend_to_whole_meaning, is_bare_label
from rag.text.language import LANGUAGES
from rag.text.sentences import sentences


@pytest.mark.parametrize(
    ("marked", "chosen", "expected"),
    [
        ("Ann won. |Bob lost. |Carl left.", (1, 1), (1, 1)),
        ("Ann won the race. |She trains daily. |Carl left.", (1, 1), (0, 1)),
        ("Ann came. |She won. |Her time was 9.8 s. |Rain fell.", (2, 2), (0, 2)),
        ("Ann came. |She won. |She wept. |She left.", (3, 3), (1, 3)),
        ("You may return it. |Unless it was on sale, that is. |Call us.", (0, 0), (0, 1)),
        ("You may return it. |Unless it was on sale, that is. |Call us.", (1, 1), (0, 1)),
        ("Dogs are allowed. |However, this does not hold in the garden. |Call us.", (0, 0), (0, 1)),
        ("Dogs are allowed. |However, the garden is nice. |Call us.", (0, 0), (0, 0)),
        ("Take care. |Otherwise the alarm rings. |Call us.", (1, 1), (0, 1)),
        ("Bring these:\n|- a cup\n|- a plate\n|Call us.", (0, 0), (0, 2)),
        ("Bring these:\n|- a cup\n|- a plate\n|Call us.", (1, 1), (0, 1)),
        ("Bring these:\n|- a cup\n|- a plate\n|Call us.", (2, 2), (0, 2)),
        ("Bring a cup.\n|- a spoon\n|- a plate\n|Call us.", (2, 2), (2, 2)),
        (f"Bring these:\n|- {'a cup ' * 80}\n|- a plate\n|Call us.", (2, 2), (2, 2)),
        ("Who holds the key? |The porter. |Call us.", (0, 0), (0, 1)),
        ("Who holds the key? |The porter. |Call us.", (1, 1), (1, 1)),
        ("Lamps returned:\n|Six of nine.", (1, 1), (0, 1)),
        ("Lamps:\n|Ropes:\n|Six of nine.", (2, 2), (1, 2)),
        ("## Opening hours\n|We open at nine. |We close at five.", (0, 0), (0, 1)),
        ("Opening hours\n|They are from nine to five. |Call us.", (1, 1), (1, 1)),
        ("“I saw it. |It was red,” said Ann. |Bob slept.", (0, 0), (0, 1)),
        ("‘Donald’s men asked me. |I said yes,’ Putin said. |Bob slept.", (1, 1), (0, 1)),
        ('He said: "We go. |We stay." |Bob slept.', (1, 1), (0, 1)),
        ("Bob’s cat slept. |Ann’s dog ran. |It’s late.", (1, 1), (1, 1)),
        ("„Ich sah es. |Es war rot“, sagte Anna. |Bob schlief.", (0, 0), (0, 1)),
        ("山田さんは来た。|彼は勝った。|雨が降った。", (1, 1), (1, 1)),
    ],
)
def test_a_sentence_takes_with_it_what_it_needs(
    marked: str, chosen: tuple[int, int], expected: tuple[int, int]
) -> None:
    text, spans = spans_of(marked)
    assert extend_to_whole_meaning(text, spans, *chosen) == expected


TABLE = """
Prices

| Pass | Price (euros) | Days |
|:-----|--------------:|:----:|
| Day | 12. Cash only! | 1 |
| Week | 40 | 7 |
{rows}| Year | 300 | 365 |

Call us.
"""


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Day | 12.", "Pass Day"),
        ("Cash only!", "Pass Day"),
        ("Week", "Pass Week"),
        ("Pass", "Pass Pass"),
        ("Call us.", "Call Call"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_takes_with_it_its_rest_and_its_head(wanted: str, expected: str, end: str) -> None:
    text = TABLE.format(rows="").replace("\n", end)
    spans = sentences(text)
    at = next(i for i, span in enumerate(spans) if wanted in text[slice(*span)])
    first, last = extend_to_whole_meaning(text, spans, at, at)
    quote = text[spans[first][0] : spans[last][1]]
    begin, stop = expected.split()
    assert quote.lstrip("| ").startswith(begin)
    assert stop in quote.split("\n")[-1]


def test_a_head_that_is_far_is_left() -> None:
    text = TABLE.format(rows="| Month | 100 | 30 |\n" * 25)
    spans = sentences(text)
    at = next(i for i, span in enumerate(spans) if "Year" in text[slice(*span)])
    assert extend_to_whole_meaning(text, spans, at, at) == (at, at)


@pytest.mark.parametrize(
    ("marked", "chosen"),
    [
        ("Pass: Day / Price: 12\n\n|Pass: Week / Price: 40\n\n|Call us.", 0),
        ("Founded: 1901\n\n|Town: Oslo\n\n|Call us.", 0),
        ("Day / 12 / 1\n\n|Week / 40 / 7\n\n|Call us.", 0),
    ],
)
def test_a_row_that_says_all_stands_alone(marked: str, chosen: int) -> None:
    text, spans = spans_of(marked)
    assert extend_to_whole_meaning(text.replace("/", "|"), spans, chosen, chosen) == (chosen, chosen)


def test_the_rest_of_a_row_is_taken_in() -> None:
    text = "Pass: Day | Note: Cash only! Ask Ann. | Price: 12\n\nPass: Week | Price: 40"
    spans = sentences(text)
    at = next(i for i, span in enumerate(spans) if "Ask" in text[slice(*span)])
    first, last = extend_to_whole_meaning(text, spans, at, at)
    assert text[spans[first][0] : spans[last][1]] == "Pass: Day | Note: Cash only! Ask Ann. | Price: 12"


@pytest.mark.parametrize(
    ("code", "marked", "chosen", "expected"),
    [
        ("de", "Ida kam. |Sie siegte. |Es regnete.", (1, 1), (0, 1)),
        ("de", "Hunde sind erlaubt. |Dies gilt nicht im Garten. |Ende.", (0, 0), (0, 1)),
        ("fr", "Ida vint. |Elle gagna. |Jean partit.", (1, 1), (0, 1)),
        ("es", "Ida vino. |Ella ganó. |Juan salió.", (1, 1), (0, 1)),
        ("ru", "Ида пришла. |Она выиграла. |Шёл дождь.", (1, 1), (0, 1)),
        ("en", "Ida kam. |Sie siegte. |Es regnete.", (1, 1), (1, 1)),
    ],
)
def test_what_a_sentence_leans_on_is_told_in_its_language(
    code: str, marked: str, chosen: tuple[int, int], expected: tuple[int, int]
) -> None:
    text, spans = spans_of(marked)
    assert extend_to_whole_meaning(text, spans, *chosen, LANGUAGES[code]) == expected


@pytest.mark.parametrize(
    ("marked", "bare"),
    [
        ("Lamps returned:\n|6", [False, False]),
        ("Lamps returned: ____\n|Ropes returned:\n|**Boats**: ....", [True, True, True]),
        ("Lamps returned:\n|____\n|The lamps are old.", [True, False, False]),
        ("Holm, Frey and Moss et al.\n|They counted terns.", [False, False]),
        ("Terns were counted by Holm in May with Frey, Moss et al.", [False]),
        ("Holm et al.", [True]),
        ("Lamps", [False]),
    ],
)
def test_a_label_without_what_it_names_is_bare(marked: str, bare: list[bool]) -> None:
    text, spans = spans_of(marked)
    assert [is_bare_label(text, spans, number) for number in range(len(spans))] == bare
    assert not is_bare_label("Lamps: 6 | Ropes:", [(0, 17)], 0)


def test_what_is_too_long_to_be_taken_in_is_left() -> None:
    text, spans = spans_of(f"{'Ann won and ' * 40}left. |She wept. |Bob slept.")
    assert spans[0][1] - spans[0][0] > LONGEST
    assert extend_to_whole_meaning(text, spans, 1, 1) == (1, 1)


def test_a_quotation_without_an_end_takes_in_nothing() -> None:
    text, spans = spans_of("“I saw it. |Bob slept.\n\n|Ann ran” home.")
    assert extend_to_whole_meaning(text, spans, 1, 1) == (1, 1)


@given(st.text(alphabet='AHe she It.,:‘’“”"\n-é字\U0001f600 ', max_size=200), st.data())
def test_it_always_keeps_what_was_chosen(text: str, data: st.DataObject) -> None:
    spans = sentences(text)
    if spans:
        first = data.draw(st.integers(0, len(spans) - 1))
        last = data.draw(st.integers(first, len(spans) - 1))
        begin, end = extend_to_whole_meaning(text, spans, first, last)
        assert 0 <= begin <= first <= last <= end < len(spans)


def test_an_empty_field_neither_takes_in_another_nor_is_taken_in() -> None:
    form = (
        "Flat: 3 B\nNumber of keys:\nMeter reading:\nTenant: Noor Abbas\nRain fell.\nThe parties are:\nOwner: Bo Ness"
    )
    spans = [match.span() for match in re.finditer(r"[^\n]+", form)]
    assert [i for i in range(7) if is_bare_label(form, spans, i)] == [1, 2]
    assert [extend_to_whole_meaning(form, spans, i, i) for i in (0, 6)] == [(0, 0), (5, 6)]
    assert extend_to_whole_meaning(form, spans, 3, 3)[0] == 3
