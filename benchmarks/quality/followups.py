"""How well a follow-up is made to stand on its own, on CANARD dev and TREC CAsT 2019 and 2021.

Each set has a person's rewrite of each question. A word counts by its lower-case form without a possessive ``'s``;
function words do not count. What the rewrite has and the question lacks is *missing*: recall is the share of the
missing words that were added, precision the share of the added words that the rewrite has, both over all questions of
a set. The standing of a question that needs nothing is measured by putting the human rewrites after their own turns and
after another conversation's: the share that is left exactly as it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.quality.data import rows
from rag.conversation import standalone
from rag.conversation.tokenise import tokens
from rag.conversation.words import FUNCTION_WORDS
from rag.quality.report import Figure, Report
from rag.quality.run import Run
from rag.types import Turn

FILES = ("canard_dev", "cast2019", "cast2021")
"""The sets, each ``followups/NAME.jsonl.gz`` below the data folder. For evaluation only."""

_DEEPEST = 100
"""Ranks that are looked at; below them a passage counts as not found."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the turns before it, a person's rewrite, and the passage that was shown for it (may be empty)."""

    question: str
    turns: tuple[Turn, ...]
    rewrite: str
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Words recovered and invented, all shares between 0 and 1."""

    recall: float
    precision: float
    f1: float
    changed: float
    """Share of all questions that differ from what was asked."""
    unneeded: float
    """Share changed among the questions whose rewrite has no word that they lack."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """BM25 search for the passage shown, among those of the whole set; shares between 0 and 1."""

    first: float
    """It comes first."""
    top5: float
    mrr: float
    """Mean reciprocal rank."""


@dataclass(frozen=True, slots=True)
class FollowupResult:
    """The figures of one set, by system: ``raw`` (as asked), ``history`` (with all turns), ``ours``, ``human``."""

    name: str
    questions: int
    needing: int
    """Questions whose rewrite has words that they lack."""
    words: Mapping[str, Words]
    unchanged_in_place: float
    """Human rewrites, after their own turns, that are left exactly as they are."""
    unchanged_elsewhere: float
    """Human rewrites, after another conversation's turns, that are left exactly as they are."""
    retrieval: Mapping[str, Retrieval]
    """Empty where the set has no passages."""
    milliseconds: float
    """Mean time a question took to be rewritten."""


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return a report for each set; ``--limit`` does not apply, for each takes seconds."""
    return tuple(_report(measure(name, load(run.data, name))) for name in FILES)


def _report(result: FollowupResult) -> Report:
    ours = result.words["ours"]
    figures = (
        Figure("missing words, F1", ours.f1),
        Figure("missing words, recall", ours.recall),
        Figure("missing words, precision", ours.precision),
        Figure("changed though nothing was missing", ours.unneeded),
        Figure("stands on its own, left as it is", result.unchanged_in_place),
        Figure("after another conversation, left as it is", result.unchanged_elsewhere),
        *(Figure(f"passage found first, {system}", found.first) for system, found in result.retrieval.items()),
        Figure("time a question", result.milliseconds, "ms"),
    )
    return Report(result.name, result.questions, figures)


def load(data: Path, name: str) -> tuple[Example, ...]:
    """Return a set's examples, in order. Raises SettingsError where its file is missing."""
    found = rows(data, f"followups/{name}")
    return tuple(_from_canard(found) if "History" in found[0] else _from_cast(found))


def _from_canard(found: Iterable[Mapping[str, Any]]) -> Iterable[Example]:
    """The article's title and section, which the writers of the rewrites saw, are the first turn."""
    for row in found:
        said = row["History"]
        turns = [Turn(said[i], said[i + 1] if i + 1 < len(said) else "") for i in range(0, len(said), 2)]
        yield Example(row["Question"], tuple(turns), row["Rewrite"])


def _from_cast(found: Iterable[Mapping[str, Any]]) -> Iterable[Example]:
    turns: list[Turn] = []
    dialogue = ""
    for row in found:
        if row["dialogue"] != dialogue:
            dialogue, turns = row["dialogue"], []
        yield Example(row["question"], tuple(turns), row["rewrite"], row.get("answer", ""))
        turns.append(Turn(row["question"], row.get("answer", "")))


