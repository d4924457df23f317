"""Follow-ups: what ``followups`` measures, as reports."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.quality.followups import FollowupResult
from benchmarks.quality.followups import evaluate as measure
from rag.quality.report import Figure, Report
from rag.quality.run import Run


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return a report for each conversation set; ``--limit`` does not apply, for each takes seconds."""
    return tuple(Report(result.name, result.questions, tuple(_figures(result))) for result in measure(run.data))


def _figures(result: FollowupResult) -> Iterator[Figure]:
    ours = result.words["ours"]
    yield Figure("missing words, F1", ours.f1)
    yield Figure("missing words, recall", ours.recall)
    yield Figure("missing words, precision", ours.precision)
    yield Figure("changed though nothing was missing", ours.unneeded)
    yield Figure("stands on its own, left as it is", result.unchanged_in_place)
    yield Figure("after another conversation, left as it is", result.unchanged_elsewhere)
    for system, found in result.retrieval.items():
        yield Figure(f"passage found first, {system}", found.first)
    yield Figure("time a question", result.milliseconds, "ms")
