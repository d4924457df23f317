"""Measuring a reader on labelled questions: EM and F1 with refusal, and how well it tells answerable from not."""

from __future__ import annotations

import json
import random
import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rag.reading.reader import SpanReader
from rag.types import ReaderInput, Reading
from training.reader import tables
from training.reader.sources import dev_rows, rows, split_sentences

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a reader says to each question, and how good it is: arrays in the rows' order."""

    answerable: NDArray[np.bool_]
    exact: Scores
    f1: Scores
    features: Scores
    """span_score, relevance and the best sentence's log-odds: (questions, 3)."""


def measure(reader: SpanReader, some: Sequence[dict[str, Any]]) -> Measured:
    """Read each row's own context; ``exact`` and ``f1`` are of the best span, unanswerable questions get 0."""
    pairs = [
        (row["question"], ReaderInput(row["title"].replace("_", " "), row["context"], split_sentences(row["context"])))
        for row in some
    ]
    readings = reader.read_pairs(pairs)
    found = [row["context"][reading.start : reading.end] for row, reading in zip(some, readings, strict=True)]
    golds = [[answer["text"] for answer in row["answers"]] for row in some]
    return Measured(
        np.array([bool(gold) for gold in golds]),
        np.array([max((exact(text, g) for g in gold), default=0.0) for text, gold in zip(found, golds, strict=True)]),
        np.array([max((f1(text, g) for g in gold), default=0.0) for text, gold in zip(found, golds, strict=True)]),
        np.array([_features(reading) for reading in readings]),
    )


def _features(reading: Reading) -> tuple[float, float, float]:
    return reading.span_score, reading.relevance, max(reading.sentences, default=-20.0)


def normalise(answer: str) -> list[str]:
    """The words of an answer as SQuAD's official script compares them."""
    return _ARTICLE.sub(" ", answer.lower().translate(_PUNCTUATION)).split()


def exact(found: str, gold: str) -> float:
    """1 where the normalised answers are the same, else 0."""
    return float(normalise(found) == normalise(gold))


def f1(found: str, gold: str) -> float:
    """The harmonic mean of the words' precision and recall."""
    ours, theirs = normalise(found), normalise(gold)
    if not ours or not theirs:
        return float(ours == theirs)
    same = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * same / (len(ours) + len(theirs))


def with_refusal(measured: Measured, scores: Scores, threshold: float, values: Scores) -> float:
    """The mean of ``values`` in per cent when every question below the threshold is refused."""
    answered = scores >= threshold
    gained = np.where(measured.answerable, np.where(answered, values, 0.0), np.where(answered, 0.0, 1.0))
    return 100 * float(gained.mean())


def best_threshold(measured: Measured, scores: Scores) -> float:
    """The threshold with the highest F1 when half of the questions have no answer."""
    weights = np.where(measured.answerable, 0.5 / measured.answerable.sum(), 0.5 / (~measured.answerable).sum())
    order = np.argsort(-scores)
    gains = np.where(measured.answerable, measured.f1, -1.0) * weights
    place = int(np.argmax(np.cumsum(gains[order])))
    return float(scores[order[place]])


def report(dev: Measured, held: Measured) -> dict[str, float]:
    """Figures on ``held``, with thresholds and the combination fitted on ``dev``."""
    fitted = LogisticRegression(class_weight="balanced", max_iter=1000).fit(_bounded(dev.features), dev.answerable)
    both = [fitted.decision_function(_bounded(part.features)) for part in (dev, held)]
    figures = {
        "questions": float(len(held.answerable)),
        "answerable only EM": 100 * float(held.exact[held.answerable].mean()),
        "answerable only F1": 100 * float(held.f1[held.answerable].mean()),
    }
    columns = {
        name: (dev.features[:, i], held.features[:, i]) for i, name in enumerate(("span", "passage", "sentence"))
    }
    for name, (on_dev, on_held) in {**columns, "combined": (both[0], both[1])}.items():
        threshold = best_threshold(dev, on_dev)
        figures |= {
            f"{name} AUC": float(roc_auc_score(held.answerable, on_held)),
            f"{name} threshold": threshold,
            f"{name} EM with refusal": with_refusal(held, on_held, threshold, held.exact),
            f"{name} F1 with refusal": with_refusal(held, on_held, threshold, held.f1),
        }
    figures |= {f"combined weight {i}": float(weight) for i, weight in enumerate(fitted.coef_[0])}
    return figures | {"combined bias": float(fitted.intercept_[0])}


def _bounded(features: Scores) -> Scores:
    return np.clip(features, -12.0, 12.0)


def evaluate(
    reader: SpanReader, data: Path, *, limit: int | None = None, half_a: bool = True
) -> dict[str, dict[str, float]]:
    """Measure on the held-out articles (fitted on every other one of them) and, fitted on all of them, on half A."""
    dev = balanced(dev_rows(data))[:limit]
    titles = sorted({row["title"] for row in dev})
    parts = [measure(reader, [row for row in dev if row["title"] in titles[i::2]]) for i in range(2)]
    figures = {"held-out articles": report(parts[0], parts[1]), "held-out tables": of_tables(reader)}
    if half_a:
        joined = Measured(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in Measured.__dataclass_fields__)
        )
        test = rows(data / "reading/dev_squad2_half_a.jsonl.gz")[:limit]
        figures["half A"] = report(joined, measure(reader, test))
    return figures


def of_tables(reader: SpanReader) -> dict[str, float]:
    """Return figures on tables of schemas that are held out: the right words, and how well near misses are told."""
    asked = list(tables.examples(random.Random(5), 2, held_out=True))
    readings = reader.read_pairs([(one.question, ReaderInput(one.title, one.text, one.sentences)) for one in asked])
    answerable = np.array([bool(one.answers) for one in asked])
    right = [
        any(start < reading.end and reading.start < end for start, end in one.answers)
        for one, reading in zip(asked, readings, strict=True)
    ]
    return {
        "questions": float(len(asked)),
        "answerable only, words right": 100 * float(np.array(right)[answerable].mean()),
        "passage AUC": float(roc_auc_score(answerable, [reading.relevance for reading in readings])),
        "span AUC": float(roc_auc_score(answerable, [reading.span_score for reading in readings])),
    }


def balanced(some: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All unanswerable questions and as many answerable ones, evenly taken, in the rows' order."""
    without = sum(not row["answers"] for row in some)
    step = max(1.0, (len(some) - without) / max(1, without))
    kept, seen, taken = [], 0, 0
    for row in some:
        if row["answers"]:
            seen += 1
            if seen < taken * step + 1:
                continue
            taken += 1
        kept.append(row)
    return kept


def show(figures: dict[str, dict[str, float]]) -> str:
    """The figures as JSON, three decimals."""
    return json.dumps({name: {k: round(v, 3) for k, v in part.items()} for name, part in figures.items()}, indent=1)
