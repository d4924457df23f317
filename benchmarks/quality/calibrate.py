"""Fitting the confidence: ``python -m benchmarks.quality.calibrate [--data DIR] [--write]``.

First the log-odds that what is quoted from a passage answers, then the probability that the best passage's quote does.
Figures are of halves of the articles, each with weights that were fitted on the other half; the weights that are kept
are fitted on all. Questions as people ask them (``field``, the half that is not measured) count as much as all others.

What the reader finds for the samples is kept in the cache, by its weights' SHA-256 and the number of samples: remove
``samples`` there after a change of what is quoted.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.quality import field
from benchmarks.quality.abstracts import abstract_samples, abstracts
from benchmarks.quality.data import DATA, cache
from benchmarks.quality.held_out import HeldOut, articles, other_texts, stand_alone
from benchmarks.quality.samples import Found, Sample, read_samples, small_samples
from rag.answering.calibration import FEATURES, FORMAT, Calibration, Readers, question_features
from rag.errors import RagError
from rag.interfaces.terminal import ProgressLine
from rag.models import Models
from rag.protocols import Encoder
from rag.quality.metrics import Judged
from rag.quality.report import Report, Run, refusal_figures, show
from rag.reading.weights import FIRST_READER, SECOND_READER
from rag.sealed import sealed
from rag.settings import Settings
from rag.text.sentences import sentences
from rag.text.words import shared, stems

FLOOR = log(0.3 / 0.7)
"""Further passages are quoted from this probability on: near half the F1 that quotes reach, which is where one more
quote is as likely to add to the F1 as to take from it."""

USED: Mapping[Readers, tuple[str, ...]] = {
    "none": ("span", "words", "covered"),
    "first": ("span", "relevance"),
    "both": ("span", "relevance", "sentence", "first_span", "first_relevance", "agree"),
}
"""Features beside the search's. Shared words tell nothing more where a reader judges; nor does the first reader's best
sentence beside span and relevance."""

THRESHOLD = 0.5
"""Answer where that is likelier right than not. The threshold that treats the most samples rightly lies near, but
jumps by a tenth from one fit to the next."""


POSSIBLE = 0.2
"""From here on a refusal's nearest passages may answer: one in five does."""

_QUESTIONS = 600
"""On which the judgement of sentences without the reader is fitted."""


def logistic(
    features: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None
) -> tuple[NDArray[np.float64], float]:
    """Return the weight of each feature, and the bias: log-odds = features · weights + bias.

    ``features`` is (examples, features), ``labels`` (examples,) of 0 and 1, ``weights`` how much each example counts.
    The weights of features brought to unit spread are penalised by half their squares.
    """
    x = np.asarray(features, dtype=float)
    spread = x.std(axis=0)
    spread[spread == 0] = 1.0
    middle = x.mean(axis=0)
    fitted = LogisticRegression(max_iter=1_000).fit((x - middle) / spread, np.asarray(labels), sample_weight=weights)
    found = fitted.coef_[0] / spread
    return found, float(fitted.intercept_[0] - found @ middle)


def fit(samples: Sequence[Sample], *, used: Sequence[str]) -> Calibration:
    """Return the weights fitted on the samples; features that are not ``used`` get none."""
    columns = [FEATURES.index(name) for name in used]
    counted = counts(samples)
    known = [
        (found, count / len(sample.found))
        for sample, count in zip(samples, counted, strict=True)
        for found in sample.found
        if found.right is not None
    ]
    passage, bias = logistic(
        [[found.features[i] for i in columns] for found, _ in known],
        [found.right is True for found, _ in known],
        [weight for _, weight in known],
    )
    given = dict(zip(used, passage.tolist(), strict=True))
    first = Calibration(
        **{name: given.get(name, 0.0) for name in FEATURES},
        bias=bias,
        scale=1.0,
        ahead=0.0,
        crowd=0.0,
        shift=0.0,
        threshold=THRESHOLD,
        possible=POSSIBLE,
        floor=FLOOR,
    )
    ordered = [
        (scores, right, count)
        for sample, count in zip(samples, counted, strict=True)
        if (judged := _ordered(sample, first))
        for scores, right in [judged]
    ]
    question, shift = logistic(
        [[scores[0], *question_features(scores)] for scores, *_ in ordered],
        [right for _, right, _ in ordered],
        [count for *_, count in ordered],
    )
    scale, ahead, crowd = question.tolist()
    return replace(first, scale=scale, ahead=ahead, crowd=crowd, shift=shift)


