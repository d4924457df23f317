"""Which words of a question say something, and which questions ask whether something is so."""

from __future__ import annotations

import pytest

from rag.text.language import LANGUAGES
from rag.text.words import content_words, is_yes_no, parts, shared, stems


def test_common_words_are_left_out_unless_there_are_no_others() -> None:
    assert content_words("Who is the foreign minister of Ukraine?") == ("foreign", "minister", "ukraine")
    assert content_words("Who is it?") == ("who", "is", "it")
    assert content_words("外務大臣は誰ですか?") == ("外務大臣は誰ですか",)
    assert content_words("?!") == ()


def test_words_are_shared_by_their_beginnings() -> None:
    assert stems("The ministers ministered to Łódź") == {"minist", "łódź"}
    assert shared(stems("foreign ministers of Ukraine"), "Ukraine’s foreign minister") == 1.0
    assert shared(stems("population of Ukraine"), "Ukraine’s foreign minister") == 0.5
    assert shared(stems("who is it"), "anything") == 1.0


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Did Putin invite Zelenskyy?", True),
        ("is it open on Sundays", True),
        ("And can I return it?", True),
        ("Doesn’t it rain?", True),
        ("Can you tell me who came?", False),
        ("Who did it?", False),
        ("Isolation of what?", False),
        ("Do we know why?", False),
    ],
)
def test_yes_no_questions_are_told(question: str, expected: bool) -> None:
    assert is_yes_no(question) is expected


@pytest.mark.parametrize(
    ("code", "question", "expected"),
    [
        ("de", "Darf der Mieter Hunde halten?", True),
        ("de", "Was kostet die Miete?", False),
        ("fr", "Est-ce que l’eau est potable ?", True),
        ("fr", "Quand part le bac ?", False),
        ("es", "¿Puede el inquilino marcharse?", True),
        ("es", "¿Cuánto es el alquiler?", False),
    ],
)
def test_yes_no_questions_are_told_by_the_words_of_their_language(code: str, question: str, expected: bool) -> None:
    assert is_yes_no(question, LANGUAGES[code]) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who opened the bridge and when?", ("Who opened the bridge", "when opened the bridge")),
        ("Who, and how many, may enter?", ("Who may enter", "how many may enter")),
        ("How and why was it closed?", ("How was it closed", "why was it closed")),
        ("What is the fee, and who pays it?", ("What is the fee", "who pays it")),
        ("When does it open and close?", ()),
        ("What was said about what and whom?", ("What was said about what", "whom was said about what")),
        ("", ()),
    ],
)
def test_questions_asked_in_one_are_told_apart(question: str, expected: tuple[str, ...]) -> None:
    assert parts(question) == expected
