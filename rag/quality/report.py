"""What an evaluation gives: figures under names, as a table for people and as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.quality.metrics import Judged, auc, calibration_error, mean, risk_coverage


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
    answered = [item for item in judged if item.confidence >= threshold]
    without = [item for item in judged if not item.answerable]
    having = [item for item in judged if item.answerable]
    return (
        Figure(
            "AUC, answerable or not",
            auc([item.confidence for item in judged], [item.answerable for item in judged]),
            "",
        ),
        Figure("AUC, right or not", auc([item.confidence for item in judged], [item.right for item in judged]), ""),
        Figure("unanswerable refused", mean([item.confidence < threshold for item in without])),
        Figure("answerable answered", mean([item.confidence >= threshold for item in having])),
        Figure("answers that are right", mean([item.right for item in answered])),
        Figure("calibration error", calibration_error(judged), ""),
        Figure("threshold", threshold, ""),
    )


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
