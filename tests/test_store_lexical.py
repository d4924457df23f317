"""Words: BM25 finds rows, and nothing in a question is an operator."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from rag.errors import IndexDamaged
from rag.store.local.lexical import Lexical, LexicalWriter

TEXTS = (
    "The minister signed the treaty.",
    "Ministers are signing treaties in the harbour, treaty after treaty.",
    "snake_case names and naïve cafés",
    "東京は日本の首都です。",
    "Lone \ud800 surrogates stay out of the way of foxes",
    "",
)


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> Lexical:
    folder = tmp_path_factory.mktemp("lexical")
    with LexicalWriter(folder) as writer:
        for row, text in enumerate(TEXTS):
            writer.add(row, text)
    return Lexical(folder)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("treaty", [1, 0]),
        ("TREATIES signed", [1, 0]),
        ("snake_case", [2]),
        ("naive cafe", [2]),
        ("東京", [3]),
        ("fox", [4]),
        ('"treaty" AND NOT (body:minister) ^2 ~ * ? [ {', [1, 0]),
        ("AND OR NOT", [2]),
        ("Who is in the harbour?", [1]),
        ("zebra", []),
        ("", []),
        ("?!… \ud800", []),
        ("harbour\x00", [1]),
    ],
)
def test_a_question_finds_the_rows_that_share_its_words(lexical: Lexical, question: str, rows: list[int]) -> None:
    assert [row for row, _ in lexical.search(question, 10)] == rows


def test_each_language_loses_its_own_endings_and_common_words(tmp_path: Path) -> None:
    with LexicalWriter(tmp_path) as writer:
        writer.add(0, "Die Häfen waren geschlossen, und die Fähren lagen fest.", "de")
        writer.add(1, "Les bateaux partaient quand il faisait nuit.", "fr")
        writer.add(2, "Паромы уходили ночью.", "ru")
        writer.add(3, "The ferries were in the harbours, and a hat was on the die.")
        writer.add(4, "De boten lagen stil.", "nl")
    words = Lexical(tmp_path)
    every = ("de", "en", "fr", "nl", "ru")
    asked = ("Wo ist der Hafen?", "Quand partait le bateau ?", "Когда уходит паром?", "Where is the ferry?", "boten")
    assert [[row for row, _ in words.search(question, 10, languages=every)] for question in asked] == [
        [0],
        [1],
        [2],
        [3],
        [4],
    ]
    assert words.search("Wo ist der Hafen?", 10) == []
    assert [row for row, _ in words.search("hat", 10, languages=every)] == [3]


def test_the_score_is_bm25(lexical: Lexical) -> None:
    rows, with_it, times, length = len(TEXTS), 1, 1, 9
    lengths = [5, 10, 6, 9, length, 0]
    weight = log(1 + (rows - with_it + 0.5) / (with_it + 0.5))
    average = sum(lengths) / rows
    expected = weight * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length / average))
    assert lexical.search("fox", 1) == [(4, pytest.approx(expected, rel=0.05))]


def test_equals_come_in_the_order_of_their_rows(tmp_path: Path) -> None:
    with LexicalWriter(tmp_path) as writer:
        for row in range(50):
            writer.add(row, "The same words.")
    assert [row for row, _ in Lexical(tmp_path).search("words", 10)] == list(range(10))


def test_a_long_question_is_searched_by_its_first_words(lexical: Lexical) -> None:
    many = " ".join(f"word{i}" for i in range(5_000))
    assert lexical.search(f"{many} treaty", 10) == []
    assert [row for row, _ in lexical.search(f"treaty {many}", 10)] == [1, 0]


def test_a_folder_that_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "lexical").mkdir()
    with pytest.raises(IndexDamaged, match="lexical cannot be read"):
        Lexical(tmp_path)


@pytest.mark.parametrize(
    ("within", "rows"),
    [([range(6)], [1, 0]), ([range(1)], [0]), ([range(1, 2), range(4, 6)], [1]), ([range(2, 6)], []), ([], [])],
)
def test_words_are_searched_within_ranges_with_the_same_scores(
    lexical: Lexical, within: list[range], rows: list[int]
) -> None:
    everywhere = dict(lexical.search("treaty", 10))
    assert lexical.search("treaty", 10, within) == [(row, everywhere[row]) for row in rows]


def test_many_ranges_leave_the_search_as_exact(tmp_path: Path) -> None:
    with LexicalWriter(tmp_path) as writer:
        for row in range(300):
            writer.add(row, "fox " * (row % 17 + 1) + "bear")
    lexical = Lexical(tmp_path)
    odd = [range(row, row + 1) for row in range(101, 300, 2)]
    best = [hit for hit in lexical.search("fox", 300) if hit[0] in range(101, 300, 2)]
    assert [score for _, score in lexical.search("fox", 20, odd)] == [score for _, score in best[:20]]
    assert lexical.search("fox", 100, odd) == best
    assert len(lexical.search("bear", 300, odd)) == 100
