"""Follow-ups: the words that a rewrite recovers, and what becomes of the answer.

``canard_dev``, ``cast2019`` and ``cast2021`` have a person's rewrite of each question. A word counts by its lower-case
form without a possessive ``'s``; function words do not count. What the rewrite has and the question lacks is
*missing*: recall is the share of the missing words that were added, precision the share of the added words that the
rewrite has, both over all questions of a set. These sets are for evaluation only.

DoQA's follow-ups, of passages that training left out, are asked through the program: beside their own passage, and
over an index of ``_PASSAGES`` passages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.quality.data import cache, is_held_out, rows, write_paragraphs
from rag.conversation import CandidateRewriter
from rag.conversation.mentions import FUNCTION_WORDS, split_words
from rag.library import build_library, read_texts
from rag.quality.metrics import Judged, holds, mean
from rag.quality.report import Figure, Report, Run
from rag.types import Answer, Reply, Turn

FILES = ("canard_dev", "cast2019", "cast2021")
"""The sets of rewrites, each ``followups/NAME.jsonl.gz`` below the data folder."""
_PASSAGES = 400

Ask = Callable[["Followup", tuple[Turn, ...]], Reply]


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the turns before it, and a person's rewrite."""

    question: str
    turns: tuple[Turn, ...]
    rewrite: str


@dataclass(frozen=True, slots=True)
class Followup:
    """A question, the turns before it, its passage, and the answers marked there; none where it has no answer."""

    question: str
    turns: tuple[Turn, ...]
    passage: str
    golds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Words recovered and invented; shares between 0 and 1."""

    recall: float
    precision: float
    f1: float
    unneeded: float
    """Share that got new words among the questions whose rewrite has no word that they lack."""


def evaluate(run: Run) -> tuple[Report, ...]:
    """Return a report for each set of rewrites, and two for DoQA; ``--limit`` applies to DoQA alone.

    Raises SettingsError where a set is missing.
    """
    sets = [Report(name, len(found := load(rows(run.data, f"followups/{name}"))), _figures(found)) for name in FILES]
    return (*sets, *_doqa(run))


def load(found: Sequence[Mapping[str, Any]]) -> tuple[Example, ...]:
    """Return the examples of a set's rows, in order; CANARD's begin with the article's title and section as a turn."""
    if "History" in found[0]:
        return tuple(Example(row["Question"], _said(row["History"]), row["Rewrite"]) for row in found)
    examples: list[Example] = []
    turns: dict[str, tuple[Turn, ...]] = {}
    for row in found:
        before = turns.get(row["dialogue"], ())
        examples.append(Example(row["question"], before, row["rewrite"]))
        turns[row["dialogue"]] = (*before, Turn(row["question"], row.get("answer", "")))
    return tuple(examples)


def _said(history: Sequence[str]) -> tuple[Turn, ...]:
    return tuple(Turn(*(*history[i : i + 2], "")[:2]) for i in range(0, len(history), 2))


def _figures(examples: Sequence[Example]) -> tuple[Figure, ...]:
    rewriter = CandidateRewriter()
    made = [rewriter.candidates(example.question, example.turns) for example in examples]
    best = [max(texts, key=lambda text: _f1(example, text)) for example, texts in zip(examples, made, strict=True)]
    first, ideal = count_words(examples, [texts[0] for texts in made]), count_words(examples, best)
    alone = [rewriter.candidates(example.rewrite, example.turns) == (example.rewrite,) for example in examples]
    return (
        Figure("missing words, F1 of the first candidate", first.f1, ""),
        Figure("missing words, recall", first.recall, ""),
        Figure("missing words, precision", first.precision, ""),
        Figure("missing words, F1 of the best candidate", ideal.f1, ""),
        Figure("changed though nothing was missing", first.unneeded),
        Figure("stands on its own, given alone", mean(alone)),
        Figure("candidates a question", mean([len(texts) for texts in made]), ""),
    )


def content(text: str) -> frozenset[str]:
    """Return the words of a text that count: lower case, without possessives and function words."""
    return frozenset(word.lower for word in split_words(text)) - FUNCTION_WORDS


