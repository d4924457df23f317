"""A small index for tests of faults: its documents, and how a question finds it."""

from __future__ import annotations

from pathlib import Path

from fakes import FakeEncoder

from rag.library import Library, Models
from rag.settings import Settings

TEXTS = {
    "fable.txt": "The fox sleeps.",
    "loaf.txt": "Bread is baked. The oven is warm.",
    "deep/ünïcode — 文.md": "# Port\n\nThe harbour is open.\n",
}


def write(seeds: Path, files: dict[str, str]) -> None:
    """Write files, name → text."""
    for name, text in files.items():
        (seeds / name).parent.mkdir(parents=True, exist_ok=True)
        (seeds / name).write_text(text, encoding="utf-8")


def opened(settings: Settings) -> Library:
    """Return the index as a question finds it."""
    return Library(settings, Models(settings, encoder=FakeEncoder()))
