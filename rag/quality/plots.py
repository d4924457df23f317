"""A report's pictures (the only file that imports matplotlib): as PNG files, and as SVG in the colours of its reader.

thresholds      what is answered, right and refused, by the confidence from which questions are answered
risk-coverage   the share of wrong answers by the share of questions answered (El-Yaniv and Wiener, 2010)
reliability     how often the program is right by how sure it was
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from rag.errors import SettingsError
from rag.quality.metrics import at_threshold, calibration_error, reliability, risk_coverage
from rag.quality.report import Report, suggested

MISSING = 'Pictures need matplotlib: pip install "chapter-and-verse[plots]".'
_SIZE = (4.6, 3.4)
_INK, _ACCENT, _FAINT = "#24303a", "#b3402a", "#8a949b"
_STYLE = "*{stroke-linejoin"
"""What the style sheet of an SVG of matplotlib begins with."""
_COLOURS = (
    f":root{{--ink:{_INK};--accent:{_ACCENT};--faint:{_FAINT}}}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ebe7de;--accent:#f0a08f;--faint:#8d969c}}"
)
_DRAWING = Lock()
"""matplotlib's settings are one for all threads."""


def draw(report: Report, folder: Path) -> Iterator[Path]:
    """Draw a report's pictures into a folder and yield their files; nothing for a report without confidences.

    Raises SettingsError where matplotlib is not installed, or the folder cannot be written.
    """
    _matplotlib()
    if not report.judged:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in PLOTS:
            path = folder / f"{report.name}-{name}.png"
            path.write_bytes(_picture(report, name, "png"))
            yield path
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written ({error.strerror}): give another with --plots DIR.") from error


def svg(report: Report, name: str) -> str:
    """Return the picture ``name``, a key of ``PLOTS``, as SVG: dark where its reader wants that, words as text.

    Raises SettingsError where matplotlib is not installed.
    """
    text = _picture(report, name, "svg").decode("utf-8")
    for colour, variable in ((_INK, "--ink"), (_ACCENT, "--accent"), (_FAINT, "--faint")):
        text = text.replace(colour, f"var({variable})")
    return text.replace(_STYLE, _COLOURS + _STYLE, 1)


def installed() -> bool:
    """Tell whether pictures can be drawn."""
    try:
        _matplotlib()
    except SettingsError:
        return False
    return True


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise SettingsError(MISSING) from error
    return matplotlib


def _picture(report: Report, name: str, kind: str) -> bytes:
    matplotlib = _matplotlib()
    from matplotlib.figure import Figure

    plain = dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "text.color"), _INK)
    with _DRAWING, matplotlib.rc_context({**plain, "svg.fonttype": "none", "svg.hashsalt": name}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.subplots()
        PLOTS[name](axes, report)
        axes.spines[["top", "right"]].set_visible(False)
        into = io.BytesIO()
        unseen = kind == "svg"  # the page's own paper stays behind it
        figure.savefig(into, format=kind, dpi=110, transparent=unseen, metadata={"Date": None} if unseen else None)
        return into.getvalue()


def _thresholds(axes: Any, report: Report) -> None:
    cuts = [at_threshold(report.judged, step / 100) for step in range(101)]
    at = [cut.threshold for cut in cuts]
    lines = (
        ("questions answered", "answered", "-"),
        ("answers right", "right", "--"),
        ("no answer: refused", "refused", ":"),
    )
    for label, field, style in lines:
        colour = _ACCENT if field == "right" else _INK
        axes.plot(at, [getattr(cut, field) for cut in cuts], style, color=colour, linewidth=1.5, label=label)
    if report.threshold is not None:
        axes.axvline(report.threshold, color=_FAINT, linewidth=1)
        axes.annotate("now", (report.threshold, 1.02), ha="center", color=_INK, fontsize=8, annotation_clip=False)
    if (better := suggested(report)) is not None:
        axes.axvline(better, color=_FAINT, linewidth=1, linestyle="--")
        axes.annotate("suggested", (better, 1.07), ha="center", color=_INK, fontsize=8, annotation_clip=False)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="answered from this confidence on", ylabel="share")
    axes.legend(frameon=False, fontsize=8, loc="best")


def _risk_coverage(axes: Any, report: Report) -> None:
    curve = risk_coverage(report.judged)
    axes.plot([coverage for _, coverage, _ in curve], [risk for *_, risk in curve], color=_INK)
    if report.threshold is not None:
        # The last point whose confidence is not below the threshold; nothing is answered above the first.
        above = [(coverage, risk) for cut, coverage, risk in curve if cut >= report.threshold]
        coverage, risk = above[-1] if above else (0.0, 0.0)
        axes.scatter([coverage], [risk], color=_ACCENT, zorder=3, label=f"threshold {report.threshold:.2f}")
        axes.legend(frameon=False)
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="share of questions answered", ylabel="share of answers wrong")
    axes.set_title(f"{report.name}: risk and coverage", fontsize=10)


def _reliability(axes: Any, report: Report) -> None:
    """A dot's area is the number of questions; on the straight line confidence is the share right."""
    found = reliability(report.judged)
    largest = max(size for *_, size in found)
    axes.plot([0, 1], [0, 1], color=_FAINT, linewidth=1)
    axes.plot([said for said, *_ in found], [share for _, share, _ in found], color=_INK, linewidth=1)
    for said, share, size in found:
        axes.scatter([said], [share], s=12 + 160 * size / largest, color=_ACCENT, zorder=3, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share right")
    axes.set_title(f"{report.name}: calibration error {calibration_error(report.judged):.3f}", fontsize=10)


PLOTS: Mapping[str, Callable[[Any, Report], None]] = {
    "thresholds": _thresholds,
    "risk-coverage": _risk_coverage,
    "reliability": _reliability,
}
"""The name of a picture → what draws it."""
