from __future__ import annotations

from dataclasses import replace

from web_library import FakeLibrary, document

import rag
from rag.interfaces.web import examples
from rag.types import Answer, Reply

NEWS = """Ukraine’s foreign minister, Andriy Sybiha, spoke. Kremlin spokesman Dmitry Peskov echoed it.
Ukrainian President Volodymyr Zelensky announced that 26 countries have committed to security guarantees for Kyiv, he
said.
"""


def test_questions_are_made_of_the_documents_own_sentences() -> None:
    assert list(examples.from_document(document("a.txt", NEWS))) == [
        "Who is Ukraine’s foreign minister?",
        "Who is the Kremlin spokesman?",
        "What did Dmitry Peskov say?",
        "How many countries have committed to security guarantees for Kyiv?",
        "What did Volodymyr Zelensky say?",
    ]


def test_a_heading_that_asks_is_taken_as_it_is() -> None:
    assert "How do I set it up?" in list(
        examples.from_document(document("a.md", "# Guide\n\n## How do I set it up?\n\nSo."))
    )


def test_only_what_is_answered_with_confidence_is_shown() -> None:
    class Unsure(FakeLibrary):
        def ask(self, question: str, **options: object) -> Reply:
            reply = super().ask(question)
            assert isinstance(reply, Answer)
            return replace(reply, confidence=0.9 if "Kremlin" in question else 0.5)

    assert examples.find(Unsure([document("a.txt", NEWS)])) == ("Who is the Kremlin spokesman?",)  # type: ignore[arg-type]


def test_four_are_enough_and_all_are_of_different_places() -> None:
    library = FakeLibrary([document(f"{number}.txt", NEWS.replace("Ukraine", f"Land{number}")) for number in range(30)])
    found = examples.find(library)  # type: ignore[arg-type]
    assert len(found) == len(set(found)) <= 4
    assert len(library.asked) <= 24


def test_documents_without_such_sentences_give_none() -> None:
    assert examples.find(FakeLibrary([document("a.txt", "船は沈んだ。")])) == ()  # type: ignore[arg-type]


def test_on_the_seeds_the_real_library_answers_its_examples(library: rag.Library) -> None:
    found = examples.find(library)
    assert len(found) >= 2
    assert all(isinstance(library.ask(question), Answer) for question in found)
