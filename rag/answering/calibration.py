"""The weights that turn what search and reader say into probabilities, and the thresholds of refusal.

A passage gets log-odds. The best passage's, and how the others stand to it, give the confidence. All weights are
logistic regressions, fitted on held-out questions by ``python -m benchmarks.quality.calibrate`` and kept in
``rag/data/calibration.json``; none is set by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from math import exp, log
from typing import Literal

from rag.errors import ModelError
from rag.sealed import unsealed
from rag.text.language import ENGLISH, language_of
from rag.text.words import shared, stems
from rag.types import Evidence, Hit, Reading

FORMAT = 2
_FILE = "calibration.json"
_BOUND = 12.0
"""Log-odds beyond which a finding says no more."""

Readers = Literal["none", "first", "both"]
"""What reads: similarity alone, the first reader, or the second after it."""

FEATURES = (
    *("span", "relevance", "sentence", "dense", "lexical", "words", "covered"),
    *("first_span", "first_relevance", "agree"),
)
Features = tuple[float, ...]
"""Of a passage, in the order of ``FEATURES``: what the reader that read it last finds; the search's two scores; the
shares of the question's words in the sentences of the span and in all of the passage with its context; and, where two
readers have read it, what the first found, and whether their spans share a character."""


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
    other_language: float = 0.0
    """Log-odds by which a passage in another language than English, the readers' only one, is less likely to answer:
    one number for all weights, measured by ``python -m benchmarks.quality.other_languages``."""
    first_span: float = 0.0
    first_relevance: float = 0.0
    agree: float = 0.0

    def scored(self, question: str, evidence: Evidence) -> Evidence:
        """Return the evidence with the log-odds that its passage answers."""
        weights: list[float] = [getattr(self, name) for name in FEATURES]
        score = self.bias + sum(w * x for w, x in zip(weights, features(question, evidence), strict=True))
        if evidence.hit.passage.language != ENGLISH.code:
            score -= self.other_language
        return replace(evidence, score=score)

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


def features(question: str, evidence: Evidence) -> Features:
    """Return what search and readers say of a passage, in the order of ``FEATURES``."""
    hit, reading, first = evidence.hit, evidence.reading, evidence.first
    language = language_of(hit.passage.language)
    asked = stems(question, language)
    return (
        _bounded(reading.span_score),
        _bounded(reading.relevance),
        _bounded(max(reading.sentences, default=-_BOUND)),
        hit.dense,
        hit.lexical,
        shared(asked, _around(hit, reading), language),
        shared(asked, f"{hit.passage.context} {hit.text}", language),
        _bounded(first.span_score) if first else 0.0,
        _bounded(first.relevance) if first else 0.0,
        float(first is not None and first.start < reading.end and reading.start < first.end),
    )


def _bounded(log_odds: float) -> float:
    return max(-_BOUND, min(_BOUND, log_odds))


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
    file = files("rag") / "data" / _FILE
    try:
        content = unsealed(json.loads(file.read_text(encoding="utf-8")))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        other = float(content["other_language"])
        every = content["weights"].items()
        return {name: replace(Calibration(**weights), other_language=other) for name, weights in every}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The weights {file} cannot be read ({error}): reinstall the program.") from error
