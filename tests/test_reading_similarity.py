"""Reading without the reader: the sentence nearest to the question, wherever its passage stands."""

from __future__ import annotations

from evidence import spans_of
from fakes import FakeEncoder

from rag.reading.reader import SimilarityReader
from rag.types import NEVER, ReaderInput


def passage(marked: str) -> ReaderInput:
    return ReaderInput("", *spans_of(marked))


def test_the_nearest_sentence_is_found_and_scored() -> None:
    item = passage("Rain fell on the quay. |The harbour was built by Ann. |Bob slept \U0001f600.")
    [reading] = SimilarityReader(FakeEncoder()).read("Who built the harbour?", [item])
    assert item.text[reading.start : reading.end] == "The harbour was built by Ann."
    assert reading.span_score == max(reading.sentences) == reading.sentences[1]
    assert len(reading.sentences) == 3


def test_a_passage_far_down_is_read_where_it_shares_the_questions_words() -> None:
    items = [passage(f"Rain number {i} fell. |Snow fell too.") for i in range(30)]
    items[27] = passage("Rain fell. |The harbour was built by Ann.")
    encoder = FakeEncoder()
    readings = SimilarityReader(encoder).read("Who built the harbour?", items)
    assert len(readings) == 30
    assert max(range(30), key=lambda i: readings[i].span_score) == 27
    assert len(encoder.encoded) == 2 * 5  # the first four, and this one
    assert readings[20].sentences == (NEVER, NEVER)


def test_nothing_to_read_gives_nothing() -> None:
    assert SimilarityReader(FakeEncoder()).read("Who?", []) == ()
