"""The chat, as a Gradio app (the only file that imports gradio)."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from fastapi import FastAPI

from rag.errors import RagError
from rag.interfaces import serialization as replies
from rag.interfaces.web import pages
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.events import Event
from rag.interfaces.web.service import Busy, Service, check_turns
from rag.settings import Settings
from rag.types import Turn


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
_ON_LOAD = "element.askAgain = (what) => trigger('again', what);"
_FROM_ADDRESS = "() => window.chapterAndVerse.fromAddress()"
_ASKING = "(question, conversation) => [question, window.chapterAndVerse.asking(conversation)]"
_AGAIN = "(conversation) => window.chapterAndVerse.asking(conversation)"
_STOP = "() => window.chapterAndVerse.asked"
_GONE = "That conversation is no longer kept here: the server was started anew. Ask again to begin another."
_BROKEN = "Something went wrong in answering; the server's own output says what. Ask again, or something else."
_QUEUED: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# A request with one answer. In the queue an event is lost that the page sends while the stream of another's results is
# being closed. And a question is asked even while an earlier one is being answered.
_PLAIN: dict[str, Any] = {**_QUEUED, "queue": False, "trigger_mode": "multiple"}

Update = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """What the page's events do."""

    service: Service
    conversations: Conversations
    stamps: Iterator[int] = field(default_factory=lambda: count(1))

    def ask(self, question: str, conversation: str) -> Update:
        """Answer what was typed: (text box, conversation, thread)."""
        taken, *shown = self._respond(question, conversation)
        return ("" if taken else gr.skip()), *shown

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

    def again(self, conversation: str, event: gr.EventData) -> Update:
        """Answer an example, an edited question or a retry: (conversation, thread)."""
        what: dict[str, Any] = event._data if isinstance(event._data, dict) else {}
        keep = what.get("keep")
        standalone = str(what.get("standalone") or "") or None
        question = str(what.get("question") or standalone or "")
        turns = max(0, keep) if isinstance(keep, int) else None
        return self._respond(question, conversation, standalone=standalone, keep=turns)[1:]

    def stop(self, conversation: str) -> str:
        """Show the conversation as it was before the question whose answer is not waited for any more."""
        self.conversations.stop(conversation)
        turns = self.conversations.turns(conversation) or ()
        return self._thread(conversation if turns else "", turns)  # one without turns is not kept

    def restore(self, conversation: str, question: str) -> Update:
        """Bring a conversation back after a reload, or answer a link's question: (conversation, thread).

        Without either the thread stays as it is: somebody quick may have asked already. The page gets the id of a
        conversation to begin, so that it can stop waiting for its first answer.
        """
        if question:
            return self._respond(question, "")[1:]
        if not conversation:
            return self.conversations.begin(), gr.skip()
        turns = self.conversations.turns(conversation)
        if turns is None:
            return self.conversations.begin(), self._thread("", (), notice=_GONE)
        return conversation, self._thread(conversation, turns)

    def masthead(self) -> str:
        """Say what is searched, as soon as that is known."""
        return pages.render("masthead.html", searched=self.service.searched())

    def examples(self) -> str:
        """Say what could be asked, as soon as that is known."""
        self.service.wait()
        return pages.render("examples.html", questions=self.service.examples)

    def clear(self, conversation: str) -> Update:
        """Begin a new conversation, and wait for no answer in this one: (text box, conversation, thread)."""
        self.conversations.stop(conversation)
        return "", self.conversations.begin(), self._thread("", ())

    def documents(self) -> str:
        """Show what is in the index."""
        library = self.service.library
        return pages.catalogue(library.built_at, library.passage_count, library.documents(), library.skipped)

    def rebuild(self) -> Iterator[Update]:
        """Read the seeds again and tell how it goes: yields (rebuild, catalogue, masthead, examples)."""
        with suppress(Busy):  # Somebody else's is under way already: follow that.
            self.service.rebuild()
        for state in self.service.follow():
            yield pages.render("rebuild.html", state=state), *[gr.skip()] * 3
        yield gr.skip(), self.documents(), self.masthead(), self.examples()

    def _respond(
        self, question: str, conversation: str, *, standalone: str | None = None, keep: int | None = None
    ) -> Update:
        """Answer after the first ``keep`` turns, or all: (whether it was answered, conversation, thread).

        Nothing is shown where a newer question was asked meanwhile, or the answer is not waited for any more.
        """
        conversation = conversation or self.conversations.begin()
        if not self.conversations.knows(conversation):
            return False, self.conversations.begin(), self._thread("", (), notice=_GONE)
        ticket = self.conversations.await_answer(conversation)
        turns, notice = (self.conversations.turns(conversation) or ())[:keep], ""
        scope, question = replies.typed_scope(question)
        try:
            reply = self.service.ask(question, turns=turns, standalone=standalone, scope=scope)
            turns = (*turns, Turn(question=reply.question, reply=reply))
        except RagError as error:
            notice = str(error)
        except Exception:  # whatever it is, the thread stays, says so, and the log has the rest
            logging.getLogger(__name__).exception("A question was not answered.")
            notice = _BROKEN
        if not self.conversations.is_awaited(conversation, ticket):
            return False, gr.skip(), gr.skip()
        if not notice:
            self.conversations.keep(conversation, turns)
        return not notice, conversation, self._thread(conversation, turns, notice=notice)

    def _thread(self, conversation: str, turns: Sequence[Turn], *, notice: str = "") -> str:
        searched = self.service.searched() if turns else ""
        shown = {"conversation": conversation, "turns": turns, "notice": notice, "stamp": next(self.stamps)}
        settings, examples = self.service.settings, self.service.examples
        return pages.render("thread.html", **shown, searched=searched, votes=settings.feedback, examples=examples)


