"""What opening refuses: pointers that lead nowhere, other formats, files that are not what was written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeEncoder

from rag.errors import IndexDamaged, IndexMismatch, IndexMissing
from rag.indexing.build import build
from rag.library import Library, Models
from rag.settings import Settings
from rag.store.local import generations, manifest


@pytest.fixture
def fox(settings: Settings, write_seeds: Callable[..., Path]) -> Settings:
    write_seeds({"fable.txt": "The fox sleeps.", "loaf.txt": "Bread is baked."})
    build(settings, FakeEncoder())
    return settings


def opened(settings: Settings) -> Library:
    return Library(settings, Models(settings, encoder=FakeEncoder()))


@pytest.mark.parametrize("change", ["truncated", "longer", "missing", "a folder"])
def test_other_damage_is_named(fox: Settings, change: str) -> None:
    path = generations.current(fox.index) / "vectors.f16"
    content = path.read_bytes()
    path.unlink()
    if change == "a folder":
        path.mkdir()
    elif change != "missing":
        path.write_bytes(content[:-7] if change == "truncated" else content + b"junk")
    said = {
        "truncated": "vectors.f16 has 249 bytes instead of 256",
        "longer": "vectors.f16 has 260 bytes instead of 256",
        "missing": "vectors.f16 is missing",
        "a folder": "vectors.f16 has ",
    }
    with pytest.raises(IndexDamaged) as raised:
        opened(fox)
    assert str(raised.value).startswith(f"The index is damaged: {said[change]}")
    assert str(raised.value).endswith(f"Build anew with: rag build --index {fox.index}")


def test_a_state_that_was_verified_is_not_hashed_again(fox: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    real = manifest.hash_file
    monkeypatch.setattr(manifest, "hash_file", lambda path: hashed.append(path.name) or real(path))
    opened(fox)
    assert hashed == [], "the build itself has hashed them"
    os.utime(generations.current(fox.index) / "vectors.f16")
    opened(fox)
    assert "vectors.f16" in hashed
    count = len(hashed)
    opened(fox)
    assert len(hashed) == count


def test_no_index(tmp_path: Path) -> None:
    for look in (generations.current, generations.hold):
        with pytest.raises(IndexMissing, match=r"There is no index in .*nowhere\. Build it with: rag build --index"):
            look(tmp_path / "nowhere")


def rewrite(settings: Settings, **changes: object) -> None:
    """Write another manifest, with a pointer that vouches for it."""
    folder = generations.current(settings.index)
    values = {**json.loads((folder / "manifest.json").read_bytes()), **changes}
    content = json.dumps({key: value for key, value in values.items() if value is not ...}).encode()
    (folder / "manifest.json").write_bytes(content)
    (settings.index / "CURRENT").write_text(f"{folder.name} {hashlib.sha256(content).hexdigest()}\n")


def test_another_format_is_told_from_damage(fox: Settings) -> None:
    rewrite(fox, format=99, files={"unheard of": 7})
    with pytest.raises(IndexMismatch, match=r"has format 99, this program reads 5\. Build anew with: rag build"):
        opened(fox)
    assert build(fox, FakeEncoder()).documents == 2
    assert len(opened(fox).documents()) == 2


@pytest.mark.parametrize("changes", [{"files": 3}, {"encoder": ...}, {"unheard of": 1}, {"format": ...}])
def test_a_manifest_that_says_something_else(fox: Settings, changes: dict[str, object]) -> None:
    rewrite(fox, **changes)
    with pytest.raises(IndexDamaged, match=r"manifest\.json is damaged"):
        opened(fox)


def test_another_model(fox: Settings) -> None:
    with pytest.raises(IndexMismatch, match=r"was made with fake, the settings name other\. Build anew"):
        Library(fox, Models(fox, encoder=FakeEncoder(identity="other")))


def test_the_manifest_says_what_was_built(fox: Settings) -> None:
    found = opened(fox).manifest
    assert (found.format, found.seeds, found.encoder, found.dimension) == (5, str(fox.seeds), "fake", 64)
    assert (found.documents, found.passages, found.vector_type) == (2, 2, "Flat")
    assert found.files["vectors.f16"][0] == 2 * 64 * 2
    assert found.built_at.endswith("+00:00")


def test_who_holds_a_generation_keeps_it(fox: Settings) -> None:
    held = generations.hold(fox.index)
    generations.remove_old(fox.index, keep=fox.index / "nothing")
    assert held.folder.is_dir()
    held.close()
    generations.remove_old(fox.index, keep=fox.index / "nothing")
    assert not held.folder.exists()
