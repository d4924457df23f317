"""What the page's script sends and fetches: questions, conversations and what becomes of them, as pieces of HTML."""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel, Field

from rag.errors import QuestionError, UnknownDocument
from rag.interfaces import serialization as replies
from rag.interfaces.exports import FORMS, export
from rag.interfaces.terminal import fault_line
from rag.interfaces.web import feedback, pages, verdicts
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.service import Service
from rag.quality.kept import NotKept
from rag.types import Quote, Reply, Turn, Verdict

COOKIE = "chapter_and_verse_visitor"
HEADER = "X-Visitor"
"""The same for a browser that keeps no cookies of ours, such as in a frame: it lasts as long as the page."""
_YEAR = 365 * 24 * 3600
_LONGEST = 64
_STOPPED = 256
"""Stopped questions that are remembered: one may come after the word that it is stopped."""
_WAS_STOPPED = "This question was stopped."
_MOVED = ("start", "end", "prefix", "suffix", "line")


Text = Annotated[str, Body(max_length=_LONGEST)]
Number = Annotated[int, Body(ge=0)]
"""Of a turn in its conversation, or of a quote in its reply; counted from 0."""


class Question(BaseModel):
    """A question, as the page asks it."""

    question: str
    conversation: str = Field(default="", max_length=_LONGEST)
    request: str = Field(min_length=8, max_length=_LONGEST)
    """Random: by it the question is answered once, however often it is sent, and can be stopped."""
    standalone: str = ""
    within: str = Field(default="", max_length=1_000)
    """What a page that embeds the chat limits questions to, with commas between; a typed ``in:`` goes before it."""
    keep: int | None = Field(default=None, ge=0)
    """How many turns of the conversation stay before this one."""


class _Awaited:
    """The questions whose answers are waited for: each is answered once, however often it is sent."""

    def __init__(self) -> None:
        self._answers: dict[str, Future[str]] = {}
        self._stopped: deque[str] = deque(maxlen=_STOPPED)
        self._lock = threading.Lock()

    def once(self, request: str, answer: Callable[[], Reply], keep: Callable[[Reply], str]) -> str:
        """Return what ``keep`` makes of the answer; who sends the same again meanwhile waits for the same.

        Raises QuestionError where the question was stopped before there was an answer.
        """
        with self._lock:
            if request in self._stopped:
                raise QuestionError(_WAS_STOPPED)
            known = self._answers.get(request)
            mine = known or self._answers.setdefault(request, Future())
        try:
            if not known:
                self._settle(request, mine, answer, keep)
            return mine.result()
        except CancelledError:
            raise QuestionError(_WAS_STOPPED) from None

    def _settle(
        self, request: str, mine: Future[str], answer: Callable[[], Reply], keep: Callable[[Reply], str]
    ) -> None:
        try:
            reply = answer()
            if mine.set_running_or_notify_cancel():
                mine.set_result(keep(reply))
        except BaseException as error:
            if not mine.cancelled():
                mine.set_exception(error)
        finally:
            with self._lock:
                del self._answers[request]

    def stop(self, request: str) -> None:
        """Wait for it no more; it may be on its way here still. An answer that is being kept is kept by the end."""
        with self._lock:
            mine = self._answers.get(request)
            if not mine:
                self._stopped.append(request)
        if mine and not mine.cancel():
            wait([mine])


