"""The chat, as a Gradio app (the only file that imports gradio)."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any

from fastapi import FastAPI

# Read at gradio's import: without them it asks its makers' servers for news.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gradio as gr

from rag.errors import RagError
from rag.interfaces import serialization as replies
from rag.interfaces.web import catalogue as shelf
from rag.interfaces.web import views
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.markup import Html, head_links
from rag.interfaces.web.picture import Gallery
from rag.interfaces.web.service import Busy, Service
from rag.types import Reply, Turn

HEAD = head_links(
    styles=("/own/chat.css", "/own/layout.css", "/own/shelf.css"), scripts=("/own/chat.js", "/own/habits.js")
).text
_ON_LOAD = "element.askAgain = (what) => trigger('again', what);"
_FROM_ADDRESS = "() => window.chapterAndVerse.fromAddress()"
_ASKING = "(question, conversation) => [question, window.chapterAndVerse.asking(conversation)]"
_AGAIN = "(conversation) => window.chapterAndVerse.asking(conversation)"
_STOP = "() => window.chapterAndVerse.asked"
_GONE = "That conversation is no longer kept here: the server was started anew."
_BROKEN = "Something went wrong in answering; the server's own output says what. Ask again, or something else."
_QUEUED: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# A request with one answer. In the queue an event is lost that the page sends while the stream of another's results is
# being closed. And a question is asked even while an earlier one is being answered.
_PLAIN: dict[str, Any] = {**_QUEUED, "queue": False, "trigger_mode": "multiple"}

Update = tuple[Any, ...]


class Chat:
    """What the page's events do."""

    def __init__(self, service: Service, conversations: Conversations) -> None:
        self.service = service
        self.conversations = conversations
        self.gallery = Gallery()
        self._stamps = count(1)

    def ask(self, question: str, conversation: str) -> Update:
        """Answer what was typed: (text box, conversation, thread)."""
        taken, *shown = self._respond(question, conversation)
        return ("" if taken else gr.skip()), *shown

    def again(self, conversation: str, event: gr.EventData) -> Update:
        """Answer an example, an edited question or a retry: (conversation, thread)."""
        what: dict[str, Any] = event._data if isinstance(event._data, dict) else {}
        keep = what.get("keep")
        standalone = str(what.get("standalone") or "") or None
        question = str(what.get("question") or standalone or "")
        turns = max(0, int(keep)) if isinstance(keep, int | float) else None
        return self._respond(question, conversation, standalone=standalone, keep=turns)[1:]

    def stop(self, conversation: str) -> str:
        """Show the conversation as it was before the question whose answer is not waited for any more."""
        self.conversations.stop(conversation)
        turns = self.conversations.turns(conversation) or ()
        return self._thread(conversation if turns else "", turns)  # one without turns is not kept

    def restore(self, conversation: str, question: str) -> Update:
        """Bring a conversation back after a reload, or answer a link's question: (conversation, thread).

        Without either it changes nothing: somebody quick may have asked already.
        """
        if question:
            return self._respond(question, conversation)[1:]
        if not conversation:
            return gr.skip(), gr.skip()
        turns = self.conversations.turns(conversation)
        if turns is None:
            return "", self._thread("", (), notice=_GONE)
        return conversation, self._thread(conversation, turns)

    def masthead(self) -> str:
        """Say what is searched, as soon as that is known."""
        return views.masthead(self.service.searched()).text

    def examples(self) -> str:
        """Say what could be asked, as soon as that is known."""
        self.service.wait()
        return views.examples(self.service.examples).text

    def clear(self, conversation: str) -> Update:
        """Begin a new conversation, and wait for no answer in this one: (text box, conversation, thread)."""
        self.conversations.stop(conversation)
        return "", "", self._thread("", ())

    def documents(self, conversation: str) -> Update:
        """Show what is in the index: (shelf, picture)."""
        library = self.service.library
        entries = library.documents()
        listed = shelf.shelf(library.built_at, library.passage_count, entries, library.skipped)
        turns = self.conversations.turns(conversation) or ()
        return listed.text, self.gallery.draw(library, _last_reply(turns)).text

    def rebuild(self, conversation: str) -> Iterator[Update]:
        """Read the seeds again and tell how it goes: yields (rebuild, shelf, picture, masthead, examples)."""
        with suppress(Busy):  # Somebody else's is under way already: follow that.
            self.service.rebuild()
        for state in self.service.follow():
            yield shelf.rebuild(state).text, *[gr.skip()] * 4
        yield gr.skip(), *self.documents(conversation), self.masthead(), self.examples()

    def _respond(
        self, question: str, conversation: str, *, standalone: str | None = None, keep: int | None = None
    ) -> Update:
        """Answer after the first ``keep`` turns, or all: (whether it was answered, conversation, thread).

        Nothing is shown where a newer question was asked meanwhile, or the answer is not waited for any more.
        """
        conversation = conversation or self.conversations.begin()
        ticket = self.conversations.await_answer(conversation)
        turns, notice = (self.conversations.turns(conversation) or ())[:keep], ""
        try:
            reply = self.service.ask(question, turns=turns, standalone=standalone)
            turns = (*turns, Turn(question=reply.question, reply=reply))
        except RagError as error:
            notice = str(error)
        except Exception:
            logging.getLogger(__name__).exception("A question was not answered.")
            notice = _BROKEN
        if not self.conversations.is_awaited(conversation, ticket):
            return False, gr.skip(), gr.skip()
        if not notice:
            self.conversations.keep(conversation, turns)
        return not notice, conversation, self._thread(conversation, turns, notice=notice)

    def _thread(self, conversation: str, turns: Sequence[Turn], *, notice: str = "") -> str:
        searched = self.service.searched() if turns else ""
        votes = self.service.settings.feedback
        stamp = str(next(self._stamps))
        return views.thread(conversation, turns, searched=searched, notice=notice, votes=votes, stamp=stamp).text


