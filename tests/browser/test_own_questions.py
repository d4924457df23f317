from __future__ import annotations

import re
from collections.abc import Callable

from browser.conftest import Site
from playwright.sync_api import Page, expect

from rag.quality import own

Open = Callable[..., Page]


def test_questions_are_written_beside_passages_and_measured(open_page: Open, site: Site) -> None:
    page, before = open_page(), len(site.complaints)  # other tests ask for what is not there
    page.get_by_role("tab", name="Documents").click()
    expect(page.get_by_role("link", name="How well does it answer?")).to_have_attribute("href", "/quality")
    page.goto(f"{site.address}/quality")
    form, said = page.locator("form").first, page.locator("output").first
    question, answer = form.get_by_label("Question"), form.get_by_label("Answer, a few words of the passage")
    words = " ".join(page.locator("blockquote").first.inner_text().split()[-4:])
    question.fill("What is said at the end?")
    answer.fill(words)
    form.get_by_role("button", name="Keep").click()
    expect(said).to_contain_text("Kept.")
    expect(question).to_have_value("")
    question.fill("Who is not in it?")
    form.get_by_label("No document answers it").check()
    expect(answer).to_be_disabled()
    form.get_by_role("button", name="Keep").click()
    expect(page.locator(".cv-kept")).to_contain_text("2 in all, 1 of them without an answer.")
    kept = own.load(site.index.with_name("questions.jsonl"))
    assert [(item.question, item.answerable) for item in kept] == [
        ("What is said at the end?", True),
        ("Who is not in it?", False),
    ]
    page.get_by_role("button", name="Other passages").click()
    expect(page).to_have_url(re.compile(r"\?seed=1$"))
    page.get_by_role("button", name="Ask them all").click()
    pictures = page.locator(".cv-curves img")
    expect(pictures).to_have_count(3)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("one => one.naturalWidth") > 0
        assert picture.get_attribute("alt")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("window.pwned") is None
    assert site.complaints[before:] == []
