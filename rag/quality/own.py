"""The user's own questions over the user's own index: what confidence is worth there, and which threshold it suggests.

A line of the file: ``{"question": "…", "answer": "…"}``, ``null`` for a question that the documents do not answer, and
where it matters ``"document"``, the path of the one that must be quoted. The answer is a few words that stand in it.
A line whose question and answer are both empty waits to be filled in, and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import QuestionError, SettingsError
from rag.library import Library, build_library, open_library
from rag.models import Models
from rag.quality.kept import keep_line
from rag.quality.metrics import Judged, best_threshold, holds, mean, percentile, words
from rag.quality.report import SUGGESTED, Figure, Report, Run, refusal_figures
from rag.settings import Settings
from rag.types import Answer, Quote, Reply

FEWEST = 10
"""Questions from which a threshold is fitted: fewer say too little."""
NAME = "questions.jsonl"
"""Where questions are kept, beside the index."""
LONGEST_ANSWER = 500
"""Characters of an answer that is kept."""


@dataclass(frozen=True, slots=True)
class Own:
    """A question of the user's, and what answers it."""

    question: str
    answers: tuple[str, ...]
    """Words of which some must stand in the lead quote; none where the documents do not answer."""
    document: str | None

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.answers) or self.document is not None


def evaluate(questions: Path, run: Run) -> Report:
    """Return the figures over the index of the settings, and the threshold they suggest.

    Raises SettingsError for a file that cannot be used, IndexMissing and its kin where there is no index.
    """
    asked = load(questions)
    threshold = run.threshold(index=True)
    judged, times = [], []
    with open_library(run.always, models=run.models) as library:
        if run.settings.threshold is None and library.manifest.threshold is not None:
            threshold = library.manifest.threshold
        for item in run.some(asked):
            reply = library.ask(item.question, write=False)
            judged.append(judge(item, reply))
            times.append(reply.timings_ms["total"])
    figures = (
        Figure("lead quote is right, never refusing", mean([item.right for item in judged if item.answerable])),
        *refusal_figures(judged, threshold),
        Figure(SUGGESTED, best_threshold(judged) if len(judged) >= FEWEST else float("nan"), ""),
        Figure("time a question, median", percentile(times, 0.5), "ms"),
    )
    return Report(questions.stem, len(judged), figures, tuple(judged), threshold)


def fit_threshold(questions: Path, library: Library) -> float:
    """Return the threshold under which an index answers these questions best; a wrong answer undoes a right one.

    ``library`` is asked with its own settings but for the threshold, which must be 0.
    Raises SettingsError for a file that cannot be used, or that has too few questions or only one kind of them.
    """
    asked = load(questions)
    kinds = {item.answerable for item in asked}
    if len(asked) < FEWEST or len(kinds) < 2:
        raise SettingsError(
            f"{questions} has {len(asked)} questions{'' if len(kinds) > 1 else ' of one kind'}: a threshold needs "
            f'{FEWEST} or more, some that the documents answer and some that they do not ("answer": null).'
        )
    return best_threshold([judge(item, library.ask(item.question, write=False)) for item in asked])


def calibrate_index(questions: Path, settings: Settings) -> float:
    """Fit the threshold to an index, write it into the index, and return it; errors as ``fit_threshold``.

    Nothing is read or embedded again. Later builds keep the threshold, but for full ones.
    """
    models = Models(settings)
    threshold = fit_threshold(questions, open_library(replace(settings, threshold=0.0), models=models))
    build_library(settings, threshold=threshold, models=models)
    return threshold


def judge(item: Own, reply: Reply) -> Judged:
    """Say what a reply is worth, given that the question was not refused."""
    quotes = reply.quotes if isinstance(reply, Answer) else ()
    right = item.answerable and bool(quotes)
    if right and item.document is not None:
        right = quotes[0].document.path == item.document
    if right and item.answers:
        right = holds(quotes[0].exact, item.answers)
    return Judged(reply.confidence, item.answerable, right)


def load(path: Path) -> Sequence[Own]:
    """Return the questions of a file; raises SettingsError that names the line that cannot be used."""
    if not (found := _read(path)):
        raise SettingsError(f"{path} has no questions: write a JSON object a line, with question and answer.")
    return found


def kept(file: Path) -> Sequence[Own]:
    """Return the questions that are kept in a file, none where there is none yet; raises SettingsError as ``load``."""
    return _read(file) if file.exists() else ()


def _read(path: Path) -> Sequence[Own]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # no other sign ends a line of JSON
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read ({error}): give a file of questions, a JSON object a line."
        ) from error
    read = (_question(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip())
    return [item for item in read if item is not None]


def state(asked: Sequence[Own]) -> str:
    """Return in words how many questions there are, and what is missing for a threshold to be fitted on them."""
    answerable = sum(item.answerable for item in asked)
    said = f"{len(asked)} in all, {len(asked) - answerable} of them without an answer."
    enough = len(asked) >= FEWEST and 0 < answerable < len(asked)
    return said if enough else f"{said} A threshold needs {FEWEST} or more, some of each kind."


def keep(file: Path, question: str, answer: str | None, *, passage: Quote, characters: int) -> None:
    """Append a question that was written about a passage; ``answer``: words of it, None where no document answers.

    Raises QuestionError for one that is empty, longer than ``characters`` or kept already, and for an answer that does
    not stand in the passage: it would never be found right. SettingsError, NotKept where the file cannot be used.
    """
    question = " ".join(question.split())
    if not question or len(question) > characters:
        raise QuestionError(f"A question has words, and at most {characters:,} characters.")
    if answer is not None:
        answer = " ".join(answer.split())
        if not words(answer) or len(answer) > LONGEST_ANSWER or not holds(passage.exact, (answer,)):
            raise QuestionError("The answer is a few words that stand in the passage, next to each other.")
    if any(item.question == question for item in kept(file)):
        raise QuestionError("That question is kept already.")
    where = {} if answer is None else {"document": passage.document.path}
    keep_line(file, {"question": question, "answer": answer, **where})


def _question(line: str, place: str) -> Own | None:
    try:
        value = json.loads(line)
        question, answer, document = value["question"], value.get("answer"), value.get("document")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f'{place} must be a JSON object with "question" and "answer" (null for none).') from error
    if question == "" and answer == "":
        return None
    answers = () if answer is None else tuple(answer) if isinstance(answer, list) else (answer,)
    if not isinstance(question, str) or not question.strip() or not all(isinstance(item, str) for item in answers):
        raise SettingsError(f'{place}: "question" must be words, "answer" words, a list of them, or null.')
    if not all(map(words, answers)):
        raise SettingsError(f'{place}: "answer" has no words: give some that stand in the document, or null for none.')
    return Own(question, answers, document)
