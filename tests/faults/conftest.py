"""A small index, built once and copied for each fault; the faults' own names say what is broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder
from small_index import TEXTS, write

from rag.indexing.build import build
from rag.settings import Settings


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index and its documents, which nobody changes."""
    folder = tmp_path_factory.mktemp("pristine")
    write(folder / "seeds", TEXTS)
    build(replace(Settings(), seeds=folder / "seeds", index=folder / "index"), FakeEncoder())
    return folder


@pytest.fixture
def copied(pristine: Path, tmp_path: Path) -> Callable[[], Settings]:
    """A function that gives a copy of it, to be broken."""
    count = iter(range(1_000))

    def copy() -> Settings:
        folder = tmp_path / str(next(count))
        shutil.copytree(pristine, folder)
        return replace(Settings(), seeds=folder / "seeds", index=folder / "index")

    return copy
