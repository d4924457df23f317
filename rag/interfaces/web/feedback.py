"""Thumbs up and down, kept as a line of JSON each in a file beside the index that the user can read and delete."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel, Field

from rag.errors import RagError
from rag.interfaces.serialization import to_json
from rag.interfaces.web.conversations import Conversations
from rag.types import Reply

LONGEST_REASON = 500
"""Characters."""
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; then no more is kept, so that nobody can fill the disk from a page."""
_LOCK = threading.Lock()


class FeedbackError(RagError):
    """A vote that cannot be kept."""


def keep(file: Path, reply: Reply, vote: str, reason: str) -> None:
    """Append a vote ("up" or "down") with the reply it is about; safe to call from several threads.

    Raises FeedbackError for another vote, a long reason, a file that is full or cannot be written.
    """
    if vote not in {"up", "down"}:
        raise FeedbackError('A vote is "up" or "down".')
    if len(reason) > LONGEST_REASON:
        raise FeedbackError(f"A reason has at most {LONGEST_REASON} characters.")
    time = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"time": time, "vote": vote, "reason": reason, "reply": to_json(reply)}
    line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    try:
        with _LOCK, file.open("ab") as votes:
            if votes.tell() + len(line) > LARGEST_FILE:
                raise FeedbackError(f"{file.name} is full. Move it away to keep more.")
            votes.write(line)
    except OSError as error:
        raise FeedbackError(f"{file.name} cannot be written: {error.strerror}.") from error


class Vote(BaseModel):
    """What somebody thought of a reply."""

    conversation: str
    turn: int = Field(ge=0)
    vote: str
    reason: str = ""


def routes(conversations: Conversations, file: Path | None) -> APIRouter:
    """Return the route under which the page's own script sends a vote; without a file none is taken."""
    router = APIRouter(include_in_schema=False)

    @router.post("/own/feedback", status_code=204)
    def vote(vote: Vote) -> None:
        if file is None:
            raise FeedbackError("Votes are not kept here: the setting 'feedback' is off.")
        turns = conversations.existing(vote.conversation)
        reply = turns[vote.turn].reply if vote.turn < len(turns) else ""
        if isinstance(reply, str):
            raise FeedbackError("That conversation has no such reply.")
        keep(file, reply, vote.vote, vote.reason)

    return router
