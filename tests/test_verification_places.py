from __future__ import annotations

import random

import pytest

from rag.verification.places import fold, nearest, occurrences, typographic

WORDS = " ‘ﬁn|a–b|…|é|e\u0301|  |\r\n|35²|\u00ad|ﬀ|« x »|😀|東京|한글|Ｗｉｄｅ|\u00a0|-".split("|")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("‘ﬁne’  –  he…", '"fine" - he...'),
        ("the dogs’ bowl, ‹so›", 'the dogs" bowl, "so"'),
        ("O’Brien’s 6’ rod", "O'Brien's 6' rod"),
        ("“a”\r\n„b‟", '"a" "b"'),
        ("35² ½ Ⅳ", "35² ½ IV"),
        ("co\u00adoperate\u200b", "cooperate"),
        ("é\u00a0Ｗ", "e\u0301 W"),
        ("", ""),
    ],
)
def test_what_is_only_typography_goes(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_every_stretch_of_a_folded_text_leads_back_to_what_it_stands_for() -> None:
    rng = random.Random(5)
    for _ in range(300):
        text = "".join(rng.choices([*WORDS, "word", " ", "x"], k=rng.randrange(1, 12)))
        whole = fold(text)
        for _ in range(10):
            start = rng.randrange(len(whole.text) + 1)
            end = rng.randrange(start, len(whole.text) + 1)
            if start == end:
                continue
            first, last = whole.span(start, end)
            assert 0 <= first < last <= len(text)
            assert whole.text[start:end] in fold(text[first:last]).text or whole.text[start:end].isspace()


def test_occurrences_overlap_and_nothing_stands_nowhere() -> None:
    assert occurrences("aa", "aaaa") == (0, 1, 2)
    assert occurrences("", "aaaa") == ()


def test_the_place_is_the_original_s() -> None:
    text = "x\u00ad“The  ﬁne”\u00ad — paid"
    found = typographic('"The fine" - paid', fold(text))
    assert found is not None
    assert text[slice(*found)] == "“The  ﬁne”\u00ad — paid"
    assert typographic("The fines", fold(text)) is None
    assert typographic(" ", fold(text)) is None


def test_the_nearest_place_is_where_most_words_stand() -> None:
    text = f"{'The minister spoke of bread. ' * 50}The minister spoke of peace on neutral ground.{' So be it.' * 50}"
    found = nearest("The minister spoke of war on neutral ground.", fold(text))
    assert found is not None
    (start, end), (difference,) = found
    assert text[start:end] == "The minister spoke of peace on neutral ground."
    assert (difference.said, difference.stands) == ("war", "peace")
    assert nearest("Nothing of the kind was ever said.", fold(text)) is None
    assert nearest("???", fold(text)) is None
    assert nearest("word", fold("")) is None
