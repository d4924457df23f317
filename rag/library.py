"""The front door: open an index, build one, ask. Everything outside ``rag/`` goes through here."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.errors import IndexError_
from rag.models import Models
from rag.protocols import Corpus, OnProgress
from rag.scope import EVERYTHING, Scope, scope_of
from rag.settings import Settings
from rag.store.held import Held
from rag.types import Document, DocumentEntry, Hit, Passage, Quote, Refusal, Reply, Skipped, Summary, Turn

if TYPE_CHECKING:  # what only asking needs is imported when something is asked: checking starts at once
    from rag.pipeline import Outcome
    from rag.store.local import LocalStore
    from rag.store.local.manifest import Manifest


Within = str | Iterable[str] | Scope
"""Paths of documents, or of folders with all below them; or a scope, which may also name types and dates."""


class Library:
    """An open index that can be asked. Asking from several threads is safe."""

    def __init__(self, settings: Settings, models: Models, summary: Summary | None = None) -> None:
        self.settings = settings
        self.models = models
        self.summary = summary
        """What the build did, where this library comes from one."""
        self._held = self._open()
        self._refreshing = threading.Lock()

    def _open(self) -> Held:
        from rag.store.local import LocalStore

        settings = self.settings
        milvus = settings.milvus_address
        return Held(LocalStore.open(settings.index, encoder=self.models.encoder.identity, milvus=milvus))

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

    def quote(self, passage: Passage) -> Quote:
        """Return a whole passage as a quote, with its place; raises UnknownDocument."""
        from rag.answering.quote import whole_passage

        with self._reading() as store:
            return whole_passage(Hit(passage, "", 0.0), store)

    def around(self, quote: Quote) -> tuple[str, str]:
        """Return the sentences before and after a quote, empty where there are none; raises UnknownDocument."""
        from rag.answering.quote import around

        with self._reading() as store:
            return around(quote, store)

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
        write: bool = True,
    ) -> Reply:
        """Answer a question in the documents' own words, or refuse.

        ``turns`` are the earlier ones, oldest first; ``standalone_question`` is searched for in place of the one that
        would be made from them. ``within`` are the paths of documents or folders that alone are searched, or a
        ``Scope``; ``quotes``: all that answer are wanted, so many at most. Where a language model is attached it writes
        a text from the quotes, unless ``write`` is off: then ``write`` of this library has it written when the quotes
        are shown.
        Raises QuestionError for an empty or over-long question, ScopeError where nothing lies at a path.
        """
        alone = standalone_question
        reply = self.explain(question, turns=turns, standalone_question=alone, within=within, quotes=quotes).reply
        return [reply, *self.write(reply)][-1] if write else reply

    def write(self, reply: Reply) -> Iterator[Reply]:
        """Yield the reply each time that its text has grown by a sentence, the last time whole.

        Nothing without a language model, and nothing for a refusal. Where the model fails, a notice says so.
        """
        from rag.pipeline import written

        if (writer := self.models.writer) is not None:
            yield from written(reply, writer)

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
    progress: OnProgress | None = None,
    models: Models | None = None,
    ray: str = "",
) -> Library:
    """Build ``settings.index`` from ``settings.seeds`` and open it; ``threshold`` is one fitted to it.

    ``ray`` is the address of a Ray that reads and embeds, as ``indexing.build`` takes it.
    Raises SeedsError, IndexNotWritable or EncoderError; with Ray also SettingsError, or RagError where it fails.
    """
    from rag.indexing.build import build

    models = models or Models(settings)
    summary = build(settings, models.encoder, full=full, threshold=threshold, report=progress, ray=ray)
    return Library(settings, models, summary)


def read_texts(
    question: str, texts: Mapping[str, str], *, settings: Settings, models: Models, turns: Sequence[Turn] = ()
) -> Outcome:
    """Answer from these texts alone (name → text), without an index; raises QuestionError."""
    from rag.store.memory import MemoryStore

    corpus = MemoryStore(texts, passage_tokens=settings.passage_tokens)
    return models.pipeline(settings, given=True).ask(question, corpus, turns=turns)
