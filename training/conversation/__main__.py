"""Fits the weights with which a follow-up is made to stand on its own, and writes ``rag/conversation/weights.py``.

    python -m training.conversation [--data ../shared/data] [--dialogues 900] [--write]

Learns from CANARD's training set (CC BY-SA 4.0) and, as questions that stand on their own, SQuAD (CC BY-SA 4.0),
Natural Questions as QED has them and BoolQ (CC BY-SA 3.0). A fifth of CANARD's dialogues is held out; every figure
printed is of those. CANARD dev and CAsT are never read. About a minute of processor time.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np

from benchmarks.quality.followups import Example, content, count_words, measure_unchanged
from rag.conversation import gate, standalone, weights
from rag.conversation.choose import FEATURES, features, fitting, only_name
from rag.conversation.history import Past, entities
from rag.conversation.pointers import pointers
from rag.conversation.tokenise import tokens
from training.conversation.dialogues import Dialogue, histories, is_held_out, read_dialogues, stand_alone_questions
from training.conversation.fit import Choice, Floats, fit_choice, fit_gate

KINDS = ("he", "she", "it", "they", "there", "this", "none")
TARGET = Path(weights.__file__)

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


def main() -> None:
    """Fit, print the figures of the held-out dialogues, and with ``--write`` keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--dialogues", type=int, default=900, help="of CANARD's training set, at most")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    dialogues = read_dialogues(options.data)
    train = [d for key, d in dialogues.items() if not is_held_out(key)][: options.dialogues]
    held = [d for key, d in dialogues.items() if is_held_out(key)][: options.dialogues // 4]
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


def _by_hand(kind: str) -> Floats:
    values = {**_BY_HAND_ALL, **BY_HAND[kind]}
    return np.array([values.get(name, 0.0) for name in FEATURES])


def _use(choice: Mapping[str, Floats], gate_weights: Floats) -> None:
    """Put weights in force in the package, so that earlier turns are resolved with them as they will be later."""
    weights.WEIGHTS.update({kind: tuple(values.tolist()) for kind, values in choice.items()})
    weights.GATE = tuple(gate_weights.tolist())


def all_choices(dialogues: Sequence[Dialogue]) -> dict[str, list[Choice]]:
    """Return what there is to choose from, by kind of pointer."""
    choices: dict[str, list[Choice]] = {kind: [] for kind in KINDS}
    for dialogue in dialogues:
        for past, question, rewrite in zip(histories(dialogue), dialogue.questions, dialogue.rewrites, strict=True):
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


def gate_rows(dialogues: Sequence[Dialogue], plain: Sequence[str]) -> tuple[Floats, Floats]:
    """Return features and whether the question leans on what was said, of questions in which nothing points back."""
    rows: list[tuple[float, ...]] = []
    leaning: list[bool] = []
    other: Sequence[Past] = ()
    for index, dialogue in enumerate(dialogues):
        before = histories(dialogue)
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
        for past, question, rewrite in zip(histories(dialogue), dialogue.questions, dialogue.rewrites, strict=True):
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
