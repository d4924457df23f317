"""Fits the weights with which a follow-up is made to stand on its own, and writes ``rag/conversation/weights.py``.

    python -m training.conversation [--data ../shared/data] [--dialogues 1500] [--write]

Learns from CANARD's training set (CC BY-SA 4.0) and, as questions that stand on their own, SQuAD (CC BY-SA 4.0),
Natural Questions as QED has them and BoolQ (CC BY-SA 3.0). A fifth of CANARD's dialogues is held out; every figure
printed is of those. CANARD dev and CAsT are never read. Two minutes on one core.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.conversation import gate, standalone, weights
from rag.conversation.choose import FEATURES, features, fitting, only_name
from rag.conversation.history import Past, entities
from rag.conversation.mentions import mentions
from rag.conversation.pointers import pointers
from rag.conversation.rewrite import recent, remember
from rag.conversation.tokenise import tokens
from rag.evaluate.followups import Example, content, count_words, measure_unchanged
from rag.types import Turn

Floats = NDArray[np.float64]
KINDS = ("he", "she", "it", "they", "there", "this", "none")
TARGET = Path(weights.__file__)
_WORD = re.compile(r"\w+(?:[-.&]\w+)*")

BY_HAND: Mapping[str, Mapping[str, float]] = {
    "he": {"person": 1.5, "no person": -3, "gender agrees": 1, "place": -3},
    "she": {"person": 1.5, "no person": -3, "gender agrees": 1, "place": -3},
    "it": {"person": -1.5, "plural": -1},
    "they": {"plural": 1.5},
    "there": {"place": 2},
    "this": {"named by the noun": 1},
    "none": {},
}
"""The rules that the fitted weights have to beat, and from which the fitting starts."""
_BY_HAND_ALL = {
    "asked last": 1.0, "subject of the last question": 0.5, "asked for": 1.0, "in the first question": 0.5, "name": 1.0,
    "recency": 0.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation; ``topic`` is what its first rewrite names and its first question does not."""

    topic: str
    questions: tuple[str, ...]
    rewrites: tuple[str, ...]
    answers: tuple[str, ...]

    def turns(self, count: int) -> list[Turn]:
        """The first ``count`` turns, after one that names the topic."""
        opening = [Turn(self.topic, "")] if self.topic else []
        return opening + [Turn(self.questions[i], self.answers[i]) for i in range(count)]


@dataclass(frozen=True, slots=True)
class Choice:
    """What could be meant at one place, a row of features each, and how many of the missing words each has."""

    rows: Floats
    gains: Floats