def count_words(examples: Sequence[Example], rewritten: Sequence[str]) -> Words:
    """Return how many missing words were recovered, and how many invented."""
    missing = recovered = added = right = idle = unneeded = 0
    for example, text in zip(examples, rewritten, strict=True):
        lacking, new = content(example.rewrite) - content(example.question), content(text) - content(example.question)
        missing += len(lacking)
        recovered += len(new & lacking)
        added += len(new)
        right += len(new & content(example.rewrite))
        idle += not lacking
        unneeded += not lacking and bool(new)
    recall = recovered / missing if missing else 1.0
    precision = right / added if added else 1.0
    f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
    return Words(recall, precision, f1, unneeded / idle if idle else 0.0)


def _f1(example: Example, text: str) -> float:
    lacking, new = content(example.rewrite) - content(example.question), content(text) - content(example.question)
    return 2 * len(lacking & new) / (len(lacking) + len(new)) if lacking or new else 1.0


def _doqa(run: Run) -> Iterator[Report]:
    found = [row for row in rows(run.data, "reading/train_more") if row["source"].startswith("doqa")]
    asked = tuple(run.some(followups(found)))
    texts = dict.fromkeys(item.passage for item in asked)
    others = sorted({row["context"] for row in found} - texts.keys(), key=lambda x: hashlib.sha256(x.encode()).digest())
    folder = cache("followups")
    write_paragraphs(folder / "seeds", [("passage", text) for text in (*texts, *others[: _PASSAGES - len(texts)])])
    settings = replace(run.always, seeds=folder / "seeds", index=folder / "index")
    with build_library(settings, progress=run.report, models=run.models) as library:
        for name, ask in (
            ("passage", lambda item, turns: _beside(run, item, turns)),
            ("index", lambda item, turns: library.ask(item.question, turns=turns)),
        ):
            yield from _asked(f"doqa, {name}", asked, ask, run.threshold(index=name == "index"))


def followups(found: Iterable[Mapping[str, Any]]) -> tuple[Followup, ...]:
    """Return the follow-ups of held-out passages; an earlier turn's answer is the one marked for its question."""
    held = [row for row in found if is_held_out(row["context"])]
    said = {(row["context"], row["question"]): row["answers"][0]["text"] if row["answers"] else "" for row in held}
    return tuple(
        Followup(
            row["question"],
            tuple(Turn(asked, said.get((row["context"], asked), "")) for asked in row["history"]),
            row["context"],
            tuple(answer["text"] for answer in row["answers"]),
        )
        for row in held
        if row["history"]
    )


def _beside(run: Run, item: Followup, turns: tuple[Turn, ...]) -> Reply:
    return read_texts(
        item.question, {"passage": item.passage}, settings=run.always, models=run.models, turns=turns
    ).reply


def _asked(name: str, asked: Sequence[Followup], ask: Ask, threshold: float) -> Iterator[Report]:
    for system, turned in (("as it is", False), ("candidates", True)):
        judged = []
        for item in asked:
            reply = ask(item, item.turns if turned else ())
            lead = reply.quotes[0].exact if isinstance(reply, Answer) else ""
            judged.append(Judged(reply.confidence, bool(item.golds), holds(lead, item.golds)))
        having = [item for item in judged if item.answerable]
        yield Report(
            f"{name}, {system}", len(judged), tuple(_shares(judged, having, threshold)), tuple(judged), threshold
        )


def _shares(judged: Sequence[Judged], having: Sequence[Judged], threshold: float) -> Iterator[Figure]:
    yield Figure("lead quote holds the answer, never refusing", mean([item.right for item in having]))
    yield Figure("answered and right", mean([item.right and item.confidence >= threshold for item in having]))
    yield Figure("answerable refused", mean([item.confidence < threshold for item in having]))
    lacking = [item for item in judged if not item.answerable]
    yield Figure("unanswerable refused", mean([item.confidence < threshold for item in lacking]))
