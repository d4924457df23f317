"""The chat, as a Gradio app (the only file that imports gradio)."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import FastAPI

from rag.errors import RagError
from rag.interfaces import serialization as replies
from rag.interfaces.web import bundle, pages
from rag.interfaces.web.catalogue import Catalogue, first_screen
from rag.interfaces.web.events import Event
from rag.interfaces.web.service import Service, check_turns
from rag.settings import Settings


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
_QUEUED: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# A request with one answer. In the queue an event is lost that the page sends while the stream of another's results is
# being closed.
_PLAIN: dict[str, Any] = {**_QUEUED, "queue": False, "trigger_mode": "multiple"}


@dataclass(frozen=True, slots=True)
class Chat:
    """What the page's events do."""

    service: Service
    catalogue: Catalogue

    def answer(
        self, question: str, turns: list[dict[str, Any]] | None = None, standalone_question: str = ""
    ) -> dict[str, Any]:
        """Answer a question from the documents: the reply of ``POST /api/ask``, quotes with their places."""
        try:
            earlier = replies.turns_from_json(turns or [])
            check_turns(earlier)
            reply = self.service.ask(question, turns=earlier, standalone=standalone_question or None)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return replies.to_json(reply)

    def masthead(self) -> str:
        """Say what is searched, as soon as that is known."""
        service = self.service
        told = {"searched": service.searched(), "reading": service.reading()}
        return pages.render("masthead.html", name=service.settings.name, **told)

    def examples(self) -> str:
        """Say what could be asked, as soon as that is known."""
        self.service.wait()
        return first_screen(self.catalogue)


def blocks(catalogue: Catalogue) -> gr.Blocks:
    """Return the Gradio app: the chat with the document beside it, the documents, and the API name ``ask``."""
    return _in_a_loop(lambda: _blocks(Chat(catalogue.service, catalogue)))


def _blocks(chat: Chat) -> gr.Blocks:
    with gr.Blocks(title=chat.service.settings.name, analytics_enabled=False, fill_width=True) as app:
        # First, so that the name is its own: Gradio numbers those of the same name that come after.
        gr.api(chat.answer, api_name="ask")
        head = _html(
            pages.render("masthead.html", name=chat.service.settings.name, searched="", reading=""),
            elem_classes="cv-head",
        )
        with gr.Tabs(elem_classes="cv-tabs"):
            with gr.Tab("Ask", id="ask"):
                examples = _ask_tab(chat)
            with gr.Tab("Conversations", id="conversations"):
                _html(pages.render("kept.html"), elem_classes="cv-scrolls")
            with gr.Tab("Documents", id="documents", elem_id="cv-documents"):
                _documents_tab()
            with gr.Tab("Check", id="check"), gr.Row(elem_classes="cv-columns", equal_height=True):
                with gr.Column(elem_classes="cv-left cv-scrolls", scale=5, min_width=320):
                    _html(pages.render("draft.html"))
                _beside("The source of a quotation opens here.")
        app.load(chat.masthead, None, [head], **_PLAIN)
        app.load(chat.examples, None, [examples], **_PLAIN)
    app.queue(max_size=64, default_concurrency_limit=16, api_open=False)
    return app


def events(app: gr.Blocks) -> dict[int, Event]:
    """Return what each event of the app takes, by Gradio's number for it."""
    return {
        number: Event(
            parameters=tuple(inspect.signature(function.fn).parameters)[: len(function.inputs)],
            queued=function.queue is not False,
            public=function.api_visibility == "public",
        )
        for number, function in app.fns.items()
        if function.fn is not None  # what the page's script does alone asks nothing of us
    }


def mount(app: FastAPI, chat: gr.Blocks, settings: Settings) -> None:
    """Put the chat at the root of ``app``, with everything shut that it does not need."""
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
    _in_a_loop(lambda: gr.mount_gradio_app(app, chat, path="/", **options))


def _in_a_loop(make: Callable[[], Any]) -> Any:
    """Return what ``make`` does in a running loop: outside one Gradio makes its own, and leaves them open."""

    async def made() -> Any:
        return make()

    with _environment_put_back(), ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, made()).result()


def _theme() -> gr.themes.Base:
    """A plain theme in the system's own fonts; the style sheets in ``static/`` do the rest."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.neutral,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_none,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


def _ask_tab(chat: Chat) -> gr.HTML:
    with gr.Row(elem_classes="cv-columns", equal_height=True):
        with gr.Column(elem_classes="cv-left", scale=5, min_width=320):
            _html(pages.render("no_thread.html"), elem_id="cv-thread", elem_classes="cv-threads")
            examples = _html(
                pages.render("examples.html", questions=(), folders=(), greeting=""), elem_classes="cv-start"
            )
            _html(pages.render("pins.html", conversation="", pins=(), forms={}), elem_classes="cv-pinned")
            _html(pages.render("notice.html"), elem_classes="cv-notices")
            with gr.Row(elem_classes="cv-asking"):
                question = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    placeholder="Ask the documents",
                    max_lines=5,
                    max_length=chat.service.settings.question_characters,
                    elem_id="cv-question",
                    container=False,
                    scale=1,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                ask = gr.Button("Ask", variant="primary", elem_id="cv-ask", scale=0, min_width=80)
                gr.Button("Stop", elem_id="cv-stop", scale=0, min_width=80)
                gr.Button("New", elem_id="cv-new", scale=0, min_width=60)
        _beside("The document opens here, at the quote.")
    gr.on([question.submit, ask.click], None, [question], [question], js=_SUBMIT, **_PLAIN)
    return examples


def _documents_tab() -> None:
    with gr.Row(elem_classes="cv-columns", equal_height=True):
        with gr.Column(elem_classes="cv-left cv-scrolls", scale=5, min_width=320):
            _html(pages.render("documents.html"))
        _beside("Choose a document to read it here.")


def _beside(words: str) -> None:
    """The column for a document, with these words until one is opened in it."""
    with gr.Column(elem_classes="cv-right", scale=4, min_width=320):
        _html(pages.render("hint.html", words=words), elem_classes="cv-beside")
