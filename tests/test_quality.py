"""Measures against values by hand, and each evaluation on a set of a few lines, with stand-ins for the models."""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes import FakeEncoder

from benchmarks.quality import (
    abstracts,
    calibrate,
    clapnq,
    data,
    excerpts,
    field,
    held_out,
    open_retrieval,
    samples,
    squad2,
)
from benchmarks.quality.scoring import Overlap, answer_f1, exact_match, overlap
from benchmarks.quality.sets import evaluate
from rag.answering.calibration import FEATURES, Calibration
from rag.errors import RagError, SettingsError
from rag.interfaces.cli import main
from rag.library import Models, build_library
from rag.quality import own
from rag.quality.metrics import (
    Cut,
    Judged,
    at_threshold,
    auc,
    best_threshold,
    calibration_error,
    holds,
    percentile,
    reliability,
    risk_coverage,
)
from rag.quality.report import Figure, Report, Run, table, to_json
from rag.settings import Settings
from rag.types import ReaderInput, Reading

_WORD = re.compile(r"\w+")
_COMMON = {"who", "what", "where", "is", "the", "of", "in", "was", "did", "a", "does"}


class WordReader:
    """Finds the sentence with the most words of the question, and in it the last word that the question lacks."""

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        return tuple(self._one(set(_WORD.findall(question.lower())) - _COMMON, item) for item in passages)

    def _one(self, asked: set[str], item: ReaderInput) -> Reading:
        shared = [len(asked & set(_WORD.findall(item.text[a:b].lower()))) for a, b in item.sentences]
        scores = [20.0 * count / max(1, len(asked)) - 10.0 for count in shared]
        best = max(range(len(scores)), key=lambda i: scores[i])
        start, end = item.sentences[best]
        new = [word for word in _WORD.finditer(item.text, start, end) if word[0].lower() not in asked]
        a, b = new[-1].span() if new else (start, end)
        others = (score if i == best else score - 10.0 for i, score in enumerate(scores))
        return Reading(a, b, scores[best], scores[best], tuple(others))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = Settings(seeds=tmp_path / "seeds", index=tmp_path / "index", threshold=0.15)
    return Run(tmp_path / "data", settings, Models(settings, encoder=FakeEncoder(), reader=WordReader()))


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def squad_row(title: str, question: str, context: str, answer: str = "") -> dict[str, Any]:
    answers = [{"start": context.index(answer), "text": answer}] if answer else []
    return {"id": "1", "source": "s", "title": title, "question": question, "context": context, "answers": answers}


def figures(report: Report) -> dict[str, float]:
    return {figure.name: figure.value for figure in report.figures}


HARBOUR = "The harbour of Lisbon was built by Ann. Rain fell on the quay."
BREAD = "The bread of Porto was baked by Bob. Ovens are hot \U0001f525."
SQUAD = [
    squad_row("Lisbon_port", "Who built the harbour of Lisbon?", HARBOUR, "Ann"),
    squad_row("Lisbon_port", "Where did rain fall?", HARBOUR, "the quay"),
    squad_row("Lisbon_port", "What colour has ivory paint?", HARBOUR),
    squad_row("Porto", "Who baked the bread of Porto?", BREAD, "by Bob"),
]


# Measures


@pytest.mark.parametrize(
    ("predicted", "golds", "match", "f1"),
    [
        ("The Eiffel Tower!", ["eiffel tower"], 1.0, 1.0),
        ("Eiffel", ["the Eiffel Tower", "tower"], 0.0, 2 / 3),
        ("", [], 1.0, 1.0),
        ("Paris", [], 0.0, 0.0),
        ("", ["Paris"], 0.0, 0.0),
        ("東京 都", ["東京 都"], 1.0, 1.0),
        ("to be or to be", ["to be"], 0.0, 4 / 7),
    ],
)
def test_answers_are_compared_as_squad_does(predicted: str, golds: list[str], match: float, f1: float) -> None:
    assert exact_match(predicted, golds) == match
    assert answer_f1(predicted, golds) == pytest.approx(f1)


