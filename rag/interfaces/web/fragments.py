"""What the page's own script fetches: a document at a quote, the list of documents, a conversation to save, a vote."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from rag.errors import UnknownDocument
from rag.interfaces.web import catalogue as shelf
from rag.interfaces.web import document_pane as reading
from rag.interfaces.web import export
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.feedback import Feedback, FeedbackError
from rag.interfaces.web.service import Service
from rag.types import Span, Turn


class Vote(BaseModel):
    """What somebody thought of a reply."""

    conversation: str
    turn: int = Field(ge=0)
    vote: str
    reason: str = ""


def routes(service: Service, conversations: Conversations, feedback: Feedback | None) -> APIRouter:
    """Return the routes under ``/own``; without ``feedback`` no votes are taken."""
    router = APIRouter(prefix="/own", include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/document")
    def document(
        id: str, start: int = 0, end: int = 0, marks: Annotated[str, Query(max_length=2_000)] = "", sha256: str = ""
    ) -> str:
        found = service.library.document(id)
        changed = bool(sha256) and sha256 != found.sha256
        return reading.panel(found, (start, end) if end > start else None, spans(marks), changed=changed).text

    @router.get("/piece")
    def piece(id: str, start: int, end: int) -> str:
        return reading.further(service.library.document(id), start, end).text

    @router.get("/listing")
    def listing(words: Annotated[str, Query(max_length=200)] = "") -> str:
        return shelf.listing(service.library.documents(), words).text

    @router.get("/conversation/{conversation}.json")
    def as_json(conversation: str) -> Response:
        return _file(export.as_json(_turns(conversation)), "application/json", "conversation.json")

    @router.get("/conversation/{conversation}.md")
    def as_markdown(conversation: str) -> Response:
        return _file(export.as_markdown(_turns(conversation)), "text/markdown", "conversation.md")

    @router.post("/feedback", status_code=204)
    def vote(vote: Vote) -> None:
        if feedback is None:
            raise FeedbackError("Votes are not kept here: the setting 'feedback' is off.")
        turns = _turns(vote.conversation)
        reply = turns[vote.turn].reply if vote.turn < len(turns) else ""
        if isinstance(reply, str):
            raise FeedbackError("That conversation has no such reply.")
        feedback.keep(reply, vote.vote, vote.reason)

    def _turns(conversation: str) -> tuple[Turn, ...]:
        turns = conversations.turns(conversation)
        if turns is None:
            raise UnknownDocument("That conversation is not kept here.")
        return turns

    return router


def spans(marks: str) -> tuple[Span, ...]:
    """Read ``"3-9,12-15"``; what cannot be read is left out."""
    spans = []
    for mark in marks.split(","):
        first, _, last = mark.partition("-")
        if first.isdecimal() and last.isdecimal():
            spans.append((int(first), int(last)))
    return tuple(sorted(spans))


def _file(text: str, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8", "replace"), media_type=f"{media_type}; charset=utf-8", headers=headers)
