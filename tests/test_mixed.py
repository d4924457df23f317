"""End to end, with the shipped models: a folder of many kinds of document, and what people ask of it.

A lease, minutes, a manual, a study, an interview, a report, a shop's answers and a judgment were written for this test,
each with nine questions that it answers, mostly in other words than its own, and three that none of them answers.
Nothing was fitted to them; that headings were quoted for answers was found with them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rag
from rag.answering.calibration import calibration_for
from rag.types import Answer

MIXED = Path(__file__).parent / "mixed"
FEWEST_RIGHT, FEWEST_ANSWERED, MOST_ANSWERED_WRONGLY = 62, 57, 3


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> rag.Library:
    index = tmp_path_factory.mktemp("mixed")
    return rag.build_library(rag.Settings(seeds=MIXED / "documents", index=index, threshold=0.0))


def test_what_people_ask_of_many_kinds_of_document(mixed: rag.Library) -> None:
    threshold = calibration_for(readers="both", index=True).threshold
    right, answered, wrongly = 0, 0, 0
    for line in (MIXED / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        reply = mixed.ask(asked["question"])
        assert isinstance(reply, Answer)
        lead = reply.quotes[0]
        holds = asked["document"] == lead.document.id and asked["answer"] in lead.exact
        right += holds
        answered += holds and reply.confidence >= threshold
        wrongly += asked["answer"] is None and reply.confidence >= threshold
    assert right >= FEWEST_RIGHT
    assert answered >= FEWEST_ANSWERED
    assert wrongly <= MOST_ANSWERED_WRONGLY
