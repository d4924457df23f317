"""How published sets score an answer, and quotes of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.quality.metrics import words

Place = tuple[str, int, int]
"""A document, and where in it something starts and ends."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Character by character, how well quotes cover references; shares between 0 and 1."""

    recall: float
    precision: float
    iou: float


def exact_match(predicted: str, golds: Sequence[str]) -> float:
    """Return 1 where the prediction is one of the answers (none of them: where nothing is predicted)."""
    return float(any(words(predicted) == words(gold) for gold in golds or ("",)))


def answer_f1(predicted: str, golds: Sequence[str]) -> float:
    """Return the best F1 of shared words with an answer, as SQuAD 2.0's official script counts it."""
    return max(_f1(words(predicted), words(gold)) for gold in golds or ("",))


def _f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    shared = sum((Counter(predicted) & Counter(gold)).values())
    return 2 * shared / (len(predicted) + len(gold))


def overlap(quotes: Sequence[Place], references: Sequence[Place]) -> Overlap:
    """Return how well ``quotes`` cover ``references``; a character that several places share counts once."""
    quoted, wanted = _characters(quotes), _characters(references)
    both = len(quoted & wanted)
    return Overlap(both / max(1, len(wanted)), both / max(1, len(quoted)), both / max(1, len(quoted | wanted)))


def _characters(places: Sequence[Place]) -> set[tuple[str, int]]:
    return {(document, offset) for document, start, end in places for offset in range(start, end)}
