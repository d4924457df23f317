"""The measures, each a plain function of plain values."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff]")
"""Letters of scripts that set no space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: how sure the program was, and what it was worth."""

    confidence: float
    answerable: bool
    right: bool
    """The quotes shown, if they are shown, are the answer; never where there is none."""


def words(text: str) -> list[str]:
    """Return an answer's words as SQuAD compares them: small letters, no punctuation, no articles."""
    bare = "".join(char for char in text.lower() if char not in _PUNCTUATION)
    return _ARTICLES.sub(" ", bare).split()


def holds(quote: str, golds: Sequence[str]) -> bool:
    """Tell whether an answer's words stand, in their order and next to each other, in a quote."""
    text = f" {' '.join(words(quote))} "
    said = (" ".join(words(gold)) for gold in golds)
    return any((one if _UNSPACED.search(one) else f" {one} ") in text for one in said)


def auc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the chance that a positive scores above a negative (ties half); NaN where there is only one kind."""
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    pairs = int(labels.sum()) * int((~labels).sum())
    if not pairs:
        return float("nan")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(labels.sum())
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / pairs)


def reliability(judged: Sequence[Judged], *, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return (mean confidence, share right, questions) of each bin of equal width that is not empty."""
    groups: dict[int, list[Judged]] = {}
    for item in judged:
        groups.setdefault(min(bins - 1, int(item.confidence * bins)), []).append(item)
    return [
        (mean([item.confidence for item in group]), mean([item.right for item in group]), len(group))
        for _, group in sorted(groups.items())
    ]


def calibration_error(judged: Sequence[Judged]) -> float:
    """Return the expected calibration error over ten bins: |confidence − share right|, weighted by size."""
    return sum(abs(said - share) * size for said, share, size in reliability(judged)) / max(1, len(judged))


def risk_coverage(judged: Sequence[Judged]) -> list[tuple[float, float, float]]:
    """Return (threshold, coverage, risk) at each confidence, the surest first.

    Coverage is the share of all questions that are answered, risk the share of those whose answer is wrong.
    """
    ordered = sorted(judged, key=lambda item: -item.confidence)
    curve, wrong = [], 0
    for count, item in enumerate(ordered, start=1):
        wrong += not item.right
        if count == len(ordered) or ordered[count].confidence < item.confidence:
            curve.append((item.confidence, count / len(ordered), wrong / count))
    return curve


@dataclass(frozen=True, slots=True)
class Cut:
    """What a threshold is worth; each a share between 0 and 1."""

    threshold: float
    answered: float
    """Of all questions."""
    right: float
    """Of the answered; NaN where none is."""
    refused: float
    """Of those without an answer; NaN where there are none."""


def at_threshold(judged: Sequence[Judged], threshold: float) -> Cut:
    """Return what is answered, right and refused where questions are answered from this confidence on."""
    answered = [item for item in judged if item.confidence >= threshold]
    without = [item for item in judged if not item.answerable]
    return Cut(
        threshold,
        len(answered) / len(judged) if judged else float("nan"),
        mean([item.right for item in answered]),
        mean([item.confidence < threshold for item in without]),
    )


def best_threshold(judged: Sequence[Judged]) -> float:
    """Return the threshold of the highest worth: of equally good ones the middle of the widest gap.

    A right answer is worth 1 and a wrong one −1; a refusal nothing, and 1 where there is no answer.
    """
    if not judged:
        raise ValueError("no question to fit a threshold on")
    confidences = np.array([item.confidence for item in judged])
    refused = np.array([0.0 if item.answerable else 1.0 for item in judged])
    answered = np.array([1.0 if item.right else -1.0 for item in judged])
    order = np.argsort(confidences, kind="stable")
    values = confidences[order]
    edges = np.concatenate(([min(0.0, values[0])], values, [max(1.0, values[-1] + 1e-9)]))
    # Cut i refuses the i questions of lowest confidence; it lies between two values that differ.
    worth = np.concatenate(([0.0], np.cumsum((refused - answered)[order])))
    gaps = np.diff(edges)
    gaps[0] = max(gaps[0], 1e-12)
    worth[gaps <= 0] = -np.inf
    best = np.flatnonzero(worth >= worth.max() - 1e-9)
    cut = best[np.argmax(gaps[best])]
    return float((edges[cut] + edges[cut + 1]) / 2)


def mean(values: Sequence[float]) -> float:
    """Return the mean; NaN of nothing."""
    return sum(values) / len(values) if values else float("nan")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the values lie; NaN of nothing."""
    return float(np.quantile(np.asarray(values, dtype=float), share)) if values else float("nan")
