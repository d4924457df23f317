"""Counting recovered and invented words, and the unchanged, on a handful of made conversations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.followups import (
    FILES,
    Example,
    content,
    count_words,
    load,
    measure,
    measure_unchanged,
)
from rag.errors import SettingsError
from rag.types import Turn

CANARD = [
    {
        "History": ["Ada Lovelace", "Notes"],
        "Question": "What did she write?",
        "Rewrite": "What did Ada Lovelace write?",
    },
    {
        "History": ["Ada Lovelace", "Notes", "What did she write?", "Notes on an engine"],
        "Question": "When?",
        "Rewrite": "When did Ada Lovelace write Notes?",
    },
]
CAST = [
    {
        "dialogue": "1",
        "question": "What is osmosis?",
        "rewrite": "What is osmosis?",
        "answer": "Water crosses membranes.",
    },
    {
        "dialogue": "1",
        "question": "Why is it slow?",
        "rewrite": "Why is osmosis slow?",
        "answer": "In osmosis, size counts.",
    },
    {
        "dialogue": "2",
        "question": "Who is Ada Lovelace?",
        "rewrite": "Who is Ada Lovelace?",
        "answer": "A mathematician.",
    },
]


def write(data: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    (data / "followups").mkdir(exist_ok=True)
    with gzip.open(data / "followups" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_words_that_count() -> None:
    assert content("What did Zelensky’s spokesman say about the U.S. and Київ?") == {
        "zelensky", "spokesman", "say", "u.s.", "київ",
    }  # fmt: skip


def test_recall_and_precision_count_words_over_all_questions() -> None:
    examples = [
        Example("What did he say?", (), "What did Andriy Sybiha say?"),
        Example("Why?", (), "Why did Kyiv agree?"),
        Example("Where is Kyiv?", (), "Where is Kyiv?"),
    ]
    found = count_words(examples, ["What did Sybiha say?", "Why war?", "Where is Kyiv?"])
    assert (found.recall, found.precision, found.f1) == (1 / 4, 1 / 2, 1 / 3)
    assert (found.changed, found.unneeded) == (2 / 3, 0.0)
    assert count_words(examples, [example.rewrite for example in examples]).f1 == 1.0
    raw = count_words(examples, [example.question for example in examples])
    assert (raw.recall, raw.precision, raw.changed) == (0.0, 1.0, 0.0)


def test_an_addition_that_nobody_needed_is_counted() -> None:
    found = count_words([Example("Where is Kyiv?", (), "Where is Kyiv?")], ["Where is Kyiv (Lviv)?"])
    assert (found.precision, found.unneeded) == (0.0, 1.0)


def test_the_sets_are_read_as_conversations(tmp_path: Path) -> None:
    write(tmp_path, "canard_dev", CANARD)
    write(tmp_path, "cast2021", CAST)
    first, second = load(tmp_path, "canard_dev")
    assert first.turns == (Turn("Ada Lovelace", "Notes"),)
    assert second.turns == (Turn("Ada Lovelace", "Notes"), Turn("What did she write?", "Notes on an engine"))
    cast = load(tmp_path, "cast2021")
    assert [len(example.turns) for example in cast] == [0, 1, 0]
    assert cast[1].turns == (Turn("What is osmosis?", "Water crosses membranes."),)
    assert cast[1].passage == "In osmosis, size counts."


def test_a_set_is_measured_by_words_and_by_search(tmp_path: Path) -> None:
    write(tmp_path, "cast2021", CAST)
    result = measure("cast2021", load(tmp_path, "cast2021"))
    assert (result.questions, result.needing) == (3, 1)
    assert set(result.words) == set(result.retrieval) == {"raw", "history", "ours", "human"}
    assert (result.words["raw"].recall, result.words["ours"].recall, result.words["ours"].precision) == (0.0, 1.0, 1.0)
    assert (result.unchanged_in_place, result.unchanged_elsewhere) == (1.0, 1.0)
    assert result.retrieval["raw"].top5 == 0.0
    assert (result.retrieval["ours"].first, result.retrieval["human"].first) == (1 / 3, 1 / 3)
    assert result.milliseconds > 0


def test_a_rewrite_that_is_changed_is_noticed() -> None:
    turns = (Turn("Who is Ada Lovelace?", "A mathematician."),)
    examples = [Example("And she?", turns, "What did she write?"), Example("Who?", (), "Who is Alan Turing?")]
    assert measure_unchanged(examples) == (0.5, 1.0)


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"canard_dev\.jsonl\.gz is not there"):
        load(tmp_path, "canard_dev")


def test_three_sets_are_measured(tmp_path: Path) -> None:
    for name in FILES:
        write(tmp_path, name, CANARD if name == "canard_dev" else CAST)
    results = [measure(name, load(tmp_path, name)) for name in FILES]
    assert [result.name for result in results] == ["canard_dev", "cast2019", "cast2021"]
    assert results[0].retrieval == {}
