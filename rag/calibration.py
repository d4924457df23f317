"""The weights that turn what search and reader say into probabilities, and the threshold of refusal.

They are logistic regressions fitted on held-out questions (``rag/evaluate/calibrate.py``), never set by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.quote import probability
from rag.types import Evidence, Hit, Reading


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a passage's log-odds, then of a question's."""

    span: float
    relevance: float
    sentence: float
    dense: float
    lexical: float
    bias: float
    scale: float
    """Of the best passage's log-odds, for the question's."""
    shift: float
    threshold: float
    """Confidence from which a question is answered."""
    floor: float
    """Log-odds from which a passage is quoted beside the best."""

    def score(self, hit: Hit, reading: Reading) -> float:
        """Return the log-odds that a passage answers."""
        return (
            self.span * _bounded(reading.span_score)
            + self.relevance * _bounded(reading.relevance)
            + self.sentence * _bounded(max(reading.sentences, default=0.0))
            + self.dense * hit.dense
            + self.lexical * hit.lexical
            + self.bias
        )

    def confidence(self, evidence: Sequence[Evidence]) -> float:
        """Return the probability that the question is answered by the best of the evidence."""
        return probability(self.scale * evidence[0].score + self.shift) if evidence else 0.0


def _bounded(log_odds: float) -> float:
    return max(-12.0, min(12.0, log_odds))


SIMILARITY = Calibration(
    span=1.0,
    relevance=0.0,
    sentence=0.0,
    dense=0.0,
    lexical=0.0,
    bias=0.0,
    scale=1.0,
    shift=0.0,
    threshold=0.5,
    floor=0.0,
)
"""Without the reader: the similarity's own log-odds."""

ASK = Calibration(
    span=0.5,
    relevance=0.5,
    sentence=0.1,
    dense=2.0,
    lexical=0.5,
    bias=-1.5,
    scale=1.0,
    shift=0.0,
    threshold=0.5,
    floor=0.0,
)
"""With the reader, over an index."""

READ = Calibration(
    span=0.5,
    relevance=0.5,
    sentence=0.0,
    dense=0.0,
    lexical=0.0,
    bias=0.0,
    scale=1.0,
    shift=0.0,
    threshold=0.5,
    floor=0.0,
)
"""With the reader, over given passages."""


def calibration_for(*, reader: bool, index: bool) -> Calibration:
    """Return the weights for reading with or without the reader, over an index or over given passages."""
    return (ASK if index else READ) if reader else SIMILARITY
