"""Which words of a question say something, and which questions ask whether something is so."""

from __future__ import annotations

import pytest

from rag.text.words import content_words, is_yes_no, shared, stems


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