def counts(samples: Sequence[Sample]) -> list[float]:
    """Return how much each sample counts: 1, but those of ``field`` at least as much as all others together."""
    asked = sum(sample.set == "field" for sample in samples)
    more = max(1.0, (len(samples) - asked) / asked) if asked else 1.0
    return [more if sample.set == "field" else 1.0 for sample in samples]


def judge(samples: Sequence[Sample], calibration: Calibration) -> list[Judged]:
    """Return what each sample is worth under these weights; without those of which nobody knows."""
    return [
        Judged(calibration.confidence_from(scores), sample.kind == "answered", right)
        for sample in samples
        if (judged := _ordered(sample, calibration))
        for scores, right in [judged]
    ]


def _ordered(sample: Sample, calibration: Calibration) -> tuple[list[float], bool] | None:
    """Return the passages' log-odds, the best first, and whether the best is right; None where nobody knows."""
    weights = np.array([getattr(calibration, name) for name in FEATURES])
    scored = sorted(
        ((float(weights @ found.features) + calibration.bias, found.right) for found in sample.found),
        key=lambda pair: -pair[0],
    )
    if not scored or scored[0][1] is None:
        return None
    return [score for score, _ in scored], scored[0][1]


def halves(samples: Sequence[Sample], *, used: Sequence[str], of: Sequence[Sample] | None = None) -> list[Judged]:
    """Return what samples, or those ``of`` one situation, are worth under weights of the other half's articles."""
    articles = sorted({sample.article for sample in samples})
    sides = [set(articles[::2]), set(articles[1::2])]
    judged: list[Judged] = []
    for own, other in (sides, sides[::-1]):
        fitted = fit([sample for sample in samples if sample.article in other], used=used)
        judged += judge([sample for sample in of or samples if sample.article in own], fitted)
    return judged