def main() -> None:
    """Fit, print the figures of the held-out dialogues, and with ``--write`` keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--dialogues", type=int, default=1500, help="of CANARD's training set, at most")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    dialogues = read_dialogues(options.data)
    train = [d for key, d in dialogues.items() if not _held_out(key)][: options.dialogues]
    held = [d for key, d in dialogues.items() if _held_out(key)][: options.dialogues // 4]
    plain = stand_alone_questions(options.data)
    _use({kind: _by_hand(kind) for kind in KINDS}, np.array([-9.0] + [0.0] * (len(gate.GATE_FEATURES) - 1)))
    report("by hand", held)
    for _ in range(2):
        chosen = {kind: fit_choice(choices) for kind, choices in all_choices(train).items()}
        _use(chosen, np.array(weights.GATE))
    report("fitted, no gate", held)
    _use(chosen, fit_gate(*gate_rows(train, plain[::2])))
    report("fitted", held)
    print_gate(held, plain[1::2])
    if options.write:
        write_weights(chosen, np.array(weights.GATE))


def _held_out(key: str) -> bool:
    return int(sha256(key.encode()).hexdigest(), 16) % 5 == 0


def _by_hand(kind: str) -> Floats:
    values = {**_BY_HAND_ALL, **BY_HAND[kind]}
    return np.array([values.get(name, 0.0) for name in FEATURES])


def _use(choice: Mapping[str, Floats], gate_weights: Floats) -> None:
    """Put weights in force in the package, so that earlier turns are resolved with them as they will be later."""
    weights.WEIGHTS.update({kind: tuple(values.tolist()) for kind, values in choice.items()})
    weights.GATE = tuple(gate_weights.tolist())


def read_dialogues(data: Path) -> dict[str, Dialogue]:
    """Return CANARD's training dialogues, shuffled by their names' hashes, their answers rebuilt from keywords."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(data / "followups" / "canard_train.jsonl.gz"):
        rows[row["dialogue"]].append(row)
    for turns in rows.values():
        turns.sort(key=lambda row: int(row["turn"]))
    case, pairs = _spellings(row["rewrite"] for turns in rows.values() for row in turns)
    order = sorted(rows, key=lambda key: sha256(key.encode()).hexdigest())
    return {
        key: Dialogue(
            topic=_topic(rows[key][0]),
            questions=tuple(row["question"] for row in rows[key]),
            rewrites=tuple(row["rewrite"] for row in rows[key]),
            answers=tuple(_answer(row, case, pairs) for row in rows[key]),
        )
        for key in order
    }


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _spellings(texts: Iterator[str]) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """How each word is mostly written, and which capitalised words follow one another."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    pairs = set()
    for text in texts:
        words = _WORD.findall(text)
        for left, right in pairwise(words):
            spelled[right.lower()][right] += 1
            if left[0].isupper() and right[0].isupper():
                pairs.add((left.lower(), right.lower()))
    return {word: counts.most_common(1)[0][0] for word, counts in spelled.items()}, pairs


def _topic(first: Mapping[str, Any]) -> str:
    asked = {token.lower for token in tokens(first["question"])}
    words = [token.text for token in tokens(first["rewrite"]) if not token.opens and token.text[0].isupper()]
    return " ".join(word for word in words if word.lower() not in asked)


def _answer(row: Mapping[str, Any], case: Mapping[str, str], pairs: set[tuple[str, str]]) -> str:
    """The answer's nouns: the keywords after those of the rewrite, in their usual spelling, names kept together."""
    keywords = row["answer_keywords"]
    rewrite = [token.lower for token in tokens(row["rewrite"])]
    place = first = 0
    while first < len(keywords) and keywords[first] in rewrite[place:]:
        place = rewrite.index(keywords[first], place) + 1
        first += 1
    text, before = "", ""
    for word in keywords[first:]:
        text += ("" if not text else " " if (before, word) in pairs else ", ") + case.get(word, word)
        before = word
    return text


def stand_alone_questions(data: Path) -> list[str]:
    """Return questions that were asked without any turn before them, of four kinds in turn."""
    squad = [
        r["question"] for r in islice(_rows(data / "reading" / "train_squad.jsonl.gz"), 0, 60_000, 50) if r["answers"]
    ]
    natural = [r["question"] for r in _rows(data / "reading" / "train.jsonl.gz") if r["source"] == "qed_nq"][:1000]
    yes_no = [r["question"] for r in islice(_rows(data / "reading" / "yesno.jsonl.gz"), 1000)]
    nouns = [m.text for question in natural + yes_no for m in mentions(question) if not m.name][::2]
    short = [_SHORT[i % len(_SHORT)].format(noun) for i, noun in enumerate(nouns)]
    return [question for four in zip(squad, natural, yes_no, short, strict=False) for question in four]


_SHORT = ("What is {}?", "Tell me about {}.", "What causes {}?", "Is there {} in Europe?", "How does {} work?")
"""Short questions that need nothing, of which the sets have few."""


def _histories(dialogue: Dialogue) -> list[Sequence[Past]]:
    """What stands before each question, resolved turn by turn as the program does."""
    past: list[Past] = []
    before: list[Sequence[Past]] = []
    offset = 1 if dialogue.topic else 0
    for turn in dialogue.turns(len(dialogue.questions)):
        before.append(recent(past))
        past.append(remember(turn, recent(past)))
    return before[offset:]


