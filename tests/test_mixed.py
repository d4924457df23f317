"""End to end, with the shipped models: a folder of many kinds of document, and what people ask of it.

A lease, minutes, a manual, a study, an interview, a report, a shop's answers and a judgment were written for this test,
each with nine questions that it answers, mostly in other words than its own, and three that none of them answers.
Nothing was fitted to them; that headings were quoted for answers was found with them.

Eleven more, of as many formats (a workbook, slides, an agreement with changes, a mail and its attachment, a book, a
notebook, a manual, a letter, a talk, records, and a scan where text recognition is installed) have three each that they
answer, and one that they do not. That another row of a table was quoted was found with them, and mended. A German and a
French one have four each, asked in their language, and one that they do not answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import rag
from rag.answering.calibration import calibration_for
from rag.documents.pages import recognition
from rag.types import Answer

MIXED = Path(__file__).parent / "mixed"
FEWEST_RIGHT, FEWEST_ANSWERED, MOST_ANSWERED_WRONGLY = 62, 57, 3


@dataclass
class Counted:
    """What became of the questions."""

    right: int = 0
    answered: int = 0
    wrongly: int = 0
    """Answered though none of the documents does."""


def count(documents: Path, questions: Path, index: Path, *, leave_out: str = "-") -> Counted:
    """Ask all questions but those whose documents end in ``leave_out``."""
    library = rag.build_library(rag.Settings(seeds=documents, index=index, threshold=0.0))
    threshold = calibration_for(readers="both", index=True).threshold
    counted = Counted()
    for line in questions.read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        if (asked["document"] or "").endswith(leave_out):
            continue
        reply = library.ask(asked["question"])
        assert isinstance(reply, Answer)
        lead = reply.quotes[0]
        holds = asked["document"] == lead.document.id and asked["answer"] in lead.exact
        counted.right += holds
        counted.answered += holds and reply.confidence >= threshold
        counted.wrongly += asked["answer"] is None and reply.confidence >= threshold
    return counted


def test_what_people_ask_of_many_kinds_of_document(tmp_path: Path) -> None:
    counted = count(MIXED / "documents", MIXED / "questions.jsonl", tmp_path)
    assert counted.right >= FEWEST_RIGHT
    assert counted.answered >= FEWEST_ANSWERED
    assert counted.wrongly <= MOST_ANSWERED_WRONGLY


def test_what_people_ask_of_many_formats(tmp_path: Path) -> None:
    scans = recognition.is_available()
    counted = count(MIXED / "formats", MIXED / "formats.jsonl", tmp_path, leave_out="-" if scans else ".jpg")
    assert counted.right >= (39 if scans else 36)
    assert counted.answered >= (37 if scans else 34)
    assert counted.wrongly == 0