def blocks(service: Service, conversations: Conversations, *, may_rebuild: bool) -> gr.Blocks:
    """Return the Gradio app: the chat with the document beside it, the documents, and the API name ``ask``.

    ``may_rebuild``: whether everybody who sees the page may have the seeds read again.
    """
    return _in_a_loop(lambda: _blocks(Chat(service, conversations), may_rebuild=may_rebuild))


def _blocks(chat: Chat, *, may_rebuild: bool) -> gr.Blocks:
    with gr.Blocks(title="Chapter & Verse", analytics_enabled=False, fill_width=True) as app:
        # First, so that the name is its own: Gradio numbers those of the same name that come after.
        gr.api(chat.answer, api_name="ask")
        head = _html(pages.render("masthead.html", searched=""), elem_classes="cv-head")
        conversation = gr.Textbox(visible=False)
        with gr.Tabs(elem_classes="cv-tabs"):
            with gr.Tab("Ask", id="ask"):
                examples = _ask_tab(app, chat, conversation)
            with gr.Tab("Documents", id="documents") as tab:
                _documents_tab(chat, tab, head, examples, may_rebuild=may_rebuild)
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
            detail=any(event == "again" for _, event in function.targets),
            public=function.api_visibility == "public",
        )
        for number, function in app.fns.items()
    }


def mount(app: FastAPI, chat: gr.Blocks, settings: Settings) -> None:
    """Put the chat at the root of ``app``, with everything shut that it does not need."""
    options: dict[str, Any] = {
        "server_name": settings.host,
        "server_port": settings.port,
        "footer_links": [],
        "max_file_size": 1,
        "theme": _theme(),
        "head": pages.render("head.html"),
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


def _ask_tab(app: gr.Blocks, chat: Chat, conversation: gr.Textbox) -> gr.HTML:
    with gr.Row(elem_classes="cv-columns", equal_height=True):
        with gr.Column(elem_classes="cv-left", scale=5, min_width=320):
            empty = pages.render("thread.html", conversation="", turns=(), notice="", stamp="")
            thread = _html(empty, js_on_load=_ON_LOAD, elem_id="cv-thread", elem_classes="cv-threads")
            examples = _html(pages.render("examples.html", questions=()), elem_classes="cv-start")
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
                    autofocus=True,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                ask = gr.Button("Ask", variant="primary", elem_id="cv-ask", scale=0, min_width=80)
                stop = gr.Button("Stop", elem_id="cv-stop", scale=0, min_width=80)
                new = gr.Button("New", elem_id="cv-new", scale=0, min_width=60)
        _beside("The document opens here, at the quote.")
    linked = gr.Textbox(visible=False)
    typed = [question, conversation, thread]
    gr.on([question.submit, ask.click], chat.ask, [question, conversation], typed, js=_ASKING, **_PLAIN)
    thread.again(chat.again, [conversation], [conversation, thread], js=_AGAIN, **_PLAIN)
    stop.click(chat.stop, [conversation], [thread], js=_STOP, **_PLAIN)
    new.click(chat.clear, [conversation], typed, js=_STOP, **_PLAIN)
    app.load(chat.restore, [conversation, linked], [conversation, thread], js=_FROM_ADDRESS, **_PLAIN)
    return examples


def _documents_tab(chat: Chat, tab: gr.Tab, head: gr.HTML, examples: gr.HTML, *, may_rebuild: bool) -> None:
    with gr.Row(elem_classes="cv-columns", equal_height=True):
        with gr.Column(elem_classes="cv-left cv-scrolls", scale=5, min_width=320):
            listed = _html(pages.render("hint.html", words="The list is on its way."))
            if may_rebuild:
                state = _html(pages.render("rebuild.html", state=None))
                button = gr.Button("Read the documents again", elem_id="cv-rebuild")
                outputs = [state, listed, head, examples]
                button.click(chat.rebuild, None, outputs, trigger_mode="once", **_QUEUED)
        _beside("Choose a document to read it here.")
    tab.select(chat.documents, None, [listed], **_PLAIN)


def _beside(words: str) -> None:
    """The column for a document, with these words until one is opened in it."""
    with gr.Column(elem_classes="cv-right", scale=4, min_width=320):
        _html(pages.render("hint.html", words=words), elem_classes="cv-beside")