def all_choices(dialogues: Sequence[Dialogue]) -> dict[str, list[Choice]]:
    """Return what there is to choose from, by kind of pointer."""
    choices: dict[str, list[Choice]] = {kind: [] for kind in KINDS}
    for dialogue in dialogues:
        for past, question, rewrite in zip(_histories(dialogue), dialogue.questions, dialogue.rewrites, strict=True):
            if not past:
                continue
            nouns = {pointer.kind: pointer.noun for pointer in pointers(question)} or {"none": ""}
            for kind, noun in nouns.items():
                choice = _choice(past, question, rewrite, kind, noun)
                if choice is not None and choice.gains.any():
                    choices[kind].append(choice)
    return choices


def _choice(past: Sequence[Past], question: str, rewrite: str, kind: str, noun: str) -> Choice | None:
    said = frozenset(token.lower for token in tokens(question))
    wanted = frozenset(token.lower for token in tokens(rewrite))
    missing = content(rewrite) - content(question)
    found = entities(past)
    alone = only_name(found)
    rows, gains = [], []
    for entity in fitting(found, kind, said):
        rows.append(features(entity, kind, turns=len(past), noun=noun, question=said, alone=entity is alone))
        gains.append(float(len(entity.words & missing)) if entity.words <= wanted else 0.0)
    return Choice(np.array(rows, float), np.array(gains)) if rows else None


def fit_choice(choices: Sequence[Choice], *, ridge: float = 3.0) -> Floats:
    """Fit a softmax over each place's candidates, each right one weighed by the words it gains."""
    rows = np.concatenate([choice.rows for choice in choices])
    target = np.concatenate([choice.gains / choice.gains.sum() for choice in choices])
    starts = np.r_[0, np.cumsum([len(choice.rows) for choice in choices])[:-1]]
    place = np.repeat(np.arange(len(choices)), [len(choice.rows) for choice in choices])

    def shares(fitted: Floats) -> Floats:
        scores = rows @ fitted
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[place])
        return np.asarray(powers / np.add.reduceat(powers, starts)[place])

    def loss(fitted: Floats) -> float:
        return float(-target @ np.log(shares(fitted) + 1e-300) + ridge * fitted @ fitted / 2)

    def direction(fitted: Floats) -> Floats:
        share = shares(fitted)
        means = np.add.reduceat(rows * share[:, None], starts)
        curvature = (rows * share[:, None]).T @ rows - means.T @ means + ridge * np.eye(rows.shape[1])
        return np.asarray(np.linalg.solve(curvature, rows.T @ (share - target) + ridge * fitted))

    return _newton(np.zeros(rows.shape[1]), loss, direction)


def _newton(
    fitted: Floats, loss: Callable[[Floats], float], direction: Callable[[Floats], Floats], *, steps: int = 15
) -> Floats:
    """Newton's method, each step halved until it helps."""
    for _ in range(steps):
        step, size, before = direction(fitted), 1.0, loss(fitted)
        while size > 1e-3 and loss(fitted - size * step) > before:
            size /= 2
        if size <= 1e-3:
            break
        fitted = fitted - size * step
    return fitted


def gate_rows(dialogues: Sequence[Dialogue], plain: Sequence[str]) -> tuple[Floats, Floats]:
    """Return features and whether the question leans on what was said, of questions in which nothing points back."""
    rows: list[tuple[float, ...]] = []
    leaning: list[bool] = []
    other: Sequence[Past] = ()
    for index, dialogue in enumerate(dialogues):
        before = _histories(dialogue)
        for past, question, rewrite in zip(before, dialogue.questions, dialogue.rewrites, strict=True):
            if past and not pointers(question) and not gate.has_new_topic(question, past):
                rows.append(gate.gate_features(question, past))
                leaning.append(bool(content(rewrite) - content(question)))
            for turns in (past, other):
                if turns and not pointers(rewrite) and not gate.has_new_topic(rewrite, turns):
                    rows.append(gate.gate_features(rewrite, turns))
                    leaning.append(False)
        other = before[-1] or other
        for question in plain[4 * index : 4 * index + 4]:
            if other and not pointers(question) and not gate.has_new_topic(question, other):
                rows.append(gate.gate_features(question, other))
                leaning.append(False)
    return np.array(rows, float), np.array(leaning, float)


