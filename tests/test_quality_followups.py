"""Counting recovered and invented words on a handful of made conversations."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality.data import is_held_out
from benchmarks.quality.followups import Example, Followup, content, count_words, evaluate, followups, load
from rag.errors import SettingsError
from rag.library import Models
from rag.quality.report import Run
from rag.settings import Settings
from rag.types import Turn

CANARD = [
    {
        "History": ["Ada Lovelace", "Notes", "What did she write?"],
        "Question": "When?",
        "Rewrite": "When did Ada Lovelace write Notes?",
    },
]
CAST = [
    {"dialogue": "1", "question": "What is osmosis?", "rewrite": "What is osmosis?", "answer": "Water moves."},
    {"dialogue": "1", "question": "Why is it slow?", "rewrite": "Why is osmosis slow?"},
    {"dialogue": "2", "question": "Who is Ada Lovelace?", "rewrite": "Who is Ada Lovelace?"},
]


def test_words_that_count() -> None:
    assert content("What did Zelensky’s spokesman announce about the U.S. and Київ?") == {
        "zelensky", "spokesman", "announce", "u.s.", "київ",
    }  # fmt: skip


def test_recall_and_precision_count_words_over_all_questions() -> None:
    examples = [
        Example("What did he say?", (), "What did Andriy Sybiha say?"),
        Example("Why?", (), "Why did Kyiv surrender?"),
        Example("Where is Kyiv?", (), "Where is Kyiv?"),
    ]
    found = count_words(examples, ["What did Sybiha say?", "Why war?", "Where is Kyiv (Lviv)?"])
    assert (found.recall, found.precision, found.unneeded) == (1 / 4, 1 / 3, 1.0)
    assert count_words(examples, [example.rewrite for example in examples]).f1 == 1.0


def test_the_sets_are_read_as_conversations() -> None:
    (example,) = load(CANARD)
    assert example.turns == (Turn("Ada Lovelace", "Notes"), Turn("What did she write?", ""))
    assert [item.turns for item in load(CAST)] == [(), (Turn("What is osmosis?", "Water moves."),), ()]


def test_a_follow_up_knows_what_was_answered_before_it_and_its_passage_is_held_out() -> None:
    held, trained = (
        next(text for text in map(str, range(1_000)) if is_held_out(text) is kind) for kind in (True, False)
    )
    found = [
        {"context": text, "question": question, "history": history, "answers": answers}
        for text in (held, trained)
        for question, history, answers in (("A?", [], [{"text": "a"}]), ("B?", ["A?"], []))
    ]
    assert followups(found) == (Followup("B?", (Turn("A?", "a"),), held, ()),)


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    settings = Settings()
    with pytest.raises(SettingsError, match=r"canard_dev\.jsonl\.gz is not there"):
        evaluate(Run(tmp_path, settings, Models(settings)))
