"""Every file of an index damaged in every way: noticed before an answer, named, and mended by what is said."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder
from small_index import TEXTS, opened, write

from rag.errors import IndexDamaged, IndexError_, IndexMismatch, IndexMissing
from rag.indexing.build import build
from rag.indexing.check import faults
from rag.settings import Settings
from rag.store.local import generations

Copied = Callable[[], Settings]
FLIPS = 200
REMEDY = re.compile(r"(Build anew|Build it) with: rag build ")


def files_of(settings: Settings) -> list[Path]:
    """Return the generation's files and the pointer to it."""
    folder = generations.current(settings.index)
    inside = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock"]
    assert len(inside) >= 12
    return [*inside, settings.index / "CURRENT"]


def noticed(settings: Settings, name: str) -> None:
    """Fail unless opening and checking both refuse, name the file, and say what mends it."""
    with pytest.raises(IndexError_) as raised:
        opened(settings)
    assert name in str(raised.value)
    assert REMEDY.search(str(raised.value))
    assert "\n" not in str(raised.value)
    try:
        said = " ".join(faults(settings, encoder=FakeEncoder()))
    except (IndexMismatch, IndexMissing) as error:
        said = str(error)
    assert name in said
    assert REMEDY.search(said)


def mended(settings: Settings) -> None:
    """Fail unless a build, as the remedy says, gives the right answers again."""
    assert build(settings, FakeEncoder()).documents == len(TEXTS)
    assert faults(settings, encoder=FakeEncoder()) == ()
    library = opened(settings)
    assert library.search("fox", limit=1)[0].text == "The fox sleeps."
    assert {entry.source.id for entry in library.documents()} == {*TEXTS}


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def one_more(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def gone(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [emptied, half, one_short, one_more, zeros, gone, a_folder])
def test_each_file_damaged(copied: Copied, damage: Callable[[Path], None]) -> None:
    settings = copied()
    for path in files_of(settings):
        content = path.read_bytes()
        damage(path)
        if path.read_bytes() != content if path.is_file() else True:
            # Without its pointer an index is one that was never built.
            noticed(settings, "There is no index" if damage is gone and path.name == "CURRENT" else path.name)
        if path.is_dir():
            path.rmdir()
        path.write_bytes(content)
    assert opened(settings).search("fox", limit=1)[0].text == "The fox sleeps."
    damage(generations.current(settings.index) / "docstore.sqlite")
    mended(settings)


def test_flipped_bytes(copied: Copied) -> None:
    settings, chance = copied(), random.Random(16)
    files = files_of(settings)
    for number in range(FLIPS):
        path = files[number % len(files)]
        content = path.read_bytes()
        at = chance.randrange(len(content))
        path.write_bytes(content[:at] + bytes([content[at] ^ chance.randrange(1, 256)]) + content[at + 1 :])
        noticed(settings, path.name)
        path.write_bytes(content)
    assert opened(settings).search("fox", limit=1)[0].text == "The fox sleeps."


def test_a_file_of_another_generation(copied: Copied) -> None:
    settings, other = copied(), copied()
    write(other.seeds, {"fable.txt": "The ape sleeps."})
    build(other, FakeEncoder())
    theirs = generations.current(other.index)
    different = 0
    for path in files_of(settings)[:-1]:
        content = path.read_bytes()
        foreign = theirs / path.relative_to(generations.current(settings.index))
        if not foreign.is_file() or foreign.read_bytes() == content:
            continue  # tantivy names the files of a segment at random
        different += 1
        shutil.copy2(foreign, path)
        noticed(settings, path.name)
        path.write_bytes(content)
    assert different >= 5
    shutil.copytree(theirs, generations.current(settings.index), dirs_exist_ok=True)
    noticed(settings, "manifest.json")
    mended(settings)


def test_an_edited_manifest(copied: Copied) -> None:
    settings = copied()
    path = generations.current(settings.index) / "manifest.json"
    content = path.read_bytes()
    values = json.loads(content)
    edits: dict[str, object] = {key: [] if value is None else None for key, value in values.items()}
    edits |= {"encoder": "other", "passages": 99, "threshold": 0.0, "dimension": 65, "format": 4, "built_at": ""}
    edits["files"] = {**values["files"], "docstore.sqlite": [1, "0" * 64]}
    for key, value in edits.items():
        path.write_text(json.dumps({**values, key: value}), encoding="utf-8")
        noticed(settings, "format" if key == "format" else "manifest.json")
    path.write_text(json.dumps(values, indent=2), encoding="utf-8")  # nothing but spaces differs
    noticed(settings, "manifest.json")
    mended(settings)


@pytest.mark.parametrize(
    "line", [b"\n", b"20200101T000000-abcdef\n", b"\xff\xfe", b"../../etc " + b"0" * 64 + b"\n", b"x" * 100_000]
)
def test_a_pointer_that_is_none(copied: Copied, line: bytes) -> None:
    settings = copied()
    (settings.index / "CURRENT").write_bytes(line)
    noticed(settings, "CURRENT")
    mended(settings)


def test_a_pointer_to_what_is_not_there(copied: Copied) -> None:
    settings = copied()
    pointer = settings.index / "CURRENT"
    pointer.write_text(f"20200101T000000-abcdef {'0' * 64}\n")
    with pytest.raises(IndexDamaged, match="names a generation that is not there"):
        generations.current(settings.index)
    noticed(settings, "manifest.json")
    pointer.unlink()
    pointer.symlink_to(pointer)
    noticed(settings, "CURRENT")
    pointer.unlink()
    mended(settings)


def test_a_generation_that_goes_while_it_is_open_is_not_answered_from_wrongly(copied: Copied) -> None:
    settings = copied()
    library = opened(settings)
    shutil.rmtree(settings.index)
    assert library.search("fox", limit=1)[0].text == "The fox sleeps.", "what is open stays"
    with pytest.raises(IndexMissing, match="There is no index in"):
        opened(settings)
    mended(replace(settings))
