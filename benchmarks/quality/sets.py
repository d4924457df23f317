"""The published sets by name, for ``rag eval NAME`` in a checkout."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Protocol, cast

from rag.errors import SettingsError
from rag.quality.report import Report, Run

SETS = {
    "field": "field",
    "squad2": "squad2",
    "clapnq": "clapnq",
    "excerpts": "excerpts",
    "open": "open_retrieval",
    "followups": "followups",
}
"""The name of a set on the command line → its module in this package."""


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
