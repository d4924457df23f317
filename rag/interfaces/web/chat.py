"""The chat, as a Gradio app (the only file that imports gradio)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from rag.errors import RagError
from rag.interfaces import serialization as replies
from rag.interfaces.web import bundle, pages
from rag.interfaces.web.clients import ASKING, CLIENT
from rag.interfaces.web.service import AT_ONCE, DRAFTS, WAITING, Service, check_turns


@contextmanager
def _environment_put_back() -> Iterator[None]:
    """Tell Gradio to ask nobody for news while the block runs, and leave the process's environment as it was."""
    before = dict(os.environ)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


with _environment_put_back():
    import gradio as gr

_html = partial(gr.HTML, js_on_load=None, apply_default_css=False)
# The page's own script asks and keeps the thread: what goes into the box is all that Gradio has to know.
_SUBMIT = "(question) => window.chapterAndVerse.submit(question)"


def _blocks(service: Service) -> gr.Blocks:
    """Return the Gradio app: the chat with the document beside it, the documents, and the API name ``ask``."""

    def ask(
        request: gr.Request, question: str, turns: list[dict[str, Any]] | None = None, standalone_question: str = ""
    ) -> dict[str, Any]:
        """Answer a question from the documents: the reply of ``POST /api/ask``, quotes with their places."""
        CLIENT.set(request.request.scope[ASKING])
        try:
            earlier = replies.turns_from_json(turns or [])
            check_turns(earlier)
            reply = service.ask(question, turns=earlier, standalone=standalone_question or None)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return replies.to_json(reply)

    with gr.Blocks(title=service.settings.name, analytics_enabled=False, fill_width=True) as app:
        # First, and so event 0: the one event that may be sent here.
        gr.api(ask, api_name="ask")
        _html(pages.render("masthead.html", name=service.settings.name), elem_classes="cv-head")
        with gr.Tabs(elem_classes="cv-tabs"):
            with gr.Tab("Ask", id="ask"):
                _ask_tab(service)
            with gr.Tab("Conversations", id="conversations"):
                _html(pages.render("kept.html"), elem_classes="cv-scrolls")
            with gr.Tab("Documents", id="documents", elem_id="cv-documents"), _columns():
                _left_scrolling(pages.render("documents.html"))
                _beside("Choose a document to read it here.")
            with gr.Tab("Check", id="check"), _columns():
                _left_scrolling(pages.render("draft.html", accepted=",".join(DRAFTS)))
                _beside("The source of a quotation opens here.")
    # Who asks waits in turn with all the others, not in a line of Gradio's own.
    app.max_threads = AT_ONCE + WAITING
    app.queue(max_size=64, default_concurrency_limit=None, api_open=False)
    return app


def mount(app: FastAPI, service: Service) -> None:
    """Put the chat at the root of ``app``, with everything shut that it does not need."""
    settings = service.settings
    options: dict[str, Any] = {
        "server_name": settings.host,
        "server_port": settings.port,
        "footer_links": [],
        "max_file_size": 1,
        "theme": _theme(),
        "head": pages.render(
            "head.html", accent=settings.accent, styles=bundle.address("all.css"), scripts=bundle.address("all.js")
        ),
        **dict.fromkeys(("run_history", "show_error", "ssr_mode", "enable_monitoring", "pwa", "mcp_server"), False),
    }

    async def put() -> None:
        gr.mount_gradio_app(app, _blocks(service), path="/", **options)

    # In a running loop: outside one Gradio makes its own, and leaves them open.
    with _environment_put_back(), ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, put()).result()


def _theme() -> gr.themes.Base:
    """A plain theme in the system's own fonts; the style sheets in ``static/`` do the rest."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.neutral,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_none,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


def _columns() -> gr.Column:
    """What stands side by side; Gradio's own rows would bring two more files."""
    return gr.Column(elem_classes="cv-columns")


def _ask_tab(service: Service) -> None:
    settings = service.settings
    with _columns():
        with gr.Column(elem_classes="cv-left", scale=5):
            _html(pages.render("no_thread.html"), elem_id="cv-thread", elem_classes="cv-threads")
            start = {"greeting": settings.greeting, "writes": service.writes}
            _html(pages.render("examples.html", questions=(), folders=(), **start), elem_classes="cv-start")
            _html(pages.render("pins.html", conversation="", pins=(), forms={}), elem_classes="cv-pinned")
            _html(pages.render("notice.html"), elem_classes="cv-notices")
            with gr.Column(elem_classes="cv-asking"):
                question = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    placeholder="Ask the documents",
                    max_lines=5,
                    max_length=settings.question_characters,
                    elem_id="cv-question",
                    container=False,
                    scale=1,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                _html(pages.render("buttons.html"), elem_classes="cv-pressing")
        _beside("The document opens here, at the quote.")
    question.submit(None, [question], [question], js=_SUBMIT, api_visibility="private")


def _left_scrolling(html: str) -> None:
    with gr.Column(elem_classes="cv-left cv-scrolls", scale=5):
        _html(html)


def _beside(words: str) -> None:
    """The column for a document, with these words until one is opened in it."""
    with gr.Column(elem_classes="cv-right", scale=4):
        _html(pages.render("hint.html", words=words), elem_classes="cv-beside")
