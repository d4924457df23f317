from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from web_library import FakeLibrary, document

import rag
from rag.documents import load
from rag.interfaces.web import examples
from rag.types import Answer, Document, Reply

NEWS = """Ukraine’s foreign minister, Andriy Sybiha, spoke. Kremlin spokesman Dmitry Peskov echoed it.
Ukrainian President Volodymyr Zelensky announced that 26 countries have committed to security guarantees for Kyiv, he
said.
"""


def test_questions_are_made_of_the_documents_own_sentences() -> None:
    made = list(examples.from_document(document("a.txt", NEWS)))
    assert [candidate.question for candidate in made] == [
        "Who is Ukraine’s foreign minister?",
        "Who is the Kremlin spokesman?",
        "What did Dmitry Peskov say?",
        "How many countries have committed to security guarantees for Kyiv?",
        "What did Volodymyr Zelensky say?",
    ]
    assert NEWS[made[0].start : made[0].end] == "Ukraine’s foreign minister"
    assert {candidate.document_id for candidate in made} == {"a.txt"}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str, str], Document]:
    """Return documents as their readers give them, with the sections that they have."""

    def of(name: str, text: str) -> Document:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return load(tmp_path / name, tmp_path)

    return of


def test_rows_and_duties_make_questions_and_headings_lose_their_number(read: Callable[[str, str], Document]) -> None:
    rows = read("fleet.csv", "plate,bought,next inspection\nHL 204,2019,2025-09-30\nHL 211,2021,2026-01-12\n")
    assert [one.question for one in examples.from_document(rows)] == ["What is the next inspection of HL 211?"]
    lease = read("lease.html", "<h2>4. Notice period</h2><p>The Tenant must give sixty days’ notice.</p>")
    assert {one.question: lease.text[one.start : one.end].strip() for one in examples.from_document(lease)} == {
        "What must the Tenant do?": "Tenant",
        "What is said about Notice period?": "The Tenant must give sixty days’ notice.",
    }


def test_a_heading_that_asks_is_answered_in_its_section(read: Callable[[str, str], Document]) -> None:
    text = "# Guide\n\n## How do I set it up?\n\nSo.\n\n## More\n\nElse."
    asked = {candidate.question: candidate for candidate in examples.from_document(read("a.md", text))}
    candidate = asked["How do I set it up?"]
    assert text[candidate.start : candidate.end] == "\n\nSo.\n\n"


def test_a_heading_that_names_nothing_makes_no_question(read: Callable[[str, str], Document]) -> None:
    text = "# The kettle\n\n## Before first use\n\nRinse it.\n\n## Descaling the kettle\n\nUse vinegar.\n"
    asked = [candidate.question for candidate in examples.from_document(read("a.md", text))]
    assert "What is said about Descaling the kettle?" in asked
    assert not [question for question in asked if "Before" in question]


def test_headings_in_another_language_make_questions_in_it(read: Callable[[str, str], Document]) -> None:
    text = "# Verein\n\n## Wie hoch ist der Beitrag?\n\nDer Beitrag ist 84 Euro.\n\n## Halle und Geräte\n\nHier.\n"
    german = replace(read("a.md", text), language="de")
    assert [one.question for one in examples.from_document(german)] == [
        "Wie hoch ist der Beitrag?",
        "Was steht zu Halle und Geräte?",
    ]


class Answers(FakeLibrary):
    """Answers with the first quote that has some words, as surely as it is told."""

    def __init__(self, words: str, confidence: float) -> None:
        super().__init__([document("a.txt", NEWS), document("b.txt", "Kremlin spokesman here.")])
        self.words, self.confidence = words, confidence

    def ask(self, question: str, **options: object) -> Reply:
        reply = super().ask(self.words)
        assert isinstance(reply, Answer)
        return replace(reply, question=question, confidence=self.confidence)


@pytest.mark.parametrize(
    ("words", "confidence", "expected"),
    [
        ("Dmitry", 0.9, ("Who is the Kremlin spokesman?",)),
        ("Dmitry", 0.7, ()),
        ("here", 0.9, ()),
        ("guarantees", 0.9, ("How many countries have committed to security guarantees for Kyiv?",)),
    ],
)
def test_only_what_its_own_sentence_answers_with_confidence_is_shown(
    words: str, confidence: float, expected: tuple[str, ...]
) -> None:
    assert examples.find(Answers(words, confidence)) == expected  # type: ignore[arg-type]


def test_three_are_enough_and_all_are_of_different_places() -> None:
    cities = ("Paris", "Rome", "Oslo", "Bern", "Lima")
    library = FakeLibrary([document(f"{city}.txt", f"{city} mayor Jane Doe spoke.") for city in cities])
    found = examples.find(library)  # type: ignore[arg-type]
    assert found == ("Who is the Paris mayor?", "Who is the Rome mayor?", "Who is the Oslo mayor?")
    assert len(library.asked) <= 24


def test_documents_without_such_sentences_give_none() -> None:
    assert examples.find(FakeLibrary([document("a.txt", "船は沈んだ。")])) == ()  # type: ignore[arg-type]


def test_on_the_seeds_the_real_library_answers_its_examples(library: rag.Library) -> None:
    found = examples.find(library)
    assert 1 <= len(found) <= 3
    assert all(isinstance(library.ask(question), Answer) for question in found)
