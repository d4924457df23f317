"""Documents that are given with the question: held in memory, never indexed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import log

from rag.text.segment import passages
from rag.types import Document, Hit, Passage, Source

_READ = 64
"""Passages that are read, at most; of more, those with the question's rarest words."""

_WORD = re.compile(r"\w+")


class Memory:
    """The texts of a request, in the place of an index."""

    def __init__(self, texts: Mapping[str, str], *, passage_tokens: int) -> None:
        self._documents = {name: _document(name, text) for name, text in texts.items()}
        self._passages: list[Passage] = []
        for document in self._documents.values():
            found = passages(
                document, first_number=len(self._passages), budget=lambda context: passage_tokens * 5, count=_lengths
            )
            self._passages.extend(found)

    def hits(self, question: str) -> tuple[Hit, ...]:
        """Return the passages worth reading, in the order they were given."""
        hits = [Hit(passage, self._text(passage), 0.0) for passage in self._passages]
        if len(hits) <= _READ:
            return tuple(hits)
        best = sorted(_by_shared_words(question, hits), key=lambda hit: -hit.score)[:_READ]
        return tuple(sorted(best, key=lambda hit: hit.passage.number))

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        """Return a document's passages, in order."""
        return tuple(passage for passage in self._passages if passage.document_id == document_id)

    def slice(self, document_id: str, start: int, end: int) -> str:
        """Return ``text[start:end]`` of a document."""
        return self._documents[document_id].text[max(start, 0) : end]

    def source(self, document_id: str) -> Source:
        """Return what identifies a document."""
        document = self._documents[document_id]
        return Source(document.id, document.title, document.path, document.sha256)

    def line(self, document_id: str, offset: int) -> int:
        """Return the number of the line at ``offset``, counted from 1."""
        return self._documents[document_id].text.count("\n", 0, offset) + 1

    def pages(self, document_id: str) -> tuple[int, ...]:
        """Return no pages: a bare text has none."""
        return ()

    def _text(self, passage: Passage) -> str:
        return self._documents[passage.document_id].text[passage.start : passage.end]


def _document(name: str, text: str) -> Document:
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(id=name, path=name, title=name, text=text, sha256=digest, media_type="text/plain")


def _lengths(texts: Sequence[str]) -> list[int]:
    """Return sizes in characters, about five to a token: the reader itself keeps to its window."""
    return [len(text) for text in texts]


def _by_shared_words(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Score hits by the question's words in them, the rarer the more."""
    words = [frozenset(_WORD.findall(hit.text.lower())) for hit in hits]
    frequency = Counter(word for found in words for word in found)
    asked = frozenset(_WORD.findall(question.lower()))
    weights = {word: log(1 + len(hits) / frequency[word]) for word in asked if word in frequency}
    return [
        Hit(hit.passage, hit.text, sum(weights[word] for word in asked & found))
        for hit, found in zip(hits, words, strict=True)
    ]