def blocks(service: Service, conversations: Conversations, *, may_rebuild: bool) -> gr.Blocks:
    """Return the Gradio app: the chat with the document beside it, the documents, and the API name ``ask``.

    ``may_rebuild``: whether everybody who sees the page may have the seeds read again.
    """
    chat = Chat(service, conversations)
    with gr.Blocks(title="Chapter & Verse", analytics_enabled=False, fill_width=True) as app:
        # First, so that the name is its own: Gradio numbers those of the same name that come after.
        gr.api(_api(service), api_name="ask")
        head = _html(views.masthead(""), elem_classes="cv-head")
        conversation = gr.Textbox(visible=False)
        with gr.Tabs(elem_classes="cv-tabs"):
            with gr.Tab("Ask", id="ask"):
                examples = _ask_tab(app, chat, conversation)
            with gr.Tab("Documents", id="documents") as tab:
                listed, drawn, state, button = _documents_tab(may_rebuild)
        tab.select(chat.documents, [conversation], [listed, drawn], **_PLAIN)
        outputs = [state, listed, drawn, head, examples]
        button.click(chat.rebuild, [conversation], outputs, trigger_mode="once", **_QUEUED)
        app.load(chat.masthead, None, [head], **_PLAIN)
        app.load(chat.examples, None, [examples], **_PLAIN)
    app.queue(max_size=64, default_concurrency_limit=16, api_open=False)
    return app


def mount(app: FastAPI, service: Service, conversations: Conversations, *, may_rebuild: bool) -> None:
    """Put the chat at the root of ``app``, with everything shut that it does not need."""
    options: dict[str, Any] = {
        "server_name": service.settings.host,
        "server_port": service.settings.port,
        "footer_links": [],
        "run_history": False,
        "show_error": False,
        "max_file_size": 1,
        "ssr_mode": False,
        "enable_monitoring": False,
        "pwa": False,
        "mcp_server": False,
        "theme": _theme(),
        "head": HEAD,
    }

    async def mounted() -> None:
        gr.mount_gradio_app(app, blocks(service, conversations, may_rebuild=may_rebuild), path="/", **options)

    # Outside a running loop Gradio makes loops of its own for its locks, and leaves them open.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, mounted()).result()


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
            thread = _html(views.thread("", ()), js_on_load=_ON_LOAD, elem_id="cv-thread", elem_classes="cv-threads")
            examples = _html(views.examples(()), elem_classes="cv-start")
            with gr.Row(elem_classes="cv-asking"):
                question = _question_box(chat.service.settings.question_characters)
                ask = gr.Button("Ask", variant="primary", elem_id="cv-ask", scale=0, min_width=80)
                stop = gr.Button("Stop", elem_id="cv-stop", scale=0, min_width=80)
                new = gr.Button("New", elem_id="cv-new", scale=0, min_width=60)
        with gr.Column(elem_classes="cv-right", scale=4, min_width=320):
            _html(views.empty_panel("The document opens here, at the quote."), elem_classes="cv-beside")
    linked = gr.Textbox(visible=False)
    typed = [question, conversation, thread]
    gr.on([question.submit, ask.click], chat.ask, [question, conversation], typed, js=_ASKING, **_PLAIN)
    thread.again(chat.again, [conversation], [conversation, thread], js=_AGAIN, **_PLAIN)
    stop.click(chat.stop, [conversation], [thread], js=_STOP, **_PLAIN)
    new.click(chat.clear, [conversation], typed, js=_STOP, **_PLAIN)
    app.load(chat.restore, [conversation, linked], [conversation, thread], js=_FROM_ADDRESS, **_PLAIN)
    return examples


def _documents_tab(may_rebuild: bool) -> tuple[gr.HTML, gr.HTML, gr.HTML, gr.Button]:
    with gr.Row(elem_classes="cv-columns", equal_height=True):
        with gr.Column(elem_classes="cv-left cv-scrolls", scale=5, min_width=320):
            listed = _html(views.empty_panel("The list is on its way."))
            state = _html(shelf.rebuild(None))
            button = gr.Button("Read the documents again", elem_id="cv-rebuild", visible=may_rebuild)
            drawn = _html(views.empty_panel(""))
        with gr.Column(elem_classes="cv-right", scale=4, min_width=320):
            _html(views.empty_panel("Choose a document, or a dot, to read it here."), elem_classes="cv-beside")
    return listed, drawn, state, button


def _question_box(longest: int) -> gr.Textbox:
    return gr.Textbox(
        label="Your question",
        show_label=False,
        placeholder="Ask the documents",
        lines=1,
        max_lines=5,
        max_length=longest,
        elem_id="cv-question",
        container=False,
        scale=1,
        autofocus=True,
        html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
    )


def _last_reply(turns: Sequence[Turn]) -> Reply | None:
    replied = [turn.reply for turn in turns if not isinstance(turn.reply, str)]
    return replied[-1] if replied else None


def _html(content: Html, *, js_on_load: str | None = None, **options: Any) -> gr.HTML:
    return gr.HTML(content.text, js_on_load=js_on_load, apply_default_css=False, **options)


def _api(service: Service) -> Callable[..., dict[str, Any]]:
    def ask(question: str, turns: list[dict[str, Any]] | None = None, standalone_question: str = "") -> dict[str, Any]:
        """Answer a question from the documents: the reply of ``POST /api/ask``, quotes with their places."""
        try:
            earlier = replies.turns_from_json(turns or [])
            reply = service.ask(question, turns=earlier, standalone=standalone_question or None)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return replies.to_json(reply)

    return ask
