"""The sentences before and after a quote: whole ones of the same document, and nothing where there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.quote import around, whole_passage
from rag.errors import UnknownDocument
from rag.store.memory import MemoryStore
from rag.types import Hit, Quote

TEXT = (
    "The harbour opened in May. A crane stood there. It fell in June! Nobody was hurt.\n\n"
    "## Fees\n\nA berth costs 12 euros. Name: A | Age: 3\n\nIt is paid daily."
)
STORE = MemoryStore({"a.txt": TEXT}, passage_tokens=200)


def quote(exact: str, store: MemoryStore = STORE) -> Quote:
    whole = whole_passage(Hit(store.passages_of("a.txt")[0], "", 1.0), store)
    start = store.slice("a.txt", 0, 10_000).index(exact)
    return replace(whole, start=start, end=start + len(exact), exact=exact)


@pytest.mark.parametrize(
    ("exact", "before", "after"),
    [
        ("A crane stood there.", "The harbour opened in May.", "It fell in June!"),
        ("The harbour opened in May.", "", "A crane stood there."),
        ("Nobody was hurt.", "It fell in June!", ""),  # a heading follows
        ("A berth costs 12 euros.", "", ""),  # it stands under a heading, before a row
        ("It is paid daily.", "", ""),
    ],
)
def test_whole_sentences_stand_around_a_quote(exact: str, before: str, after: str) -> None:
    assert around(quote(exact), STORE) == (before, after)


def test_a_long_sentence_is_not_shown_in_part() -> None:
    store = MemoryStore(
        {"a.txt": f"It was{' very' * 200} cold. We left. It was{' so' * 200} warm."}, passage_tokens=900
    )
    assert around(quote("We left.", store), store) == ("", "")


def test_nothing_of_another_version_of_the_document_is_shown() -> None:
    known = quote("A crane stood there.")
    assert around(replace(known, document=replace(known.document, sha256="0" * 64)), STORE) == ("", "")
    with pytest.raises(UnknownDocument):
        around(replace(known, document=replace(known.document, id="b.txt")), STORE)
