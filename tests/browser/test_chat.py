from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from browser.conftest import HOSTILE, LOGBOOK, LONG, Site, ask
from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]
MINISTER = "Who is Ukraine's foreign minister?"


def text_of(site: Site, chip: Locator) -> str:
    """The document that a citation names, as the API gives it."""
    id = chip.get_attribute("data-document")
    text: str = httpx.get(f"{site.address}/api/documents/{id}").json()["text"]
    return text


def stands(site: Site, figure: Locator) -> None:
    """Assert that a quote on the screen is the slice of its document that its citation names."""
    chip = figure.locator(".cv-chip")
    start, end = int(chip.get_attribute("data-start") or -1), int(chip.get_attribute("data-end") or -1)
    assert figure.locator("blockquote").text_content() == text_of(site, chip)[start:end]


def in_view(page: Page, mark: Locator) -> bool:
    """Whether an element can be seen within the panel that scrolls it."""
    return bool(
        mark.evaluate(
            """mark => { const box = mark.getBoundingClientRect();
               const frame = mark.closest('.cv-text').getBoundingClientRect();
               return box.height > 0 && box.top >= frame.top && box.top < Math.min(frame.bottom, innerHeight); }"""
        )
    )


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_a_question_is_answered_with_a_quote_that_opens_at_its_place(
    open_page: Open, site: Site, width: str, theme: str
) -> None:
    page = open_page(width=width, theme=theme)
    turn = ask(page, MINISTER)
    lead = turn.locator(".cv-lead")
    expect(lead.locator("blockquote")).to_contain_text("Andriy Sybiha")
    assert lead.locator("mark").count() >= 1
    for figure in turn.locator(".cv-quote").all():
        stands(site, figure)
    chip = lead.locator(".cv-chip")
    if width == "phone":
        expect(page.locator(".cv-source")).to_have_count(0)
        chip.click()
    here = page.locator(".cv-source:visible .cv-here").first
    here.wait_for()
    assert in_view(page, here)
    expect(chip).to_have_attribute("aria-current", "true")
    marked = "".join(page.locator(".cv-source:visible .cv-here").all_text_contents())
    assert marked == lead.locator("blockquote").text_content()
    assert "".join(page.locator(".cv-source:visible .cv-piece").all_text_contents()) == text_of(site, chip)
    if width == "phone":
        page.keyboard.press("Escape")
        expect(page.locator(".cv-source")).to_be_hidden()
        expect(chip).to_be_focused()


def test_a_question_that_is_not_answered_is_refused_plainly(open_page: Open, site: Site) -> None:
    turn = ask(open_page(), "How do I bake sourdough bread?")
    expect(turn.locator(".cv-refusal")).to_have_text("No clear answer found")
    expect(turn.locator(".cv-reason")).to_contain_text("Searched 3 documents")
    expect(turn.locator(".cv-nearest > summary")).to_contain_text("not an answer")
    assert turn.locator("mark").count() == 0
    for figure in turn.locator(".cv-quote").all():
        stands(site, figure)


@pytest.mark.parametrize(("width", "theme"), [("desk", "dark"), ("phone", "light")])
def test_the_document_beside_the_answer_is_never_that_of_an_earlier_turn(
    open_page: Open, width: str, theme: str
) -> None:
    page = open_page(width=width, theme=theme)
    ask(page, MINISTER)
    if width == "desk":
        expect(page.locator(".cv-source:visible .cv-here").first).to_contain_text("Sybiha")
    ask(page, "How do I bake sourdough bread?")
    expect(page.locator(".cv-source:visible")).to_have_count(0)
    if width == "desk":
        expect(page.locator(".cv-hint:visible")).to_have_text("The document opens here, at the quote.")


def test_a_greeting_is_told_what_works_and_that_works(open_page: Open) -> None:
    page = open_page()
    page.locator(".cv-examples button").first.wait_for()
    turn = ask(page, "Hello!")
    expect(turn).to_have_attribute("data-kind", "other")
    turn.locator(".cv-instead button").first.click()
    expect(page.locator(".cv-turn").nth(1)).to_have_attribute("data-status", "answered")


def test_a_follow_up_shows_what_was_searched_for_and_lets_it_be_edited(open_page: Open) -> None:
    page = open_page()
    ask(page, MINISTER)
    turn = ask(page, "What did he say about talks?")
    searched = turn.locator(".cv-searched")
    expect(searched).to_contain_text("Searched for:")
    searched.locator("summary").click()
    searched.get_by_label("Search for").fill("Who is the Kremlin spokesman?")
    searched.get_by_role("button", name="Search again").click()
    again = page.locator(".cv-turn").nth(1)
    expect(again.locator(".cv-searched bdi")).to_have_text("Who is the Kremlin spokesman?")
    expect(again.locator(".cv-question")).to_have_text("What did he say about talks?")
    expect(again.locator(".cv-lead blockquote")).to_contain_text("Peskov")
    assert page.locator(".cv-turn").count() == 2


