"""Pictures of a report (the only file that imports matplotlib)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import SettingsError
from rag.quality.metrics import Judged, calibration_error, reliability, risk_coverage
from rag.quality.report import Report

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
    axes.plot([mean for mean, *_ in found], [share for _, share, _ in found], color=_INK, linewidth=1)
    for mean, share, size in found:
        axes.scatter([mean], [share], s=12 + 160 * size / largest, color=_ACCENT, zorder=3)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share right")
    axes.set_title(f"{report.name}: calibration error {calibration_error(report.judged):.3f}", fontsize=10, color=_INK)


def _risk_coverage(axes: Any, report: Report) -> None:
    """Draw the share of wrong answers against the share of questions answered, and where the threshold stands."""
    curve = risk_coverage(report.judged)
    axes.plot([coverage for _, coverage, _ in curve], [risk for *_, risk in curve], color=_INK)
    if report.threshold is not None:
        coverage, risk = _at(report.judged, report.threshold)
        axes.scatter([coverage], [risk], color=_ACCENT, zorder=3, label=f"threshold {report.threshold:.2f}")
        axes.legend(frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="share of questions answered", ylabel="share of answers wrong")
    axes.set_title(f"{report.name}: risk and coverage", fontsize=10, color=_INK)


def _at(judged: tuple[Judged, ...], threshold: float) -> tuple[float, float]:
    answered = [item for item in judged if item.confidence >= threshold]
    wrong = sum(not item.right for item in answered)
    return len(answered) / len(judged), wrong / max(1, len(answered))
