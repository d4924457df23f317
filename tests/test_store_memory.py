"""Texts given with the question: which of their passages are worth reading."""

from __future__ import annotations

from rag.store.memory import MemoryStore


def test_few_passages_are_all_returned_in_the_order_given() -> None:
    store = MemoryStore({"z": "Bread is baked.", "a": "The fox sleeps."}, passage_tokens=64)
    laps: list[str] = []
    found = store.search("fox", limit=2, lap=laps.append)
    assert [(hit.text, hit.score) for hit in found] == [
        ("Bread is baked.", 0.0), ("The fox sleeps.", 0.0),
    ]  # fmt: skip
    assert laps == ["search"]


def test_above_the_limit_those_with_the_rarest_words_stay() -> None:
    texts = {f"{n}": f"The bread of day {n} is baked." for n in range(9)} | {"fox": "The fox sleeps."}
    found = MemoryStore(texts, passage_tokens=64).search("Which fox has day 7?", limit=2, lap=str)
    assert [hit.passage.document_id for hit in found] == ["7", "fox"]
    assert found[0].score > found[1].score > 0


def test_no_texts_and_an_empty_text_have_no_passages() -> None:
    assert MemoryStore({}, passage_tokens=64).search("fox", limit=5, lap=str) == ()
    assert MemoryStore({"a": " \n"}, passage_tokens=64).search("fox", limit=5, lap=str) == ()
