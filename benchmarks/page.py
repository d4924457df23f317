"""From Enter to the answer on the page, in chromium, on the seeds: ``python -m benchmarks.page``; medians of 30."""

from __future__ import annotations

import shutil
import statistics

import httpx
from playwright.sync_api import sync_playwright

from benchmarks.load import QUESTIONS
from benchmarks.serving import server

ROUNDS = 30
# Timed in the page: from the key to the moment the finished turn stands in the thread.
WATCH = """() => {
    const turns = () => document.querySelectorAll('.cv-turn').length;
    const before = turns();
    window.answered = new Promise(done => addEventListener('keydown', () => {
        const began = performance.now();
        const watch = new MutationObserver(() => {
            if (turns() > before) { watch.disconnect(); done(performance.now() - began); }
        });
        watch.observe(document.body, {childList: true, subtree: true, attributes: true});
    }, {once: true, capture: true}));
}"""


def main() -> None:
    """Print the figures."""
    with server() as (address, _), sync_playwright() as playwright:
        httpx.post(f"{address}/api/ask", json={"question": QUESTIONS[0]}, timeout=120)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        waits = []
        for number in range(ROUNDS):
            if number % 5 == 0:  # a new conversation
                page.goto(address)
                page.locator(".cv-thread").wait_for(state="attached")
                page.wait_for_timeout(1_000)
            box = page.locator("#cv-question :is(textarea, input)")
            box.fill(QUESTIONS[number % len(QUESTIONS)])
            page.evaluate(WATCH)
            box.press("Enter")
            waits.append(page.evaluate("() => window.answered"))
            page.wait_for_timeout(500)  # a person reads
        browser.close()
    waits.sort()
    print(f"median {statistics.median(waits):.0f} ms, 95th percentile {waits[int(len(waits) * 0.95)]:.0f} ms")


if __name__ == "__main__":
    main()
