from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from browser.conftest import Site, ask, serve
from playwright.sync_api import Browser, Page, expect

Open = Callable[..., Page]


def test_the_documents_are_listed_found_and_read(open_page: Open, site: Site) -> None:
    page = open_page()
    page.get_by_role("tab", name="Documents").click()
    rows = page.locator(".cv-table tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_label("Find a document").fill("hostile")
    expect(rows).to_have_count(1)
    rows.get_by_role("button").click()
    expect(page.locator(".cv-source:visible .cv-piece")).to_contain_text("Aldous Finch <script>")
    assert page.evaluate("window.pwned") is None


def test_a_rebuild_takes_a_new_document_in_while_serving(browser: Browser, seeds: Path, tmp_path: Path) -> None:
    shutil.copytree(seeds, tmp_path / "seeds")
    with serve(tmp_path / "seeds", tmp_path / "index") as address:
        page = browser.new_page()
        page.goto(address)
        page.locator(".cv-examples button").first.wait_for()
        question = "Who repaired the observatory telescope?"
        expect(ask(page, question).locator(".cv-refusal")).to_be_visible()
        new = "The observatory telescope was repaired by Ingeborg Halvorsen in May.\n"
        (tmp_path / "seeds" / "observatory.md").write_text(new, encoding="utf-8")
        page.get_by_role("tab", name="Documents").click()
        page.get_by_role("button", name="Read the documents again").click()
        expect(page.locator(".cv-rebuild")).to_contain_text("Read again in")
        expect(page.locator(".cv-table tbody tr")).to_have_count(2)
        expect(page.locator(".cv-searching")).to_contain_text("2 documents")
        page.get_by_role("tab", name="Ask").click()
        expect(ask(page, question).locator(".cv-lead blockquote")).to_contain_text("Ingeborg Halvorsen")
        page.close()
