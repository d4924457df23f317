"""The front door: open an index, build one, ask. Everything outside ``rag/`` goes through here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.errors import IndexError_
from rag.protocols import Corpus, Encoder, Reader, Rewriter, Writer
from rag.scope import EVERYTHING, Scope, scope_of
from rag.settings import Settings
from rag.types import Document, DocumentEntry, Hit, Passage, Progress, Quote, Refusal, Reply, Skipped, Summary, Turn

if TYPE_CHECKING:  # what only asking needs is imported when something is asked: checking starts at once
    from rag.answering.calibration import Readers
    from rag.pipeline import Outcome, Pipeline
    from rag.store.local import LocalStore
    from rag.store.local.manifest import Manifest


Within = str | Iterable[str] | Scope
"""Paths of documents, or of folders with all below them; or a scope, which may also name types and dates."""

_GIVEN_PASSAGES = 64
"""Passages that are read of texts that come with the question, at most."""


class Models:
    """Encoder and readers, each loaded once, at its first use, whoever asks for it first.

    A reader that is given reads alone, unless a second one is given beside it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        second_reader: Reader | None = None,
        rewriter: Rewriter | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._settings = settings
        self._encoder = encoder
        self._reader = reader
        self._second_reader = second_reader
        self._alone = reader is not None and second_reader is None
        self._rewriter = rewriter
        self._writer = writer
        self._loading = threading.RLock()

    @property
    def encoder(self) -> Encoder:
        """The encoder named in the settings; raises EncoderError."""
        with self._loading:
            if self._encoder is None:
                from rag.encoder import SentenceEncoder

                self._encoder = SentenceEncoder.load(self._settings.encoder)
            return self._encoder

    @property
    def reader(self) -> Reader:
        """The first reader, or similarity where the settings say so; raises ReaderError."""
        with self._loading:
            if self._reader is None:
                if self._settings.reader:
                    from rag.reading.reader import SpanReader

                    self._reader = SpanReader.load()
                else:
                    from rag.reading.reader import SimilarityReader

                    self._reader = SimilarityReader(self.encoder)
            return self._reader

    @property
    def second_reader(self) -> Reader:
        """The shipped second reader; raises ReaderError."""
        with self._loading:
            if self._second_reader is None:
                from rag.reading.reader import SpanReader
                from rag.reading.weights import SECOND_READER

                self._second_reader = SpanReader.load(SECOND_READER)
            return self._second_reader

    def readers(self, settings: Settings) -> Readers:
        """Return what reads, as the weights of confidence are named."""
        if not settings.reader:
            return "none"
        return "both" if settings.second_reader and not self._alone else "first"

    def pipeline(self, settings: Settings, *, given: bool, threshold: float | None = None) -> Pipeline:
        """Return the way from a question to a reply; ``given``: over texts that come with the question.

        ``threshold`` is the index's own, which the settings overrule.
        """
        from rag.answering.calibration import calibration_for
        from rag.conversation import CandidateRewriter
        from rag.pipeline import Pipeline, SecondReading

        index, again, readers = not given, None, self.readers(settings)
        if readers == "both":
            weights = calibration_for(readers=readers, index=index)
            again = SecondReading(self.second_reader, weights, settings.reread_passages)
        return Pipeline(
            reader=self.reader,
            rewriter=self._rewriter or CandidateRewriter(characters=settings.question_characters),
            calibration=calibration_for(readers="none" if readers == "none" else "first", index=index),
            again=again,
            writer=self._writer,
            threshold=threshold if settings.threshold is None else settings.threshold,
            passages=_GIVEN_PASSAGES if given else settings.read_passages,
            quotes=settings.quotes,
            characters=settings.question_characters,
        )


class _Held:
    """A generation that is closed when it is retired and nobody reads it any more."""

    def __init__(self, store: LocalStore) -> None:
        self.store = store
        self._readers, self._retired = 0, False
        self._lock = threading.Lock()

    def begin(self) -> bool:
        """Count a reader in; False where the generation is retired."""
        with self._lock:
            self._readers += not self._retired
            return not self._retired

    def end(self) -> None:
        """Count a reader out."""
        self._change(-1, retired=False)

    def retire(self) -> None:
        """Let nobody in any more."""
        self._change(0, retired=True)

    def _change(self, readers: int, *, retired: bool) -> None:
        with self._lock:
            self._readers += readers
            self._retired |= retired
            last = self._retired and not self._readers
        if last:
            self.store.close()


