"""Quotes that a reader pins across the turns of a conversation, with notes, and the brief that they make."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Body, Depends
from fastapi.responses import HTMLResponse, Response

from rag.errors import UnknownDocument
from rag.interfaces.exports import FORMS, export
from rag.interfaces.web import pages
from rag.interfaces.web.conversations import Conversations, Pin
from rag.interfaces.web.thread import Number, Visitors
from rag.types import Answer

OFFERED = ("docx", "html", "markdown")
"""The forms of a brief, keys of ``FORMS``."""
Words = Annotated[str, Body(embed=True, max_length=2_000)]


def brief(pins: Sequence[Pin]) -> tuple[Answer, ...]:
    """Return the pinned quotes as replies, one a question, in the order in which the questions came.

    A note names its quote by the number that it has in a brief.
    """
    asked = list(dict.fromkeys(pin.question for pin in pins))
    ordered = sorted(pins, key=lambda pin: asked.index(pin.question))
    made = []
    numbered = groupby(enumerate(ordered, start=1), key=lambda item: item[1].question)
    for question, group in numbered:
        found = list(group)
        notes = tuple(f"Note on {number}: {pin.note}" for number, pin in found if pin.note.strip())
        quotes = tuple(pin.quote for _, pin in found)
        sure = max(map(attrgetter("score"), quotes))
        made.append(Answer(question, question, quotes, sure, notices=notes))
    return tuple(made)


def routes(conversations: Conversations, *, framed: bool) -> APIRouter:
    """Return the routes of the pins. ``framed``: pages of other sites may embed us."""
    router = APIRouter(prefix="/own/pins", include_in_schema=False, default_response_class=HTMLResponse)
    visitor = Depends(Visitors(framed=framed))

    def shown(conversation: str, who: str) -> str:
        pinned = conversations.pins(conversation, who)
        return pages.render(
            "pins.html", conversation=conversation, pins=pinned, forms={form: FORMS[form] for form in OFFERED}
        )

    @router.get("/{conversation}")
    def show(conversation: str, who: str = visitor) -> str:
        return shown(conversation, who)

    @router.post("/{conversation}")
    def pin(conversation: str, turn: Number, position: Number, who: str = visitor) -> str:
        turns = conversations.turns(conversation, who)
        quotes = pages.shown(turns[turn].reply) if turn < len(turns) else ()
        if position >= len(quotes):
            raise UnknownDocument("That conversation has no such quote.")
        conversations.pin(conversation, who, turns[turn].question, quotes[position])
        return shown(conversation, who)

    @router.patch("/{conversation}/{number}", status_code=204)
    def note(conversation: str, number: int, note: Words, who: str = visitor) -> None:
        conversations.note(conversation, who, number, note)

    @router.delete("/{conversation}/{number}")
    def unpin(conversation: str, number: int, who: str = visitor) -> str:
        conversations.unpin(conversation, who, number)
        return shown(conversation, who)

    @router.get("/{conversation}/{form}")
    def file(conversation: str, form: str, who: str = visitor) -> Response:
        if form not in OFFERED:
            raise UnknownDocument(f"A brief is saved as {', '.join(OFFERED)}.")
        data = export(form, brief(conversations.pins(conversation, who)))
        kind = FORMS[form]
        headers = {"Content-Disposition": f'attachment; filename="brief{kind.suffix}"'}
        return Response(data, media_type=kind.media_type, headers=headers)

    return router
