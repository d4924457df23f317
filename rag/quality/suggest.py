"""Passages that the owner of an index is asked to write questions about, drawn by chance: a seed draws the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from rag.library import Library
from rag.types import Passage, Quote

_LETTERS = 40
"""Letters of a passage that says something, at least."""
_SHARE = 0.6
"""Of what is no white space in it, the share that are letters: less is a list of figures, or of contents."""
_DISTINCT = 0.4
"""Of its words, the share that differ from each other: less repeats itself."""
_WORD = re.compile(r"[^\W\d_]+")


def draw(library: Library, count: int, *, seed: int = 0) -> tuple[Quote, ...]:
    """Return passages that say something, at most ``count``: one of each document in turn, then another of each.

    The order of the documents, and of the passages of each, is drawn by ``seed``. No words come twice.
    """
    chance = random.Random(seed)
    ids = sorted(entry.source.id for entry in library.documents())
    chance.shuffle(ids)
    runs = [_of(library, id, random.Random(f"{seed} {id!a}")) for id in ids]
    found: dict[str, Passage] = {}
    while runs and len(found) < count:
        going = []
        for run in runs:
            words, passage = next(((words, one) for words, one in run if words not in found), ("", None))
            if passage is None:
                continue
            found[words] = passage
            going.append(run)
            if len(found) == count:
                break
        runs = going
    return tuple(library.quote(passage) for passage in found.values())


def says_something(text: str) -> bool:
    """Tell whether a question can be asked of a passage: not of a heading, a list of figures, or a page of contents.

    >>> says_something("Contents ........ 3\\nIntroduction ........ 5\\nThe harbour and its masters ........ 17")
    False
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    letters = sum(map(len, words))
    signs = sum(not char.isspace() for char in text)
    return letters >= _LETTERS and letters >= _SHARE * signs and len(set(words)) >= _DISTINCT * len(words)


def _of(library: Library, document_id: str, chance: random.Random) -> Iterator[tuple[str, Passage]]:
    """Yield a document's passages that say something, each after its words, in an order by chance."""
    passages = list(library.passages_of(document_id))
    chance.shuffle(passages)
    text = library.document(document_id).text if passages else ""
    for passage in passages:
        said = text[passage.start : passage.end]
        if says_something(said):
            yield " ".join(said.split()), passage
