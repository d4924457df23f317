from __future__ import annotations

from collections.abc import Callable

from browser.conftest import LOGBOOK, ask
from playwright.sync_api import Page, expect

Open = Callable[..., Page]


def test_quotes_are_pinned_noted_kept_saved_and_printed(open_page: Open) -> None:
    page = open_page(theme="dark")
    brief = page.locator(".cv-brief")
    first = ask(page, "Who is Ukraine's foreign minister?")
    expect(brief).to_be_hidden()
    first.locator(".cv-lead [data-pin]").click()
    expect(brief).to_contain_text("Brief: 1 quote pinned")
    ask(page, LOGBOOK).locator(".cv-lead [data-pin]").click()
    expect(brief).to_contain_text("Brief: 2 quotes pinned")
    brief.locator("> summary").click()
    note = brief.get_by_label("Note on quote 1")
    note.fill("For the opening.")
    note.press("Tab")
    expect(page.locator("#cv-said")).to_have_text("The note was kept.")
    page.reload()
    expect(page.locator("[data-pin][aria-pressed=true]")).to_have_count(2)
    brief.locator("> summary").click()
    expect(brief.get_by_label("Note on quote 1")).to_have_value("For the opening.")
    with page.expect_download() as saved:
        brief.get_by_role("button", name="Markdown").click()
    assert saved.value.suggested_filename == "brief.md"
    text = saved.value.path().read_text(encoding="utf-8")
    assert "Sybiha" in text
    assert "For the opening" in text
    page.locator("[data-pin][aria-pressed=true]").first.click()
    expect(brief).to_contain_text("Brief: 1 quote pinned")
    page.get_by_role("button", name="New").click()
    expect(brief).to_be_hidden()
    page.go_back()
    expect(brief).to_contain_text("Brief: 1 quote pinned")

    # On paper the whole thread stands, black on white, and nothing to press.
    page.locator(".cv-lead .cv-chip").last.click()
    page.emulate_media(media="print")
    for hidden in (".cv-asking", ".cv-right", ".cv-pinned", "[data-copy]", ".cv-votes"):
        expect(page.locator(hidden).first).to_be_hidden()
    for part in ("body", ".gradio-container"):
        expect(page.locator(part).first).to_have_css("background-color", "rgb(255, 255, 255)")
    for part in ("body", ".gradio-container", ".cv-lead blockquote"):
        expect(page.locator(part).first).to_have_css("color", "rgb(0, 0, 0)")
    # Nothing between a turn and the page cuts it off.
    assert page.evaluate(
        """() => [...document.querySelectorAll('.cv-turn')].every(turn => {
            for (let box = turn.parentElement; box !== document.documentElement; box = box.parentElement) {
                const cut = getComputedStyle(box).overflowY !== 'visible';
                if (cut && box.scrollHeight > box.clientHeight + 1) return false;
            }
            return true;
        })"""
    )
