from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.segment import divide, page_at, sections
from rag.text.sentences import LONGEST_SENTENCE, is_finished, sentences
from rag.types import Document, Section


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        # quotation marks
        ["He called them ‘legitimate targets.’", "Speaking later, he left."],
        ["“It is so.”", "“Is it?”", "Nobody knew."],
        ["«C’est fini.»", "Il partit."],
        ["„Das ist gut.“", "Er ging."],
        ["‘If so, then I see no reason,’ he said.", "‘Because if so, let no one doubt it.’"],
        ["“Is it so?” he asked.", "“Yes!” she cried."],
        ['"Go."', "He went."],
        # abbreviations, titles, initials
        ["The U.S. President spoke.", "He left."],
        ["It was made in the U.S.", "The end came."],
        ["Mr. Smith met Dr. J. Edgar Hoover.", "He left at 5 p.m.", "They ate."],
        ["John F. Kennedy died.", "Take vitamin C.", "The rest follows."],
        ["He lived in Washington, D.C. from 1990.", "Apple Inc. announced it.", "We like Inc.", "The next one."],
        ["See fig. 3 and No. 5 on p. 12.", "Read e.g. Kant."],
        ["Born Jan. 5, 1990.", "She works for Smith & Co. in York."],
        ["St. Petersburg is cold.", "Gen. Lee rode on."],
        ["The Flute Sonata, Op. 94, was written c. 1943 for him.", "Others followed."],
        # numbers
        ["Pi is 3.14.", "It cost $1.50.", "We sold 5.", "Then 6 more."],
        ["Version 2.0.1 is out.", "Go to example.com now."],
        # other ends
        ["Wait... what?", "So…", "Nothing."],
        ["What?!", "No!", "Why?"],
        ["東京は首都です。", "大阪は？", "はい。"],
        ["यह एक वाक्य है।", "दूसरा।"],
        ["Ελλάδα είναι εδώ.", "Έλα."],
        ["😀 is a face.", "𝒳 is a letter."],
    ],
)
def test_sentences_of_one_line(expected: list[str]) -> None:
    separator = "" if expected[0].endswith("。") else " "
    assert split(separator.join(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "#1 hit of 1999\nwas Believe. #2 was of that year\nMambo.",
            ["#1 hit of 1999\nwas Believe.", "#2 was of that year", "Mambo."],
        ),
        ("# Heading\nText that goes on\nand on. Next.", ["# Heading", "Text that goes on\nand on.", "Next."]),
        ("Heading\n\nText.", ["Heading", "Text."]),
        ("One.\r\n\r\nTwo\r\nis long.", ["One.", "Two\r\nis long."]),
        ("- first item\n- second item\n", ["- first item", "- second item"]),
        ("1. First thing\n2. Second thing", ["1. First thing", "2. Second thing"]),
        ("## 1. The flat\nIt is small.", ["## 1. The flat", "It is small."]),
        ("| a | b |\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("no punctuation at all\nand none here either", ["no punctuation at all\nand none here either"]),
        ("Jane Doe\n12 High Street\nLondon", ["Jane Doe", "12 High Street", "London"]),
        ("", []),
        (" \n\t\r\n ", []),
        ("word", ["word"]),
        ("One.Two is joined", ["One.Two is joined"]),
        ("‘Targets.’Speaking on, he left.", ["‘Targets.’", "Speaking on, he left."]),
    ],
)
def test_sentences_over_lines(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "finished"),
    [("It is so.", True), ("‘Is it?’ ", True), ("そうです。」", True), ("*Yes!*\n", True), ("是", False),
     ("so:", False), ("(so)", False), ("”", False), ("", False)],
)  # fmt: skip
def test_how_a_sentence_ends(text: str, finished: bool) -> None:
    assert is_finished(text) is finished
    assert is_finished("so:’", also=":") is True


def test_a_line_break_inside_a_sentence_does_not_end_it() -> None:
    text = "The committee that had met in the capital on Tuesday\nDecided nothing, as its Chair\nexplained."
    assert split(text) == [text]


def test_an_endless_sentence_is_divided_at_white_space() -> None:
    text = "word " * 10_000
    parts = split(text)
    assert len(text) == 50_000
    assert max(map(len, parts)) <= LONGEST_SENTENCE
    assert " ".join(parts) == text.strip()


def test_a_word_without_end_is_divided_too() -> None:
    parts = split("x" * 50_000)
    assert max(map(len, parts)) == LONGEST_SENTENCE
    assert "".join(parts) == "x" * 50_000


