"""Reading: in each passage, where the answer to a question stands, and whether it stands there at all.

A six-layer network of our own, trained by ``training/reader`` from MiniLM's weights; see MODEL_CARD.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag.protocols import Encoder
from rag.reading import weights, windows
from rag.reading.network import SECOND, Findings, ReaderNetwork, in_8_bits, precision, prefers_8_bits
from rag.reading.weights import FIRST_READER, Shipped
from rag.reading.windows import Window
from rag.text.words import shared, stems
from rag.types import NEVER, ReaderInput, Reading, Span

ANSWER_PIECES = 48
"""The longest answer span, in pieces."""
MARK_PIECES = 16
"""The longest run of answering words within a sentence."""
_BATCH_PIECES = 1_536


class SpanReader:
    """A reader on the processor; made by ``load``. Threads may share one."""

    def __init__(self, network: ReaderNetwork, tokenizer: Tokenizer) -> None:
        self._network = network
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, shipped: Shipped = FIRST_READER, *, folder: Path | None = None) -> SpanReader:
        """Return a reader with the shipped weights, or with those of a folder that holds a file of the same name.

        Raises ReaderError where the weights are absent or damaged.
        """
        network = weights.read(shipped, precision(), folder=folder)
        if shipped.trunk is SECOND and prefers_8_bits():
            network = in_8_bits(network)
        return cls(network, windows.load_tokenizer())

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        """Return one reading for each passage.

        A passage too long for one pass is read in windows of whole sentences, and the best of each finding kept.
        The passages' order changes no finding. A passage without a word gets log-odds of -20.
        """
        return self.read_pairs([(question, passage) for passage in passages])

    def read_pairs(self, pairs: Sequence[tuple[str, ReaderInput]]) -> tuple[Reading, ...]:
        """Return one reading for each (question, passage); otherwise as ``read``."""
        if not pairs:
            return ()
        parts: dict[int, list[Reading]] = defaultdict(list)
        for window, reading in self._windows(windows.cut(self._tokenizer, pairs)):
            parts[window.passage].append(reading)
        return tuple(_merged(parts[number], len(passage.sentences)) for number, (_, passage) in enumerate(pairs))

    def _windows(self, some: list[Window]) -> Iterable[tuple[Window, Reading]]:
        some = sorted(some, key=lambda window: (len(window.ids), window.ids))
        with torch.inference_mode():
            for batch in _batches(some):
                ids, segments, lengths = _tensors(batch)
                yield from zip(batch, _readings(batch, self._network(ids, segments, lengths)), strict=True)


def _batches(some: list[Window]) -> Iterable[list[Window]]:
    """Windows in order of length, as many together as keep to ``_BATCH_PIECES`` with padding."""
    batch: list[Window] = []
    for window in some:
        if batch and len(window.ids) * (len(batch) + 1) > _BATCH_PIECES:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _tensors(batch: list[Window]) -> tuple[Tensor, Tensor, Tensor]:
    width = max(len(window.ids) for window in batch)
    ids = torch.tensor([[*window.ids, *[0] * (width - len(window.ids))] for window in batch])
    asked = torch.tensor([window.question_length for window in batch])
    segments = (torch.arange(width) >= asked[:, None]).long()
    return ids, segments, torch.tensor([len(window.ids) for window in batch])


def _readings(batch: list[Window], findings: Findings) -> Iterable[Reading]:
    for window, pieces, relevance in zip(batch, findings.pieces, findings.relevance.tolist(), strict=True):
        inside = pieces[window.first : window.first + len(window.places)]
        sums = inside[:, 0, None] + inside[None, :, 1]
        start, end, score = _best_span(sums, ANSWER_PIECES)
        yield Reading(
            window.places[start][0],
            window.places[end][1],
            score - float(pieces[0, 0] + pieces[0, 1]),
            relevance,
            _sentences(inside[:, 2], window.sentence_of),
            _marks(sums, window),
        )


def _best_span(sums: Tensor, longest: int) -> tuple[int, int, float]:
    """Return first and last piece of the best span, and its sum; ``sums``: (n, n), start logits plus end logits."""
    allowed = torch.ones_like(sums, dtype=torch.bool).triu().tril(longest - 1)
    best = int(sums.masked_fill(~allowed, -torch.inf).argmax())
    return best // len(sums), best % len(sums), float(sums.view(-1)[best])


def _marks(sums: Tensor, window: Window) -> tuple[Span, ...]:
    """Return the characters of each sentence's best span; (0, 0) for sentences that the window does not show."""
    marks = [(0, 0)] * (window.sentence_of[-1] + 1)
    allowed = torch.ones_like(sums, dtype=torch.bool).triu().tril(MARK_PIECES - 1)
    sums = sums.masked_fill(~allowed, -torch.inf)
    first = 0
    for number, pieces in groupby(window.sentence_of):
        last = first + sum(1 for _ in pieces)
        best = int(sums[first:last, first:last].argmax())
        start, end = first + best // (last - first), first + best % (last - first)
        marks[number] = (window.places[start][0], window.places[end][1])
        first = last
    return tuple(marks)


