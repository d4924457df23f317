"""What the page's script sends and fetches: questions, conversations and what becomes of them, as pieces of HTML."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from rag.errors import QuestionError, UnknownDocument
from rag.interfaces import serialization as replies
from rag.interfaces.terminal import fault_line
from rag.interfaces.web import export, feedback, pages
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.service import Service
from rag.types import Turn

COOKIE = "chapter_and_verse_visitor"
HEADER = "X-Visitor"
"""The same for a browser that keeps no cookies of ours, such as in a frame: it lasts as long as the page."""
_YEAR = 365 * 24 * 3600
_LONGEST = 64


class Question(BaseModel):
    """A question, as the page asks it."""

    question: str
    conversation: str = Field(default="", max_length=_LONGEST)
    request: str = Field(min_length=8, max_length=_LONGEST)
    """Random: by it the question is answered once, however often it is sent, and can be stopped."""
    standalone: str = ""
    keep: int | None = Field(default=None, ge=0)
    """How many turns of the conversation stay before this one."""


class Stopped(BaseModel):
    """A question whose answer is not waited for any more."""

    request: str = Field(max_length=_LONGEST)


class Vote(BaseModel):
    """What somebody thought of a reply."""

    conversation: str
    turn: int = Field(ge=0)
    vote: str
    reason: str = ""


class Draft(BaseModel):
    """A text whose quotations are checked."""

    text: str


class Title(BaseModel):
    """A conversation's new title."""

    title: str = Field(max_length=1_000)


class _Awaited:
    """The questions whose answers are waited for."""

    def __init__(self) -> None:
        self._requests: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, request: str) -> None:
        with self._lock:
            self._requests.add(request)

    def end(self, request: str) -> bool:
        """Wait for it no more; tell whether it was waited for until now."""
        with self._lock:
            known = request in self._requests
            self._requests.discard(request)
            return known


class _Visitors:
    """Tells who asks, by what a browser keeps of us; one that keeps nothing yet is given it."""

    def __init__(self, *, framed: bool) -> None:
        self._framed = framed

    def __call__(self, request: Request, response: Response) -> str:
        known = request.cookies.get(COOKIE) or request.headers.get(HEADER) or ""
        if 16 <= len(known) <= _LONGEST and known.isascii():
            return known
        made = secrets.token_urlsafe(24)
        response.headers[HEADER] = made
        response.headers["Set-Cookie"] = pages.cookie(COOKIE, made, request, framed=self._framed, age=_YEAR)
        return made