_PIECES = st.sampled_from(
    ["U.S.", "Mr.", "e.g.", ".’", "…", "。", "?!", "\n", "\r\n", "\n\n", " ", "\u2028", "\f", "# ", "- ", "1. ", "He",
     "5", "said", "3.14", "“", "”", "‘", "(", ")", "\ud800", "😀", "日本", "\u00a0", "====", "|", "J.", "Inc."]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_sentences_are_in_order_apart_and_cover_everything(text: str) -> None:
    spans = sentences(text)
    covered = set()
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        covered.update(range(start, end))
        last = end
    assert all(char.isspace() for at, char in enumerate(text) if at not in covered)


def document(text: str, *, sections: tuple[Section, ...] = ()) -> Document:
    return Document("a.txt", "a.txt", "Annals", text, sha256="", media_type="text/plain", sections=sections)


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def test_passages_hold_whole_sentences_within_the_budget_and_overlap() -> None:
    text = "One two three. Four five. Six seven eight. Nine ten."
    found = divide(document(text), budget=lambda context: 6, count=words)
    assert [text[p.start : p.end] for p in found] == ["One two three. Four five.", "Six seven eight. Nine ten."]
    found = divide(document(text), budget=lambda context: 7, count=words)
    assert [text[p.start : p.end] for p in found] == [
        "One two three. Four five.",
        "Four five. Six seven eight. Nine ten.",
    ]
    assert [p.number for p in found] == [0, 1]
    assert [len(p.sentences) for p in found] == [2, 3]


def test_no_passage_crosses_a_section() -> None:
    text = "Before. # One\nText one. # Two\nText two."
    parts = (Section(8, "One"), Section(text.index("# Two"), "Two"))
    found = divide(document(text, sections=parts), budget=lambda context: 99, count=words)
    assert [(text[p.start : p.end], p.heading, p.context) for p in found] == [
        ("Before.", "", "Annals"),
        ("# One\nText one.", "One", "Annals — One"),
        ("# Two\nText two.", "Two", "Annals — Two"),
    ]
    assert next(sections(document(text))) == (0, len(text), "")


def test_a_heading_alone_goes_with_the_section_below_it() -> None:
    text = "# Report\n\n## **1.** Ships\nWe own two. \n## Annex\n"
    parts = tuple(Section(text.index(start), heading) for start, heading in [("# R", "Report"), ("## *", "1. Ships")])
    parts += (Section(text.index("## A"), "Annex"),)
    assert [(text[start:end].strip(), heading) for start, end, heading in sections(document(text, sections=parts))] == [
        ("# Report\n\n## **1.** Ships\nWe own two.", "1. Ships"),
        ("## Annex", "Annex"),
    ]
    only = "# One\n# Two\n"
    parts = (Section(0, "One"), Section(6, "Two"))
    assert list(sections(document(only, sections=parts))) == [(0, len(only), "Two")]


def test_a_sentence_over_the_budget_is_divided() -> None:
    text = " ".join(f"w{i}" for i in range(100))
    found = divide(document(text), budget=lambda context: 10, count=words)
    said = [text[p.start + a : p.start + b] for p in found for a, b in p.sentences]
    assert max(words(said)) <= 10
    assert " ".join(said) == text


def test_the_budget_depends_on_the_context() -> None:
    seen = []
    divide(document("One."), budget=lambda context: seen.append(context) or 5, count=words)
    assert seen == ["Annals"]


def test_a_title_without_a_word_is_no_context() -> None:
    numbered = replace(document("One."), title="000 0667f5")
    found = divide(numbered, budget=lambda context: 5, count=words)
    assert [(p.title, p.context) for p in found] == [("000 0667f5", "")]


def test_text_before_the_first_page_is_on_none() -> None:
    pages, labels = (4, 9, 9, 20), ("iv", "", "A-1", "2")
    found = [page_at(pages, labels, offset) for offset in (3, 4, 8, 9, 19, 99)]
    assert found == [(None, None), (1, "iv"), (1, "iv"), (3, "A-1"), (3, "A-1"), (4, "2")]
    assert page_at(pages, (), 9) == (3, None)


def test_the_mark_of_a_note_closes_the_sentence_that_it_stands_behind() -> None:
    text = "They sank.[2] Nobody was hurt.[3, 4] Of 35 [5] boats, approx.[6] five stayed.[7]"
    assert [text[start:end] for start, end in sentences(text)] == [
        "They sank.[2]",
        "Nobody was hurt.[3, 4]",
        "Of 35 [5] boats, approx.[6] five stayed.[7]",
    ]
    assert is_finished("They sank.[2]")
    assert not is_finished("See [2]")
