"""Listings: what belongs to what, by how deep its line is set."""

from __future__ import annotations

import pytest

from rag.answering.rows import meant
from rag.text.boundaries import extend_to_whole_meaning
from rag.text.listings import parents
from rag.text.sentences import sentences
from rag.types import Hit, Passage, Reading

PUMPS = """\
pump-house
  pump 1 start
    inlet gate 4
    max 6 bar
  pump 2 start
    inlet gate 9
    max 11 bar
end"""


def lines(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_each_line_of_a_listing_stands_alone_and_belongs_to_the_one_above_that_is_set_less_deep() -> None:
    assert lines(PUMPS) == [line.strip() for line in PUMPS.split("\n")]
    assert parents(PUMPS, sentences(PUMPS)) == {1: 0, 2: 1, 3: 1, 4: 0, 5: 4, 6: 4}
    tabbed = PUMPS.replace("  ", "\t")
    assert parents(tabbed, sentences(tabbed)) == parents(PUMPS, sentences(PUMPS))


@pytest.mark.parametrize(
    "text",
    [
        "1. Whoever takes the boat out\n   writes the hour into the book\n   and says when it will be\n   back.",
        "    The ferry leaves at eight, and\nwhoever comes later than that has to\nwait for the one at ten, slowly.",
    ],
)
def test_wrapped_text_is_none(text: str) -> None:
    assert lines(text) == [text.strip()]
    assert parents(text, sentences(text)) == {}


def test_a_line_is_quoted_with_the_block_that_it_opens_or_belongs_to() -> None:
    spans = sentences(PUMPS)
    assert [extend_to_whole_meaning(PUMPS, spans, line, line) for line in (4, 5, 6)] == [(4, 6)] * 3
    long = PUMPS.replace("max 6 bar", "\n    ".join(f"valve {number} {'o' * 30}" for number in range(20)))
    spans = sentences(long)
    last = long[: long.index("valve 3 ")].count("\n")
    assert extend_to_whole_meaning(long, spans, last, last) == (1, last)


def reading(line: int, next_best: int, less: float = 0.5) -> Reading:
    """Return a reading that takes one line for the answer, and thinks ``less`` of another."""
    spans = sentences(PUMPS)
    scores = tuple(2.0 if i == line else 2.0 - less if i == next_best else -9.0 for i in range(len(spans)))
    return Reading(*spans[line], 4.0, 2.0, scores)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Which gate feeds pump 2?", "en"),
        ("Which gate feeds the second pump?", "en"),
        ("Welcher Schieber speist die zweite Pumpe?", "de"),
        ("Quelle vanne alimente la deuxième pompe ?", "fr"),
    ],
)
def test_the_block_with_the_name_is_meant(question: str, language: str) -> None:
    spans = sentences(PUMPS)
    hit = Hit(Passage("a.conf", 0, len(PUMPS), 0, "", "", spans, language), PUMPS, 1.0)
    [told] = meant(question, [hit], [reading(2, 5)])
    assert (PUMPS[told.start : told.end], told.span_score) == ("inlet gate 9", 4.0)
    [same] = meant(question, [hit], [reading(5, 2)])
    assert (same.start, same.end) == spans[5]
    [unlikely] = meant(question, [hit], [reading(2, 5, less=3.0)])
    assert unlikely.span_score < 0  # what the block that is meant says is no answer
