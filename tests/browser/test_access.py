"""axe-core finds nothing serious, at two widths and in both themes; and nothing is asked of anybody else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser.conftest import LOGBOOK, WIDTHS, Site, ask
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
BROWSERS_OWN = {
    f"{name}.{domain}"
    for name in (
        "update",
        "content-autofill",
        "optimizationguide-pa",
        "safebrowsingohttpgateway",
        "accounts",
        "clients2",
    )
    for domain in ("googleapis.com", "google.com")
} | {"redirector.gvt1.com"}
"""What chromium asks of its makers on its own, whatever it is told; no page has a part in that."""
AXE = "axe-core@4.11.0"
STILL = "*, ::before, ::after { transition: none !important; animation: none !important; }"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, fetched by npm; without it these tests are skipped."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: axe-core cannot be fetched")
    folder = tmp_path_factory.mktemp("axe")
    fetched = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE],
        capture_output=True,
        check=False,
        timeout=60,
    )
    script = Path(folder, "node_modules", "axe-core", "axe.min.js")
    if fetched.returncode or not script.is_file():
        pytest.skip("axe-core could not be fetched from npm")
    return script.read_text(encoding="utf-8")


def faults(page: Page, axe: str) -> list[str]:
    """Return axe's serious and critical findings."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_keeps_people_out_and_nothing_is_wider_than_the_window(open_page: Open, axe: str, width: str) -> None:
    page = open_page(width=width)
    page.add_style_tag(content=STILL)  # or colours are looked at on their way

    def look() -> None:
        """Hold what is shown against axe's rules and the window's width, in both themes."""
        for _ in range(2):
            page.evaluate("document.body.classList.toggle('dark')")
            assert faults(page, axe) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def tab(name: str) -> None:
        if width == "phone":
            page.keyboard.press("Escape")  # the document lies over everything
        page.get_by_role("tab", name=name).click()

    page.locator(".cv-examples button").first.wait_for()
    look()
    ask(page, LOGBOOK)
    ask(page, "How do I bake sourdough bread?")
    page.locator(".cv-save summary").click()
    look()
    page.locator(".cv-lead .cv-chip").click()
    source = page.locator(".cv-source:visible")
    source.locator(".cv-here").first.wait_for()
    source.get_by_label("Find in this document").fill("the")
    source.locator(".cv-now").wait_for()
    look()
    if width == "phone":
        page.keyboard.press("Escape")
    page.locator(".cv-lead [data-pin]").click()
    page.locator(".cv-brief > summary").click()
    page.get_by_label("Note on quote 1").fill("Ask about this.")
    look()
    tab("Documents")
    page.locator(".cv-table").wait_for()
    look()
    page.locator("[data-kind=MD]").click()
    page.get_by_label("Find a document").fill("harbour")
    rows = page.locator(".cv-table tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("button").click()
    source.locator(".cv-piece").first.wait_for()
    look()
    if width == "phone":
        page.keyboard.press("Escape")
    page.get_by_label("Find a document").fill("no such document")
    expect(page.locator(".cv-listing")).to_contain_text("No document here")
    look()
    tab("Check")
    page.get_by_label("A text with quotations").fill("They say “The harbour master resigned” and “Nobody came at all”.")
    page.get_by_role("button", name="Check the quotations").click()
    page.locator(".cv-verdict").first.wait_for()
    look()
    tab("Conversations")
    page.locator(".cv-rename summary").click()
    page.locator(".cv-delete summary").click()
    look()
    page.get_by_label("Find a conversation").fill("no such words")
    expect(page.locator(".cv-list")).to_contain_text("No conversation has these words")
    look()


def test_the_demo_page_keeps_nobody_out(open_page: Open, site: Site, axe: str) -> None:
    page = open_page("/demo", ready=False)
    assert [fault for fault in faults(page, axe) if "iframe" not in fault] == []


def test_nothing_was_asked_of_anybody_else(site: Site, proxy: list[bytes], open_page: Open) -> None:
    before = len(site.complaints)  # other tests ask for what is not there
    page = open_page()
    ask(page, LOGBOOK)
    assert site.requests
    assert {urlsplit(url).netloc for url in site.requests if not url.startswith(("data:", "blob:"))} == {
        urlsplit(site.address).netloc
    }
    wanted = {re.sub(r"^http://|[:/?].*", "", asked.split()[1].decode()) for asked in proxy if asked}
    assert wanted <= BROWSERS_OWN
    assert site.complaints[before:] == []
