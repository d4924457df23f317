"""CANARD's training dialogues, their answers rebuilt from keywords, and questions that stand on their own."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from rag.conversation.history import Past
from rag.conversation.mentions import mentions
from rag.conversation.rewrite import recent, remember
from rag.conversation.tokenise import tokens
from rag.types import Turn

_WORD = re.compile(r"\w+(?:[-.&]\w+)*")


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


def is_held_out(key: str) -> bool:
    """Return whether the dialogue of this name is kept for measuring: one in five."""
    return int(sha256(key.encode()).hexdigest(), 16) % 5 == 0


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


def histories(dialogue: Dialogue) -> list[Sequence[Past]]:
    """What stands before each question, resolved turn by turn as the program does."""
    past: list[Past] = []
    before: list[Sequence[Past]] = []
    offset = 1 if dialogue.topic else 0
    for turn in dialogue.turns(len(dialogue.questions)):
        before.append(recent(past))
        past.append(remember(turn, recent(past)))
    return before[offset:]