def measure(name: str, examples: Sequence[Example]) -> FollowupResult:
    """Return the figures of one set."""
    started = perf_counter()
    ours = [standalone(example.question, example.turns) for example in examples]
    seconds = perf_counter() - started
    systems = {
        "raw": [example.question for example in examples],
        "history": [_with_history(example) for example in examples],
        "ours": ours,
        "human": [example.rewrite for example in examples],
    }
    passages = list(dict.fromkeys(example.passage for example in examples if example.passage))
    in_place, elsewhere = measure_unchanged(examples)
    return FollowupResult(
        name=name,
        questions=len(examples),
        needing=sum(bool(_missing(example)) for example in examples),
        words={system: count_words(examples, texts) for system, texts in systems.items()},
        unchanged_in_place=in_place,
        unchanged_elsewhere=elsewhere,
        retrieval={system: _retrieval(examples, texts, passages) for system, texts in systems.items()}
        if passages
        else {},
        milliseconds=1000 * seconds / len(examples),
    )


def content(text: str) -> frozenset[str]:
    """Return the words of a text that count: lower case, without possessives and function words."""
    return frozenset(token.lower for token in tokens(text)) - FUNCTION_WORDS


def count_words(examples: Sequence[Example], rewritten: Sequence[str]) -> Words:
    """Return how many missing words were recovered, and how many invented."""
    missing = recovered = added = right = changed = idle = unneeded = 0
    for example, text in zip(examples, rewritten, strict=True):
        lacking = _missing(example)
        new = content(text) - content(example.question)
        missing += len(lacking)
        recovered += len(new & lacking)
        added += len(new)
        right += len(new & content(example.rewrite))
        changed += text != example.question
        idle += not lacking
        unneeded += not lacking and bool(new)
    recall = recovered / missing if missing else 1.0
    precision = right / added if added else 1.0
    f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
    return Words(recall, precision, f1, changed / len(examples), unneeded / idle if idle else 0.0)


def _missing(example: Example) -> frozenset[str]:
    return content(example.rewrite) - content(example.question)


def _with_history(example: Example) -> str:
    """The question, and all that was said before it: the latest first, since a search takes only so many words."""
    said = [text for turn in reversed(example.turns) for text in (turn.question, turn.answer)]
    return " ".join([example.question, *said])


def _other_turns(examples: Sequence[Example], index: int) -> tuple[Turn, ...]:
    """The turns of a question half the set away: another conversation, the same at each run."""
    for step in range(len(examples)):
        other = examples[(index + len(examples) // 2 + step) % len(examples)]
        if other.turns and _opening(other) != _opening(examples[index]):
            return other.turns
    return ()


def _opening(example: Example) -> str:
    """The conversation's first question, by which it is known."""
    return example.turns[0].question if example.turns else example.question


def measure_unchanged(examples: Sequence[Example]) -> tuple[float, float]:
    """Return the share of human rewrites left as they are, after their own turns and after another conversation's."""
    in_place = sum(standalone(example.rewrite, example.turns) == example.rewrite for example in examples)
    elsewhere = sum(
        standalone(example.rewrite, _other_turns(examples, index)) == example.rewrite
        for index, example in enumerate(examples)
    )
    return in_place / len(examples), elsewhere / len(examples)


def _retrieval(examples: Sequence[Example], texts: Sequence[str], passages: Sequence[str]) -> Retrieval:
    from rag.store.local import lexical

    number = {passage: index for index, passage in enumerate(passages)}
    with tempfile.TemporaryDirectory() as folder:
        with lexical.LexicalWriter(Path(folder)) as writer:
            for row, passage in enumerate(passages):
                writer.add(row, passage)
        search = lexical.Lexical(Path(folder)).search
        ranks = []
        for example, text in zip(examples, texts, strict=True):
            if example.passage:
                rows = [row for row, _ in search(text, _DEEPEST)]
                wanted = number[example.passage]
                ranks.append(rows.index(wanted) + 1 if wanted in rows else 0)
    return Retrieval(
        first=sum(rank == 1 for rank in ranks) / len(ranks),
        top5=sum(1 <= rank <= 5 for rank in ranks) / len(ranks),
        mrr=sum(1 / rank for rank in ranks if rank) / len(ranks),
    )
