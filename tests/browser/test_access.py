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
from playwright.sync_api import Page

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
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_keeps_people_out(open_page: Open, axe: str, width: str, theme: str) -> None:
    page = open_page(width=width, theme=theme)
    page.locator(".cv-examples button").first.wait_for()
    assert faults(page, axe) == []
    ask(page, "Who is Ukraine's foreign minister?")
    ask(page, "How do I bake sourdough bread?")
    assert faults(page, axe) == []
    page.locator(".cv-lead .cv-chip").click()
    page.locator(".cv-source:visible .cv-here").first.wait_for()
    assert faults(page, axe) == []
    if width == "phone":
        page.keyboard.press("Escape")
    page.get_by_role("tab", name="Documents").click()
    page.locator(".cv-table").wait_for()
    assert faults(page, axe) == []


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
