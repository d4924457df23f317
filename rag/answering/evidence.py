"""Hits → evidence: what search and reader say of each passage, best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.answering import clauses, rows
from rag.answering.calibration import Calibration
from rag.protocols import Reader
from rag.text.segment import same_words
from rag.text.sentences import is_marked_heading
from rag.types import NEVER, Evidence, Hit, Passage, ReaderInput, Reading


def gather(question: str, hits: Sequence[Hit], reader: Reader, calibration: Calibration) -> tuple[Evidence, ...]:
    """Have the hits read, and put together what search and reader say of each, best first."""
    read = zip(hits, _readings(question, hits, reader), strict=True)
    return _best_first(calibration.scored(question, Evidence(hit, reading, 0.0)) for hit, reading in read)


def reread(
    question: str, evidence: Sequence[Evidence], reader: Reader, calibration: Calibration
) -> tuple[Evidence, ...]:
    """Have a second reader read what the first has read, and put together what both say, best first."""
    read = zip(evidence, _readings(question, [item.hit for item in evidence], reader), strict=True)
    return _best_first(
        calibration.scored(question, replace(item, reading=reading, first=item.reading)) for item, reading in read
    )


def _best_first(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=lambda item: -item.score))


def _readings(question: str, hits: Sequence[Hit], reader: Reader) -> list[Reading]:
    readings = reader.read(question, [reader_input(hit) for hit in hits])
    whole = [_of_whole(reading, hit.passage) for hit, reading in zip(hits, readings, strict=True)]
    return clauses.meant(question, hits, rows.filled(question, hits, rows.meant(question, hits, whole)))


def reader_input(hit: Hit) -> ReaderInput:
    """Return what is read of a hit: from its first sentence that is no heading on, for headings answer nothing.

    They are read as the passage's context. Where there is nothing else, it is read whole.
    """
    body = _body(hit.passage, hit.text)
    base = hit.passage.sentences[body][0]
    spans = tuple((start - base, end - base) for start, end in hit.passage.sentences[body:])
    return ReaderInput(hit.passage.context, hit.text[base:], spans)


def _body(passage: Passage, text: str) -> int:
    """Return the first sentence that is no heading, 0 where there is none."""
    for number, (start, end) in enumerate(passage.sentences):
        said = text[start:end]
        names = (passage.title, passage.heading, "")
        if not is_marked_heading(said) and not any(same_words(said, name) for name in names):
            return number
    return 0


def _of_whole(reading: Reading, passage: Passage) -> Reading:
    """Return a reading of a passage's last sentences as one of the passage."""
    body = len(passage.sentences) - len(reading.sentences)
    before = passage.sentences[body][0]
    scores = (NEVER,) * body + reading.sentences
    marks = tuple((start + before, end + before) for start, end in reading.marks)
    marks = ((0, 0),) * (body if marks else 0) + marks
    return replace(reading, start=reading.start + before, end=reading.end + before, sentences=scores, marks=marks)
