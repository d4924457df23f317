"""What a part must offer so that another can stand in its place; nothing here is subclassed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rag.scope import Scope
from rag.types import Document, Fingerprint, Hit, Passage, Progress, Quote, ReaderInput, Reading, Skipped, Source, Turn
from rag.written import Sentence

if TYPE_CHECKING:
    import numpy as np

Selection = Mapping[str, range]
"""The documents in a scope, in order: id → the store's keys of its passages."""

Lap = Callable[[str], None]
"""Called with the name of a stage ("encode", "search", "read") when it has ended."""

OnProgress = Callable[[Progress], None]
"""Takes note of how far something is."""


class Encoder(Protocol):
    """Texts → unit vectors of type float32."""

    @property
    def identity(self) -> str:
        """Name and hash of the model: vectors of another identity cannot be compared with its own."""

    @property
    def dimension(self) -> int: ...
    @property
    def window(self) -> int:
        """Pieces that it reads of a text; what stands behind is not seen."""

    def pieces(self, texts: Sequence[str]) -> list[int]:
        """Return how many pieces each text has, its beginning and end included."""

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Return (len(texts), dimension)."""

    def encode_question(self, text: str) -> np.ndarray:
        """Return (dimension,)."""


class Reader(Protocol):
    """Finds in passages the words that answer a question."""

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        """Return one reading for each passage; their order changes no finding."""


class Rewriter(Protocol):
    """Makes a follow-up stand on its own."""

    def candidates(self, question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
        """Return the standalone questions that it may mean, likeliest first, at least one.

        ``turns`` are the earlier ones, oldest first.
        """


class Writer(Protocol):
    """Writes a short text from quotes; it is shown apart from them and never enters one."""

    def write(self, question: str, quotes: Sequence[Quote]) -> Iterator[Sentence]:
        """Yield the sentences as they come, each checked; raises LanguageModelError where no more can be had."""


class Texts(Protocol):
    """Where the text of documents is read from. Offsets are the document's."""

    def slice(self, document_id: str, start: int, end: int) -> str: ...
    def source(self, document_id: str) -> Source: ...
    def line(self, document_id: str, offset: int) -> int:
        """Return the number of the line at ``offset``, counted from 1."""

    def page(self, document_id: str, offset: int) -> tuple[int | None, str | None]:
        """Return the number of the page at ``offset``, counted from 1, and its label; None where there is none."""

    def recognised(self, document_id: str, offset: int) -> float | None:
        """Return how sure the recognition of the page at ``offset`` is; None where its text is the file's own."""

    def passages_of(self, document_id: str) -> Sequence[Passage]: ...
    def neighbours(self, passage: Passage) -> Sequence[Passage]:
        """Return the passages just before and just behind it in its document."""


class Corpus(Protocol):
    """What a question is asked of: it does not change while it is held."""

    @property
    def texts(self) -> Texts: ...
    def document_ids(self) -> Sequence[str]:
        """Return the documents that are searched."""

    def search(self, question: str, *, limit: int, lap: Lap) -> Sequence[Hit]:
        """Return the passages worth reading, best first."""


class Store(Texts, Protocol):
    """An index that can be searched in two ways. Its keys are its own and mean nothing elsewhere.

    Where a selection is given, its passages are searched and no others.
    """

    def document_ids(self) -> Sequence[str]: ...
    def select(self, scope: Scope) -> Selection:
        """Return the documents in a scope; raises ScopeError where it names what is not there."""

    def nearest(self, vector: np.ndarray, count: int, selection: Selection | None = None) -> dict[int, float]:
        """Return key → cosine of up to ``count`` passages, best first; ``vector``: (dimension,), unit length."""

    def matching(self, question: str, count: int, selection: Selection | None = None) -> dict[int, float]:
        """Return key → BM25 of up to ``count`` passages, best first; none where only common words are shared."""

    def cosines(self, vector: np.ndarray, keys: Sequence[int]) -> Sequence[float]: ...
    def passages(self, keys: Sequence[int]) -> Sequence[tuple[Passage, str]]:
        """Return passages with their texts, in the order asked for."""


class StoreWriter(Protocol):
    """Writes an index: documents with their passages, then a vector for each passage; then it comes into force."""

    def add(
        self,
        document: Document,
        passages: Sequence[Passage],
        texts: Sequence[str],
        digests: Sequence[bytes],
        fingerprint: Fingerprint,
    ) -> None:
        """Add a document; for passage i ``texts[i]`` is searched, ``digests[i]`` names its vector."""

    def skip(self, entry: Skipped, fingerprint: Fingerprint | None = None) -> None:
        """Note a file that is left out; ``fingerprint`` where it was tried, and need not be while it stays the same."""

    def write_vectors(self, batches: Iterable[np.ndarray], *, dimension: int) -> None:
        """Write the passages' vectors in the order of adding, given as (n, dimension) float16."""

    def publish(
        self,
        *,
        seeds: str,
        encoder: str,
        passage_tokens: int,
        passage_version: str,
        reading: Mapping[str, str],
        threshold: float | None,
    ) -> str:
        """Bring the index into force and return its name; the arguments say what it was made of and by."""