def test_a_quote_holds_an_answer_where_its_words_stand_together() -> None:
    assert holds("He lived in New York City, then.", ["new york city"])
    assert not holds("York is new to the city.", ["New York City"])
    assert not holds("Anna left.", ["Ann"])
    assert not holds("Anything.", [])
    assert holds("東京の港は地震で壊れた。", ["地震"])


def test_auc_is_the_share_of_pairs_in_order() -> None:
    assert auc([0.9, 0.8, 0.3, 0.1], [True, False, True, False]) == 0.75
    assert auc([0.5, 0.5], [True, False]) == 0.5
    assert math.isnan(auc([0.5], [True]))
    draw = random.Random(3)
    scores = [draw.choice((0.1, 0.2, 0.3, 0.4)) for _ in range(60)]
    labels = [draw.random() < 0.4 for _ in scores]
    pairs = [
        (a > b) + 0.5 * (a == b)
        for a, x in zip(scores, labels, strict=True)
        if x
        for b, y in zip(scores, labels, strict=True)
        if not y
    ]
    assert auc(scores, labels) == pytest.approx(sum(pairs) / len(pairs))


JUDGED = (
    Judged(0.95, True, True),
    Judged(0.85, True, True),
    Judged(0.82, True, False),
    Judged(0.30, False, False),
    Judged(0.10, True, True),
)


def test_reliability_groups_by_confidence() -> None:
    assert reliability(JUDGED, bins=2) == [(pytest.approx(0.2), 0.5, 2), (pytest.approx(0.8733333), 2 / 3, 3)]
    assert calibration_error(JUDGED) == pytest.approx((0.05 + 2 * 0.335 + 0.3 + 0.9) / 5)


def test_risk_and_coverage_go_from_the_surest_on() -> None:
    assert [(cut, cover) for cut, cover, _ in risk_coverage(JUDGED)] == [
        (0.95, 0.2), (0.85, 0.4), (0.82, 0.6), (0.30, 0.8), (0.10, 1.0)
    ]  # fmt: skip
    assert [round(risk, 4) for *_, risk in risk_coverage(JUDGED)] == [0.0, 0.0, 0.3333, 0.5, 0.4]


def test_the_best_threshold_is_that_of_its_naive_twin() -> None:
    def worth(judged: list[Judged], threshold: float) -> float:
        answered = [1 if item.right else -1 for item in judged if item.confidence >= threshold]
        return sum(answered) + sum(not item.answerable for item in judged if item.confidence < threshold)

    draw = random.Random(5)
    for size in (1, 2, 7, 40):
        judged = [Judged(round(draw.random(), 1), draw.random() < 0.6, draw.random() < 0.5) for _ in range(size)]
        cuts = [i / 100 for i in range(-1, 103)]
        assert worth(judged, best_threshold(judged)) == max(worth(judged, cut) for cut in cuts)


def test_a_threshold_lies_in_the_middle_of_the_widest_gap() -> None:
    assert best_threshold([Judged(0.9, True, True), Judged(0.3, False, False)]) == pytest.approx(0.6)


def test_a_threshold_is_worth_what_it_answers_gets_right_and_refuses() -> None:
    assert at_threshold(JUDGED, 0.3) == Cut(0.3, 4 / 5, 2 / 4, 0.0)
    assert at_threshold(JUDGED, 0.31) == Cut(0.31, 3 / 5, 2 / 3, 1.0)
    nothing = at_threshold(JUDGED[:1], 0.96)
    assert nothing.answered == 0
    assert math.isnan(nothing.right)
    assert math.isnan(nothing.refused)


def test_overlap_counts_each_character_once() -> None:
    quotes, references = [("a", 0, 10), ("a", 5, 12), ("b", 0, 8)], [("a", 8, 20), ("a", 10, 16)]
    assert overlap(quotes, references) == Overlap(4 / 12, 4 / 20, 4 / 28)
    assert overlap([], references) == Overlap(0.0, 0.0, 0.0)


def test_percentile_of_nothing_is_nothing() -> None:
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert math.isnan(percentile([], 0.5))


# Published sets


