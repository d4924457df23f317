"""Of a table's rows the one is meant whose name the question has, whatever a reader thinks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.rows import filled, meant
from rag.types import Hit, Passage, Reading

FERRIES = (
    "| Ferry | Leaves | Crossing takes |\n|---|---|---|\n| Gull | 7:10 | one hour |\n| Tern | 9:40 | two hours |\n"
    "| Skua | 12:15 | three hours |"
)
RECORDS = "Ferry: Gull | Leaves: 7:10\n\nFerry: Tern | Leaves: 9:40\n\nThe quay is closed at night."


def hit(text: str, *, document: str = "a.md") -> Hit:
    spans, start = [], 0
    for line in text.split("\n"):
        if line:
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return Hit(Passage(document, 0, len(text), 0, "", "", tuple(spans)), text, 1.0)


def reading(found: Hit, row: int, *, marks: bool = True) -> Reading:
    """Return a reading that takes ``row`` for the answer."""
    spans = found.passage.sentences
    told = [found.text[start:end].count(" | ") > 0 and i != 0 for i, (start, end) in enumerate(spans)]
    scores = tuple(3.0 if i == row else 0.0 if told[i] else -9.0 for i in range(len(spans)))
    last_cells = tuple((end - 6, end - 2) for _, end in spans)
    return Reading(*spans[row], 4.0, 2.0, scores, last_cells if marks else ())


def lead(question: str, text: str, read: int) -> str:
    found = hit(text)
    [told] = meant(question, [found], [reading(found, read, marks=False)])
    assert max(range(len(told.sentences)), key=lambda i: told.sentences[i]) == found.passage.sentences.index(
        (told.start, told.end)
    )
    return text[told.start : told.end]


@pytest.mark.parametrize("question", ["How long is the tern under way in one go?", "When does the Tern leave?"])
def test_the_row_with_the_name_is_meant(question: str) -> None:
    assert lead(question, FERRIES, 2) == "| Tern | 9:40 | two hours |"
    assert lead(question, RECORDS, 0) == "Ferry: Tern | Leaves: 9:40"


def test_a_word_of_the_head_names_no_row() -> None:
    assert lead("Which ferry leaves first?", FERRIES, 2) == "| Gull | 7:10 | one hour |"


def test_a_question_that_names_no_row_leaves_the_reading_as_it_is() -> None:
    found = hit(RECORDS)
    given = reading(found, 1)
    assert meant("Which one is the fastest?", [found], [given]) == [given]
    prose = hit("The Gull leaves at seven.\nThe Tern leaves at nine.")
    assert meant("When does the Tern leave?", [prose], [reading(prose, 0)]) == [reading(prose, 0)]


def test_the_answering_words_of_the_row_are_marked() -> None:
    found = hit(FERRIES)
    [told] = meant("How long does the Skua take?", [found], [reading(found, 2)])
    assert FERRIES[told.start : told.end] == "ours"  # where the reader marks them in that row


def test_a_table_in_two_passages_is_one() -> None:
    above, below = hit("Ferry: Gull | Leaves: 7:10"), hit("Ferry: Tern | Leaves: 9:40")
    below = replace(below, passage=replace(below.passage, start=40, end=66, number=1))
    first, second = meant("When does the Tern leave?", [above, below], [reading(above, 0), reading(below, 0)])
    assert (first.span_score, first.relevance) == (-2.0, -4.0)
    assert second == reading(below, 0)
    other = hit("Ferry: Tern | Leaves: 9:40", document="b.md")
    same = meant("When does the Tern leave?", [above, other], [reading(above, 0), reading(other, 0)])
    assert same == [reading(above, 0), reading(other, 0)]


def test_rows_far_below_the_head_of_a_markdown_table_are_rows_of_it() -> None:
    above, below = hit("| Gull Rock | 7:10 | Ada |"), hit("| Skerry | Gull Rock, east | Bo |")
    passage = replace(above.passage, heading="Landings")
    far = replace(below.passage, heading="Landings — Place | Reached from | Warden", start=40, end=66, number=1)
    above, below = replace(above, passage=passage), replace(below, passage=far)
    first, second = meant("Who looks after Gull Rock?", [above, below], [reading(above, 0), reading(below, 0)])
    assert first == reading(above, 0)
    assert second.span_score < 0


FORM = "Flat: 3 B\nNumber of keys:\nMeter reading:\nTenant: Noor Abbas"


@pytest.mark.parametrize(
    ("question", "row", "lowered"),
    [("How many keys are there?", 0, True), ("Which flat is it?", 0, False), ("Who is the tenant?", 3, False)],
)
def test_a_field_left_empty_is_answered_by_no_other(question: str, row: int, lowered: bool) -> None:
    found = hit(FORM)
    read = reading(found, row, marks=False)
    read = replace(read, sentences=tuple(3.0 if i == row else -9.0 for i in range(4)))
    [told] = filled(question, [found], [read])
    assert (told.relevance < read.relevance and max(told.sentences) < 0) is lowered
    assert (told == read) is not lowered


def record(text: str, heading: str, number: int) -> Hit:
    """Return a record of JSON or a row of CSV: alone under a heading of its own."""
    found = hit(text)
    return replace(found, passage=replace(found.passage, heading=heading, number=number))


def test_records_of_one_list_are_rows_of_a_table() -> None:
    gull = record("name: Gull | state: laid up\nname: Gull | dock: north", "ships, Gull", 0)
    tern = record("name: Tern | state: sold | note: It is gone.", "ships, Tern", 1)
    given = [reading(gull, 0), reading(tern, 0)]
    held, kept = meant("Which ship was sold?", [gull, tern], given)
    assert (held.span_score, kept) == (-2.0, given[1])
    assert meant("Which ship is laid up?", [gull, tern], given)[0] == given[0]  # all lines of a record are one row
    keeper = record("name: Ann Sold | ship: Gull", "keepers, Ann Sold", 2)
    assert meant("Which ship was sold?", [tern, keeper], [given[1], reading(keeper, 0)])[1] == reading(keeper, 0)


def test_what_a_long_cell_says_tells_no_row_from_others() -> None:
    remark = f"The buyer {'and the seller of it ' * 4}sold"
    gull, tern = record(f"name: Gull | note: {remark}", "Gull", 0), record("name: Tern | state: gone", "Tern", 1)
    given = [reading(gull, 0), reading(tern, 0)]
    assert meant("Which ship was sold?", [gull, tern], given) == given