def fit_gate(rows: Floats, leaning: Floats, *, ridge: float = 1.0) -> Floats:
    """Fit a logistic regression."""

    def loss(fitted: Floats) -> float:
        scores = rows @ fitted
        return float(np.logaddexp(0, scores).sum() - leaning @ scores + ridge * fitted @ fitted / 2)

    def direction(fitted: Floats) -> Floats:
        chance = 1 / (1 + np.exp(-rows @ fitted))
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows + ridge * np.eye(rows.shape[1])
        return np.asarray(np.linalg.solve(curvature, rows.T @ (chance - leaning) + ridge * fitted))

    return _newton(np.zeros(rows.shape[1]), loss, direction)


def report(name: str, held: Sequence[Dialogue]) -> None:
    """Print what the weights in force make of the held-out dialogues."""
    examples = [
        Example(dialogue.questions[i], tuple(dialogue.turns(i)), dialogue.rewrites[i])
        for dialogue in held
        for i in range(1, len(dialogue.questions))
    ]
    texts = [standalone(example.question, example.turns) for example in examples]
    print(name, len(examples), count_words(examples, texts))
    own, other = measure_unchanged(examples)
    print(f"  rewrites unchanged: in place {own:.4f}, elsewhere {other:.4f}")


def print_gate(held: Sequence[Dialogue], plain: Sequence[str]) -> None:
    """Print how many held-out questions each threshold would change."""
    for name, keep in _groups(held, plain).items():
        scores = np.array([row @ np.array(weights.GATE) if row is not None else -np.inf for row in keep])
        print(f"  {name:28}", {at: round(float((scores > at).mean()), 4) for at in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)})


def _groups(held: Sequence[Dialogue], plain: Sequence[str]) -> dict[str, list[Floats | None]]:
    """Gate features of held-out questions; None where the gate lets a new topic pass without asking its weights."""
    groups: dict[str, list[Floats | None]] = {"leaning": [], "not leaning": [], "stand-alone, elsewhere": []}
    questions = iter(plain)
    for dialogue in held:
        for past, question, rewrite in zip(_histories(dialogue), dialogue.questions, dialogue.rewrites, strict=True):
            lacking = bool(content(rewrite) - content(question))
            named = (
                ("leaning" if lacking else "not leaning", question),
                ("stand-alone, elsewhere", next(questions, "")),
            )
            for group, text in named:
                if past and text and not pointers(text):
                    new = gate.has_new_topic(text, past)
                    groups[group].append(None if new else np.array(gate.gate_features(text, past), float))
    return groups


def write_weights(choice: Mapping[str, Floats], gate_weights: Floats) -> None:
    """Write the module of weights, rounded to two places."""

    def row(values: Floats) -> str:
        return (
            "(\n"
            + fill(
                ", ".join(f"{value:.2f}" for value in values), 110, initial_indent=" " * 8, subsequent_indent=" " * 8
            )
            + ",\n    )"
        )

    lines = [
        '"""The fitted weights of ``choose`` and ``gate``, written by ``python -m training.conversation --write``."""',
        "",
        "# fmt: off",
        "WEIGHTS: dict[str, tuple[float, ...]] = {",
        *(f'    "{kind}": {row(values)},' for kind, values in choice.items()),
        "}",
        '"""By kind of pointer, in the order of ``choose.FEATURES``."""',
        "",
        f"GATE: tuple[float, ...] = {row(gate_weights)}",
        '"""In the order of ``gate.GATE_FEATURES``."""',
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
