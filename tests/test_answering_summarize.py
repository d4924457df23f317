"""Questions about a document as a whole: which they are, and which sentences they get."""

from __future__ import annotations

import pytest

import rag
from rag.answering.quote import quotes
from rag.answering.summarize import summarize, topic_asked
from rag.store.memory import MemoryStore
from rag.types import Answer, Quote

WHOLE = """Summarise this.
Summarize
Please summarise this article for me
What is this about?
What is this document about?
what's the article about
What are these documents about?
Give me a short summary
Give me an overview of the documents
What are the main points?
What are the key takeaways from this article?
Can you summarize it?
TL;DR
What does this document say?
What is in the documents?
Tell me about this document.
What topics are covered?
Sum up this text in three sentences.
What is the main idea of the text?
List the main points.
Summarise the article on NATO.
What is the article about Putin about?""".splitlines()

PARTS = """Who is Ukraine's foreign minister?
What does the article say about NATO?
What is NATO about to do?
What is the main reason for the war?
Summarise what Putin said about NATO.
What is the document number of the contract?
What is the point?
What is the source of the Nile?
What is the content of the contract on rent?
What is the story of the bridge?
What is the news about bread?
What material is it?
What is the contract of carriage?
Tell me about Putin.
What are the main exports of France?
What is in the box?
What does it say about refunds?
Who wrote the report?
What topics did Putin and Xi discuss?
List the countries that are ready to host a meeting.""".splitlines()

TEXT = (
    "The harbour of Lisbon was rebuilt after the great earthquake. Rain fell. "
    "Engineers from four countries worked on the new harbour for eleven years and used stone from the old walls. "
    "They were paid in silver. A cat slept on the quay while the sun was shining upon the water that day. "
    "The harbour of Lisbon has been the largest of the country since the stone walls were rebuilt by the engineers."
)


@pytest.mark.parametrize("question", WHOLE)
def test_a_question_about_the_whole_is_told(question: str) -> None:
    assert topic_asked(question) is not None
    assert topic_asked(question.upper()) is not None


@pytest.mark.parametrize("question", PARTS)
def test_a_question_about_something_in_it_is_not(question: str) -> None:
    assert topic_asked(question) is None


@pytest.mark.parametrize(
    "question",
    ["Worum geht es in diesem Text?", "Fasse den Bericht bitte zusammen.", "Was steht im Vertrag?", "Zusammenfassung",
     "Riassumi questo testo.", "Di cosa parla il contratto?", "О чём этот документ?", "Что написано в письме?",
     "Résume l’article.", "De quoi parle ce document ?", "Un résumé du rapport",
     "¿De qué trata este informe?", "Dame un resumen del contrato", "¿Qué dice la carta?"],
)  # fmt: skip
def test_a_question_about_the_whole_is_told_in_other_languages(question: str) -> None:
    assert topic_asked(question) == ""


@pytest.mark.parametrize(
    "question",
    ["Was steht in Paragraph 5?", "Worum geht es dem Mieter?", "Was steht im Vertrag über Hunde?",
     "Que dit l’article 5 ?", "¿Qué dice la carta sobre el pago?"],
)  # fmt: skip
def test_a_question_about_something_in_it_is_not_in_other_languages(question: str) -> None:
    assert topic_asked(question) is None


def test_which_document_is_meant() -> None:
    assert topic_asked("Summarise the article on NATO.") == "NATO"
    assert topic_asked("What is the article about Putin about?") == "Putin"
    assert topic_asked("Summarise the article.") == ""


def test_endless_questions_are_judged_at_once() -> None:
    for part in ("please ", "summary of the ", " ", "the main points of "):
        assert topic_asked(part * (2_000 // len(part)) + "x!") is None


def summary(texts: dict[str, str], topic: str = "", limit: int = 3) -> tuple[tuple[Quote, ...], float]:
    store = MemoryStore(texts, passage_tokens=160)
    places, confidence = summarize(topic, store, limit=limit, lap=lambda stage: None)
    return quotes(places, store), confidence


def sentences(text: str, limit: int = 3) -> list[str]:
    found = summary({"a": text}, limit=limit)
    assert all(text[quote.start : quote.end] == quote.exact for quote in found[0])
    return [quote.exact for quote in found[0]]


def test_a_topic_must_be_a_documents_own() -> None:
    texts = {"nato.txt": "The alliance met in June. It agreed on a budget for the coming year.", "b": TEXT}
    found = summary(texts, topic="NATO")
    assert {quote.document.id for quote in found[0]} == {"nato.txt"}
    assert summary(texts, topic="the Nile")[0] == ()


def test_the_confidence_grows_with_what_the_sentences_cover() -> None:
    short = summary({"a": "Ann built the stone bridge over the river."}, limit=1)
    long = summary({"a": TEXT}, limit=1)
    assert short[1] == pytest.approx(0.95)
    assert 0.5 < long[1] < 0.9


def test_the_opening_and_the_key_sentences_come_in_the_documents_order() -> None:
    opening, engineers = TEXT.split(" Rain")[0], TEXT[TEXT.index("Engineers") : TEXT.index(" They")]
    assert sentences(TEXT, 2) == [opening, engineers]
    # The last sentence repeats what these two have said already; one that says something new comes before it.
    assert sentences(TEXT, 3) == [opening, engineers, TEXT[TEXT.index("A cat") : TEXT.rindex(" The harbour")]]


def test_sentences_that_lean_on_others_come_last() -> None:
    text = "Rain fell. They came to the old town in June. Ann built the stone bridge over the river in the town."
    assert sentences(text, 1) == ["Ann built the stone bridge over the river in the town."]


def test_scraps_and_other_scripts_get_what_there_is() -> None:
    assert sentences("One. Two.") == ["One.", "Two."]
    assert sentences("港は再建された。猫が寝ていた。") == ["港は再建された。", "猫が寝ていた。"]
    assert sentences("\U0001f600 no end here") == ["\U0001f600 no end here"]


def test_nothing_to_read_has_no_sentences() -> None:
    assert summary({"a": "  "}) == ((), pytest.approx(0.5))


def test_of_several_documents_each_says_one_thing() -> None:
    found = summary({"a": TEXT, "b": "Bread is baked in an oven that is heated with dry wood."})
    assert [quote.document.id for quote in found[0]] == ["a", "b"]


def test_reading_and_asking_both_give_the_key_sentences(library: rag.Library) -> None:
    opening = "Russian President Vladimir Putin has issued stark warnings"
    asked = library.ask("What is this document about?")
    read = rag.read("Summarise this.", {"news": "The bridge was opened in June by the mayor of the town."})
    assert isinstance(asked, Answer)
    assert asked.quotes[0].exact.startswith(opening)
    assert [quote.start for quote in asked.quotes] == sorted(quote.start for quote in asked.quotes)
    assert isinstance(read, Answer)
    assert read.quotes[0].exact == "The bridge was opened in June by the mayor of the town."
