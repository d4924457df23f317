from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from rag.errors import ReplyError
from rag.interfaces.serialization import (
    dumps,
    error_to_json,
    id_of,
    item_of,
    question_of,
    reply_from_json,
    scope_typed,
    texts_of,
    to_json,
    turns_from_json,
    typed_scope,
    verdicts_from_json,
    verdicts_to_json,
)
from rag.scope import Scope
from rag.types import Answer, Difference, Quote, Refusal, Reply, Source, Turn, Verdict
from rag.written import Sentence

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
        "kind": None,
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
                "page_label": None,
                "recognised": None,
                "line": 2,
                "section": "",
                "score": 0.5,
                "document": {
                    "id": "news/ä.txt",
                    "title": "Title",
                    "path": "news/ä.txt",
                    "sha256": "ab" * 32,
                    "reading": "",
                },
            }
        ],
        "groups": [
            {
                "says": "😀",
                "quotes": [0],
                "documents": [
                    {
                        "id": "news/ä.txt",
                        "title": "Title",
                        "path": "news/ä.txt",
                        "sha256": "ab" * 32,
                        "reading": "",
                        "date": None,
                    }
                ],
            }
        ],
        "nearest": [],
        "reason": None,
        "scope": None,
        "notices": [],
        "written": [],
        "timings_ms": {"total": 49.0},
    }


@pytest.mark.parametrize(
    ("typed", "scope", "question"),
    [
        ("Who came in: 1990?", Scope(), "Who came in: 1990?"),
        ("in: who came?", Scope(), "in: who came?"),
        ("in:news/ Who came?", Scope(("news/",)), "Who came?"),
        (' in:"my mail/" in:b.pdf type:pdf\nWho?', Scope(("my mail/", "b.pdf"), ("pdf",)), "Who?"),
        ("since:2023 until:2024-03 since:2024 Who?", Scope((), (), "2024", "2024-03"), "Who?"),
        ("in:news/", Scope(("news/",)), ""),
    ],
)
def test_a_scope_is_typed_before_the_question(typed: str, scope: Scope, question: str) -> None:
    assert typed_scope(typed) == (scope, question)
    assert typed_scope(scope_typed(scope) + question) == (scope, question)


def test_a_refusal_in_json_says_its_kind() -> None:
    value = to_json(Refusal("Q?", "Q?", "Nothing.", (QUOTE,), 0.25, {}, "possible"), 7)
    assert (value["id"], value["status"], value["kind"], value["reason"]) == (7, "refused", "possible", "Nothing.")
    assert (value["quotes"], len(value["nearest"]), value["answer"]) == ([], 1, None)


def test_a_verdict_in_json() -> None:
    altered = Verdict("so", "altered", QUOTE.document, 3, 5, None, (Difference("exact", "so", "no", ("negation",)),))
    missing = Verdict("so", "missing", reason="gone")
    assert verdicts_to_json((altered, missing)) == {
        "verdicts": [
            {
                "verdict": "altered",
                "exact": "so",
                "document": {
                    "id": "news/ä.txt",
                    "title": "Title",
                    "path": "news/ä.txt",
                    "sha256": "ab" * 32,
                    "reading": "",
                },
                "start": 3,
                "end": 5,
                "page": None,
                "differences": [{"field": "exact", "said": "so", "stands": "no", "changes": ["negation"]}],
                "reason": None,
                "text_start": None,
                "text_end": None,
            },
            {
                "verdict": "missing",
                "exact": "so",
                "document": None,
                "start": None,
                "end": None,
                "page": None,
                "differences": [],
                "reason": "gone",
                "text_start": None,
                "text_end": None,
            },
        ]
    }


def test_errors_and_surrogates() -> None:
    assert error_to_json("No.", "1", "Q") == {
        "id": "1", "question": "Q", "status": "error", "error": "No.", "quotes": [], "nearest": [],
    }  # fmt: skip
    assert json.loads(dumps({"a": "é \ud800"})) == {"a": "é \ud800"}
    lines = "a\nb\r\x0b\x0c\x1c\x85\u2028\u2029"
    assert len(dumps(lines).splitlines()) == 1
    assert json.loads(dumps(lines)) == lines