def test_squad2_goes_the_way_of_rag_read(run: Run) -> None:
    write_rows(run.data / f"{squad2.NAME}.jsonl.gz", SQUAD)
    [report] = squad2.evaluate(run)
    found = figures(report)
    assert report.questions == 4
    assert found["exact match, with refusal"] == 0.75  # all but "Bob" for "by Bob"
    assert found["F1, with refusal"] == pytest.approx((1.0 + 1.0 + 1.0 + 2 / 3) / 4)
    assert found["unanswerable refused"] == 1.0
    assert found["AUC, answerable or not"] == 1.0


def test_clapnq_maps_quotes_to_the_sets_own_sentences(run: Run) -> None:
    sentences = ["The harbour was built by Ann .", "It is large .", "Rain fell ."]
    passage = {"title": "Lisbon", "text": " ".join(sentences), "sentences": sentences}
    answered = {"id": "1", "input": "who built the harbour", "passages": [passage], "answerable": True}
    answered["output"] = [{"selected_sentences": sentences[:2]}, {"selected_sentences": sentences[:1]}]
    refused = {**answered, "id": "2", "input": "what is ivory paint", "answerable": False}
    refused["output"] = [{"selected_sentences": []}]
    write_rows(run.data / "evidence/clapnq_dev.jsonl.gz", [answered, refused])
    found = figures(clapnq.evaluate(run)[0])
    assert found["sentence F1, with refusal"] == 1.0
    assert found["AUC, answerable or not"] == 1.0
    assert found["unanswerable refused"] == 1.0


