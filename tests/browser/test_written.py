"""The text of a language model on the page: under the quotes, sentence by sentence, kept with the conversation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.conftest import ask
from language_model import answers, endpoint, says
from playwright.sync_api import Page, expect
from web_library import NEWS, FakeLibrary, document, served

import rag
from rag.llm.client import Endpoint
from rag.llm.writer import ModelWriter
from rag.pipeline import written
from rag.types import Reply

pytest.importorskip("openai", reason="the extra llm is not installed")

TEXT = "The harbour opened on Tuesday. [1] It has 40 <b>ships</b>. [1] It shut."


class Writing(FakeLibrary):
    """Has a text written by the model of its settings; its first sentence waits until it is let go on."""

    def __init__(self, settings: rag.Settings) -> None:
        super().__init__([document("a/news.txt", NEWS, title="The News")], settings=settings)
        self.go_on = threading.Event()

    def write(self, reply: Reply) -> Iterator[Reply]:
        assert self.go_on.wait(60)
        return written(reply, ModelWriter(Endpoint(self.settings)))


def test_a_text_is_written_below_quotes_that_stand_already(open_page: Callable[..., Page], tmp_path: Path) -> None:
    with endpoint(says(TEXT)) as model:
        settings = rag.Settings(index=tmp_path / "index", seeds=tmp_path, llm=model.address)
        library = Writing(settings)
        with served(settings, library) as address:
            page = open_page(at=address)
            turn = ask(page, "Who opened the harbour?")
            expect(turn.locator(".cv-lead blockquote")).to_contain_text("The harbour opened on Tuesday.")
            section = turn.locator(".cv-written")
            expect(section.locator(".cv-doing")).to_have_text("A language model is writing…")
            library.go_on.set()
            expect(section.locator(".cv-doing")).to_have_count(0)
            expect(section.locator(".cv-label")).to_contain_text("it is not a quote")
            expect(section.locator("span:not(.cv-struck)")).to_have_text(
                ["The harbour opened on Tuesday.", "It has 40 <b>ships</b>."]
            )
            expect(section.locator("del")).to_have_text("It shut.")
            expect(section.locator(".cv-struck").first).to_have_text("Not in the quote: 40.")
            section.get_by_role("button", name="Quote 1").first.click()
            expect(turn.locator(".cv-lead .cv-chip")).to_have_attribute("aria-current", "true")

            page.reload()
            expect(page.locator(".cv-written del")).to_have_text("It shut.")
            assert len(model.asked) == 1

            model.play = answers(500, "")
            turn = ask(page, "Which minister resigned?")
            expect(turn.locator(".cv-written .cv-reason")).to_contain_text("answered with status 500.")
            expect(turn.locator(".cv-lead blockquote")).to_contain_text("The minister resigned")
            assert ask(page, "Bread?").locator(".cv-written").count() == 0
