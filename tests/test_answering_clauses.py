"""The clause that a question names by its number, or by what it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evidence import evidence

from rag.answering.clauses import SURE, meant, named, topic

LEASE = "1.1 The rent is 640 euros. |1.2 Heating is paid apart. |11.2 Pets need consent. |(a) Dogs too."


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("What does clause 1.2 say?", "1.2"),
        ("What does section 4 say about pets?", "4"),
        ("what is written under § 12.3.1", "12.3.1"),
        ("What is in item a?", "a"),
        ("What does article IV require of the tenant?", "iv"),
        ("Which clause is about pets?", ""),
        ("What does clause 1.2 cost?", ""),
        ("What does the section say?", ""),
        ("Was steht in § 4?", "4"),
        ("Was besagt Ziffer 2.2 des Vertrags?", "2.2"),
        ("Qu’est-ce que prévoit l’article 6 ?", "6"),
        ("¿Qué dice la cláusula 3?", "3"),
        ("Che cosa prevede l'articolo 12 del contratto?", "12"),
        ("Что сказано в пункте 5.1?", "5.1"),
        ("Was steht im Artikel über Brücken?", ""),
        ("Que dit l'article à ce sujet ?", ""),
    ],
)
def test_the_number_that_a_question_names(question: str, number: str) -> None:
    assert named(question) == number


@pytest.mark.parametrize(("number", "sentence"), [("1.2", 1), ("a", 3), ("11.2", 2)])
def test_the_clause_that_is_named_is_found(number: str, sentence: int) -> None:
    item = evidence(LEASE, "640", score=1.0)
    [reading] = meant(f"What does clause {number} say?", [item.hit], [item.reading])
    assert (reading.start, reading.end) == item.hit.passage.sentences[sentence]
    assert reading.sentences[sentence] == reading.relevance == SURE
    assert max(score for i, score in enumerate(reading.sentences) if i != sentence) <= 0


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which clause is about pets?", 2),
        ("Which section deals with the heating?", 1),
        ("What point concerns dogs", 3),
        ("Under which clause is the rent due?", None),
        ("Which clause is about rent and pets?", None),
    ],
)
def test_the_clause_about_something_is_found_by_its_words(question: str, sentence: int | None) -> None:
    item = evidence(LEASE, "640", score=1.0)
    [reading] = meant(question, [item.hit], [item.reading])
    assert reading == item.reading if sentence is None else reading.sentences[sentence] == SURE


def test_a_heading_or_plain_words_about_it_are_no_clause() -> None:
    item = evidence("The pets are fed. |4 Pets need consent.", "fed", score=1.0)
    [reading] = meant("Which clause is about pets?", [item.hit], [item.reading])
    assert reading.sentences[1] == SURE


@pytest.mark.parametrize("question", ["What does clause 2 say?", "What does clause 1 say?", "What is the rent?"])
def test_other_questions_and_other_clauses_are_read_as_they_were(question: str) -> None:
    item = evidence(LEASE, "640", score=1.0)
    reading = replace(item.reading, relevance=-3.0)
    assert meant(question, [item.hit], [reading]) == [reading]


def test_of_numbers_those_behind_the_name_of_a_clause_come_first() -> None:
    item = evidence("(4) Boats pay half. |§ 4 Members pay twelve euros.", "half", score=1.0)
    [reading] = meant("Was sagt § 4?", [item.hit], [item.reading])
    assert reading.sentences[1] == SURE


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Quel article parle des animaux ?", "animaux"),
        ("Welche Klausel handelt von Booten?", "booten"),
        ("¿Qué cláusula trata de la cuota?", "la cuota"),
        ("Quale articolo riguarda i cani?", "i cani"),
        ("Какой пункт касается ремонта?", "ремонта"),
        ("Welche Klausel ist nichtig?", ""),
    ],
)
def test_what_a_clause_is_about_in_other_languages(question: str, about: str) -> None:
    assert topic(question) == about
