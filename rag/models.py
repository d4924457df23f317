"""What reads and writes: encoder, readers, rewriter and writer, each made once, at its first use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rag.protocols import Encoder, Reader, Rewriter, Writer
from rag.settings import Settings

if TYPE_CHECKING:  # what only asking needs is imported when something is asked: checking starts at once
    from rag.answering.calibration import Readers
    from rag.pipeline import Pipeline

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

    @property
    def writer(self) -> Writer | None:
        """Who writes from the quotes: the language model that the settings name; none without one."""
        if self._writer is None and self._settings.llm:
            from rag.llm.client import Endpoint
            from rag.llm.writer import ModelWriter

            self._writer = ModelWriter(Endpoint(self._settings))
        return self._writer

    @property
    def rewriter(self) -> Rewriter:
        """Who makes a follow-up stand on its own."""
        if self._rewriter is None:
            from rag.conversation import CandidateRewriter

            self._rewriter = CandidateRewriter(characters=self._settings.question_characters)
            if self._settings.llm and self._settings.llm_rewrites:
                from rag.llm.client import Endpoint
                from rag.llm.rewriter import ModelRewriter

                self._rewriter = ModelRewriter(Endpoint(self._settings), self._rewriter)
        return self._rewriter

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
        from rag.pipeline import Pipeline, SecondReading

        index, again, readers = not given, None, self.readers(settings)
        if readers == "both":
            weights = calibration_for(readers=readers, index=index)
            again = SecondReading(self.second_reader, weights, settings.reread_passages)
        return Pipeline(
            reader=self.reader,
            rewriter=self.rewriter,
            calibration=calibration_for(readers="none" if readers == "none" else "first", index=index),
            again=again,
            threshold=threshold if settings.threshold is None else settings.threshold,
            passages=_GIVEN_PASSAGES if given else settings.read_passages,
            quotes=settings.quotes,
            characters=settings.question_characters,
        )
