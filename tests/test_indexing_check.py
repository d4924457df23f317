"""Is the index whole and current?"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder

from rag.documents import formats
from rag.errors import IndexMissing, SeedsError
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.settings import Settings
from rag.store.local import generations
from rag.text import segment


@pytest.fixture
def fox(settings: Settings, write_seeds: Callable[..., Path]) -> Settings:
    write_seeds({"fable.txt": "The fox sleeps.", "loaf.txt": "Bread is baked.", "port.md": "# Port\n\nOpen."})
    (settings.seeds / "junk.txt").write_bytes(b"\x00\x01\xff\xfe" * 100)
    (settings.seeds / "archive.zip").write_bytes(b"PK")
    build(settings, FakeEncoder())
    return settings


def check(settings: Settings) -> tuple[str, ...]:
    return faults(settings, encoder=FakeEncoder())


def rebuild(settings: Settings) -> str:
    return f"Build anew with: rag build --seeds {settings.seeds} --index {settings.index}"


def test_whole_and_current_with_files_that_were_skipped(fox: Settings) -> None:
    assert check(fox) == ()
    os.utime(fox.seeds / "fable.txt")
    assert check(fox) == ()


def test_what_came_went_and_changed(fox: Settings) -> None:
    (fox.seeds / "new.txt").write_text("The night is long.")
    (fox.seeds / "loaf.txt").unlink()
    (fox.seeds / "fable.txt").write_text("The fox is awake.")
    (fox.seeds / "junk.txt").write_text("Not junk any more.")
    assert check(fox) == (
        "stale: fable.txt has changed",
        "stale: junk.txt was skipped, and may be readable now",
        "stale: new.txt is new",
        "stale: loaf.txt is gone",
        rebuild(fox),
    )
    build(fox, FakeEncoder())
    assert check(fox) == ()


@pytest.mark.parametrize(
    "name", ["vectors.f16", "vectors.faiss", "docstore.sqlite", "documents.sha256", "lexical/meta.json"]
)
def test_damage_is_named_even_where_the_index_was_verified(fox: Settings, name: str) -> None:
    path = generations.current(fox.index) / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert check(fox) == (f"damaged: {name} is not what was written (its SHA-256 differs)", rebuild(fox))
    build(fox, FakeEncoder())
    assert check(fox) == ()


def test_damage_that_left_no_trace_is_repaired_by_the_next_build(
    fox: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit that flipped on the disk itself changes no time: the build trusts its note until a check has looked."""
    name = generations.current(fox.index).name
    with monkeypatch.context() as patch:
        patch.setattr("rag.store.local.manifest.hash_file", lambda path: "0" * 64)
        assert build(fox, FakeEncoder()).generation == name
        assert check(fox)[0].startswith("damaged: ")
        assert not (fox.index / "verified" / name).exists()


def test_a_damaged_manifest_and_pointer(fox: Settings) -> None:
    path = generations.current(fox.index) / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"fake"', b'"real"'))
    assert check(fox)[0].startswith(f"damaged: {path} is damaged (its SHA-256 is not the pointer's)")
    (fox.index / "CURRENT").write_text("nothing")
    assert check(fox)[0].startswith(f"damaged: {fox.index / 'CURRENT'} names no generation.")


def test_made_otherwise(fox: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    text = formats.SUFFIXES[".txt"]
    monkeypatch.setattr(formats, "SUFFIXES", {**formats.SUFFIXES, ".txt": replace(text, reading=text.reading + 1)})
    monkeypatch.setattr(segment, "SEGMENTATION", segment.SEGMENTATION + 1)
    assert faults(replace(fox, passage_tokens=99), encoder=FakeEncoder(identity="other")) == (
        "stale: the index was made with fake, the settings name other",
        "stale: its passages have up to 160 tokens, the settings say 99",
        "stale: another version of this program divided the documents into passages",
        "stale: another version of this program, or of a library, read its .txt files",
        f"Build anew with: rag build --seeds {fox.seeds} --index {fox.index}",
    )


def test_a_file_is_gone_whose_format_is_read_otherwise_now(fox: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = formats.SUFFIXES[".md"]
    monkeypatch.setattr(formats, "SUFFIXES", {**formats.SUFFIXES, ".md": replace(mark, reading=mark.reading + 1)})
    (fox.seeds / "port.md").unlink()
    assert check(fox) == ("stale: port.md is gone", rebuild(fox))
    assert build(fox, FakeEncoder()).documents == 2
    assert check(fox) == ()


def test_nothing_to_check(fox: Settings, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        check(replace(fox, index=tmp_path / "nowhere"))
    with pytest.raises(SeedsError, match="There is no folder"):
        check(replace(fox, seeds=tmp_path / "nowhere"))
