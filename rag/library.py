"""The front door: open an index, build one, ask. Everything outside ``rag/`` goes through here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.answering import decide as answer
from rag.answering import summarize as overview
from rag.answering.calibration import Calibration, calibration_for
from rag.answering.decide import Reads
from rag.answering.timing import Clock
from rag.conversation import standalone
from rag.errors import QuestionError
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.manifest import Manifest
from rag.store.local.store import LocalStore
from rag.store.memory import MemoryStore
from rag.types import (
    Document,
    DocumentEntry,
    Evidence,
    Hit,
    Passage,
    Progress,
    Reply,
    Skipped,
    Summary,
    Turn,
)

if TYPE_CHECKING:
    import numpy as np

    from rag.encoder import Encoder


_READ = 64
"""Passages of given texts that are read, at most."""


class Models:
    """Encoder and reader, each loaded at its first use."""

    def __init__(self, settings: Settings, *, encoder: Encoder | None = None, reader: Reads | None = None) -> None:
        self._settings = settings
        self._encoder = encoder
        self._reader = reader
        # Before torch is imported: threads that spin as they wait take the core from whoever they wait for,
        # threads that sleep at once take 8 ms longer over an answer. So: spin for some microseconds, then sleep.
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")

    @property
    def encoder(self) -> Encoder:
        """The encoder named in the settings; raises EncoderError."""
        if self._encoder is None:
            from rag.encoder import Encoder

            self._encoder = Encoder.load(self._settings.encoder)
        return self._encoder

    @property
    def reader(self) -> Reads:
        """The shipped reader, or similarity where the settings say so; raises ReaderError."""
        if self._reader is None:
            if self._settings.reader:
                from rag.reading.reader import Reader

                self._reader = Reader.load()
            else:
                from rag.reading.similarity import SimilarityReader

                self._reader = SimilarityReader(self.encoder)
        return self._reader


class Library:
    """An open index that can be asked. Asking from several threads is safe."""

    def __init__(self, settings: Settings, models: Models, summary: Summary | None = None) -> None:
        self.settings = settings
        self.models = models
        self.summary = summary
        """What the build did, where this library comes from one."""
        self._generation = LocalStore.open(settings.index, encoder=models.encoder.identity)

    @property
    def manifest(self) -> Manifest:
        """What the generation in force says of itself."""
        return self._generation.manifest

    @property
    def built_at(self) -> str:
        """When the index was built: ISO 8601, UTC."""
        return self.manifest.built_at

    @property
    def passages(self) -> int:
        """How many passages are searched."""
        return self.manifest.passages

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that were not indexed, and why."""
        return self._generation.skipped()

    def documents(self) -> tuple[DocumentEntry, ...]:
        """Return what is in the index."""
        return self._generation.entries()

    def document(self, document_id: str) -> Document:
        """Return a whole document; raises UnknownDocument."""
        return self._generation.document(document_id)

    def passages_at(self, numbers: Sequence[int]) -> tuple[tuple[Passage, str], ...]:
        """Return passages by number, with their texts."""
        return tuple(self._generation.passages(numbers))

    def vectors_at(self, numbers: Sequence[int]) -> np.ndarray:
        """Return the vectors of passages: (n, dimension) float32, unit length."""
        return self._generation.vectors(numbers)

    def refresh(self) -> bool:
        """Take over a newer generation where one was published; tell whether there was one."""
        if generations.current(self.settings.index).name == self.manifest.name:
            return False
        self._generation = LocalStore.open(self.settings.index, encoder=self.models.encoder.identity)
        return True

    def search(self, question: str, *, limit: int) -> tuple[Hit, ...]:
        """Return the best hits for a question that stands on its own, before any of them is read."""
        from rag.answering.retrieve import retrieve

        vector = self.models.encoder.encode_question(question)
        return retrieve(question, vector, self._generation, candidates=self.settings.candidates, limit=limit)

    def ask(self, question: str, *, turns: Sequence[Turn] = (), standalone_question: str | None = None) -> Reply:
        """Answer a question in the documents' own words, or refuse.

        ``turns`` are the earlier ones, oldest first; ``standalone_question`` is searched for in place of the one that
        would be made from them. Raises QuestionError for an empty or over-long question.
        """
        return self.explain(question, turns=turns, standalone_question=standalone_question)[0]

    def explain(
        self, question: str, *, turns: Sequence[Turn] = (), standalone_question: str | None = None
    ) -> tuple[Reply, tuple[Evidence, ...]]:
        """Return what ``ask`` returns, and what search and reader found for it, best first."""
        question = check_question(question, self.settings)
        searched = check_question(standalone_question or standalone(question, turns), self.settings)
        generation, clock = self._generation, Clock()
        if overview.asked(searched):
            return self._overview(question, searched, generation, clock), ()
        evidence = self._evidence(searched, generation, clock)
        threshold = generation.manifest.threshold if self.settings.threshold is None else self.settings.threshold
        reply = answer.decide(
            question,
            searched,
            evidence,
            generation,
            calibration=self._calibration,
            threshold=threshold,
            limit=self.settings.quotes,
            timings_ms=clock.total(),
        )
        return reply, evidence

    @property
    def _calibration(self) -> Calibration:
        return calibration_for(reader=self.settings.reader, index=True)

    def _evidence(self, question: str, generation: LocalStore, clock: Clock) -> tuple[Evidence, ...]:
        from rag.answering.retrieve import retrieve

        vector = self.models.encoder.encode_question(question)
        clock.lap("encode")
        limit = self.settings.read_passages
        hits = retrieve(question, vector, generation, candidates=self.settings.candidates, limit=limit)
        clock.lap("search")
        evidence = answer.read(question, hits, self.models.reader, self._calibration)
        clock.lap("read")
        return evidence

    def _overview(self, question: str, searched: str, generation: LocalStore, clock: Clock) -> Reply:
        topic = overview.topic(searched)
        named = [hit.passage.document_id for hit in self.search(topic, limit=1)] if topic else []
        names = named or generation.document_ids()
        passages = overview.scope(names, generation.passages_of, generation)
        clock.lap("search")
        timings = clock.total()
        return overview.reply(question, searched, passages, generation, limit=self.settings.quotes, timings=timings)


