"""Which answers say the same, which say something else, and how lists are counted."""

from __future__ import annotations

import pytest

from rag.answering.agreement import Group, asks_for_list, compared, counted, groups, is_same, repeated
from rag.interfaces.serialization import to_json
from rag.types import Answer, Quote, Source


def quote_of(document: str, before: str, answer: str, after: str = ".") -> Quote:
    exact = before + answer + after
    span = (100 + len(before), 100 + len(before) + len(answer))
    source = Source(document, document, document, "ab" * 32)
    return Quote(source, 100, 100 + len(exact), exact, "", "", (span,), None, 1, "", 0.8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("40,000 euros", "40 000 euros"),
        ("€1.250,00", "1,250 €"),
        ("thirty days", "30 days"),
        ("19 %", "19 per cent"),
        ("5 March 2024", "in March 2024"),
        ("Ann Byron", "the engineer Ann Byron"),
        ("5 March 2024", "2024-03-05"),
        ("on the 5th of March 2024", "March 5, 2024"),
        ("5 Mar. 2024", "in 2024"),
        ("two weeks", "14 days"),
        ("1.5 million euros", "EUR 1,500,000"),
        ("1.2 km", "1,200 metres"),
        ("$ 40", "forty dollars"),
        ("It is not allowed", "not allowed"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert is_same(one, other)
    assert is_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "30 months"),
        ("40,000 euros", "4,000 euros"),
        ("12.5 metres", "125 metres"),
        ("in 2023", "in 2024"),
        ("allowed", "not allowed"),
        ("Ann Byron", "Paul Byron"),
        ("thirty days", "a month"),
        ("5 March 2024", "2024-05-03"),
        ("5 March 2024", "6 March 2024"),
        ("two weeks", "2 days"),
        ("1.5 million euros", "1.5 euros"),
        ("40 euros", "40 dollars"),
        ("Ann Byron won", "Ann Byron lost"),
        ("the and", "of it"),
    ],
)
def test_something_else(one: str, other: str) -> None:
    assert not is_same(one, other)
    assert not is_same(other, one)


def test_a_quote_repeats_another_where_it_answers_the_same_in_the_same_words() -> None:
    quotes = (
        quote_of("plan.txt", "The new quay costs ", "40,000 euros"),
        quote_of("copy.txt", "The quay, as new, costs ", "40 000 euros"),
        quote_of("report.txt", "The new quay costs ", "55,000 euros"),
        quote_of("letter.txt", "We paid ", "40,000 euros", " after the storm in March broke the harbour wall."),
        quote_of("copy.txt", "The quay costs ", "55,000 euros"),
    )
    assert repeated(quotes) == (1, 4)
    assert repeated(quotes[:1]) == ()


QUOTES = (
    quote_of("2023-01 plan.txt", "The quay costs ", "40,000 euros"),
    quote_of("report.txt", "It was built for ", "55,000 euros"),
    quote_of("letter.txt", "We have paid ", "40 000 euros", " for it."),
)


def test_quotes_are_grouped_by_what_they_say() -> None:
    assert groups(QUOTES) == (Group("40,000 euros", (0, 2)), Group("55,000 euros", (1,)))
    assert groups(()) == ()


def test_groups_in_json_have_documents_and_dates() -> None:
    reply = to_json(Answer("What does it cost?", "What does it cost?", QUOTES, 0.9))
    first, second = reply["groups"]
    assert (first["says"], first["quotes"]) == ("40,000 euros", [0, 2])
    assert [(document["path"], document["date"]) for document in first["documents"]] == [
        ("2023-01 plan.txt", "2023-01"),
        ("letter.txt", None),
    ]
    assert second["quotes"] == [1]


def test_groups_are_shown_where_they_tell_something() -> None:
    assert len(compared(QUOTES)) == 2
    assert len(compared(QUOTES[::2])) == 1
    alone = quote_of("a.txt", "It was laid by ", "the guild of coopers")
    other = quote_of("b.txt", "Nobody can say ", "when the tax was raised")
    assert compared((alone, other)) == ()  # other words are no other value
    assert compared((QUOTES[0], quote_of("2023-01 plan.txt", "Later: ", "50,000 euros"))) == ()  # one document


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which of the old ships sailed?", True),
        ("How many members are there?", True),
        ("List all rules.", True),
        ("What are the rules?", True),
        ("Which country is it?", False),
        ("Which bus is late?", False),
        ("Who is the chair?", False),
        ("What is the rule?", False),
    ],
)
def test_a_question_that_asks_for_a_list(question: str, expected: bool) -> None:
    assert asks_for_list(question) is expected


def test_a_list_is_counted_and_never_said_to_be_all() -> None:
    assert counted(QUOTES, 20) == "3 quotes from 3 documents, found in the 20 nearest passages; there may be more."
    assert counted(QUOTES[:1], 1) == "1 quote from 1 document, found in the 1 nearest passage; there may be more."
