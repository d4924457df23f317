from __future__ import annotations

import json

import pytest

from rag.errors import ReplyError
from rag.interfaces.serialization import error_to_json, from_json, to_json, turns_from_json
from rag.types import Answer, Quote, Refusal, Source, Turn

QUOTE = Quote(
    document=Source("news/ä.txt", "Title", "news/ä.txt", "ab" * 32),
    start=10,
    end=17,
    exact="He 😀 so",
    prefix="before ",
    suffix=" after",
    highlights=((13, 14),),
    page=None,
    line=2,
    section="",
    score=0.5,
)


def test_an_answer_in_json() -> None:
    value = to_json(Answer("Q?", "Q alone?", (QUOTE,), 0.93, {"total": 49.04}), "7")
    assert value == {
        "id": "7",
        "question": "Q?",
        "standalone_question": "Q alone?",
        "status": "answered",
        "confidence": 0.93,
        "answer": None,
        "quotes": [
            {
                "exact": "He 😀 so",
                "prefix": "before ",
                "suffix": " after",
                "start": 10,
                "end": 17,
                "highlights": [[13, 14]],
                "page": None,
                "line": 2,
                "section": "",
                "score": 0.5,
                "document": {"id": "news/ä.txt", "title": "Title", "path": "news/ä.txt", "sha256": "ab" * 32},
            }
        ],
        "nearest": [],
        "reason": None,
        "timings_ms": {"total": 49.0},
    }


@pytest.mark.parametrize(
    "reply",
    [
        Answer("Q?", "Q?", (QUOTE, QUOTE), 0.75, {"total": 1.0}),
        Refusal("Q?", "Q?", "Nothing.", (QUOTE,), 0.25, {"total": 1.0}),
    ],
)
def test_a_reply_comes_back_from_its_json(reply: Answer | Refusal) -> None:
    assert from_json(json.loads(json.dumps(to_json(reply)))) == reply


def test_fields_that_nobody_knows_are_ignored() -> None:
    value = to_json(Answer("Q?", "Q?", (QUOTE,), 0.5)) | {"colour": "red"}
    value["quotes"][0]["colour"] = "red"
    assert from_json(value) == Answer("Q?", "Q?", (QUOTE,), 0.5)


@pytest.mark.parametrize(
    "value", [{}, {"status": "x", "question": "", "confidence": 0}, {"status": "answered"}, {"question": 1}]
)
def test_what_is_no_reply_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(ReplyError):
        from_json(value)


def test_errors_and_turns() -> None:
    assert error_to_json("No.", "1", "Q") == {
        "id": "1", "question": "Q", "status": "error", "error": "No.", "quotes": [], "nearest": [],
    }  # fmt: skip
    assert turns_from_json([{"question": "A?", "answer": "B."}, {"question": "C?"}]) == (
        Turn("A?", "B."),
        Turn("C?", ""),
    )
    assert turns_from_json(None) == ()
    for wrong in (5, [5], [{"answer": "x"}], "text"):
        with pytest.raises(ReplyError, match="turns"):
            turns_from_json(wrong)