def test_the_last_question_is_edited_and_asked_again_in_its_place(open_page: Open) -> None:
    page = open_page()
    turn = ask(page, "How do I bake sourdough bread?")
    turn.locator(".cv-edit summary").click()
    turn.get_by_label("Edit the question").fill(MINISTER)
    turn.get_by_label("Edit the question").press("Enter")
    expect(page.locator(".cv-lead blockquote")).to_contain_text("Sybiha")
    assert page.locator(".cv-turn").count() == 1
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".cv-lead blockquote")).to_contain_text("Sybiha")
    assert page.locator(".cv-turn").count() == 1


def test_examples_are_asked_by_a_click_and_are_answered(open_page: Open) -> None:
    page = open_page()
    example = page.locator(".cv-examples button").first
    example.wait_for()
    words = example.text_content()
    example.click()
    expect(page.locator(".cv-question")).to_have_text(words or "-")
    expect(page.locator(".cv-turn")).to_have_attribute("data-status", "answered")
    expect(page.locator(".cv-examples")).to_be_hidden()


def test_a_conversation_survives_a_reload_with_its_citations(open_page: Open, site: Site) -> None:
    page = open_page()
    ask(page, MINISTER)
    ask(page, "How do I bake sourdough bread?")
    page.wait_for_url("**/#c=*") if "#c=" not in page.url else None
    page.reload()
    expect(page.locator(".cv-turn")).to_have_count(2)
    stands(site, page.locator(".cv-lead"))
    page.locator(".cv-lead .cv-chip").click()
    expect(page.locator(".cv-here").first).to_contain_text("Sybiha")
    page.get_by_role("button", name="New", exact=True).click()
    expect(page.locator(".cv-turn")).to_have_count(0)
    assert "#c=" not in page.url


def test_a_conversation_that_is_gone_is_said_so(open_page: Open) -> None:
    page = open_page("/#c=AAAAAAAAAAAAAAAAAAAAAA")
    expect(page.locator(".cv-notice")).to_contain_text("not kept here")
    assert ask(page, MINISTER).locator(".cv-lead").count() == 1


def test_a_link_opens_the_chat_with_a_question_once(open_page: Open) -> None:
    page = open_page("/?question=Who+is+the+Kremlin+spokesman%3F", theme="dark")
    expect(page.locator(".cv-lead blockquote")).to_contain_text("Peskov")
    assert "question=" not in page.url
    assert page.evaluate("document.body.classList.contains('dark')")


def test_nothing_hostile_runs_and_quotes_stay_as_they_are(open_page: Open, site: Site) -> None:
    page = open_page()
    turn = ask(page, LOGBOOK)
    quote = turn.locator(".cv-lead blockquote").text_content() or ""
    assert "<script>window.pwned=1</script>" in quote
    assert quote in HOSTILE
    stands(site, turn.locator(".cv-lead"))
    expect(page.locator(".cv-source:visible .cv-here").first).to_contain_text("${window.pwned=3}")
    question = '<img src=x onerror="window.pwned=5"> ${window.pwned=6} <script>window.pwned=7</script> \u202e $$x$$?'
    asked = ask(page, question)
    assert asked.locator(".cv-question").text_content() == question
    assert page.evaluate("window.pwned") is None
    assert page.locator("#cv-thread :is(img, script, iframe), .cv-panel :is(img, script, iframe, form)").count() == 0


def test_a_long_document_is_opened_at_the_quote_and_read_on(open_page: Open) -> None:
    page = open_page()
    turn = ask(page, "Which harbour master resigned in March?")
    expect(turn.locator(".cv-lead blockquote")).to_contain_text("Okonkwo")
    source = page.locator(".cv-source:visible")
    here = source.locator(".cv-here").first
    here.wait_for()
    assert in_view(page, here)
    shown = "".join(source.locator(".cv-piece").all_text_contents())
    assert len(shown) < len(LONG) * 0.6
    assert shown in LONG
    source.get_by_role("button", name="Later in this document").click()
    expect(source.locator(".cv-piece")).to_have_count(2)
    source.get_by_role("button", name="Earlier in this document").click()
    expect(source.locator(".cv-piece")).to_have_count(3)
    assert "".join(source.locator(".cv-piece").all_text_contents()) in LONG
    assert source.locator(".cv-text").evaluate("text => text.scrollTop") > 0


def test_a_quote_is_copied_with_its_citation(open_page: Open) -> None:
    page = open_page()
    lead = ask(page, MINISTER).locator(".cv-lead")
    exact = lead.locator("blockquote").text_content()
    lead.get_by_role("button", name="Copy this quote").click()
    expect(page.locator("#cv-said")).to_have_text("The quote was copied with its citation.")
    copied: Any = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{exact}\n— ")
    assert ".txt" in copied.split("\n— ")[1]


def test_an_empty_and_a_long_question_are_answered_with_a_line(open_page: Open) -> None:
    page = open_page()
    box = page.locator("#cv-question :is(textarea, input)")
    box.press("Enter")
    expect(page.locator(".cv-notice")).to_contain_text("The question is empty")
    box.fill("x" * 3_000)
    box.press("Enter")
    expect(page.locator(".cv-turn, .cv-notice:has-text('at most')").first).to_be_visible()
    assert page.locator(".cv-lead").count() == 0