class Visitors:
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
    visitor = Depends(Visitors(framed=bool(service.settings.embed)))

    def around(quote: Quote) -> tuple[str, str]:
        try:
            return service.library.around(quote)
        except UnknownDocument:  # it was removed meanwhile: the conversation stays
            return "", ""

    def thread(conversation: str, turns: tuple[Turn, ...], title: str) -> str:
        return pages.render(
            "thread.html",
            conversation=conversation,
            title=title,
            turns=turns,
            searched=service.searched(),
            votes=votes is not None,
            examples=service.examples,
            writes=service.writes,
            around=around,
        )

    def written(reply: Reply, number: int, *, before: Reply) -> str:
        notices, sentences = reply.notices[len(before.notices) :], getattr(reply, "written", ())
        going = "write" not in reply.timings_ms
        return pages.render("written.html", sentences=sentences, number=number, notices=notices, going=going)

    def kept(conversation: str, who: str) -> str:
        return thread(conversation, conversations.turns(conversation, who), conversations.title(conversation, who))

    def reply_of(conversation: str, turn: int, who: str) -> Reply:
        turns = conversations.turns(conversation, who)
        reply = turns[turn].reply if turn < len(turns) else ""
        if isinstance(reply, str):
            raise QuestionError("That conversation has no such reply.")
        return reply

    @router.post("/ask", response_class=HTMLResponse)
    def ask(asked: Question, who: str = visitor) -> str:
        def answer() -> Reply:
            turns = conversations.turns(asked.conversation, who)[: asked.keep] if asked.conversation else ()
            scope, question = replies.typed_scope(asked.question)
            if not scope.within:
                scope = replace(scope, within=tuple(filter(None, map(str.strip, asked.within.split(",")))))
            return service.ask(question, turns=turns, standalone=asked.standalone or None, scope=scope)

        def keep(reply: Reply) -> str:
            turn = Turn(reply.question, reply)
            return conversations.add(asked.conversation, who, turn, request=asked.request, keep=asked.keep)

        known = conversations.answered(asked.request, who, conversation=asked.conversation)
        return kept(known or awaited.once(asked.request, answer, keep), who)

    @router.post("/write")
    def write(conversation: Text, turn: Number, who: str = visitor) -> StreamingResponse:
        reply = reply_of(conversation, turn, who)

        def grown() -> Iterator[str]:
            last = reply
            for last in service.write(reply):
                yield json.dumps({"html": written(last, turn, before=reply)}) + "\n"
            conversations.put(conversation, who, turn, Turn(reply.question, last))

        return StreamingResponse(grown(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @router.post("/stop", status_code=204)
    def stop(request: Annotated[str, Body(embed=True)], who: str = visitor) -> None:
        awaited.stop(request)
        conversations.drop(request, who)  # it was answered while the word to stop was on its way

    @router.get("/thread", response_class=HTMLResponse)
    def show(c: str, who: str = visitor) -> str:
        return kept(c, who)

    @router.get("/conversations", response_class=HTMLResponse)
    def listed(words: Annotated[str, Query(max_length=200)] = "", who: str = visitor) -> str:
        found, count = conversations.listed(who, words)
        return pages.render("conversations.html", found=found, count=count, words=words)

    @router.patch("/conversation/{conversation}", status_code=204)
    def rename(conversation: str, title: Annotated[str, Body(embed=True)], who: str = visitor) -> None:
        conversations.rename(conversation, who, title)

    @router.delete("/conversation/{conversation}", status_code=204)
    def delete(conversation: str, who: str = visitor) -> None:
        conversations.delete(conversation, who)

    @router.get("/conversation/{conversation}/{form}")
    def file(
        conversation: str, form: str, turn: Annotated[int | None, Query(ge=0)] = None, who: str = visitor
    ) -> Response:
        turns = conversations.turns(conversation, who)
        return _file(form, turns if turn is None else turns[turn : turn + 1])

    def verified(turns: Sequence[Turn]) -> tuple[Verdict, ...]:
        return service.verify({"replies": [replies.to_json(reply) for reply in _replies(turns)]})

    @router.post("/conversation/{conversation}/verify", response_class=HTMLResponse)
    def verify(conversation: str, who: str = visitor) -> str:
        found = verified(conversations.turns(conversation, who))
        return pages.render("verified.html", verdicts=found, fault=_fault)

    @router.post("/conversation/{conversation}/share")
    def share(conversation: str, who: str = visitor) -> dict[str, str]:
        turns = conversations.turns(conversation, who)
        told = replies.verdicts_to_json(verified(turns))
        id = conversations.share(conversations.title(conversation, who), turns, told)
        return {"address": f"/shared/{id}"}

    @router.post("/draft", response_class=HTMLResponse)
    def check(text: Annotated[str, Body(embed=True)]) -> str:
        return verdicts.page(service.check(text))

    @router.post("/draft/{form}")
    def report(text: Annotated[str, Body(embed=True)], form: str) -> Response:
        if form not in verdicts.REPORTS:
            raise UnknownDocument(f"A report is saved as {', '.join(verdicts.REPORTS)}.")
        checked = service.check(text)
        if form == "json":
            return Response(json.dumps(replies.checked_to_json(checked)), media_type="application/json")
        seeds = service.settings.seeds
        return PlainTextResponse(verdicts.report(form, checked, seeds, "a text", pictures=verdicts.PICTURES))

    @router.put("/draft", response_class=PlainTextResponse)
    def read(name: str, file: Annotated[bytes, Body(media_type="application/octet-stream")]) -> str:
        return service.draft(name, file)

    @router.post("/feedback", status_code=204)
    def vote(
        conversation: Text, turn: Number, vote: Text, reason: Annotated[str, Body()] = "", who: str = visitor
    ) -> None:
        if votes is None:
            raise NotKept("Votes are not kept here: the setting 'feedback' is off.")
        feedback.keep_vote(votes, reply_of(conversation, turn, who), vote, reason)

    return router


def shared(conversations: Conversations, name: str) -> APIRouter:
    """Return the route of a snapshot, which whoever knows its address may read; ``name`` is what the page is called."""
    router = APIRouter(prefix="/shared", include_in_schema=False)

    def snapshot(id: str) -> tuple[Turn, ...]:
        return conversations.snapshot(id).turns

    @router.get("/{id}/{form}")
    def file(id: str, form: str) -> Response:
        return _file(form, snapshot(id))

    @router.get("/{id}", response_class=HTMLResponse)
    def page(id: str) -> Response:
        try:
            found = conversations.snapshot(id)
        except UnknownDocument as error:
            return HTMLResponse(pages.render("gone.html", name=name, words=str(error)), status_code=404)
        each = iter(replies.verdicts_from_json(found.verdicts))
        told = [[(quote, next(each)) for quote in pages.shown(turn.reply)] for turn in found.turns]
        values = {"name": name, "id": id, "title": found.title, "made": pages.moment(found.made)}
        turns = list(zip(found.turns, told, strict=True))
        return HTMLResponse(pages.render("shared.html", **values, turns=turns, fault=fault_line))

    return router


def _fault(verdict: Verdict) -> str:
    """Return what has become of a quote, without all that differs where it was moved; a hash by its beginning."""
    said = (item for item in verdict.differences if item.field not in _MOVED)
    short = (
        replace(item, said=item.said[:8], stands=item.stands[:8]) if item.field == "sha256" else item for item in said
    )
    return fault_line(replace(verdict, differences=tuple(short)))


def _replies(turns: Sequence[Turn]) -> list[Reply]:
    return [turn.reply for turn in turns if not isinstance(turn.reply, str)]


def _file(form: str, turns: Sequence[Turn]) -> Response:
    """Return the replies of a conversation as a file; a turn that is kept as bare words has none.

    Raises UnknownDocument for no form.
    """
    if form not in FORMS:
        raise UnknownDocument(f"Nothing is saved in that form: name one of {', '.join(FORMS)}.")
    data = export(form, _replies(turns))
    kind = FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="conversation{kind.suffix}"'}
    return Response(data, media_type=kind.media_type, headers=headers)