class Library:
    """An open index that can be asked. Asking from several threads is safe."""

    def __init__(self, settings: Settings, models: Models, summary: Summary | None = None) -> None:
        self.settings = settings
        self.models = models
        self.summary = summary
        """What the build did, where this library comes from one."""
        self._held = self._open()
        self._refreshing = threading.Lock()

    def _open(self) -> _Held:
        from rag.store.local import LocalStore

        return _Held(LocalStore.open(self.settings.index, encoder=self.models.encoder.identity))

    @contextmanager
    def _reading(self) -> Iterator[LocalStore]:
        """Hold one generation: what is read under it comes from one state of the documents."""
        held = self._held
        while not held.begin():
            if held is self._held:
                raise IndexError_("This library is closed: open the index again.")
            held = self._held
        try:
            yield held.store
        finally:
            held.end()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index when the last question under way is answered; later ones raise IndexError_."""
        self._held.retire()

    def refresh(self) -> bool:
        """Take over a newer generation where one was published; tell whether there was one."""
        from rag.store.local import generations

        with self._refreshing:
            if generations.current(self.settings.index).name == self.manifest.name:
                return False
            old, self._held = self._held, self._open()
        old.retire()
        return True

    @property
    def manifest(self) -> Manifest:
        """What the generation in force says of itself."""
        return self._held.store.manifest

    @property
    def built_at(self) -> str:
        """When the index was built: ISO 8601, UTC."""
        return self.manifest.built_at

    @property
    def document_count(self) -> int:
        """How many documents are searched."""
        return self._held.store.document_count

    @property
    def passage_count(self) -> int:
        """How many passages are searched."""
        return self._held.store.passage_count

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that were not indexed, and why."""
        with self._reading() as store:
            return store.skipped()

    def documents(self, *, within: Within = ()) -> tuple[DocumentEntry, ...]:
        """Return what is in the index, or in a scope of it as ``ask`` takes one; raises ScopeError."""
        with self._reading() as store:
            return store.entries_in(scope_of(within))

    def document(self, document_id: str) -> Document:
        """Return a whole document; raises UnknownDocument."""
        with self._reading() as store:
            return store.document(document_id)

    def passages_of(self, document_id: str) -> tuple[Passage, ...]:
        """Return a document's passages, in order; raises UnknownDocument."""
        with self._reading() as store:
            return store.passages_of(document_id)

    def search(self, question: str, *, limit: int = 10, within: Within = ()) -> tuple[Hit, ...]:
        """Return passages, best first, none of them read; raises QuestionError and ScopeError as ``ask`` does."""
        with self._reading() as store:
            return self._search(question, store, limit, within)

    def search_quotes(self, question: str, *, limit: int = 10, within: Within = ()) -> tuple[Quote, ...]:
        """Return what ``search`` returns, each passage as a quote with its place and the search's score."""
        from rag.answering.quote import whole_passage

        with self._reading() as store:
            return tuple(whole_passage(hit, store) for hit in self._search(question, store, limit, within))

    def _search(self, question: str, store: LocalStore, limit: int, within: Within) -> tuple[Hit, ...]:
        from rag.pipeline import check_question

        question = check_question(question, self.settings.question_characters)
        return tuple(self._corpus(store, scope_of(within)).search(question, limit=limit, lap=lambda stage: None))

    def ask(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        standalone_question: str | None = None,
        within: Within = (),
        quotes: int | None = None,
    ) -> Reply:
        """Answer a question in the documents' own words, or refuse.

        ``turns`` are the earlier ones, oldest first; ``standalone_question`` is searched for in place of the one that
        would be made from them. ``within`` are the paths of documents or folders that alone are searched, or a
        ``Scope``; ``quotes``: all that answer are wanted, so many at most.
        Raises QuestionError for an empty or over-long question, ScopeError where nothing lies at a path.
        """
        alone = standalone_question
        return self.explain(question, turns=turns, standalone_question=alone, within=within, quotes=quotes).reply

    def explain(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        standalone_question: str | None = None,
        within: Within = (),
        quotes: int | None = None,
    ) -> Outcome:
        """Return what ``ask`` returns, with the evidence it was decided on."""
        scope = scope_of(within)
        with self._reading() as store:
            corpus = self._corpus(store, scope)
            pipeline = self.models.pipeline(self.settings, given=False, threshold=store.manifest.threshold)
            outcome = pipeline.ask(
                question, corpus, turns=turns, standalone_question=standalone_question, quotes=quotes
            )
            return outcome if scope == EVERYTHING else replace(outcome, reply=_scoped(outcome.reply, scope, corpus))

    def _corpus(self, store: LocalStore, scope: Scope) -> Corpus:
        from rag.answering.retrieve import IndexCorpus

        selection = None if scope == EVERYTHING else store.select(scope)
        return IndexCorpus(store, self.models.encoder, self.settings.candidates, selection)


def _scoped(reply: Reply, scope: Scope, corpus: Corpus) -> Reply:
    """Return the reply with what was searched for it; a refusal says so where that was nothing."""
    if isinstance(reply, Refusal) and reply.kind != "other" and not corpus.document_ids():
        reply = replace(reply, reason=f"No document is {scope.words}: nothing was searched.")
    return replace(reply, scope=scope)


def open_library(settings: Settings, *, models: Models | None = None) -> Library:
    """Open the index in ``settings.index``; raises IndexMissing, IndexDamaged, IndexMismatch or EncoderError."""
    from rag.store.local import generations

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
    question: str, texts: Mapping[str, str], *, settings: Settings, models: Models, turns: Sequence[Turn] = ()
) -> Outcome:
    """Answer from these texts alone (name → text), without an index; raises QuestionError."""
    from rag.store.memory import MemoryStore

    corpus = MemoryStore(texts, passage_tokens=settings.passage_tokens)
    return models.pipeline(settings, given=True).ask(question, corpus, turns=turns)
