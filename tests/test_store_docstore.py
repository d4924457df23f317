"""Documents and passages: every character comes back, and its place."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UnknownDocument
from rag.store.local import docstore
from rag.store.local.docstore import Docstore, DocstoreWriter
from rag.types import Document, DocumentEntry, Fingerprint, Passage, Section, Skipped, Source

STATE = Fingerprint(12, "1 2 3", "ab" * 32)


def document(name: str, text: str) -> Document:
    return Document(
        id=name, path=name, title="Title \ud800", text=text, sha256="ab" * 32, media_type="text/plain", pages=(0, 3),
        page_labels=("ⅻ\ud800", ""),
        sections=(Section(0, "Über\udfff"),), metadata=(("author", "東京"),), warnings=("detected \udcff",),
    )  # fmt: skip


def passage(name: str, start: int, end: int) -> Passage:
    return Passage(name, start, end, 0, "Title \ud800", "Über\udfff", ((start, end),))


def written(folder: Path, *documents: Document) -> Docstore:
    with DocstoreWriter(folder) as writer:
        for each in documents:
            spans = [(at, min(at + 10, len(each.text))) for at in range(0, len(each.text), 10)]
            writer.add(each, [passage(each.id, *span) for span in spans], [b"%016d" % at for at, _ in spans], STATE)
        writer.skip(Skipped("bad\udcff.txt", "A reason."))
        writer.skip(Skipped("tried.txt", "Another."), STATE)
    return Docstore(folder)


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    text = "One\r\ntwo\x00 \ud83d three \U0001f40d 東京"
    given = document("ä/\udc80.txt", text)
    found = written(tmp_path, document("first.txt", "x" * 25), given)
    assert found.document("ä/\udc80.txt") == given
    assert found.source("ä/\udc80.txt") == Source("ä/\udc80.txt", "Title \ud800", "ä/\udc80.txt", "ab" * 32)
    assert [found.page("first.txt", at) for at in (2, 3)] == [(1, "ⅻ\ud800"), (2, None)]
    assert [p.number for p in found.passages_of("ä/\udc80.txt")] == [0, 1, 2]
    assert found.digests() == [b"%016d" % at for at in (0, 10, 20, 0, 10, 20)]
    assert found.entries()[1] == DocumentEntry(
        found.source("ä/\udc80.txt"), "text/plain", len(text), 2, 3, ("detected \udcff",), "1970-01-01"
    )
    assert found.document_ids() == ("first.txt", "ä/\udc80.txt")
    assert found.warnings() == ("first.txt: detected \udcff", "ä/\udc80.txt: detected \udcff")
    assert found.skipped() == (Skipped("bad\udcff.txt", "A reason."), Skipped("tried.txt", "Another."))
    assert found.unreadable() == {"tried.txt": (Skipped("tried.txt", "Another."), STATE)}
    assert found.fingerprints() == {"first.txt": STATE, "ä/\udc80.txt": STATE}


def test_passages_come_in_the_order_asked_for(tmp_path: Path) -> None:
    found = written(tmp_path, document("a.txt", "0123456789abcdefghij"), document("b.txt", "ABCDEFGHIJ"))
    assert [(p.number, p.document_id, p.start, text) for p, text in found.passages([2, 99, 0, -1, 1])] == [
        (0, "b.txt", 0, "ABCDEFGHIJ"), (0, "a.txt", 0, "0123456789"), (1, "a.txt", 10, "abcdefghij"),
    ]  # fmt: skip
    assert found.passages([]) == []


def test_the_list_of_documents_comes_in_pages(tmp_path: Path) -> None:
    found = written(tmp_path, *(document(f"{n}.txt", "text") for n in range(5)))
    pages = [found.entries(start=start, count=2) for start in (0, 2, 4, 6)]
    assert [[entry.source.id for entry in page] for page in pages] == [
        ["0.txt", "1.txt"], ["2.txt", "3.txt"], ["4.txt"], [],
    ]  # fmt: skip
    assert found.entries() == tuple(entry for page in pages for entry in page)


def test_unknown_documents(tmp_path: Path) -> None:
    found = written(tmp_path, document("a.txt", "text"))
    for ask in (found.document, found.source, partial(found.page, offset=0), found.passages_of):
        with pytest.raises(UnknownDocument, match=r"No document 'b\.txt' is in the index"):
            ask("b.txt")


@given(text=st.text(st.characters(), min_size=1, max_size=60), start=st.integers(-5, 70), length=st.integers(-5, 70))
def test_slices_and_lines(tmp_path_factory: pytest.TempPathFactory, text: str, start: int, length: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(docstore, "BLOCK", 7)
        found = written(tmp_path_factory.mktemp("docstore"), document("a.txt", text))
        assert found.slice("a.txt", start, start + length) == text[max(start, 0) : max(start + length, 0)]
        assert found.line("a.txt", start) == text[: max(start, 0)].count("\n") + 1
        found.close()


def test_a_document_of_more_passages_than_a_query_takes_values(tmp_path: Path) -> None:
    found = written(tmp_path, document("long.txt", "x" * 400_000))
    assert [p.number for p in found.passages_of("long.txt")] == list(range(40_000))
    assert found.line("long.txt", 399_999) == 1