def draw(run: Run, *, size: int) -> dict[str, dict[str, list[Sample]]]:
    """Return the samples of each situation, by part; ``size`` of the questions of ``field`` over its index."""
    held, (asked, _) = articles(run.data), field.halves(run.data)
    parts: dict[str, dict[str, Callable[[], list[Sample]]]] = {
        "texts": {
            "field": lambda: field.beside_samples(run, asked, count=3 * size, seed=7),
            "articles": lambda: read_samples(run, held, count=size, seed=1),
            "others": lambda: read_samples(run, other_texts(run.data), count=size, seed=4),
        },
        "index": {
            "field": lambda: field.index_samples(run, asked, count=2 * size),
            "small": lambda: small_samples(run, held, count=size // 8, seed=2),
            "others": lambda: small_samples(run, stand_alone(run.data), count=size // 16, seed=5),
            "abstracts": lambda: abstract_samples(run, abstracts(run.data), count=size // 16, seed=6),
        },
    }
    read = run.models.readers(run.settings)
    shipped = {"none": (), "first": (FIRST_READER,), "both": (FIRST_READER, SECOND_READER)}[read]
    readers = "-".join((read, *(reader.sha256[:12] for reader in shipped)))
    return {
        situation: {
            part: kept(cache("samples") / readers / f"{situation}-{part}-{size}.json", made)
            for part, made in of.items()
        }
        for situation, of in parts.items()
    }


def kept(file: Path, made: Callable[[], list[Sample]]) -> list[Sample]:
    """Return the samples of a file; where it is missing they are made, and kept in it."""
    if not file.is_file():
        samples = made()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([asdict(sample) for sample in samples]), encoding="utf-8")
    read = json.loads(file.read_text(encoding="utf-8"))
    return [
        Sample(
            **{**sample, "found": tuple(Found(tuple(found["features"]), found["right"]) for found in sample["found"])}
        )
        for sample in read
    ]


def calibrate(
    drawn: Mapping[str, Mapping[str, Sequence[Sample]]], *, readers: Readers
) -> tuple[dict[str, Calibration], list[Report]]:
    """Return the weights by name, for these readers, and what they are worth."""
    of_texts = USED[readers]
    used = {"texts": of_texts, "index": (*of_texts, "dense", "lexical")}
    weights, reports = {}, []
    for situation, parts in drawn.items():
        every = [sample for samples in parts.values() for sample in samples]
        fitted = weights[f"{readers} {situation}"] = fit(every, used=used[situation])
        reports.append(_report(f"{readers} {situation}", halves(every, used=used[situation]), fitted.threshold))
        for part, samples in parts.items():
            judged = halves(every, used=used[situation], of=samples)
            reports.append(_report(f"{readers} {situation} {part}", judged, fitted.threshold))
    return weights, reports


def _report(name: str, judged: list[Judged], threshold: float) -> Report:
    return Report(name.replace(" ", "-"), len(judged), refusal_figures(judged, threshold), tuple(judged), threshold)


def write(path: Path, weights: Mapping[str, Calibration], sentence: Sequence[float] = ()) -> None:
    """Write weights into the file that the program reads; what is not given stays."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    content["format"] = FORMAT
    for name, calibration in weights.items():
        content["weights"][name] = json.loads(json.dumps(asdict(calibration)), parse_float=_rounded)
    if sentence:
        content["sentence"] = [round(value, 4) for value in sentence]
    path.write_text(json.dumps(sealed(content), indent=1) + "\n", encoding="utf-8")


def _rounded(number: str) -> float:
    return round(float(number), 5)


def fit_sentences(held: HeldOut, encoder: Encoder, *, seed: int = 4) -> tuple[float, float, float]:
    """Return how a sentence is judged without the reader: the weights of cosine and shared words, and the bias."""
    rng = random.Random(seed)
    features: list[tuple[float, float]] = []
    labels: list[bool] = []
    for text in rng.sample(sorted(held.questions), min(_QUESTIONS, len(held.questions))):
        item = rng.choice(held.questions[text])
        spans = sentences(text)
        vectors = encoder.encode_passages([text[start:end] for start, end in spans])
        cosines = vectors @ encoder.encode_question(item.question)
        words = stems(item.question)
        for (start, end), cosine in zip(spans, np.asarray(cosines).tolist(), strict=True):
            features.append((cosine, shared(words, text[start:end])))
            labels.append(any(a < end and start < b for a, b in item.answers))
    (of_cosine, of_shared), bias = logistic(features, labels)
    return float(of_cosine), float(of_shared), bias


def main(arguments: Sequence[str]) -> int:
    """Fit, print the figures, and with --write keep the weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.calibrate", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the published sets")
    parser.add_argument(
        "--size", type=int, default=1_000, help="questions of field over its index; others in proportion"
    )
    parser.add_argument(
        "--readers", choices=USED, default="both", help="what reads (fit first before both: it ranks what both read)"
    )
    parser.add_argument("--plots", type=Path, help="draw pictures into this folder")
    parser.add_argument("--write", action="store_true", help="keep the weights in rag/data/calibration.json")
    options = parser.parse_args(arguments)
    settings = Settings(reader=options.readers != "none", second_reader=options.readers == "both")
    path = Path(str(files("rag") / "data" / "calibration.json"))
    try:
        with ProgressLine(sys.stderr) as line:
            run = Run(options.data, settings, Models(settings), report=line.show)
            if options.readers == "none":
                write(
                    path, {}, fit_sentences(articles(options.data), run.models.encoder)
                )  # what follows is read with them
            weights, reports = calibrate(draw(run, size=options.size), readers=options.readers)
        show(reports, as_json=False, plots=options.plots)
    except RagError as error:
        print(f"calibrate: {error}", file=sys.stderr)
        return 2
    print(json.dumps({name: asdict(calibration) for name, calibration in weights.items()}, indent=1))
    if options.write:
        write(path, weights)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
