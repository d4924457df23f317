"""What ``rag eval`` does: choose the sets, measure, print."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, cast

from benchmarks.quality.data import DATA
from rag.errors import RagError, SettingsError
from rag.interfaces.terminal import ProgressLine
from rag.library import Models
from rag.quality import own
from rag.quality.report import Report, table, to_json
from rag.quality.run import Run
from rag.settings import Settings

SETS = {
    "field": "field",
    "squad2": "squad2",
    "clapnq": "clapnq",
    "excerpts": "excerpts",
    "open": "open_retrieval",
    "followups": "followups",
}
"""The name of a set on the command line → its module in this package."""


def command(options: argparse.Namespace, settings: Settings) -> None:
    """Do what ``rag eval`` was asked to; raises RagError."""
    if bool(options.names) == bool(options.own):
        raise RagError("Name a set, or give --own FILE. See: rag eval --help")
    if options.limit is not None and options.limit < 1:
        raise RagError("--limit must be at least 1.")
    with ProgressLine(sys.stderr) as line:
        run = Run(options.data or DATA, settings, Models(settings), options.limit, line.show)
        reports = (own.evaluate(options.own, run),) if options.own else evaluate(options.names, run)
    show(reports, as_json=options.json, plots=options.plots)


class _Set(Protocol):
    def evaluate(self, run: Run) -> tuple[Report, ...]: ...


def evaluate(names: Iterable[str], run: Run) -> tuple[Report, ...]:
    """Return the reports of published sets; raises SettingsError for an unknown name or missing data."""
    reports: list[Report] = []
    for name in names:
        if name not in SETS:
            raise SettingsError(f"There is no set {name!r}: choose from {', '.join(SETS)}, or give --own FILE.")
        reports += cast(_Set, importlib.import_module(f"benchmarks.quality.{SETS[name]}")).evaluate(run)
    return tuple(reports)


def show(reports: Sequence[Report], *, as_json: bool, plots: Path | None) -> None:
    """Print the reports, and draw their pictures into a folder; raises SettingsError where matplotlib is missing."""
    if plots is not None:
        from rag.quality.plots import draw

        for report in reports:
            for path in draw(report, plots):
                print(path, file=sys.stderr)
    if as_json:
        print(json.dumps([to_json(report) for report in reports], ensure_ascii=False))
    else:
        print("\n".join(table(reports)))
