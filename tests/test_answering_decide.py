"""Whether the documents say: the threshold, what is quoted, and what is shown with a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from evidence import Shelf, evidence

from rag.answering.calibration import Calibration, calibration_for, probability
from rag.answering.decide import NEAREST, decide, read
from rag.types import NEVER, Answer, Evidence, ReaderInput, Reading, Refusal, Reply

WEIGHTS = Calibration(
    span=1.0,
    relevance=0.0,
    sentence=0.0,
    dense=2.0,
    lexical=1.0,
    words=0.0,
    covered=0.0,
    bias=-1.0,
    scale=1.0,
    ahead=0.0,
    crowd=0.0,
    shift=0.0,
    threshold=0.5,
    floor=-0.85,
)
SHELF = Shelf({"a.txt": "Ann met Bob. Carl left.", "b.txt": "Bob saw Ann.", "c.txt": "Rain.", "d.txt": "Snow."})


def reply(
    found: Sequence[Evidence], *, threshold: float | None = None, limit: int = 3, question: str = "Whom?"
) -> Reply:
    return decide(
        question,
        question,
        found,
        SHELF,
        calibration=WEIGHTS,
        threshold=threshold,
        limit=limit,
        timings_ms={"total": 1.0},
    )


def test_a_confident_best_is_an_answer() -> None:
    given = reply([evidence("Ann met Bob. |Carl left.", "Bob", score=1.0)])
    assert isinstance(given, Answer)
    assert given.confidence == probability(1.0)
    assert [(quote.document.id, quote.exact) for quote in given.quotes] == [("a.txt", "Ann met Bob.")]
    assert given.timings_ms == {"total": 1.0}


@pytest.mark.parametrize(
    ("threshold", "answered"), [(None, True), (0.6, True), (0.8, False), (0.0, True), (1.0, False)]
)
def test_the_threshold_decides(threshold: float | None, answered: bool) -> None:
    given = reply([evidence("Ann met Bob. |Carl left.", "Bob", score=1.0)], threshold=threshold)
    assert isinstance(given, Answer) is answered
    assert given.confidence == probability(1.0)


def test_a_refusal_shows_the_nearest_passages_and_quotes_nothing() -> None:
    found = [
        evidence("Ann met Bob. |Carl left.", "Bob", score=-2.0),
        evidence("Bob saw Ann.", "Ann", score=-3.0, document_id="b.txt"),
        evidence("Rain.", "Rain", score=-4.0, document_id="c.txt"),
        evidence("Snow.", "Snow", score=-5.0, document_id="d.txt"),
    ]
    given = reply(found)
    assert isinstance(given, Refusal)
    assert [quote.exact for quote in given.nearest] == ["Ann met Bob.", "Bob saw Ann.", "Rain."]
    assert len(given.nearest) == NEAREST
    assert given.confidence == probability(-2.0)


def test_no_evidence_is_a_refusal_that_says_so() -> None:
    given = reply([])
    assert isinstance(given, Refusal)
    assert (given.confidence, given.nearest) == (0.0, ())
    assert given.reason == "No passage shares anything with this question."


def test_quotes_that_do_not_check_out_leave_a_refusal() -> None:
    given = reply([evidence("Ann met Tom.", "Tom", score=9.0)])
    assert isinstance(given, Refusal)
    assert given.nearest == ()


def test_all_places_are_quoted_when_several_documents_answer() -> None:
    found = [
        evidence("Bob saw Ann.", "Ann", score=2.0, document_id="b.txt"),
        evidence("Ann met Bob. |Carl left.", "Bob", score=1.0),
    ]
    given = reply(found)
    assert isinstance(given, Answer)
    assert [quote.document.id for quote in given.quotes] == ["b.txt", "a.txt"]
    assert len(reply(found, limit=1).quotes) == 1  # type: ignore[union-attr]


def test_reading_weighs_search_and_reader_and_puts_the_best_first() -> None:
    class Fixed:
        def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
            self.seen = tuple(passages)
            return (Reading(0, 3, 1.0, 0.0, (0.0, 0.0)), Reading(0, 3, 0.5, 0.0, (0.0,)))

    hits = [
        evidence("Ann met Bob. |Carl left.", "Bob", start=7, dense=0.1).hit,
        evidence("Bob saw Ann.", "Ann", dense=0.4, lexical=1.0, document_id="b.txt").hit,
    ]
    reader = Fixed()
    found = read("Whom?", hits, reader, WEIGHTS)
    assert [(item.hit.passage.document_id, round(item.score, 6)) for item in found] == [("b.txt", 1.3), ("a.txt", 0.2)]
    assert reader.seen[0] == ReaderInput("Notes", "Ann met Bob. Carl left.", ((0, 12), (13, 23)))


def test_headings_are_read_as_context_and_never_as_an_answer() -> None:
    class Fixed:
        def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
            self.seen = passages
            return tuple(Reading(0, 3, 1.0, 0.0, tuple(0.5 for _ in item.sentences)) for item in passages)

    hits = [
        evidence("# NOTES |## 2 Guests |Ann met Bob.", "Bob", start=7).hit,
        evidence("Guests |===== |Notes", "Notes", document_id="b.txt").hit,
    ]
    hits = [replace(hit, passage=replace(hit.passage, heading="Guests")) for hit in hits]
    reader = Fixed()
    found = {item.hit.passage.document_id: item.reading for item in read("Whom?", hits, reader, WEIGHTS)}
    assert reader.seen[0] == ReaderInput("Notes — Guests", "Ann met Bob.", ((0, 12),))
    assert (found["a.txt"].start, found["a.txt"].sentences) == (20, (NEVER, NEVER, 0.5))
    assert reader.seen[1].text == "Guests ===== Notes"  # there is nothing else to read
    assert (found["b.txt"].start, found["b.txt"].sentences) == (0, (0.5, 0.5, 0.5))


def test_a_sentence_that_begins_with_a_number_sign_is_read() -> None:
    class Fixed:
        def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
            self.seen = passages
            return tuple(Reading(0, 3, 1.0, 0.0, tuple(0.5 for _ in item.sentences)) for item in passages)

    reader = Fixed()
    said = ["#1 hit of 1999 was Believe. |Cher sang it.", "#MeToo began in 2006.", "####### seven", "#"]
    read("Which?", [evidence(text, text.split()[0]).hit for text in said], reader, WEIGHTS)
    assert [item.text for item in reader.seen] == [text.replace("|", "") for text in said]
    read("Which?", [evidence("###### Charts |#1 was Believe.", "#1").hit], reader, WEIGHTS)
    assert [item.text for item in reader.seen] == ["#1 was Believe."]


def test_confidence_counts_the_lead_and_the_crowd() -> None:
    weights = replace(WEIGHTS, scale=2.0, ahead=0.5, crowd=-1.0, shift=0.25)
    assert weights.confidence_from([]) == 0.0
    assert weights.confidence_from([1.0]) == probability(2.0 + 2.5 + 0.25)
    assert round(weights.confidence_from([1.0, 0.0]), 6) == round(probability(2.0 + 0.5 - 0.693147 + 0.25), 6)


@pytest.mark.parametrize("reader", [True, False])
@pytest.mark.parametrize("index", [True, False])
def test_the_shipped_weights_are_sane(reader: bool, index: bool) -> None:
    weights = calibration_for(reader=reader, index=index)
    assert 0.2 < weights.threshold < 0.8
    assert weights.span > 0
    assert weights.scale > 0
    assert weights.confidence_from([8.0, 0.0]) > 0.9 > 0.1 > weights.confidence_from([-8.0, -9.0])
