"""Attachments in an index: they come, stay and go with their file, and their quotes are found again in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder

import rag
from rag import documents
from rag.documents import formats
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.interfaces.serialization import to_json
from rag.library import Library, Models
from rag.settings import Settings
from rag.store.local import generations
from rag.types import Answer, Quote, Source

MAIL = """Subject: Offer
Content-Type: multipart/mixed; boundary=B

--B

See the {word}.
--B
Content-Type: text/csv
Content-Disposition: attachment; filename="{name}"

Lamp,Price
Blue,12
--B--
"""
IDS = ("m.eml", "m.eml/prices.csv", "note.txt")


@pytest.fixture
def built(settings: Settings, write_seeds: Callable[..., Path]) -> Settings:
    """A mail with an attachment and another document, built."""
    write_seeds({"m.eml": MAIL.format(word="table", name="prices.csv"), "note.txt": "The fox sleeps."})
    assert build(settings, FakeEncoder()).documents == 3
    return settings


def opened(settings: Settings) -> Library:
    return Library(settings, Models(settings, encoder=FakeEncoder()))


def ids(settings: Settings) -> tuple[str, ...]:
    return tuple(entry.source.id for entry in opened(settings).documents())


def test_an_attachment_is_found_and_opened(built: Settings) -> None:
    library = opened(built)
    assert ids(built) == IDS
    assert library.document("m.eml/prices.csv").text == "Lamp: Blue | Price: 12"
    assert library.search("lamp", limit=1, within=("m.eml",))[0].passage.document_id == "m.eml/prices.csv"
    listed = (generations.current(built.index) / "documents.sha256").read_text(encoding="utf-8")
    assert [line.split("  ")[1] for line in listed.splitlines()] == ["m.eml", "note.txt"]


def test_attachments_stay_move_and_go_with_their_file(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(path: Path, seeds: Path, *_: object) -> None:
        raise AssertionError(path)

    first = generations.current(built.index)
    with monkeypatch.context() as patched:
        patched.setattr(documents, "load_all", never)
        build(built, FakeEncoder())
        assert generations.current(built.index) == first
        os.rename(built.seeds / "m.eml", built.seeds / "sent.eml")
        encoder = FakeEncoder()
        build(built, encoder)
        assert (ids(built), encoder.encoded) == (("note.txt", "sent.eml", "sent.eml/prices.csv"), [])
    (built.seeds / "sent.eml").write_text(MAIL.format(word="list", name="other.csv"))
    build(built, FakeEncoder())
    assert ids(built) == ("note.txt", "sent.eml", "sent.eml/other.csv")
    (built.seeds / "sent.eml").unlink()
    build(built, FakeEncoder())
    assert ids(built) == ("note.txt",)


def test_another_reading_of_an_attachment_makes_its_file_stale(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert faults(built, encoder=FakeEncoder()) == ()
    changed = {**formats.SUFFIXES, ".csv": replace(formats.SUFFIXES[".csv"], reading=99)}
    monkeypatch.setattr(formats, "SUFFIXES", changed)
    assert "read its .eml files" in faults(built, encoder=FakeEncoder())[0]


def test_a_quote_of_an_attachment_is_verified_in_its_file(built: Settings) -> None:
    document = opened(built).document("m.eml/prices.csv")
    source = Source(document.id, document.title, document.path, document.sha256)
    quote = Quote(source, 6, 10, "Blue", "Lamp: ", " | ", (), None, 1, "row 1", 0.5)
    gone = replace(quote, document=replace(source, id="m.eml/gone.csv", path="m.eml/gone.csv"))
    held, missing = rag.verify(to_json(Answer("Q?", "Q?", (quote, gone), 0.9)), built.seeds)
    assert (held.kind, missing.kind) == ("exact", "missing")
    assert missing.reason == f"m.eml/gone.csv is not among the documents in {built.seeds}"
