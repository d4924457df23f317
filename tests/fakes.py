"""Stand-ins for the models and for an index: exact and equal on every machine, with no weights to load."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from rag.errors import LanguageModelError, UnknownDocument
from rag.protocols import Selection
from rag.scope import Scope
from rag.text.words import content_words
from rag.types import Hit, Passage, Quote, ReaderInput, Reading, Source, Turn
from rag.written import Sentence

_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\w{1,8}|[^\w\s]")


class FakeEncoder:
    """Texts that share words get similar vectors.

    A word's direction comes from its SHA-256, its weight from its length (so "the" says little); a text's vector is
    the unit sum over its distinct words, in lower case. A text without words gets a direction of its own.
    A piece is up to eight letters or one other sign, and two more stand for the text's beginning and end.

    >>> encoder = FakeEncoder()
    >>> float(encoder.encode_question("Foreign minister") @ encoder.encode_passages(["minister, foreign!"])[0])
    1.0
    """

    def __init__(self, *, dimension: int = 64, window: int = 256, identity: str = "fake") -> None:
        self.identity = identity
        self._size = dimension
        self._pieces_at_most = window
        self._directions: dict[str, NDArray[np.float64]] = {}
        self.encoded: list[str] = []
        """Every passage that was encoded, in order: for tests of what was embedded again."""

    @property
    def dimension(self) -> int:
        return self._size

    @property
    def window(self) -> int:
        return self._pieces_at_most

    def pieces(self, texts: Sequence[str]) -> list[int]:
        return [len(_PIECE.findall(text)) + 2 for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        vectors = np.empty((len(texts), self._size), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self.encode_question(text)
        return vectors

    def encode_question(self, text: str) -> NDArray[np.float32]:
        words = sorted(set(_WORD.findall(text.lower())))
        parts = [len(word) ** 2 * self._direction(word) for word in words]
        total = np.sum(parts or [self._direction("")], axis=0)
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def _direction(self, word: str) -> NDArray[np.float64]:
        if word not in self._directions:
            digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
            drawn = np.random.default_rng(int.from_bytes(digest, "big")).standard_normal(self._size)
            self._directions[word] = drawn / np.linalg.norm(drawn)
        return self._directions[word]


class FakeStore:
    """Searches by brute force; a passage is a line of a text, and its BM25 the number of words shared.

    ``asked`` are the questions that words were searched of.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.encoder = FakeEncoder()
        self.asked: list[str] = []
        self._texts = dict(texts)
        self._keyed = [passage for name in texts for passage in self.passages_of(name)]
        self._lines = [self.slice(passage.document_id, passage.start, passage.end) for passage in self._keyed]
        self.rows = self.encoder.encode_passages(self._lines)

    def select(self, scope: Scope) -> dict[str, range]:
        lines = {name: len(text.split("\n")) for name, text in self._texts.items()}
        ends = dict(zip(lines, accumulate(lines.values()), strict=True))
        return {name: range(ends[name] - lines[name], ends[name]) for name in scope.within}

    def nearest(self, vector: NDArray[np.float32], count: int, selection: Selection | None = None) -> dict[int, float]:
        cosines = self.rows @ vector
        found = [row for row in np.argsort(-cosines, kind="stable") if _selected(int(row), selection)]
        return {int(row): float(cosines[row]) for row in found[:count]}

    def cosines(self, vector: NDArray[np.float32], keys: Sequence[int]) -> list[float]:
        return [float(self.rows[key] @ vector) for key in keys]

    def matching(self, question: str, count: int, selection: Selection | None = None) -> dict[int, float]:
        self.asked.append(question)
        asked = set(content_words(question))
        shared = [float(len(asked & set(_WORD.findall(line.lower())))) for line in self._lines]
        found = sorted((row for row, words in enumerate(shared) if words), key=lambda row: (-shared[row], row))
        return {row: shared[row] for row in [row for row in found if _selected(row, selection)][:count]}

    def passages(self, keys: Sequence[int]) -> list[tuple[Passage, str]]:
        return [(self._keyed[key], self._lines[key]) for key in keys]

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        found: list[Passage] = []
        start = 0
        for line in self._text(document_id).split("\n"):
            end = start + len(line)
            found.append(Passage(document_id, start, end, len(found), "", "", ((0, len(line)),)))
            start = end + 1
        return tuple(found)

    def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        return tuple(p for p in self.passages_of(passage.document_id) if abs(p.number - passage.number) == 1)

    def slice(self, document_id: str, start: int, end: int) -> str:
        return self._text(document_id)[max(start, 0) : max(end, 0)]

    def source(self, document_id: str) -> Source:
        digest = hashlib.sha256(self._text(document_id).encode()).hexdigest()
        return Source(document_id, "", document_id, digest)

    def line(self, document_id: str, offset: int) -> int:
        return self._text(document_id)[: max(offset, 0)].count("\n") + 1

    def page(self, document_id: str, offset: int) -> tuple[int | None, str | None]:
        self._text(document_id)
        return None, None

    def recognised(self, document_id: str, offset: int) -> float | None:
        return None

    def document_ids(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def _text(self, document_id: str) -> str:
        if document_id not in self._texts:
            raise UnknownDocument(f"No document {document_id!r} is in the fake.")
        return self._texts[document_id]


def _selected(row: int, selection: Selection | None) -> bool:
    return selection is None or any(row in keys for keys in selection.values())


class FakeReader:
    """Finds the longest word that question and passage share; its log-odds are the shares of the question's words.

    ``read_passages`` are the texts that it was given, in order.
    """

    def __init__(self, *, scale: float = 8.0) -> None:
        self._scale = scale
        self.read_passages: list[str] = []

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        self.read_passages += [item.text for item in passages]
        return tuple(self._reading(set(_WORD.findall(question.lower())), item) for item in passages)

    def _reading(self, asked: set[str], item: ReaderInput) -> Reading:
        scores = tuple(self._log_odds(asked, item.text[start:end]) for start, end in item.sentences)
        best = max(range(len(scores)), key=lambda i: scores[i])
        start, end = item.sentences[best]
        words = [match for match in _WORD.finditer(item.text, start, end) if match[0].lower() in asked]
        if words:
            start, end = max(words, key=lambda match: len(match[0])).span()
        return Reading(start, end, scores[best], scores[best], scores)

    def _log_odds(self, asked: set[str], sentence: str) -> float:
        shared = asked & set(_WORD.findall(sentence.lower()))
        return self._scale * (len(shared) / max(1, len(asked)) - 0.5)


class FakeRewriter:
    """Gives the candidates it was made with, whatever was asked."""

    def __init__(self, *candidates: str) -> None:
        self._candidates = candidates

    def candidates(self, question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
        return self._candidates


class FakeWriter:
    """Writes two sentences on what it was given, and fails then where it is told to."""

    def __init__(self, fails: str = "") -> None:
        self._fails = fails

    def write(self, question: str, quotes: Sequence[Quote]) -> Iterator[Sentence]:
        yield Sentence(f"{question} {len(quotes)} quotes.", (1,))
        yield Sentence("So it is.", struck="it does not end in a pointer to a quote")
        if self._fails:
            raise LanguageModelError(self._fails)


class FakeCorpus:
    """Brings up the passages of a store in its own order, and remembers what was searched."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = FakeStore(texts)
        self.searched: list[str] = []

    def document_ids(self) -> tuple[str, ...]:
        return self.texts.document_ids()

    def search(self, question: str, *, limit: int, lap: Callable[[str], None]) -> tuple[Hit, ...]:
        self.searched.append(question)
        lap("search")
        every = [passage for name in self.texts.document_ids() for passage in self.texts.passages_of(name)]
        return tuple(
            Hit(passage, self.texts.slice(passage.document_id, passage.start, passage.end), 0.0)
            for passage in every[:limit]
        )
