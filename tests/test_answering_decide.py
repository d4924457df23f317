"""Whether the documents say: the threshold, what is quoted, and what is shown with a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from evidence import Shelf, evidence

from rag.answering.calibration import Calibration, Readers, calibration_for, probability
from rag.answering.decide import NEAREST, decide, is_other
from rag.types import Answer, Evidence, Refusal, Reply

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
    possible=0.2,
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
    )


def test_a_confident_best_is_an_answer() -> None:
    given = reply([evidence("Ann met Bob. |Carl left.", "Bob", score=1.0)])
    assert isinstance(given, Answer)
    assert given.confidence == probability(1.0)
    assert [(quote.document.id, quote.exact) for quote in given.quotes] == [("a.txt", "Ann met Bob.")]


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
    assert given.kind == "absent"


def test_a_refusal_may_show_what_is_possibly_an_answer() -> None:
    given = reply([evidence("Ann met Bob. |Carl left.", "Bob", score=-1.0)])
    assert isinstance(given, Refusal)
    assert (given.kind, given.confidence) == ("possible", probability(-1.0))
    assert given.reason == "No clear answer was found; this may be one."


@pytest.mark.parametrize(
    "question",
    ["Hello!", "good morning", "Thanks a lot", "Write me a poem about tea", "please translate this into French",
     "What is 12 * 7?", "3+4=", "How much is 15 % of 80?", "What's 31 divided by 4?",
     "Can you tell me a joke?", "Who are you?", "Guten Tag!", "Schreibe mir ein Gedicht.",
     "Buongiorno!", "Scrivimi una poesia.", "Добрый день!", "Напиши мне стихи.",
     "Merci beaucoup !", "Écris-moi un poème", "¡Hola!", "Traduce esto al inglés"],
)  # fmt: skip
def test_what_quotes_cannot_answer_is_told(question: str) -> None:
    assert is_other(question)


@pytest.mark.parametrize(
    "question",
    ["Who wrote the report?", "draft budget", "2019-2020", "translation costs", "Are you allowed to smoke there?",
     "How are expenses calculated?", "hi-fi warranty", "What is 12 Main Street used for?", "write-off rules",
     "What is 5 times the rent?", "Schreibt der Mieter die Zähler ab?", "Salut public", "¿Quién traduce el contrato?"],
)  # fmt: skip
def test_what_only_looks_like_it_is_not(question: str) -> None:
    assert not is_other(question)


def test_no_evidence_is_a_refusal_that_says_so() -> None:
    given = reply([])
    assert isinstance(given, Refusal)
    assert (given.confidence, given.nearest) == (0.0, ())
    assert (given.kind, given.reason) == ("absent", "No clear answer was found.")


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


def test_confidence_counts_the_lead_and_the_crowd() -> None:
    weights = replace(WEIGHTS, scale=2.0, ahead=0.5, crowd=-1.0, shift=0.25)
    assert weights.confidence_from([]) == 0.0
    assert weights.confidence_from([1.0]) == probability(2.0 + 2.5 + 0.25)
    assert round(weights.confidence_from([1.0, 0.0]), 6) == round(probability(2.0 + 0.5 - 0.693147 + 0.25), 6)


@pytest.mark.parametrize("readers", ["none", "first", "both"])
@pytest.mark.parametrize("index", [True, False])
def test_the_shipped_weights_are_sane(readers: Readers, index: bool) -> None:
    weights = calibration_for(readers=readers, index=index)
    assert 0.05 < weights.possible < weights.threshold < 0.8
    assert weights.span > 0
    assert weights.scale > 0
    assert weights.confidence_from([8.0, 0.0]) > 0.9 > 0.1 > weights.confidence_from([-8.0, -9.0])


def test_quotes_in_other_languages_come_with_a_notice() -> None:
    found = evidence("Ann met Bob. |Carl left.", "Bob", score=1.0)
    german, french = (
        replace(found, hit=replace(found.hit, passage=replace(found.hit.passage, language=code)), score=score)
        for code, score in (("de", 1.0), ("fr", -9.0))
    )
    assert reply([found]).notices == ()
    said = "Meaning is read in English only: answers in {} are right less often, and their confidence is lowered."
    assert reply([german, french]).notices == (said.format("German"),)
    refused = reply([french], threshold=0.99)
    assert isinstance(refused, Refusal)
    assert refused.notices == (said.format("French"),)


def test_a_passage_in_another_language_is_less_likely_to_answer_by_what_was_measured() -> None:
    english = evidence("Ann met Bob. |Carl left.", "Bob", score=1.0)
    german = replace(english, hit=replace(english.hit, passage=replace(english.hit.passage, language="de")))
    weights = replace(WEIGHTS, other_language=0.25)
    assert weights.scored("Whom?", english).score == WEIGHTS.scored("Whom?", english).score
    assert weights.scored("Whom?", german).score == WEIGHTS.scored("Whom?", german).score - 0.25
    assert calibration_for(readers="both", index=True).other_language > 0