def test_excerpts_count_characters_over_an_index(run: Run) -> None:
    folder = run.data / "excerpts"
    folder.mkdir(parents=True)
    (folder / "one.md").write_text(HARBOUR, encoding="utf-8")
    (folder / "two.md").write_text(BREAD, encoding="utf-8")
    wanted = "The harbour of Lisbon was built by Ann. Rain"
    reference = [{"content": wanted, "start_index": 0, "end_index": len(wanted)}]
    with (folder / "questions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "references", "corpus_id"])
        writer.writerow(["Who built the harbour of Lisbon?", json.dumps(reference), "one"])
        writer.writerow(["What is ivory paint?", json.dumps(reference), "one"])
    [report] = excerpts.evaluate(run)
    found = figures(report)
    assert report.questions == 2
    assert found["recall, all quotes, with refusal"] == pytest.approx(39 / len(wanted) / 2)
    assert found["precision, all quotes, with refusal"] == 0.5
    assert found["answered"] == 0.5
    assert found["IoU, best passage, lexical"] > 0


def test_the_haystack_is_found_before_and_after_reading(run: Run) -> None:
    write_rows(run.data / f"{squad2.NAME}.jsonl.gz", SQUAD)
    pool = [{"title": "Ships", "text": f"Ship number {i} sailed to harbour {i}."} for i in range(30)]
    write_rows(run.data / "reading/pool.jsonl.gz", pool)
    [report] = open_retrieval.evaluate(run)
    found = figures(report)
    assert report.questions == 3
    assert found["R@5, fused"] == 1.0
    assert found["R@1, read"] == 1.0
    assert found["R@1, lexical"] <= found["R@5, lexical"] <= found["R@20, lexical"] == 1.0
    assert found["lead quote holds the answer, never refusing"] == 1.0


def test_followups_are_reported_like_the_others(run: Run) -> None:
    turns = {
        "History": ["Lisbon", "Harbour"],
        "Question": "Who built it?",
        "Question_no": 1,
        "Rewrite": "Who built it?",
    }
    write_rows(run.data / "followups/canard_dev.jsonl.gz", [turns, {**turns, "History": ["Porto", "Bread"]}])
    row = {"dialogue": 1, "turn": 1, "question": "What is rain?", "rewrite": "What is rain?"}
    other = {"dialogue": 2, "turn": 1, "question": "What is snow?", "rewrite": "What is snow?"}
    write_rows(run.data / "followups/cast2019.jsonl.gz", [row, other])
    write_rows(run.data / "followups/cast2021.jsonl.gz", [{**row, "answer": "Rain is water."}, other])
    texts = (f"The harbour master is Marta Holm, since 19{year}." for year in range(10, 99))
    text = next(text for text in texts if data.is_held_out(text))
    asked = {"source": "doqa_x", "context": text, "answers": [{"text": "Marta Holm"}], "history": []}
    first = {**asked, "question": "Who is the harbour master?"}
    write_rows(
        run.data / "reading/train_more.jsonl.gz",
        [first, {**asked, "question": "Since when is she that?", "history": [first["question"]]}],
    )
    reports = evaluate(["followups"], run)
    assert [(report.name, report.questions) for report in reports] == [
        ("canard_dev", 2),
        ("cast2019", 2),
        ("cast2021", 2),
        ("doqa, passage, as it is", 1),
        ("doqa, passage, candidates", 1),
        ("doqa, index, as it is", 1),
        ("doqa, index, candidates", 1),
    ]
    assert figures(reports[6])["lead quote holds the answer, never refusing"] == 1.0


def field_row(document: str, type: str, question: str, context: str, answer: str = "") -> dict[str, Any]:
    """A row of two sentences, of which the first answers, if any does."""
    end = context.index(". ") + 1
    row = squad_row("Harbours", question, context, answer)
    sentences, evidence = [[0, end], [end + 1, len(context)]], [0] if answer else []
    return {**row, "document": document, "type": type, "heading": "Quays", "split": "held_out"} | {
        "sentences": sentences,
        "evidence": evidence,
    }


FIELD = [
    field_row("a.md", "direct", "Who built Porto?", "Porto was built by Eve. It is wet."),
    field_row("b.md", "direct", "Who built the harbour of Lisbon?", HARBOUR, "Ann"),
    field_row("b.md", "paraphrase", "Whose rain is on the quay?", HARBOUR, "Lisbon"),
    field_row("b.md", "near", "Who built the harbour of Lisbon?", BREAD),
    field_row("b.md", "far", "What colour has ivory paint?", HARBOUR),
    {**field_row("c.md", "direct", "Who trained?", HARBOUR, "Ann"), "split": "train"},
    field_row("c.md", "list", "Who baked the bread of Porto?", BREAD, "by Bob"),
]


def test_every_other_document_of_field_measures(run: Run) -> None:
    write_rows(run.data / "reading/field.jsonl.gz", FIELD)
    fitting, measured = field.halves(run.data)
    assert [item.document for item in fitting] == ["a.md", "c.md"]
    assert [item.type for item in measured] == ["direct", "paraphrase", "near", "far"]
    assert measured[0].answers == ((35, 38),)
    assert measured[0].golds == ("Ann",)
    assert measured[0].evidence == ((0, 39),)


def test_a_quote_answers_that_overlaps_the_evidence_or_holds_the_answer() -> None:
    item = field.Question("direct", "d", "t", "h", HARBOUR, "Who?", ((35, 38),), ((0, 39),))
    assert item.is_right("Lisbon", (15, 21))
    assert not item.is_right("Rain fell", (40, 49))
    assert item.is_right("It was Ann.", None)
    assert not item.is_right("It was Anna.", None)


def test_field_is_reported_by_type_beside_passages_and_over_an_index(run: Run) -> None:
    write_rows(run.data / "reading/field.jsonl.gz", FIELD)
    others = [{"document": "d.md", "title": "Ships", "heading": "", "text": f"Ship {i} sailed."} for i in range(30)]
    write_rows(run.data / "reading/field_passages.jsonl.gz", others)
    beside, index = field.evaluate(run)
    found = figures(beside)
    assert (beside.name, beside.questions) == ("field", 4)
    assert found["direct (1): answered and right"] == 1.0
    assert found["paraphrase (1): answered and right"] == 0.0  # the second sentence is quoted
    assert found["paraphrase: lead right, never refusing"] == 0.0
    assert found["answerable (2): answered and right"] == 0.5
    assert found["near (1): refused"] == 1.0
    assert found["far (1): refused"] == 1.0
    assert found["highlight has at most 12 words and shares some with an answer"] == 0.5
    assert math.isnan(found["list: refused"])
    found = figures(index)
    assert (index.name, index.questions) == ("field-index", 4)
    assert found["passage among those read"] == 1.0
    assert found["direct (1): answered and right"] == 1.0
    # "near" is answered, but from the passage of another question.
    assert found["near and far answered from their own passage"] == 0.0


def test_paragraphs_become_documents_of_their_article(tmp_path: Path) -> None:
    ids = data.write_paragraphs(
        tmp_path, [("Zelda:_A/B", "one"), ("Zelda:_A/B", "two \U0001f600"), ("Kievan_Rus%27", "x")]
    )
    assert ids == {"one": "001/Zelda A B.txt", "two \U0001f600": "002/Zelda A B.txt", "x": "001/Kievan Rus'.txt"}
    assert (tmp_path / "002/Zelda A B.txt").read_text(encoding="utf-8") == "two \U0001f600"
    assert data.write_paragraphs(tmp_path, [("Porto", "one")]) == {"one": "001/Porto.txt"}
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["Porto.txt"]


def test_a_limit_takes_questions_from_the_whole_set(run: Run) -> None:
    assert list(replace(run, limit=4).some(list(range(12)))) == [0, 3, 6, 9]
    assert list(replace(run, limit=40).some([1, 2])) == [1, 2]


def test_an_unknown_set_and_missing_data_are_named(run: Run) -> None:
    with pytest.raises(SettingsError, match=r"There is no set 'squad9': choose from field, squad2, clapnq"):
        evaluate(["squad9"], run)
    with pytest.raises(SettingsError, match=r"dev_squad2_half_a\.jsonl\.gz is not there: .* --data DIR"):
        evaluate(["squad2"], run)
    with pytest.raises(SettingsError, match=r"questions\.csv is not there"):
        evaluate(["excerpts"], run)


def test_the_command_line_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "squad2", "--data", str(tmp_path)]) == 2
    assert re.fullmatch(r"rag: \S+ is not there: [^\n]+\n", capsys.readouterr().err)
    assert main(["eval"]) == 2
    assert "Name a set, or give --own FILE" in capsys.readouterr().err
    assert main(["eval", "squad2", "--limit", "0"]) == 2
    assert "'0' is no whole number from 1 on" in capsys.readouterr().err


