"""Reading the published sets; they are never part of the program, so each may be missing."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rag.errors import SettingsError
from rag.types import Span

DATA = Path("../shared/data")
"""Where the sets are looked for unless --data says otherwise."""

_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, the text it is asked of, and the answers that people marked there; none where it has no answer."""

    title: str
    question: str
    text: str
    answers: tuple[Span, ...]

    @property
    def golds(self) -> tuple[str, ...]:
        """The marked answers' words."""
        return tuple(self.text[start:end] for start, end in self.answers)


def rows(data: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of ``NAME`` (a ``.jsonl.gz`` below the data folder); raises SettingsError where it is missing."""
    path = data / f"{name}.jsonl.gz"
    _must_exist(path)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def excerpts(data: Path) -> list[tuple[str, str, tuple[Span, ...]]]:
    """Return (question, corpus file, spans of its reference excerpts); raises SettingsError where it is missing."""
    path = data / "excerpts/questions.csv"
    _must_exist(path)
    with path.open(encoding="utf-8", newline="") as file:
        found = []
        for row in csv.DictReader(file):
            spans = tuple((item["start_index"], item["end_index"]) for item in json.loads(row["references"]))
            found.append((row["question"], f"{row['corpus_id']}.md", spans))
        return found


def write_paragraphs(folder: Path, paragraphs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Write (title, text) pairs as one document each, and remove what else is there; return each text's document id.

    A document is named after its article, whose title it thereby gets; its folder is its number within the article.
    """
    ids: dict[str, str] = {}
    seen: dict[str, int] = {}
    for title, text in paragraphs:
        name = " ".join(_UNFIT.sub(" ", unquote(title)).replace("_", " ").split())
        seen[name] = seen.get(name, 0) + 1
        ids[text] = f"{seen[name]:03}/{name}.txt"
    write_documents(folder, {name: text for text, name in ids.items()})
    return ids


def write_documents(folder: Path, documents: Mapping[str, str]) -> None:
    """Write texts by name below a folder, and remove what else is there.

    A file that is there already with the same content stays untouched, so that a build need not read it again.
    """
    for name, text in documents.items():
        path, content = folder / name, text.encode()
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in {path for path in folder.rglob("*") if path.is_file()} - {folder / name for name in documents}:
        path.unlink()


def cache(name: str) -> Path:
    """Return the folder in which an evaluation keeps the index it has built."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "chapter-and-verse" / "evaluate" / name


def held_out_articles(titles: Iterable[str]) -> frozenset[str]:
    """Return the forty articles of SQuAD's training set that are kept from training, for choices and calibration."""
    return frozenset(sorted(set(titles), key=lambda title: hashlib.sha256(title.encode()).hexdigest())[:40])


def is_held_out(text: str) -> bool:
    """Tell whether a text of the smaller reading sets is kept from training, for calibration: one in sixteen is."""
    return hashlib.sha256(text.encode()).digest()[0] < 16


def labelled(row: Mapping[str, Any]) -> Labelled:
    """Return a row of a reading set as a question."""
    spans = tuple((answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"])
    return Labelled(row["title"].replace("_", " "), row["question"], row["context"], spans)


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise SettingsError(f"{path} is not there: name the folder of the published sets with --data DIR.")
