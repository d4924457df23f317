"""What people expect of a chat: keys, files to take away, votes, light and dark, nothing left in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from browser.conftest import WIDTHS, Site, ask
from playwright.sync_api import Page, expect

import rag

Open = Callable[..., Page]
MINISTER = "Who is Ukraine's foreign minister?"


def test_the_conversation_is_saved_and_its_json_is_verified(open_page: Open, site: Site, tmp_path: Path) -> None:
    page = open_page()
    ask(page, MINISTER)
    ask(page, "How do I bake sourdough bread?")
    page.locator(".cv-save summary").click()
    with page.expect_download() as json_file:
        page.get_by_role("button", name="JSON", exact=True).click()
    json_file.value.save_as(tmp_path / "conversation.json")
    replies = json.loads((tmp_path / "conversation.json").read_text(encoding="utf-8"))
    assert [reply["status"] for reply in replies["replies"]] == ["answered", "refused"]
    assert all(verdict.holds for verdict in rag.verify(replies, site.seeds))
    page.get_by_label("this answer alone").check()
    for name, whole in (("Markdown", False), ("Web page", True)):
        page.get_by_label("this answer alone").set_checked(not whole)
        with page.expect_download() as file:
            page.get_by_role("button", name=name).click()
        assert file.value.suggested_filename == ("conversation.html" if whole else "answer.md")
        assert ("Andriy Sybiha" in Path(file.value.path()).read_text(encoding="utf-8")) == whole


def test_a_vote_with_its_reason_lies_in_a_file_beside_the_index(open_page: Open, site: Site) -> None:
    page = open_page()
    turn = ask(page, MINISTER)
    turn.get_by_role("button", name="Not helpful").click()
    turn.get_by_label("Why?").fill("I wanted <his> age")
    turn.get_by_label("Why?").press("Enter")
    expect(page.locator("#cv-said")).to_have_text("Thank you.")
    expect(turn.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
    last = json.loads(site.feedback.read_text(encoding="utf-8").splitlines()[-1])
    assert (last["vote"], last["reason"], last["reply"]["question"]) == ("down", "I wanted <his> age", MINISTER)


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_reached_by_keys(open_page: Open, width: str) -> None:
    page = open_page(width=width)
    page.locator(".cv-masthead button").focus()
    page.keyboard.press("/")
    box = page.locator("#cv-question :is(textarea, input)")
    expect(box).to_be_focused()
    page.keyboard.type(MINISTER)
    page.keyboard.press("Enter")
    chip = page.locator(".cv-lead .cv-chip")
    chip.wait_for()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.cv-lead .cv-chip')"):
            break
    expect(chip).to_be_focused()
    outline = chip.evaluate("chip => getComputedStyle(chip).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    heading = page.locator(".cv-source:visible h2")
    expect(heading).to_be_focused()
    reached = set()
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className"))
    assert any("cv-text" in name for name in reached)


def test_next_and_previous_quote_walk_through_a_reply(open_page: Open) -> None:
    page = open_page()
    turn = ask(page, "Who is Ukraine's foreign minister, and how many countries have committed to security guarantees?")
    chips = turn.locator(".cv-chip")
    assert chips.count() == 2
    chips.first.click()
    source = page.locator(".cv-source:visible")
    expect(source.get_by_role("button", name="Previous quote")).to_be_disabled()
    source.get_by_role("button", name="Next quote").click()
    expect(chips.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("p")
    expect(chips.first).to_have_attribute("aria-current", "true")


def test_light_and_dark_are_a_choice_and_nothing_is_stored_but_who_asked(open_page: Open) -> None:
    page = open_page()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(252, 251, 248)"
    page.get_by_role("button", name="Change between light and dark").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(23, 22, 20)")
    assert "__theme=dark" in page.url
    ask(page, MINISTER)
    assert page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == []
    assert page.evaluate("indexedDB.databases().then(found => found.map(one => one.name))") == []
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("chapter_and_verse_visitor", True, "Lax")
