"""Finding an answer's paragraph among 21,000, and quoting it: SQuAD's questions over an index.

The haystack is half of SQuAD 2.0's development paragraphs, which the questions are of, and 20,395 of other articles; a
paragraph is a document. R@k: the share of questions whose own paragraph is among the first k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.quality.data import cache, labelled, rows, write_paragraphs
from benchmarks.quality.squad2 import NAME
from rag.library import Library, build_library
from rag.quality.metrics import Judged, calibration_error, holds, mean, percentile
from rag.quality.report import Figure, Report, Run
from rag.types import Answer, Hit

_CUTS = (1, 5, 20)


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return how often the paragraph comes up, before and after reading, and the lead quote holds an answer."""
    asked = [labelled(row) for row in rows(run.data, NAME) if row["answers"]]
    library, ids = haystack(run)
    threshold = run.threshold(index=True)
    ranks: dict[str, list[int]] = {"dense": [], "lexical": [], "fused": [], "read": []}
    judged: list[Judged] = []
    times: list[float] = []
    for item in run.some(asked):
        hits = library.search(item.question, limit=2 * run.settings.candidates)
        outcome = library.explain(item.question)
        reply = outcome.reply
        orders = {
            "dense": sorted(hits, key=lambda hit: -hit.dense),
            "lexical": sorted((hit for hit in hits if hit.lexical), key=lambda hit: -hit.lexical),
            "fused": hits,
            "read": [found.hit for found in outcome.evidence],
        }
        for name, order in orders.items():
            ranks[name].append(_rank(order, ids[item.text]))
        times.append(reply.timings_ms["total"])
        lead = reply.quotes[0].exact if isinstance(reply, Answer) else ""
        judged.append(Judged(reply.confidence, True, holds(lead, item.golds)))
    figures = (
        *(
            Figure(f"R@{cut}, {name}", mean([rank <= cut for rank in found]))
            for name, found in ranks.items()
            for cut in _CUTS
        ),
        Figure("lead quote holds the answer, never refusing", mean([item.right for item in judged])),
        Figure("answered", mean([item.confidence >= threshold for item in judged])),
        Figure("answers that are right", mean([item.right for item in judged if item.confidence >= threshold])),
        Figure("calibration error", calibration_error(judged), ""),
        Figure("time a question, median", percentile(times, 0.5), "ms"),
        Figure("time a question, 95th percentile", percentile(times, 0.95), "ms"),
    )
    return (Report("open", len(judged), figures, tuple(judged), threshold),)


def haystack(run: Run) -> tuple[Library, dict[str, str]]:
    """Return the open haystack and each paragraph's document; it is built in the cache, the first time in minutes."""
    folder = cache("open")
    pool = [(row["title"], row["text"]) for row in rows(run.data, "reading/pool")]
    own = dict.fromkeys((row["title"], row["context"]) for row in rows(run.data, NAME))
    ids = write_paragraphs(folder / "seeds", [*pool, *own])
    settings = replace(run.always, seeds=folder / "seeds", index=folder / "index")
    return build_library(settings, progress=run.report, models=run.models), ids


def _rank(hits: Sequence[Hit], wanted: str) -> int:
    """Return the place of the wanted document among those that come up, counted from 1; past all where it does not."""
    documents = list(dict.fromkeys(hit.passage.document_id for hit in hits))
    return documents.index(wanted) + 1 if wanted in documents else len(documents) + 1_000