def routes(service: Service, conversations: Conversations, votes: Path | None) -> APIRouter:
    """Return the routes of the thread; without a file for ``votes`` none is taken."""
    router = APIRouter(prefix="/own", include_in_schema=False)
    awaited = _Awaited()
    visitor = Depends(_Visitors(framed=bool(service.settings.embed)))

    def thread(conversation: str, turns: tuple[Turn, ...], title: str) -> str:
        return pages.render(
            "thread.html",
            conversation=conversation,
            title=title,
            turns=turns,
            searched=service.searched(),
            votes=votes is not None,
            examples=service.examples,
        )

    def kept(conversation: str, who: str) -> str:
        return thread(conversation, conversations.turns(conversation, who), conversations.title(conversation, who))

    @router.post("/ask", response_class=HTMLResponse)
    def ask(asked: Question, who: str = visitor) -> str:
        conversation = asked.conversation or conversations.began(asked.request, who)
        if not (conversation and conversations.has(conversation, asked.request)):
            turns = conversations.turns(conversation, who)[: asked.keep] if conversation else ()
            awaited.begin(asked.request)
            try:
                scope, question = replies.typed_scope(asked.question)
                reply = service.ask(question, turns=turns, standalone=asked.standalone or None, scope=scope)
            finally:
                waited_for = awaited.end(asked.request)
            if not waited_for:
                raise QuestionError("This question was stopped.")
            turn = Turn(reply.question, reply)
            conversation = conversations.add(conversation, who, turn, request=asked.request, keep=asked.keep)
        return kept(conversation, who)

    @router.post("/stop", status_code=204)
    def stop(stopped: Stopped) -> None:
        awaited.end(stopped.request)

    @router.get("/thread", response_class=HTMLResponse)
    def show(c: str, who: str = visitor) -> str:
        return kept(c, who)

    @router.get("/conversations", response_class=HTMLResponse)
    def listed(words: Annotated[str, Query(max_length=200)] = "", who: str = visitor) -> str:
        found, count = conversations.listed(who, words)
        return pages.render("conversations.html", found=found, count=count, words=words)

    @router.patch("/conversation/{conversation}", status_code=204)
    def rename(conversation: str, title: Title, who: str = visitor) -> None:
        conversations.rename(conversation, who, title.title)

    @router.delete("/conversation/{conversation}", status_code=204)
    def delete(conversation: str, who: str = visitor) -> None:
        conversations.delete(conversation, who)

    @router.get("/conversation/{conversation}.json")
    def json_file(conversation: str, who: str = visitor) -> Response:
        return _file(export.as_json(conversations.turns(conversation, who)), "application/json", "conversation.json")

    @router.get("/conversation/{conversation}.md")
    def markdown_file(conversation: str, who: str = visitor) -> Response:
        return _file(export.as_markdown(conversations.turns(conversation, who)), "text/markdown", "conversation.md")

    @router.post("/conversation/{conversation}/share")
    def share(conversation: str, who: str = visitor) -> dict[str, str]:
        turns = conversations.turns(conversation, who)
        whole = {"replies": [replies.to_json(turn.reply) for turn in turns if not isinstance(turn.reply, str)]}
        verdicts = replies.verdicts_to_json(service.verify(whole))
        id = conversations.share(conversations.title(conversation, who), turns, verdicts)
        return {"address": f"/shared/{id}"}

    @router.post("/draft", response_class=HTMLResponse)
    def check(draft: Draft) -> str:
        return pages.render("report.html", verdicts=service.check(draft.text))

    @router.post("/draft.json")
    def report(draft: Draft) -> dict[str, Any]:
        return replies.verdicts_to_json(service.check(draft.text))

    @router.post("/feedback", status_code=204)
    def vote(vote: Vote, who: str = visitor) -> None:
        if votes is None:
            raise feedback.FeedbackError("Votes are not kept here: the setting 'feedback' is off.")
        turns = conversations.turns(vote.conversation, who)
        reply = turns[vote.turn].reply if vote.turn < len(turns) else ""
        if isinstance(reply, str):
            raise feedback.FeedbackError("That conversation has no such reply.")
        feedback.keep_vote(votes, reply, vote.vote, vote.reason)

    return router


def shared(conversations: Conversations) -> APIRouter:
    """Return the route of a snapshot, which whoever knows its address may read."""
    router = APIRouter(prefix="/shared", include_in_schema=False)

    def snapshot(id: str) -> tuple[Turn, ...]:
        return conversations.snapshot(id).turns

    @router.get("/{id}.json")
    def json_file(id: str) -> Response:
        return _file(export.as_json(snapshot(id)), "application/json", "conversation.json")

    @router.get("/{id}.md")
    def markdown_file(id: str) -> Response:
        return _file(export.as_markdown(snapshot(id)), "text/markdown", "conversation.md")

    @router.get("/{id}", response_class=HTMLResponse)
    def page(id: str) -> Response:
        try:
            found = conversations.snapshot(id)
        except UnknownDocument as error:
            return HTMLResponse(pages.render("gone.html", words=str(error)), status_code=404)
        verdicts = iter(replies.verdicts_from_json(found.verdicts))
        told = [[(quote, next(verdicts)) for quote in pages.shown(turn.reply)] for turn in found.turns]
        values = {"id": id, "title": found.title, "made": pages.moment(found.made)}
        turns = list(zip(found.turns, told, strict=True))
        return HTMLResponse(pages.render("shared.html", **values, turns=turns, fault=fault_line))

    return router


def _file(text: str, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8", "replace"), media_type=f"{media_type}; charset=utf-8", headers=headers)
