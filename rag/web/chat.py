"""The chat, as a Gradio app (the only file that imports gradio)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from rag import replies
from rag.errors import QuestionError, RagError
from rag.types import Turn
from rag.web import views
from rag.web.conversations import Conversations
from rag.web.markup import element, head_links
from rag.web.service import Service

HEAD = head_links(styles=("/own/chat.css", "/own/layout.css"), scripts=("/own/chat.js",)).text
_ON_LOAD = "element.askAgain = (what) => trigger('again', what);"
_FROM_ADDRESS = "() => window.chapterAndVerse.fromAddress()"
_GONE = "That conversation is no longer kept here: the server was started anew."

Update = tuple[Any, ...]


class Chat:
    """What the page's events do; each returns the conversation's id and its HTML."""

    def __init__(self, service: Service, conversations: Conversations) -> None:
        self.service = service
        self.conversations = conversations

    def ask(self, question: str, conversation: str) -> Iterator[Update]:
        """Answer what was typed: yields (text box, conversation, thread)."""
        turns = self.conversations.turns(conversation) or ()
        for conversation_, thread, taken in self._respond(question, None, turns, conversation):
            yield ("" if taken else gr.skip()), conversation_, thread

    def again(self, conversation: str, event: gr.EventData) -> Iterator[Update]:
        """Answer an example, an edited question or a retry: yields (conversation, thread)."""
        what: dict[str, Any] = event._data if isinstance(event._data, dict) else {}
        turns = self.conversations.turns(conversation) or ()
        keep = what.get("keep")
        turns = turns[: int(keep)] if isinstance(keep, int | float) else turns
        standalone = what.get("standalone")
        question = str(what.get("question") or standalone or "")
        for conversation_, thread, _ in self._respond(question, standalone and str(standalone), turns, conversation):
            yield conversation_, thread

    def restore(self, conversation: str, question: str) -> Iterator[Update]:
        """Bring a conversation back after a reload, or answer a link's question: yields (conversation, thread)."""
        turns = self.conversations.turns(conversation)
        gone = _GONE if conversation and turns is None else ""
        kept = conversation if turns is not None else ""
        yield kept, self._thread(kept, turns or (), notice=gone)
        if question:
            for conversation_, thread, _ in self._respond(question, None, turns or (), kept):
                yield conversation_, thread

    def welcome(self) -> Update:
        """Say what is searched, and what could be asked: (masthead, examples). Waits for the documents to be open."""
        self.service.wait()
        return views.masthead(self.service.searched()).text, views.examples(self.service.examples).text

    def clear(self) -> Update:
        """Begin a new conversation: (conversation, thread)."""
        return "", self._thread("", ())

    def _respond(
        self, question: str, standalone: str | None, turns: Sequence[Turn], conversation: str
    ) -> Iterator[tuple[str, str, bool]]:
        conversation = conversation or self.conversations.begin()
        if question.strip() and not self.service.ready:
            yield conversation, self._thread(conversation, turns, pending=question), False
        try:
            reply = self.service.ask(question, turns=turns, standalone=standalone)
        except RagError as error:
            yield conversation, self._thread(conversation, turns, notice=str(error)), False
            return
        turns = (*turns, Turn(question=reply.question, reply=reply))
        self.conversations.keep(conversation, turns)
        yield conversation, self._thread(conversation, turns), True

    def _thread(self, conversation: str, turns: Sequence[Turn], *, notice: str = "", pending: str = "") -> str:
        searched = self.service.searched() if turns else ""
        return views.thread(conversation, turns, searched=searched, notice=notice, pending=pending).text


def blocks(service: Service, conversations: Conversations, documents: Callable[[Service], None] | None = None) -> gr.Blocks:
    """Return the Gradio app: the chat, the document beside it, and the API name ``ask``."""
    chat = Chat(service, conversations)
    with gr.Blocks(title="Chapter & Verse", analytics_enabled=False, fill_width=True) as app:
        head = gr.HTML(views.masthead("").text, apply_default_css=False, elem_classes="cv-head")
        with gr.Tabs(elem_classes="cv-tabs"):
            with gr.Tab("Ask", id="ask"):
                examples = _ask_tab(chat, service)
            if documents is not None:
                with gr.Tab("Documents", id="documents"):
                    documents(service)
        app.load(chat.welcome, None, [head, examples], **_QUIET)
        gr.api(_api(service), api_name="ask", concurrency_limit=None)
    app.queue(max_size=64, default_concurrency_limit=None, api_open=False)
    return app


def theme() -> gr.themes.Base:
    """Return a plain theme in the system's own fonts; ``static/chat.css`` does the rest."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.neutral,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_none,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


def _ask_tab(chat: Chat, service: Service) -> gr.HTML:
    with gr.Row(elem_classes="cv-columns"):
        with gr.Column(elem_classes="cv-left", scale=5, min_width=320):
            thread = gr.HTML(
                chat._thread("", ()), js_on_load=_ON_LOAD, apply_default_css=False, elem_id="cv-thread", elem_classes="cv-threads"
            )
            examples = gr.HTML(views.examples(service.examples).text, apply_default_css=False, elem_classes="cv-start")
            with gr.Row(elem_classes="cv-asking"):
                question = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    placeholder="Ask the documents",
                    lines=1,
                    max_lines=5,
                    max_length=service.settings.question_characters,
                    elem_id="cv-question",
                    container=False,
                    scale=1,
                    autofocus=True,
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                ask = gr.Button("Ask", variant="primary", elem_id="cv-ask", scale=0, min_width=80)
                stop = gr.Button("Stop", elem_id="cv-stop", scale=0, min_width=80)
        with gr.Column(elem_classes="cv-right", scale=4, min_width=320):
            gr.HTML(views.empty_panel().text, js_on_load=None, apply_default_css=False, elem_id="cv-panel")
    conversation = gr.Textbox(visible=False)
    linked = gr.Textbox(visible=False)
    typed = {"outputs": [question, conversation, thread], "trigger_mode": "once", **_QUIET}
    asked = gr.on([question.submit, ask.click], chat.ask, [question, conversation], **typed)
    again = thread.again(chat.again, [conversation], [conversation, thread], trigger_mode="once", **_QUIET)
    stop.click(None, cancels=[asked, again], **_QUIET)
    app = gr.context.Context.root_block
    app.load(chat.restore, [conversation, linked], [conversation, thread], js=_FROM_ADDRESS, **_QUIET)
    return examples


_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def _api(service: Service) -> Callable[..., dict[str, Any]]:
    def ask(question: str, turns: list[dict[str, Any]] | None = None, standalone_question: str = "") -> dict[str, Any]:
        """Answer a question from the documents: the reply of ``POST /api/ask``, quotes with their places."""
        try:
            earlier = turns_from_json(turns or ())
            reply = service.ask(question, turns=earlier, standalone=standalone_question or None)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return replies.to_json(reply)

    return ask


def turns_from_json(turns: Sequence[Any]) -> tuple[Turn, ...]:
    """Return earlier turns, each ``{"question", "answer"}``; raises QuestionError where one is something else."""
    try:
        return tuple(Turn(question=str(turn["question"]), reply=str(turn.get("answer", ""))) for turn in turns)
    except (TypeError, KeyError, AttributeError) as error:
        raise QuestionError('Each of "turns" is an object with "question" and "answer".') from error
