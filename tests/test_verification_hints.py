"""Indirect speech: what stands near nobody who is named for it is a hint, and changes no verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.interfaces.cli import main
from rag.verification import check_text
from rag.verification.hints import Hint

PORT = (
    "Mayor Ada Holm opened the port of Lindvik. Twenty-six ships had asked for a berth, she said, "
    "at 1,200 crowns a day each. The Russian crew of the Zvezda stayed on board until the U.S. consul came."
)
FAR = f"Ada Holm spoke first.{' Nothing else was said.' * 80} In Marsden 40 houses burned."


@pytest.fixture
def folder(write_seeds: Callable[..., Path]) -> Path:
    return write_seeds({"port.txt": PORT, "far.md": FAR, "other.txt": "Per Dahl paid 90 crowns in Marsden."})


def hinted(folder: Path, text: str) -> list[tuple[str, str, str]]:
    found = check_text(text, folder).hints
    assert all(text[hint.start : hint.end] == hint.said for hint in found)
    return [(hint.said, hint.kind, hint.speaker) for hint in found]


@pytest.mark.parametrize(
    "text",
    [
        "Holm said that 26 ships wanted to come to Lindvik.",
        "According to Ada Holm, twenty-six ships would pay 1200 crowns.",
        "The berths cost 1 200 crowns a day, Holm told the council on Monday.",
        "Holm added that Russians from Zvezda waited for a consul of the US.",
        "A consul of the United States came in the end, according to Mayor Ada Holm.",
        "Per Dahl claimed that he had paid ninety crowns in Marsden.",
        "Holm was told that 77 ships had sunk.",  # she did not tell it
        "Holm said “no less than 77 ships”, and that the port of Lindvik was open.",
        "Seventy-seven ships came. The council asked why in 1999.",  # nobody is named for it
        "He said that 77 ships came.",
    ],
)
def test_what_stands_near_its_source_is_no_hint(text: str, folder: Path) -> None:
    assert hinted(folder, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Holm said that 36 ships wanted to come to Lindvik.", [("36", "number", "Holm")]),
        ("According to Ada Holm, ships pay 1,300 crowns.", [("1,300", "number", "Ada Holm")]),
        ("Norwegians stayed on the Zvezda, said Ada Holm.", []),  # a sentence begins with it: it may be no name
        ("The crew was from Norway and Lindvik, Holm said.", [("Norway", "name", "Holm")]),
        ("Holm announced that Per Dahl was to build it.", [("Per Dahl", "name", "Holm")]),
        # They stand in a document that mentions her, but far from there.
        ("Holm said that 40 houses burned in Marsden.", [("40", "number", "Holm"), ("Marsden", "name", "Holm")]),
        ("Kaja Kallas warned that 26 ships would come.", [("Kaja Kallas", "source", "Kaja Kallas")]),
    ],
)
def test_what_stands_nowhere_near_its_source_is_one(
    text: str, expected: list[tuple[str, str, str]], folder: Path
) -> None:
    assert hinted(folder, text) == expected


def test_hints_stand_apart_in_every_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text("“Ada Holm spoke first.” Holm said that 36 <b>ships came.\n", encoding="utf-8")
    checked = check_text(draft.read_text(encoding="utf-8"), folder)
    assert checked.hints == (Hint("36", "number", "Holm", 39, 41),)
    reports = {}
    for form in ("text", "json", "markdown", "html"):
        # The one quotation stands, and a hint is no reason to say no.
        assert main(["verify", "--text", str(draft), "--seeds", str(folder), "--format", form]) == 0
        reports[form] = capsys.readouterr().out
    assert reports["text"].splitlines()[-2:] == [
        "hint: “36” stands in no document near Holm",
        "1 quotation: 1 exact. 1 hint.",
    ]
    report = json.loads(reports["json"])
    assert report["hints"] == [{"said": "36", "kind": "number", "speaker": "Holm", "text_start": 39, "text_end": 41}]
    assert len(report["verdicts"]) == 1
    assert "- “36” stands in no document near Holm" in reports["markdown"]
    assert "<li>“36” stands in no document near Holm</li>" in reports["html"]