def open_library(settings: Settings, *, models: Models | None = None) -> Library:
    """Open the index in ``settings.index``; raises IndexMissing, IndexDamaged, IndexMismatch or EncoderError."""
    generations.current(settings.index)
    return Library(settings, models or Models(settings))


def build_library(
    settings: Settings,
    *,
    full: bool = False,
    threshold: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    models: Models | None = None,
) -> Library:
    """Build ``settings.index`` from ``settings.seeds`` and open it; ``threshold`` is one fitted to it.

    Raises SeedsError, IndexNotWritable or EncoderError.
    """
    from rag.indexing.build import build

    models = models or Models(settings)
    summary = build(settings, models.encoder, full=full, threshold=threshold, report=progress)
    return Library(settings, models, summary)


def read_texts(
    question: str,
    texts: Mapping[str, str],
    *,
    settings: Settings,
    models: Models,
    turns: Sequence[Turn] = (),
) -> Reply:
    """Answer from these texts alone (name → text), without an index; raises QuestionError."""
    question = check_question(question, settings)
    searched = standalone(question, turns)
    clock = Clock()
    memory = MemoryStore(texts, passage_tokens=settings.passage_tokens)
    if overview.asked(searched):
        passages = overview.scope(list(texts), memory.passages_of, memory)
        timings = clock.total()
        return overview.reply(question, searched, passages, memory, limit=settings.quotes, timings=timings)
    hits = memory.search(searched, _READ)
    clock.lap("search")
    calibration = calibration_for(reader=settings.reader, index=False)
    evidence = answer.read(searched, hits, models.reader, calibration)
    clock.lap("read")
    return answer.decide(
        question,
        searched,
        evidence,
        memory,
        calibration=calibration,
        threshold=settings.threshold,
        limit=settings.quotes,
        timings_ms=clock.total(),
    )


def check_question(question: str, settings: Settings) -> str:
    """Return the question without outer white space; raises QuestionError where it cannot be asked."""
    question = question.strip()
    if not question:
        raise QuestionError("The question is empty: ask something.")
    if len(question) > (longest := settings.question_characters):
        raise QuestionError(
            f"The question has {len(question):,} characters, at most {longest:,} are taken: shorten it."
        )
    return question
