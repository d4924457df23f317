"""What the page weighs until it can be asked, in chromium, on the seeds: ``python -m benchmarks.weight``.

Bytes as they go over the network, requests, and the time until the box can be typed into: at the processor's own speed
and at a quarter of it, medians of ``ROUNDS``, each with an empty cache; beside a page of Gradio's
with nothing but a box; and what a second visit asks for.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.serving import server

ROUNDS = 5


@dataclass(slots=True)
class Visit:
    """What one opening of the page took."""

    addresses: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    ready: float = 0.0
    """Milliseconds until the box takes what is typed."""

    @property
    def own(self) -> int:
        """Requests for files of this program rather than Gradio's."""
        return sum("/own/" in address for address in self.addresses.values())


def visit(context: BrowserContext, address: str, slowed: int) -> Visit:
    """Open the page in a new tab and wait until the box can be typed into and all is loaded."""
    seen, page = Visit(), context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})

    def sent(event: dict[str, Any]) -> None:
        seen.addresses[event["requestId"]] = event["request"]["url"]

    def loaded(event: dict[str, Any]) -> None:
        seen.sizes[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", loaded)
    page.goto(address, wait_until="commit")
    page.locator(":is(textarea, input[type=text])").first.fill("W")
    seen.ready = page.evaluate("performance.now()")
    page.wait_for_load_state("networkidle")
    page.close()
    return seen


def first_visits(browser: Browser, address: str, slowed: int) -> list[Visit]:
    """Return ``ROUNDS`` visits, each of a browser that was never here."""
    visits = []
    for _ in range(ROUNDS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        visits.append(visit(context, address, slowed))
        context.close()
    return visits


@contextmanager
def bare() -> Iterator[str]:
    """Serve a page of Gradio's with one box, on a free port; gives its address."""
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as app:
        gr.Textbox()
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False)
    yield address
    app.close()


def main() -> None:
    """Print the figures."""
    with server() as (address, _), bare() as plain, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for slowed in (1, 4):
            for name, where in (("this program", address), ("Gradio alone", plain)):
                visits = first_visits(browser, where, slowed)
                first = visits[0]
                print(
                    f"processor 1/{slowed}, {name}: {sum(first.sizes.values()) / 1000:.0f} kB in "
                    f"{len(first.addresses)} requests, {first.own} of them our own; the box after "
                    f"{statistics.median(one.ready for one in visits):.0f} ms"
                )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        visit(context, address, 1)
        again = visit(context, address, 1)
        print(f"a second visit: {sum(again.sizes.values()) / 1000:.0f} kB; the box after {again.ready:.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
