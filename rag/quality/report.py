"""What an evaluation works with, and what it gives: figures, in a table or as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from rag.answering.calibration import Calibration, calibration_for
from rag.models import Models
from rag.protocols import OnProgress
from rag.quality.metrics import Judged, at_threshold, auc, calibration_error, mean, risk_coverage
from rag.settings import Settings
from rag.types import Progress

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Run:
    """What an evaluation works with."""

    data: Path
    settings: Settings
    models: Models
    limit: int | None = None
    """Questions that are asked, at most; they are taken evenly from the whole set."""
    report: OnProgress = lambda progress: None

    @property
    def always(self) -> Settings:
        """The settings under which every question is answered, so that any threshold can be applied afterwards."""
        return replace(self.settings, threshold=0.0)

    def calibration(self, *, index: bool) -> Calibration:
        """Return the weights in force, over an index or over given passages."""
        return calibration_for(readers=self.models.readers(self.settings), index=index)

    def threshold(self, *, index: bool) -> float:
        """Return the confidence from which the program answers."""
        given = self.settings.threshold
        return self.calibration(index=index).threshold if given is None else given

    def some(self, items: Sequence[_Item]) -> Iterator[_Item]:
        """Yield the items of a set that are asked, and report how many are done."""
        count = len(items) if self.limit is None else min(self.limit, len(items))
        for done in range(count):
            self.report(Progress("asking", done, count))
            yield items[done * len(items) // count]
        self.report(Progress("asking", count, count))


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str = "%"
    """A share is "%" (0 to 1, shown times 100), "" for a plain number, "ms" for milliseconds."""

    @property
    def shown(self) -> str:
        """The value as people read it."""
        if math.isnan(self.value):
            return "–"
        if self.unit == "%":
            return f"{100 * self.value:.1f} %"
        return f"{self.value:.0f} ms" if self.unit == "ms" else f"{self.value:.3f}"


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one set, and what the pictures are drawn from."""

    name: str
    questions: int
    figures: tuple[Figure, ...]
    judged: tuple[Judged, ...] = ()
    threshold: float | None = None
    """The confidence from which questions were answered."""


def refusal_figures(judged: Sequence[Judged], threshold: float) -> tuple[Figure, ...]:
    """Return what confidence and refusal are worth, for any set with questions that have no answer."""
    cut = at_threshold(judged, threshold)
    having = [item for item in judged if item.answerable]
    confidences = [item.confidence for item in judged]
    return (
        Figure("AUC, answerable or not", auc(confidences, [item.answerable for item in judged]), ""),
        Figure("AUC, right or not", auc(confidences, [item.right for item in judged]), ""),
        Figure("unanswerable refused", cut.refused),
        Figure("answerable answered", mean([item.confidence >= threshold for item in having])),
        Figure("answers that are right", cut.right),
        Figure("calibration error", calibration_error(judged), ""),
        Figure("threshold", threshold, ""),
    )


SUGGESTED = "suggested threshold"


def suggested(report: Report) -> float | None:
    """Return the threshold that a report suggests; none where it has too few questions for one."""
    found = (figure.value for figure in report.figures if figure.name == SUGGESTED)
    return next((value for value in found if not math.isnan(value)), None)


def table(reports: Sequence[Report]) -> Iterator[str]:
    """Yield the lines of one table over several sets."""
    width = max((len(figure.name) for report in reports for figure in report.figures), default=0)
    for report in reports:
        yield f"{report.name}  ({report.questions:,} questions)"
        for figure in report.figures:
            yield f"  {figure.name:<{width}}  {figure.shown:>9}"
        yield ""


def to_json(report: Report) -> Mapping[str, Any]:
    """Return a report as a JSON object: figures by name, shares between 0 and 1, null where there is none."""
    curve = risk_coverage(report.judged)
    step = max(1, len(curve) // 200)
    return {
        "set": report.name,
        "questions": report.questions,
        "figures": {
            figure.name: None if math.isnan(figure.value) else round(figure.value, 4) for figure in report.figures
        },
        "threshold": report.threshold,
        "risk_coverage": [
            {"threshold": round(threshold, 4), "coverage": round(coverage, 4), "risk": round(risk, 4)}
            for threshold, coverage, risk in curve[::step]
        ],
    }


def show(reports: Sequence[Report], *, as_json: bool, plots: Path | None) -> None:
    """Print the reports, and draw their pictures into a folder; raises SettingsError where matplotlib is missing."""
    if plots is not None:
        from rag.quality.plots import draw

        for path in (path for report in reports for path in draw(report, plots)):
            print(path, file=sys.stderr)
    print(json.dumps([to_json(report) for report in reports]) if as_json else "\n".join(table(reports)))
