"""The weights that turn what search and readers say into probabilities, and the thresholds of refusal.

A passage gets log-odds from the search and the first reader; where the second reader reads it too, others from both
readers. The best passage's log-odds, and how the others stand to it, give the confidence. All are logistic regressions,
fitted on held-out questions by ``python -m benchmarks.quality.calibrate`` and kept in ``rag/data/calibration.json``;
none is set by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, log
from typing import Any, Literal

from rag.errors import ModelError
from rag.text.words import shared
from rag.types import Evidence, Hit, Reading

FORMAT = 2
_FILE = "calibration.json"
_BOUND = 12.0
"""Log-odds beyond which a finding says no more."""

Readers = Literal["none", "first", "both"]
"""What reads: similarity alone, the first reader, or the second after the first."""

FEATURES = ("span", "relevance", "sentence", "dense", "lexical", "words", "covered")
Features = tuple[float, float, float, float, float, float, float]
"""Of a passage that is read once: what the reader finds, the search's two scores, and the shares of the question's
words in the sentences of the span and in all of the passage with its context."""

FEATURES_AGAIN = ("first", "span", "relevance", "sentence", "touch")
FeaturesAgain = tuple[float, float, float, float, float]
"""Of a passage that is read again: its log-odds after the first reading, what the second reader finds, and 1 where the
spans of the two touch, else 0."""


@dataclass(frozen=True, slots=True)
class Again:
    """Weights of a passage's log-odds when it has been read again."""

    first: float
    span: float
    relevance: float
    sentence: float
    touch: float
    bias: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a passage's log-odds, then of a question's."""

    span: float
    relevance: float
    sentence: float
    dense: float
    lexical: float
    words: float
    covered: float
    bias: float
    scale: float
    """Of the best passage's log-odds, for the question's."""
    ahead: float
    """Of how far the best is ahead of the second, in log-odds."""
    crowd: float
    """Of the natural logarithm of the number of passages read: the best of many is the best by chance more often."""
    shift: float
    threshold: float
    """Confidence from which a question is answered."""
    possible: float
    """Confidence from which the nearest of a refusal are shown as what may answer."""
    floor: float
    """Log-odds from which a passage is quoted beside the best."""
    again: Again | None = None
    """None where there is no second reader."""

    def score(self, asked: frozenset[str], hit: Hit, reading: Reading) -> float:
        """Return the log-odds that a passage answers; ``asked`` are the question's stems."""
        weights: list[float] = [getattr(self, name) for name in FEATURES]
        return self.bias + sum(w * x for w, x in zip(weights, features(asked, hit, reading), strict=True))

    def score_again(self, first: Evidence, reading: Reading) -> float:
        """Return the log-odds that a passage answers, from the evidence of the first reader and the second's reading.

        Raises ValueError where the calibration knows no second reader.
        """
        if self.again is None:
            raise ValueError("this calibration was fitted for one reader")
        weights: list[float] = [getattr(self.again, name) for name in FEATURES_AGAIN]
        return self.again.bias + sum(w * x for w, x in zip(weights, features_again(first, reading), strict=True))

    def confidence(self, evidence: Sequence[Evidence]) -> float:
        """Return the probability that the best of the evidence, which is in order, answers the question."""
        return self.confidence_from([item.score for item in evidence])

    def confidence_from(self, scores: Sequence[float]) -> float:
        """Return ``confidence`` from the passages' log-odds, in descending order."""
        if not scores:
            return 0.0
        ahead, crowd = question_features(scores)
        return probability(self.scale * scores[0] + self.ahead * ahead + self.crowd * crowd + self.shift)


def probability(log_odds: float) -> float:
    """Return the probability that these log-odds stand for."""
    return 1 / (1 + exp(-max(-50.0, min(50.0, log_odds))))


def features(asked: frozenset[str], hit: Hit, reading: Reading) -> Features:
    """Return what search and first reader say of a passage, in the order of ``FEATURES``.

    ``asked`` are the question's stems.
    """
    return (
        *_findings(reading),
        hit.dense,
        hit.lexical,
        shared(asked, _around(hit, reading)),
        shared(asked, f"{hit.passage.context} {hit.text}"),
    )


def features_again(first: Evidence, reading: Reading) -> FeaturesAgain:
    """Return what both readers say of a passage, in the order of ``FEATURES_AGAIN``; ``reading`` is the second's."""
    touch = reading.start < first.reading.end and first.reading.start < reading.end
    return (first.score, *_findings(reading), float(touch))


def _findings(reading: Reading) -> tuple[float, float, float]:
    """Return the log-odds of span, passage and best sentence; beyond a bound they say no more."""
    found = (reading.span_score, reading.relevance, max(reading.sentences, default=-_BOUND))
    span, relevance, sentence = (max(-_BOUND, min(_BOUND, log_odds)) for log_odds in found)
    return span, relevance, sentence


def _around(hit: Hit, reading: Reading) -> str:
    """Return the sentences that the span touches."""
    touched = [(a, b) for a, b in hit.passage.sentences if a < reading.end and reading.start < b]
    return hit.text[touched[0][0] : touched[-1][1]] if touched else ""


def question_features(scores: Sequence[float]) -> tuple[float, float]:
    """Return how far the best is ahead (at most 5, as where it is alone), and the logarithm of how many there are."""
    ahead = min(5.0, scores[0] - scores[1]) if len(scores) > 1 else 5.0
    return ahead, log(len(scores))


def calibration_for(*, readers: Readers, index: bool) -> Calibration:
    """Return the weights for these readers, over an index or over texts that come with the question."""
    return _shipped()[f"{readers} {'index' if index else 'texts'}"]


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Calibration]:
    return {name: from_json(weights) for name, weights in _read()["weights"].items()}


def from_json(weights: Mapping[str, Any]) -> Calibration:
    """Return the weights of a JSON object, as ``dataclasses.asdict`` makes it."""
    again = weights.get("again")
    return Calibration(**{**weights, "again": None if again is None else Again(**again)})


@lru_cache(maxsize=1)
def _read() -> Any:
    file = files("rag") / "data" / _FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] == FORMAT:
            return content
        raise ValueError(f"format {content['format']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The weights {file} cannot be read ({error}): reinstall the program.") from error
