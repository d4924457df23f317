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
    page.get_by_role("button", name="Passages", exact=True).click()
    expect(page.locator("[aria-sort=descending]")).to_have_text("Passages")
    expect(rows.first).to_contain_text("harbour books")
    page.locator("[data-kind=MD]").click()
    expect(page.locator("[data-kind=MD][aria-pressed=true]")).to_be_visible()
    assert set(rows.locator("td").nth(0).all_text_contents()) == {"MD"}
    page.locator("[data-kind=MD]").click()
    page.get_by_label("Find a document").fill("hostile txt")
    expect(rows).to_have_count(1)
    rows.get_by_role("button").click()
    expect(page.locator(".cv-source:visible .cv-piece").first).to_contain_text("Aldous Finch <script>")
    assert page.evaluate("window.pwned") is None


def test_files_are_dropped_in_read_and_removed_while_serving(browser: Browser, seeds: Path, tmp_path: Path) -> None:
    shutil.copytree(seeds, tmp_path / "seeds")
    question = "Who repaired the observatory telescope?"
    new = "The observatory telescope was repaired by Ingeborg Halvorsen in May.\n"
    dropped = """([name, text]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name));
        const drop = new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true});
        document.querySelector('.cv-adding').dispatchEvent(drop);
    }"""
    with serve(tmp_path / "seeds", tmp_path / "index") as address:
        page, other = browser.new_page(), browser.new_page()
        other.goto(f"{address}/#tab=documents")
        expect(other.locator(".cv-table tbody tr")).to_have_count(1)
        page.goto(address)
        page.locator(".cv-examples button").first.wait_for()
        expect(ask(page, question).locator(".cv-refusal")).to_be_visible()
        page.get_by_role("tab", name="Documents").click()
        expect(page.locator(".cv-table tbody tr")).to_have_count(1)
        page.evaluate(dropped, ["virus.exe", "MZ"])
        expect(page.locator(".cv-sent")).to_contain_text("virus.exe: Files of this kind (.exe) are not read.")
        page.evaluate(dropped, ["observatory.md", new])
        expect(page.locator(".cv-sent")).to_contain_text("observatory.md: taken.")
        expect(page.locator(".cv-rebuild")).to_contain_text("Checked in")
        # Whoever else has the page open sees it too.
        expect(other.locator(".cv-rebuild")).to_contain_text("Checked in")
        for window in (page, other):
            expect(window.locator(".cv-table tbody tr")).to_have_count(2)
            expect(window.locator(".cv-searching")).to_contain_text("2 documents")
        expect(page.locator(".cv-tree [data-folder='uploads/']")).to_contain_text("1")
        assert (tmp_path / "seeds" / "uploads" / "observatory.md").read_text(encoding="utf-8") == new
        page.get_by_role("tab", name="Ask").click()
        expect(ask(page, question).locator(".cv-lead blockquote")).to_contain_text("Ingeborg Halvorsen")
        page.get_by_role("tab", name="Documents").click()
        page.locator(".cv-uploaded > summary").click()
        page.locator("summary[aria-label='Remove observatory.md']").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.locator(".cv-table tbody tr")).to_have_count(1)
        assert not list((tmp_path / "seeds" / "uploads").iterdir())
        # One put there by hand is found by the button.
        (tmp_path / "seeds" / "observatory.md").write_text(new, encoding="utf-8")
        page.get_by_role("button", name="Check for new files").click()
        expect(page.locator(".cv-table tbody tr")).to_have_count(2)
        page.close()
        other.close()
