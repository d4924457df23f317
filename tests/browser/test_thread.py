"""The thread beside a library of a few lines, whose replies are known: what it shows, and what stays of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.conftest import ask
from playwright.sync_api import Page, expect
from web_library import NEWS, FakeLibrary, document, served

import rag

Open = Callable[..., Page]
BOTH = pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])


@pytest.fixture
def at(tmp_path: Path) -> Iterator[str]:
    library = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
    with served(rag.Settings(index=tmp_path / "index"), library) as address:
        yield address


@BOTH
def test_a_possible_answer_is_marked_opened_and_asked_about(
    open_page: Open, at: str, tmp_path: Path, width: str, theme: str
) -> None:
    page = open_page(at=at, width=width, theme=theme)
    turn = ask(page, "Has the harbour perhaps opened?")
    expect(turn).to_have_attribute("data-kind", "possible")
    expect(turn.locator(".cv-lead mark")).to_have_text(["harbour", "opened"])
    expect(turn.locator(".cv-doubt")).to_contain_text("about 4 in 10")
    if width == "desk":
        expect(page.locator(".cv-source:visible .cv-here").first).to_contain_text("The harbour opened")
    turn.get_by_role("button", name="Yes").click()
    turn.get_by_label("Why?").press("Enter")
    expect(page.locator("#cv-said")).to_have_text("Thank you.")
    kept = json.loads((tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (kept["vote"], kept["reply"]["kind"]) == ("up", "possible")
