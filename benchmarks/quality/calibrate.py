"""Fitting the confidence: ``python -m benchmarks.quality.calibrate [--data DIR] [--write]``.

First the log-odds that what is quoted from a passage answers, then the probability that the best passage's quote does.
Figures are of halves of the articles, each with weights that were fitted on the other half; the weights that are kept
are fitted on all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import logistic
from benchmarks.quality.data import DATA
from benchmarks.quality.held_out import articles, other_texts, stand_alone
from benchmarks.quality.marked import abstracts, marked_samples
from benchmarks.quality.samples import Sample, large_samples, read_samples, small_samples
from benchmarks.quality.sentences import fit_sentences
from rag.answering.calibration import FEATURES, FORMAT, Calibration, question_features
from rag.errors import RagError
from rag.interfaces.terminal import ProgressLine
from rag.library import Models
from rag.quality.command import show
from rag.quality.metrics import Judged
from rag.quality.report import Report, refusal_figures
from rag.quality.run import Run
from rag.settings import Settings

FLOOR = log(0.3 / 0.7)
"""Further passages are quoted from this probability on: near half the F1 that quotes reach, which is where one more
quote is as likely to add to the F1 as to take from it."""

THRESHOLD = 0.5
"""Answer where that is likelier right than not. The threshold that treats the most samples rightly lies near, but
jumps by a tenth from one fit to the next."""


def fit(samples: Sequence[Sample], *, used: Sequence[str]) -> Calibration:
    """Return the weights fitted on the samples; features that are not ``used`` get none."""
    columns = [FEATURES.index(name) for name in used]
    known = [(found, 1 / len(sample.found)) for sample in samples for found in sample.found if found.right is not None]
    passage, bias = logistic.fit(
        [[found.features[i] for i in columns] for found, _ in known],
        [found.right is True for found, _ in known],
        weights=[weight for _, weight in known],
    )
    given = dict(zip(used, passage.tolist(), strict=True))
    weights = {name: given.get(name, 0.0) for name in FEATURES}
    first = Calibration(
        **weights, bias=bias, scale=1.0, ahead=0.0, crowd=0.0, shift=0.0, threshold=THRESHOLD, floor=FLOOR
    )
    ordered = [
        (scores, right) for sample in samples if (judged := _ordered(sample, first)) for scores, right in [judged]
    ]
    question, shift = logistic.fit(
        [[scores[0], *question_features(scores)] for scores, _ in ordered], [right for _, right in ordered]
    )
    scale, ahead, crowd = question.tolist()
    return replace(first, scale=scale, ahead=ahead, crowd=crowd, shift=shift)


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
    """Return the samples of each situation, by part; ``size`` questions over the large index, others in proportion."""
    held = articles(run.data)
    return {
        "texts": {
            "articles": read_samples(run, held, count=3 * size // 2, seed=1),
            "others": read_samples(run, other_texts(run.data), count=3 * size // 2, seed=4),
        },
        "index": {
            "small": small_samples(run, held, count=size // 8, seed=2),
            "others": small_samples(run, stand_alone(run.data), count=size // 16, seed=5),
            "large": large_samples(run, held, count=size, seed=3),
            "abstracts": marked_samples(run, abstracts(run.data), count=size // 16, seed=6),
        },
    }


def calibrate(
    drawn: Mapping[str, Mapping[str, Sequence[Sample]]], *, reader: bool
) -> tuple[dict[str, Calibration], list[Report]]:
    """Return the weights by name, with or without the reader, and what they are worth."""
    of_texts = ("span", "relevance", "sentence", "words", "covered") if reader else ("span", "words", "covered")
    used = {"texts": of_texts, "index": (*of_texts, "dense", "lexical")}
    name = "reader" if reader else "similarity"
    weights, reports = {}, []
    for situation, parts in drawn.items():
        every = [sample for samples in parts.values() for sample in samples]
        fitted = weights[f"{name} {situation}"] = fit(every, used=used[situation])
        reports.append(_report(f"{name} {situation}", halves(every, used=used[situation]), fitted.threshold))
        for part, samples in parts.items():
            judged = halves(every, used=used[situation], of=samples)
            reports.append(_report(f"{name} {situation} {part}", judged, fitted.threshold))
    return weights, reports


def _report(name: str, judged: list[Judged], threshold: float) -> Report:
    return Report(name.replace(" ", "-"), len(judged), refusal_figures(judged, threshold), tuple(judged), threshold)


def write(path: Path, weights: Mapping[str, Calibration], sentence: Sequence[float] | None) -> None:
    """Write weights into the file that the program reads; what is not given stays."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    content["format"] = FORMAT
    for name, calibration in weights.items():
        content["weights"][name] = {key: round(value, 5) for key, value in asdict(calibration).items()}
    if sentence is not None:
        content["sentence"] = [round(value, 4) for value in sentence]
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Fit, print the figures, and with --write keep the weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.calibrate", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the published sets")
    parser.add_argument("--size", type=int, default=1_000, help="questions over the large index; others in proportion")
    parser.add_argument("--no-reader", action="store_true", help="fit the weights for running without the reader")
    parser.add_argument("--plots", type=Path, help="draw pictures into this folder")
    parser.add_argument("--write", action="store_true", help="keep the weights in rag/data/calibration.json")
    options = parser.parse_args(arguments)
    settings = Settings(reader=not options.no_reader)
    path = Path(str(files("rag") / "data" / "calibration.json"))
    try:
        with ProgressLine(sys.stderr) as line:
            run = Run(options.data, settings, Models(settings), report=line.show)
            if options.no_reader:
                sentence = fit_sentences(articles(options.data), run.models.encoder)
                write(path, {}, sentence)  # what follows is read with them
            weights, reports = calibrate(draw(run, size=options.size), reader=settings.reader)
        show(reports, as_json=False, plots=options.plots)
    except RagError as error:
        print(f"calibrate: {error}", file=sys.stderr)
        return 2
    print(json.dumps({name: asdict(calibration) for name, calibration in weights.items()}, indent=1))
    if options.write:
        write(path, weights, None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
