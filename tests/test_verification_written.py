from __future__ import annotations

import pytest

from rag.verification.written import Checker, check
from rag.written import Sentence

QUOTES = [
    "Ukraine’s foreign minister, Andriy Sybiha, insisted Kyiv is ready for talks on 12 May.",
    "The harbour opened on Tuesday with 1,200 guests and three ships.",
]
TEXT = """\
The minister is **Andriy Sybiha** [1]. He said Kyiv is “ready for talks”. [1] The harbour has 1200 guests [2]! \
Bananas are yellow. It opened on Wednesday, not Tuesday [2]. See [3]. Both “open. And are ready” [1][2].
- Kyiv is ready [1]
2. The U.S. harbour opened in 1999. [1, 2]"""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_sentences_are_the_same_in_whatever_pieces_they_come(size: int) -> None:
    checker = Checker(QUOTES)
    found = [one for at in range(0, len(TEXT), size) for one in checker.feed(TEXT[at : at + size])]
    found += checker.finish(whole=True)
    assert [sentence.shown for sentence in found] == [
        "The minister is Andriy Sybiha. [1]",
        "He said Kyiv is “ready for talks”. [1]",
        "The harbour has 1200 guests! [2]",
        "~~Bananas are yellow.~~ {struck out: it does not end in a pointer to a quote}",
        "It opened on Wednesday, not Tuesday. [2] {not in the quote: Wednesday, not}",
        "~~See. [3]~~ {struck out: there is no quote 3}",
        "~~Both “open. And are ready”. [1] [2]~~ {struck out: it quotes words that do not stand there}",
        "Kyiv is ready [1]",
        "The U.S. harbour opened in 1999. [1] [2] {not in the quote: 1999, U.S}",
    ]


def test_nothing_is_given_before_its_pointer_can_be_known() -> None:
    checker = Checker(QUOTES)
    for piece in ("Kyiv is “ready", " for war”.", " ", "[", "1"):
        assert [*checker.feed(piece)] == []
    assert [*checker.feed("] The ")] == [
        Sentence("Kyiv is “ready for war”.", (1,), "it quotes words that do not stand there")
    ]
    assert [*checker.finish(whole=False)] == [Sentence("The", (), "it does not end in a pointer to a quote")]


@pytest.mark.parametrize(
    ("said", "unsupported"),
    [
        ("Three ships came. [2]", ()),
        ("3 ships came. [2]", ()),
        ("Two ships came. [2]", ("Two",)),
        ("The harbour did not open. [2]", ("not",)),
        ("Lavrov is ready for talks. [1]", ("Lavrov",)),
        ("Sybiha's talks are on 12 May. [1]", ()),
        ("1,2000 guests came. [2]", ("1,2000",)),
        ("The guests came on 12 May. [2]", ("12", "May")),
        ("The guests came on 12 May. [1–2]", ()),
    ],
)
def test_what_stands_in_no_quote_is_flagged(said: str, unsupported: tuple[str, ...]) -> None:
    sentence = check(said, QUOTES)
    assert (sentence.struck, sentence.unsupported) == ("", unsupported)


@pytest.mark.parametrize(
    "said", ["[0] is it.", "It is so [4].", "It is so [1-9].", "It is so [1] and so.", "So [99999]."]
)
def test_a_pointer_to_nothing_or_in_the_middle_strikes_a_sentence_out(said: str) -> None:
    assert check(said, QUOTES).struck


def test_an_endless_sentence_is_cut() -> None:
    found = [*Checker(QUOTES).feed("word " * 2_000)]
    assert found
    assert all(sentence.struck and len(sentence.text) <= 2_000 for sentence in found)
