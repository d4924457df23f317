"""The quotations of a text: every usual mark, block quotes, what is left out or put in, and whose words they are."""

from __future__ import annotations

import time

import pytest

from rag.verification.quotations import Quotation, quotations


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“One two.”", ["One two."]),
        ("He said 'we shall see' and it's the workers' turn.", ["we shall see"]),
        ("‘It’s open’, she said; the ’90s; don’t.", ["It’s open"]),
        (
            "„Eins zwei“ «deux» »drei« ”fyra” ‚fünf‘ ‹six› 「七」",
            ["Eins zwei", "deux", "drei", "fyra", "fünf", "six", "七"],
        ),
        ('"He told me “not now” twice."', ["He told me “not now” twice."]),
        ('a 5" pipe and a 6" pipe', []),
        ("“One.\n\n“Two.” Three.", ["One.", "Two."]),
        ("“Not closed.\n\nThe next. “Closed.”", ["Closed."]),
        ("Before.\n\n> One two\n> three.\n\nAfter “four”.", ["One two\nthree.", "four"]),
        ("> “One two.”\n> — Ada Holm", ["One two."]),
        ("> One \\(two\\)\\.\\\n> Three\\.\n>\n> [^1]", ["One (two).\nThree."]),
        ("“…” “ ” ''", []),
        ("", []),
    ],
)
def test_what_stands_between_marks_or_as_a_block(text: str, words: list[str]) -> None:
    found = quotations(text)
    assert [item.words for item in found] == words
    for item in found:
        if not text[item.start :].startswith(">"):
            assert text[item.start : item.end] == item.words


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We won,” said Ada Holm.", "Ada Holm"),
        ("“We won,” Ada Holm, the mayor, told us.", "Ada Holm"),
        ("The mayor, Ada Holm, said: “We won.”", "Ada Holm"),
        ("According to Per Dahl the port was “never open”.", "Per Dahl"),
        ("“We won,” he said.", ""),
        ("Ada Holm left. “We won.” Per Dahl said nothing.", ""),
        ("As they said, “we won”.", ""),
        ("> We won.\n> — Ada Holm, mayor", "Ada Holm"),
    ],
)
def test_whose_words_they_are(text: str, speaker: str) -> None:
    assert [item.speaker for item in quotations(text)] == [speaker]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("a b", [("a b", "")]),
        ("a … b ... c [...] d . . . e (…) f", [("a", ""), *((x, "omission") for x in "bcdef")]),
        ("[Ada] won [it] all", [("won", "insertion"), ("all", "insertion")]),
        ("she wun [sic] it", [("she wun", ""), ("it", "")]),
        ("[W]e won", [("We won", "")]),
        ("we won …", [("we won", "")]),
    ],
)
def test_it_is_cut_where_something_is_left_out_or_put_in(words: str, parts: list[tuple[str, str]]) -> None:
    assert [(part.words, part.cut) for part in Quotation(0, 0, words).parts] == parts


@pytest.mark.parametrize(
    "text", ["“" * 100_000, "“a " * 50_000, "> " * 100_000, "[" * 100_000, "“" + ". " * 100_000 + "”", "> \n" * 50_000]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    for item in quotations(text):
        assert item.parts is not None
    assert time.process_time() - began < 5.0