def test_a_line_of_a_batch() -> None:
    turns = [{"question": "B?", "answer": None}, {"question": "C?"}]
    item = item_of(json.dumps({"id": 1.5, "question": "A?", "turns": turns}), 1)
    assert (id_of(item), question_of(item)) == (1.5, "A?")
    assert turns_from_json(item["turns"]) == (Turn("B?", ""), Turn("C?", ""))
    assert turns_from_json(None) == ()
    passages = [{"name": "a", "text": "1"}, {"name": "a", "text": "2"}, {"name": "a (2)", "text": "3"}]
    assert texts_of({"passages": passages}) == {"a": "1", "a (2)": "2", "a (2) (3)": "3"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "Line 3 is not JSON"),
        ("[" * 200_000, "Line 3 is not JSON"),
        ('{"id": ' + "9" * 5_000 + "}", "Line 3 is not JSON"),
        ("[1]", "Line 3 is not a JSON object."),
        ('{"id": [1]}', 'The "id" must be text or a number.'),
        ('{"id": 1e999}', 'The "id" must be text or a number.'),
        ('{"question": 5}', 'The line has no "question" that is text.'),
        ('{"question": "Q", "turns": 5}', '"turns" must be a list'),
        ('{"question": "Q", "turns": [5]}', '"turns" must be a list'),
        ('{"question": "Q", "turns": {"question": "x"}}', '"turns" must be a list'),
        ('{"question": "Q", "turns": [{"answer": "x"}]}', '"turns" must be a list'),
        ('{"question": "Q", "turns": [{"question": {}}]}', '"turns" must be a list'),
        ('{"question": "Q"}', '"passages" must be a list'),
        ('{"question": "Q", "passages": "none"}', '"passages" must be a list'),
        ('{"question": "Q", "passages": [{"name": [], "text": "x"}]}', '"passages" must be a list'),
        ('{"question": "Q", "passages": [{"name": "a", "text": 5}]}', '"passages" must be a list'),
    ],
)
def test_a_line_that_cannot_be_used_is_refused(line: str, message: str) -> None:
    def use() -> object:
        item = item_of(line, 3)
        return id_of(item), question_of(item), turns_from_json(item.get("turns")), texts_of(item)

    with pytest.raises(ReplyError, match=re.escape(message)):
        use()


FULL = {"scope": Scope(("news/",), ("pdf",), "2024", ""), "notices": ("English only.",), "timings_ms": {"total": 49.0}}


@pytest.mark.parametrize(
    "reply",
    [
        Answer("Q?", "Q alone?", (QUOTE, replace(QUOTE, page=3, page_label="iii", section="§ 2")), 0.93),
        Answer("Q?", "Q?", (QUOTE,), 0.93, text="Written.", **FULL),  # type: ignore[arg-type]
        Refusal("Q?", "Q?", "This may be one.", (QUOTE,), 0.4, kind="possible", **FULL),  # type: ignore[arg-type]
        Refusal("Q?", "Q?", "Not a question.", (), 0.0, kind="other"),
    ],
)
def test_a_reply_comes_back_from_its_json(reply: Reply) -> None:
    assert reply_from_json(json.loads(dumps(to_json(reply)))) == reply


@pytest.mark.parametrize("value", [{}, {"question": "Q?"}, {**to_json(Answer("Q?", "Q?", (), 0.9)), "quotes": [{}]}])
def test_what_is_no_reply_does_not_come_back(value: dict[str, object]) -> None:
    with pytest.raises(ReplyError, match="not a reply of this program"):
        reply_from_json(value)


def test_verdicts_come_back_from_their_json() -> None:
    verdicts = (
        Verdict("x", "altered", QUOTE.document, 3, 9, 2, (Difference("exact", "x", "y"),), text=(0, 4)),
        Verdict("x", "missing", reason="gone"),
    )
    assert verdicts_from_json(json.loads(dumps(verdicts_to_json(verdicts)))) == verdicts


def test_a_written_text_comes_back_sentence_by_sentence() -> None:
    sentences = (Sentence("So.", (1,), unsupported=("9",)), Sentence("No.", struck="it points to no quote"))
    reply = Answer("Q?", "Q?", (QUOTE,), 0.5, text="So.", written=sentences)
    value = to_json(reply)
    assert value["written"][1] == {"text": "No.", "quotes": (), "struck": "it points to no quote", "unsupported": ()}
    assert reply_from_json(json.loads(dumps(value))) == reply