def _sentences(evidence: Tensor, sentence_of: tuple[int, ...]) -> tuple[float, ...]:
    """Return the mean over each sentence's pieces, up to the last sentence seen; NEVER for those not seen."""
    places = torch.tensor(sentence_of)
    sums = torch.zeros(sentence_of[-1] + 1).index_add_(0, places, evidence)
    counts = torch.bincount(places, minlength=len(sums))
    means = torch.where(counts > 0, sums / counts.clamp_min(1), NEVER)
    return tuple(means.tolist())


def _merged(parts: list[Reading], sentences: int) -> Reading:
    """Return one reading of a passage: the best of its windows' findings."""
    if not parts:
        return Reading(0, 0, NEVER, NEVER, (NEVER,) * sentences)
    best = max(parts, key=lambda part: (part.span_score, -part.start))
    found = [(NEVER, (0, 0))] * sentences
    for part in parts:
        for number, finding in enumerate(zip(part.sentences[:sentences], part.marks[:sentences], strict=True)):
            found[number] = max(found[number], finding)
    scores, marks = tuple(score for score, _ in found), tuple(mark for _, mark in found)
    return Reading(best.start, best.end, best.span_score, max(part.relevance for part in parts), scores, marks)


_COSINE, _SHARED, _BIAS = 3.579, 4.895, -5.148
"""Of the log-odds that a sentence answers; fitted by ``python -m benchmarks.quality.calibrate --readers none``."""

_FIRST, _SHARING = 4, 4
"""Passages whose sentences are embedded: the first, and those that share most words with the question."""


class SimilarityReader:
    """Reads without a network: the encoder's cosine and shared words choose sentences, which are highlighted whole."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        """Return one reading for each passage."""
        words = stems(question)
        sharing = sorted(range(len(passages)), key=lambda i: (-shared(words, passages[i].text), i))
        near = sorted({*range(min(_FIRST, len(passages))), *sharing[:_SHARING]})
        texts = [passages[i].text[start:end] for i in near for start, end in passages[i].sentences]
        if not texts:
            return ()
        cosines = iter((self._encoder.encode_passages(texts) @ self._encoder.encode_question(question)).tolist())
        readings = [_unread(item) for item in passages]
        for i in near:
            readings[i] = _read(passages[i], words, [next(cosines) for _ in passages[i].sentences])
        return tuple(readings)


def _read(item: ReaderInput, words: frozenset[str], cosines: Sequence[float]) -> Reading:
    scores = tuple(
        _COSINE * cosine + _SHARED * shared(words, item.text[start:end]) + _BIAS
        for cosine, (start, end) in zip(cosines, item.sentences, strict=True)
    )
    best = max(range(len(scores)), key=lambda i: scores[i])
    return Reading(*item.sentences[best], scores[best], scores[best], scores)


def _unread(item: ReaderInput) -> Reading:
    return Reading(*item.sentences[0], NEVER, NEVER, (NEVER,) * len(item.sentences))