# The user's own questions

QUESTIONS = [
    {"question": "Who built the harbour of Lisbon?", "answer": "Ann"},
    {"question": "Who built the harbour of Lisbon in stone?", "answer": "Ann", "document": "harbour.txt"},
    {"question": "Who baked the bread of Porto?", "answer": ["Bob", "Robert"]},
    {"question": "Who baked bread?", "document": "bread.txt", "answer": None},
    {"question": "Who built the harbour?", "answer": "Zoe"},
    *({"question": f"What colour has paint number {i}?", "answer": None} for i in range(6)),
]


def own_file(tmp_path: Path, questions: Sequence[dict[str, Any]]) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(question) + "\n" for question in questions), encoding="utf-8")
    return path


@pytest.fixture
def built(run: Run) -> Run:
    run.settings.seeds.mkdir()
    (run.settings.seeds / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    (run.settings.seeds / "bread.txt").write_text(BREAD, encoding="utf-8")
    build_library(replace(run.settings, threshold=None), models=run.models)
    return run


def test_own_questions_give_figures_and_a_threshold(built: Run, tmp_path: Path) -> None:
    report = own.evaluate(own_file(tmp_path, QUESTIONS), built)
    found = figures(report)
    assert report.questions == 11
    assert found["lead quote is right, never refusing"] == pytest.approx(4 / 5)
    assert found["unanswerable refused"] == 1.0
    assert 0.0 < found["suggested threshold"] < 1.0
    judged = {item.confidence for item in report.judged if item.right}
    assert min(judged) > found["suggested threshold"]


def test_the_threshold_is_fitted_and_needs_both_kinds_of_questions(built: Run, tmp_path: Path) -> None:
    library = build_library(replace(built.settings, threshold=0.0), models=built.models)
    assert 0.0 < own.fit_threshold(own_file(tmp_path, QUESTIONS), library) < 1.0
    with pytest.raises(SettingsError, match=r"has 3 questions of one kind: a threshold needs 10 or more"):
        own.fit_threshold(own_file(tmp_path, QUESTIONS[:3]), library)
    with pytest.raises(SettingsError, match=r"questions of one kind: a threshold needs"):
        own.fit_threshold(own_file(tmp_path, QUESTIONS[5:] * 2), library)


def test_a_fitted_threshold_stays_in_the_index(built: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "Models", lambda settings: built.models)
    settings = replace(built.settings, threshold=None)
    fitted = own.calibrate_index(own_file(tmp_path, QUESTIONS), settings)
    assert build_library(settings, models=built.models).manifest.threshold == fitted
    (settings.seeds / "more.txt").write_text("Snow is white.", encoding="utf-8")
    assert build_library(settings, models=built.models).manifest.threshold == fitted
    assert build_library(settings, models=built.models, full=True).manifest.threshold is None


def test_building_from_the_command_line_fits_the_threshold(
    built: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("rag.library", "rag.quality.own", "rag.interfaces.cli"):
        monkeypatch.setattr(f"{module}.Models", lambda settings: built.models)
    file, folders = own_file(tmp_path, QUESTIONS), ["--index", str(built.settings.index)]
    assert main(["build", "--seeds", str(built.settings.seeds), *folders, "--calibrate", str(file)]) == 0
    assert re.search(r"Questions are answered from a confidence of 0\.\d\d on\.\n$", capsys.readouterr().out)
    assert main(["eval", "--own", str(file), *folders, "--json"]) == 0
    [report] = json.loads(capsys.readouterr().out)
    assert report["set"] == "questions"
    assert report["threshold"] == pytest.approx(report["figures"]["suggested threshold"], abs=1e-3)
    assert main(["eval", "--own", str(tmp_path / "none"), *folders]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", r"line 2 must be a JSON object"),
        ('{"answer": "x"}', r"line 2 must be a JSON object"),
        ('{"question": "", "answer": "x"}', r'line 2: "question" must be words'),
        ('{"question": "Why?", "answer": [1]}', r'"answer" words, a list of them, or null'),
        ('{"question": "Why?", "answer": 5}', r'"answer" words, a list of them, or null'),
        ('{"question": "Why?", "answer": ""}', r'line 2: "answer" has no words'),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(f"{json.dumps(QUESTIONS[0])}\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        own.load(path)


def test_files_without_questions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    with pytest.raises(SettingsError, match="cannot be read"):
        own.load(path)
    path.write_text("\n\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="has no questions"):
        own.load(path)


# Reports and pictures

REPORT = Report("own", 5, (Figure("F1", 0.5), Figure("AUC", 0.87654, ""), Figure("time", 12.3, "ms"), Figure("none", math.nan)), JUDGED, 0.5)  # noqa: E501  # fmt: skip


def test_a_report_is_a_table_and_json() -> None:
    assert list(table([REPORT])) == [
        "own  (5 questions)",
        "  F1       50.0 %",
        "  AUC       0.877",
        "  time      12 ms",
        "  none          –",
        "",
    ]
    value = json.loads(json.dumps(to_json(REPORT)))
    assert value["figures"] == {"F1": 0.5, "AUC": 0.8765, "time": 12.3, "none": None}
    assert value["risk_coverage"][0] == {"threshold": 0.95, "coverage": 0.2, "risk": 0.0}


def test_pictures_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from rag.quality.plots import draw

    paths = list(draw(REPORT, tmp_path / "plots"))
    assert [path.name for path in paths] == ["own-thresholds.png", "own-risk-coverage.png", "own-reliability.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert list(draw(replace(REPORT, judged=()), tmp_path / "none")) == []


def test_a_picture_for_the_page_has_text_and_both_colour_schemes() -> None:
    pytest.importorskip("matplotlib")
    from rag.quality.plots import PLOTS, svg

    report = replace(REPORT, figures=(Figure("suggested threshold", 0.6, ""),))
    made = {name: svg(report, name) for name in PLOTS}
    for picture in made.values():
        ElementTree.fromstring(picture)
        assert "prefers-color-scheme:dark" in picture
        assert "stroke: var(--ink)" in picture
        assert not set(re.findall(r"(?:fill|stroke): (#\w+)", picture)) - {"#ffffff"}
    assert {">suggested<", ">now<", ">answers right<"} <= set(re.findall(r">[\w ]+<", made["thresholds"]))
    assert svg(report, "reliability") == made["reliability"]


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.quality.plots import draw

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(RagError, match=r'pip install "chapter-and-verse\[plots\]"'):
        list(draw(REPORT, tmp_path))


# Fitting


def test_the_regression_finds_the_weights_that_made_the_labels() -> None:
    draw = np.random.default_rng(7)
    features = draw.standard_normal((6_000, 2)) * [1.0, 5.0] + [0.0, 2.0]
    chance = 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.4 * features[:, 1] + 0.7)))
    labels = draw.random(6_000) < chance
    weights, bias = calibrate.logistic(features, labels)
    assert weights == pytest.approx([1.5, -0.4], abs=0.1)
    assert bias == pytest.approx(0.7, abs=0.1)
    half, _ = calibrate.logistic(features, labels, np.zeros(6_000) + 0.5)
    assert half == pytest.approx(weights, abs=1e-2)


def test_separable_and_constant_features_do_no_harm() -> None:
    weights, bias = calibrate.logistic([[0.0, 1.0], [1.0, 1.0]] * 5, [0, 1] * 5)
    assert np.isfinite([*weights, bias]).all()
    assert weights[0] > 0
    assert weights[1] == 0


def drawn_samples(count: int) -> list[samples.Sample]:
    """Questions whose passages' features tell, noisily, whether they answer."""
    draw = random.Random(11)
    made = []
    for number in range(count):
        kind = draw.choice(("answered", "unanswerable", "elsewhere"))
        found = []
        for place in range(draw.choice((1, 3, 9))):
            right = kind == "answered" and place == 0
            score = draw.gauss(3.0 if right else -3.0, 3.0)
            found.append(samples.Found((score, 0.0, 0.0, draw.random(), *[0.0] * 6), right))
        made.append(samples.Sample("squad", f"article {number % 8}", kind, tuple(found)))
    return made


def test_fitted_confidences_are_probabilities() -> None:
    made = drawn_samples(3_000)
    fitted = calibrate.fit(made, used=("span", "dense"))
    judged = calibrate.judge(drawn_samples(3_000), fitted)
    assert fitted.span > 0.2
    assert abs(fitted.dense) < 0.3
    assert (fitted.relevance, fitted.sentence, fitted.lexical) == (0.0, 0.0, 0.0)
    assert calibration_error(judged) < 0.04
    assert calibration_error(calibrate.halves(made, used=("span",))) < 0.05
    assert 0.3 < fitted.threshold < 0.7


def test_samples_whose_best_nobody_can_judge_are_left_out() -> None:
    weights = calibrate.fit(drawn_samples(300), used=("span",))
    unknown = samples.Sample("squad", "a", "answered", (samples.Found((9.0, *[0.0] * (len(FEATURES) - 1)), None),))
    assert calibrate.judge([unknown], weights) == []


def test_weights_are_written_beside_those_that_stay(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"format": 2, "sentence": [1, 2, 3], "weights": {"other": {"span": 1}}}', encoding="utf-8")
    weights = Calibration(0.123456, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0.5, 0.2, -0.8)
    calibrate.write(path, {"first index": weights}, (4.0, 5.0, 6.0))
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["sentence"] == [4.0, 5.0, 6.0]
    assert content["weights"]["other"] == {"span": 1}
    assert content["weights"]["first index"]["span"] == 0.12346


def test_held_out_questions_are_put_in_every_situation(run: Run) -> None:
    rows = []
    for article in range(3):
        for number in range(4):
            text = f"Harbour {article} {number} was built by Ann{number}. The sea is wide."
            title = f"Article_{article}"
            rows += [
                squad_row(title, f"Who built harbour {article} {number}?", text, f"Ann{number}"),
                squad_row(title, f"Who painted harbour {article} {number}?", text),
            ]
    write_rows(run.data / "reading/train_squad.jsonl.gz", rows)
    held = held_out.articles(run.data)
    assert sorted(held.groups) == ["Article 0", "Article 1", "Article 2"]
    for made in (
        samples.read_samples(run, held, count=30, seed=1),
        samples.small_samples(run, held, count=4, seed=2),
    ):
        counts = Counter(sample.kind for sample in made)
        assert counts["answered"] > 0
        assert counts["unanswerable"] > 0
        assert all(found.right is not True for sample in made if sample.kind != "answered" for found in sample.found)
        assert any(found.right for sample in made for found in sample.found)
        assert all(sum(found.right is True for found in sample.found) <= 1 for sample in made)


def test_field_is_put_beside_other_passages_and_over_its_index(run: Run) -> None:
    write_rows(run.data / "reading/field.jsonl.gz", FIELD)
    write_rows(run.data / "reading/field_passages.jsonl.gz", FIELD[:0])
    _, asked = field.halves(run.data)
    beside = field.beside_samples(run, asked, count=4, seed=7)
    index = field.index_samples(run, asked, count=4)
    for made in (beside, index):
        assert {sample.set for sample in made} == {"field"}
        assert [sample.kind for sample in made] == ["answered", "answered", "unanswerable", "unanswerable"]
        assert made[0].found[0].right is True
        assert all(found.right is not True for sample in made[2:] for found in sample.found)
    assert None in {found.right for found in index[2].found}  # another passage of the document may answer


def test_questions_as_people_ask_them_count_as_much_as_all_others() -> None:
    right = samples.Found((1.0,) * 7, True)
    made = [samples.Sample(name, "a", "answered", (right,)) for name in ("squad", "squad", "field", "bioasq")]
    assert calibrate.counts(made) == [1.0, 1.0, 3.0, 1.0]
    assert calibrate.counts(made[:2]) == [1.0, 1.0]
    assert calibrate.counts([*made[2:], made[2]]) == [1.0, 1.0, 1.0]


def test_samples_are_drawn_once(tmp_path: Path) -> None:
    made = [samples.Sample("field", "a", "answered", (samples.Found((1.0, 2, 3, 4, 5, 6, 7), None),))]
    assert calibrate.kept(tmp_path / "new/samples.json", lambda: made) == made
    assert calibrate.kept(tmp_path / "new/samples.json", list) == made


def test_held_out_texts_of_other_sets_are_put_beside_others_of_their_group(run: Run) -> None:
    texts = [f"Flour {number} is milled by Carol{number}. It snows." for number in range(400)]
    kept = [text for text in texts if data.is_held_out(text)]
    assert 10 < len(kept) < 60
    rows = [
        {**squad_row("", "Who mills it?", text, text.split()[5].rstrip(".")), "source": source}
        for text in texts
        for source in ("policyqa", "unknown")
    ]
    rows += [{**squad_row("", "Who sells it?", text), "source": "policyqa"} for text in texts]
    write_rows(run.data / "reading/train.jsonl.gz", rows)
    write_rows(run.data / "reading/train_more.jsonl.gz", rows[:0])
    held = held_out.other_texts(run.data)
    assert held.groups == {"policies": kept}
    assert all(len(held.questions[text]) == 2 for text in kept)
    assert held_out.stand_alone(run.data).groups == {}
    made = samples.read_samples(run, held, count=30, seed=1)
    assert any(found.right for sample in made for found in sample.found if sample.kind == "answered")
    assert all(found.right is not True for sample in made if sample.kind != "answered" for found in sample.found)


def test_abstracts_are_asked_about_and_their_marked_sentences_are_right(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abstracts, "_TRAINED_ON", 1)
    kept = [
        {
            "id": str(i),
            "question": f"Who built harbour {i}?",
            "sentences": [f" Harbour {i} was built by Ann. ", "Rain fell."],
            "evidence": [0],
        }
        for i in range(20)
    ]
    write_rows(run.data / "evidence/bioasq.jsonl.gz", kept)
    every = abstracts.abstracts(run.data)
    assert (len(every), every[0].id) == (19, "1")
    assert every[0].text == "Harbour 1 was built by Ann. Rain fell."
    assert every[0].marked == ((0, 27),)
    made = abstracts.abstract_samples(run, every, count=3, seed=6)
    answered = [sample for sample in made if sample.kind == "answered"]
    assert len(answered) == 1 + 2 + 3
    assert all(any(found.right for found in sample.found) for sample in answered)
    assert len(made) - len(answered) == 3 * 6
    assert all(found.right is False for sample in made if sample.kind == "taken out" for found in sample.found)
