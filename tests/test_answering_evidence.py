"""What search and reader say of a passage, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evidence import evidence
from test_answering_decide import WEIGHTS

from rag.answering.evidence import gather, reread
from rag.types import NEVER, ReaderInput, Reading


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
    found = gather("Whom?", hits, reader, WEIGHTS)
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
    found = {item.hit.passage.document_id: item.reading for item in gather("Whom?", hits, reader, WEIGHTS)}
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
    gather("Which?", [evidence(text, text.split()[0]).hit for text in said], reader, WEIGHTS)
    assert [item.text for item in reader.seen] == [text.replace("|", "") for text in said]
    gather("Which?", [evidence("###### Charts |#1 was Believe.", "#1").hit], reader, WEIGHTS)
    assert [item.text for item in reader.seen] == ["#1 was Believe."]


def test_a_second_reading_weighs_what_both_found() -> None:
    class Fixed:
        def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
            return (
                Reading(4, 7, 2.0, 0.0, (0.0, 0.0), ((0, 3), (13, 17))),
                Reading(0, 3, 3.0, 0.0, (0.0,), ((0, 3),)),
            )

    read = [
        evidence("Ann met Bob. |Carl left.", "met", score=1.0),
        evidence("Bob saw Ann.", "Ann", score=0.5, document_id="b.txt"),
    ]
    weights = replace(WEIGHTS, span=1.0, first_span=2.0, agree=0.75)
    found = reread("Whom?", read, Fixed(), weights)
    assert [(item.hit.passage.document_id, item.score) for item in found] == [("a.txt", 3.75), ("b.txt", 3.0)]
    assert [item.reading.span_score for item in found] == [2.0, 3.0]
    assert [item.first for item in found] == [item.reading for item in read]


def test_marks_of_a_body_stand_in_the_passage() -> None:
    class Fixed:
        def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
            return (Reading(0, 3, 1.0, 0.0, (0.5,), ((8, 11),)),)

    (found,) = gather("Whom?", [evidence("# NOTES |Ann met Bob.", "Bob").hit], Fixed(), WEIGHTS)
    assert found.reading.marks == ((0, 0), (16, 19))
