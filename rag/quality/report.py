"""What an evaluation works with, and what it gives: figures, a table, pictures."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from rag.answering.calibration import Calibration, calibration_for
from rag.errors import SettingsError
from rag.models import Models
from rag.quality.metrics import Judged, auc, calibration_error, mean, reliability, risk_coverage
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
    report: Callable[[Progress], None] = lambda progress: None

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
    answered = [item for item in judged if item.confidence >= threshold]
    without = [item for item in judged if not item.answerable]
    having = [item for item in judged if item.answerable]
    confidences = [item.confidence for item in judged]
    return (
        Figure("AUC, answerable or not", auc(confidences, [item.answerable for item in judged]), ""),
        Figure("AUC, right or not", auc(confidences, [item.right for item in judged]), ""),
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
        for path in (path for report in reports for path in draw(report, plots)):
            print(path, file=sys.stderr)
    print(json.dumps([to_json(report) for report in reports]) if as_json else "\n".join(table(reports)))


_SIZE = (4.6, 3.4)
_INK, _ACCENT, _FAINT = "#24303a", "#b3402a", "#b8c0c6"


def draw(report: Report, folder: Path) -> Iterator[Path]:
    """Draw a report's pictures into a folder and yield their files; nothing for a report without confidences.

    Raises SettingsError where matplotlib is not installed, or the folder cannot be written.
    """
    figures = _pyplot()
    if not report.judged:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, paint in (("reliability", _reliability), ("risk-coverage", _risk_coverage)):
            picture, axes = figures.subplots(figsize=_SIZE, layout="constrained")
            paint(axes, report)
            axes.spines[["top", "right"]].set_visible(False)
            path = folder / f"{report.name}-{name}.png"
            picture.savefig(path, dpi=110)
            figures.close(picture)
            yield path
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written ({error.strerror}): give another with --plots DIR.") from error


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise SettingsError('Pictures need matplotlib: pip install "chapter-and-verse[plots]".') from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _reliability(axes: Any, report: Report) -> None:
    """Draw how often the program is right against how sure it was; a dot's area is the number of questions."""
    found = reliability(report.judged)
    largest = max(size for *_, size in found)
    axes.plot([0, 1], [0, 1], color=_FAINT, linewidth=1)
    axes.plot([said for said, *_ in found], [share for _, share, _ in found], color=_INK, linewidth=1)
    for said, share, size in found:
        axes.scatter([said], [share], s=12 + 160 * size / largest, color=_ACCENT, zorder=3)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share right")
    axes.set_title(f"{report.name}: calibration error {calibration_error(report.judged):.3f}", fontsize=10, color=_INK)


def _risk_coverage(axes: Any, report: Report) -> None:
    """Draw the share of wrong answers against the share of questions answered, and where the threshold stands."""
    curve = risk_coverage(report.judged)
    axes.plot([coverage for _, coverage, _ in curve], [risk for *_, risk in curve], color=_INK)
    if report.threshold is not None:
        # The last point whose confidence is not below the threshold; nothing is answered above the first.
        above = [(coverage, risk) for cut, coverage, risk in curve if cut >= report.threshold]
        coverage, risk = above[-1] if above else (0.0, 0.0)
        axes.scatter([coverage], [risk], color=_ACCENT, zorder=3, label=f"threshold {report.threshold:.2f}")
        axes.legend(frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="share of questions answered", ylabel="share of answers wrong")
    axes.set_title(f"{report.name}: risk and coverage", fontsize=10, color=_INK)
