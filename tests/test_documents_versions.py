"""What each format reads in a sample, pinned beside its reading version: who changes the one raises the other."""

from __future__ import annotations

import hashlib
import importlib

import pytest
from test_documents_fuzz import sample

from rag.documents.formats import FORMATS, Format

READ = {
    (".txt", 3): "9e9fe1edbe02",
    (".md", 3): "5090f2cecf5a",
    (".pdf", 8): "3ff7f52251fa",
    (".docx", 2): "25001a53babb",
    (".html", 4): "ee93b6e6447e",
    (".epub", 5): "0b848749b2ce",
    (".pptx", 1): "025a75042efb",
    (".odt", 1): "4829c3892232",
    (".rtf", 1): "50b6bffe6abb",
    (".csv", 4): "b5bf0676fc50",
    (".tsv", 4): "7443cf8e2e13",
    (".json", 5): "c6aae75e52d7",
    (".jsonl", 5): "1af5cff6eaa7",
    (".xlsx", 1): "ed000e087bc9",
    (".xls", 1): "ed000e087bc9",
    (".ods", 1): "ed000e087bc9",
    (".eml", 8): "f16e4daf6723",
    (".xml", 2): "f595eb13f270",
    (".rst", 2): "0730b9d88951",
    (".ipynb", 2): "11013ad3a0b4",
    (".vtt", 1): "dec3993d6e2b",
    (".srt", 1): "ce3f007e4ef5",
    (".sbv", 1): "e783d10a39d7",
    (".msg", 3): "75d8dfd6d858",
    (".mbox", 2): "0c806f03f5ea",
}
"""(suffix, reading version) → the beginning of the SHA-256 of text, title, pages and sections."""


@pytest.mark.parametrize(
    "kind", [kind for kind in FORMATS if kind.module != "pages.picture"], ids=lambda kind: kind.suffixes
)
def test_another_reading_has_another_version(kind: Format) -> None:
    suffix = kind.suffixes.split()[0]
    parsed = importlib.import_module(f"rag.documents.{kind.module}").parse(sample(suffix), f"a{suffix}")
    said = repr((parsed.text, parsed.title, parsed.pages, parsed.sections)).encode("utf-8")
    assert READ.get((suffix, kind.reading)) == hashlib.sha256(said).hexdigest()[:12], f"raise the reading of {suffix}"
