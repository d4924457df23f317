"""Texts that are given with the question: held in memory, never indexed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from heapq import nlargest
from math import log

from rag.errors import UnknownDocument
from rag.protocols import Lap
from rag.text.language import told
from rag.text.segment import divide, page_at, recognised_at
from rag.types import Document, Hit, Passage, Source

_CHARACTERS = 5
"""Of a token, about. Passages are measured in characters here: the reader itself keeps to its window."""

_WORD = re.compile(r"\w+")


class MemoryStore:
    """The texts of one request, name → text, with the reading side of an index."""

    def __init__(self, texts: Mapping[str, str], *, passage_tokens: int) -> None:
        self._documents = {name: _document(name, text) for name, text in texts.items()}
        self._passages = {
            name: divide(
                document,
                budget=lambda context: passage_tokens * _CHARACTERS,
                count=lambda texts: [len(text) for text in texts],
            )
            for name, document in self._documents.items()
        }

    @property
    def texts(self) -> MemoryStore:
        """Where the texts are read from: here."""
        return self

    def search(self, question: str, *, limit: int, lap: Lap) -> tuple[Hit, ...]:
        """Return the passages worth reading, in the order in which they were given.

        Above ``limit`` passages, keep those that share the question's rarest words.
        """
        hits = [
            Hit(passage, self.slice(passage.document_id, passage.start, passage.end), 0.0)
            for found in self._passages.values()
            for passage in found
        ]
        if len(hits) > limit:
            scored = _by_shared_words(question, hits)
            kept = nlargest(limit, range(len(scored)), key=lambda i: scored[i].score)
            hits = [scored[i] for i in sorted(kept)]
        lap("search")
        return tuple(hits)

    def document_ids(self) -> tuple[str, ...]:
        """Return the names of the texts, in the order in which they were given."""
        return tuple(self._documents)

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        """Return a document's passages, in order; raises UnknownDocument."""
        self._document(document_id)
        return self._passages[document_id]

    def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        """Return the passages just before and just behind one in its document; raises UnknownDocument."""
        every, number = self.passages_of(passage.document_id), passage.number
        return (*every[max(number - 1, 0) : number], *every[number + 1 : number + 2])

    def slice(self, document_id: str, start: int, end: int) -> str:
        """Return ``text[start:end]`` of a document; raises UnknownDocument."""
        return self._document(document_id).text[max(start, 0) : max(end, 0)]

    def source(self, document_id: str) -> Source:
        """Return what identifies a document; raises UnknownDocument."""
        document = self._document(document_id)
        return Source(document.id, document.title, document.path, document.sha256)

    def line(self, document_id: str, offset: int) -> int:
        """Return the number of the line at ``offset``, counted from 1; raises UnknownDocument."""
        return self._document(document_id).text.count("\n", 0, max(offset, 0)) + 1

    def page(self, document_id: str, offset: int) -> tuple[int | None, str | None]:
        """Return no page, since a bare text has none; raises UnknownDocument."""
        document = self._document(document_id)
        return page_at(document.pages, document.page_labels, offset)

    def recognised(self, document_id: str, offset: int) -> float | None:
        """Return nothing, since nothing is recognised in a bare text; raises UnknownDocument."""
        document = self._document(document_id)
        return recognised_at(document.pages, document.recognised, offset)

    def _document(self, document_id: str) -> Document:
        try:
            return self._documents[document_id]
        except KeyError:
            raise UnknownDocument(f"No document {document_id!r} is among the texts.") from None


def _document(name: str, text: str) -> Document:
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(
        id=name, path=name, title=name, text=text, sha256=digest, media_type="text/plain", language=told(text).code
    )


def _by_shared_words(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Score each hit by the question's words in it: a word counts more, the fewer hits have it."""
    words = [frozenset(_WORD.findall(hit.text.lower())) for hit in hits]
    frequency = Counter(word for found in words for word in found)
    asked = frozenset(_WORD.findall(question.lower()))
    weights = {word: log(1 + len(hits) / frequency[word]) for word in asked if word in frequency}
    scores = (sum(weights[word] for word in asked & found) for found in words)
    return [replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
