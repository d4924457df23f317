"""Evidence made by hand: a text with "|" between its sentences, and what a reader is to have found in it."""

from __future__ import annotations

from collections.abc import Sequence

from rag.text.segment import page_at
from rag.types import Evidence, Hit, Passage, Reading, Source, Span


def spans_of(marked: str) -> tuple[str, tuple[Span, ...]]:
    """Return the text without its marks, and its sentences: ``"One. |Two."`` → ``("One. Two.", ((0, 4), (5, 9)))``."""
    text, spans = "", []
    for part in marked.split("|"):
        start = len(text) + len(part) - len(part.lstrip())
        text += part
        spans.append((start, len(text.rstrip())))
    return text, tuple(spans)


def evidence(
    marked: str,
    answer: str,
    *,
    score: float = 2.0,
    sentences: Sequence[float] | None = None,
    document_id: str = "a.txt",
    start: int = 0,
    dense: float = 0.0,
    lexical: float = 0.0,
) -> Evidence:
    """Return evidence whose span is the words ``answer``; the passage begins at ``start`` of its document."""
    text, spans = spans_of(marked)
    at = text.index(answer)
    passage = Passage(
        document_id=document_id,
        start=start,
        end=start + len(text),
        number=0,
        title="Notes",
        heading="",
        sentences=spans,
    )
    reading = Reading(at, at + len(answer), score, score, tuple(sentences or [-5.0] * len(spans)))
    return Evidence(Hit(passage, text, 0.0, dense, lexical), reading, score)


class Shelf:
    """Texts by document, in the place of an index."""

    def __init__(self, texts: dict[str, str], pages: tuple[int, ...] = (), passages: Sequence[Passage] = ()) -> None:
        self.texts = texts
        self._pages = pages
        self._passages = passages

    def slice(self, document_id: str, start: int, end: int) -> str:
        return self.texts[document_id][start:end]

    def source(self, document_id: str) -> Source:
        return Source(document_id, "A", document_id, "0" * 64)

    def line(self, document_id: str, offset: int) -> int:
        return self.texts[document_id].count("\n", 0, offset) + 1

    def page(self, document_id: str, offset: int) -> tuple[int | None, str | None]:
        return page_at(self._pages, (), offset)

    def recognised(self, document_id: str, offset: int) -> float | None:
        return None

    def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        return tuple(other for other in self._passages if other != passage)

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        return tuple(passage for passage in self._passages if passage.document_id == document_id)

    def document_ids(self) -> tuple[str, ...]:
        return tuple(self.texts)
