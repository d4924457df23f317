"""Conversations, kept in this process alone: the id in the page's address is all that a browser holds.

One can be taken away as a file: JSON that ``rag verify`` accepts, or Markdown for people. Thumbs up and down are kept
as a line of JSON each in a file beside the index, which the user can read and delete.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from fastapi import APIRouter, Response
from markupsafe import Markup
from pydantic import BaseModel, Field

import rag
from rag.errors import RagError, UnknownDocument
from rag.interfaces.serialization import to_json
from rag.interfaces.web.pages import render
from rag.types import Answer, Reply, Turn

MOST = 1_000
"""Conversations kept; the one that was longest unused goes first."""
LONGEST = 100
"""Turns kept of one conversation; the oldest go first."""
LARGEST = 50_000_000
"""Characters kept of all conversations together."""
LONGEST_REASON = 500
"""Characters of the reason for a vote."""
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of the file of votes; then no more is kept, so that nobody can fill the disk from a page."""

_VOTING = Lock()
_ID_LENGTH = 44
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:@=])")


class Conversations:
    """Turns by conversation, in memory; safe to use from several threads.

    An id is 128 random bits and their signature (HMAC-SHA256, cut to 88 bits), with a key of this process. So an id
    that was given out is known again without being kept, and no other is taken.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[str, tuple[Turn, ...]] = OrderedDict()
        self._characters = 0
        self._awaited: dict[str, object] = {}
        self._lock = Lock()

    def begin(self) -> str:
        """Return the id of a new conversation."""
        random = secrets.token_urlsafe(16)
        return random + self._signature(random)

    def knows(self, conversation: str) -> bool:
        """Say whether this is an id that ``begin`` returned."""
        if len(conversation) != _ID_LENGTH or not conversation.isascii():
            return False
        random, signature = conversation[: _ID_LENGTH // 2], conversation[_ID_LENGTH // 2 :]
        return hmac.compare_digest(self._signature(random), signature)

    def turns(self, conversation: str) -> tuple[Turn, ...] | None:
        """Return the turns of a conversation, oldest first; None where it is not kept (any more)."""
        with self._lock:
            turns = self._kept.get(conversation)
            if turns is not None:
                self._kept.move_to_end(conversation)
            return turns

    def existing(self, conversation: str) -> tuple[Turn, ...]:
        """Return the turns of a conversation; raises UnknownDocument where it is not kept."""
        turns = self.turns(conversation)
        if turns is None:
            raise UnknownDocument("That conversation is not kept here.")
        return turns

    def keep(self, conversation: str, turns: Sequence[Turn]) -> None:
        """Keep these turns as the conversation's; raises UnknownDocument for an id that is not ours."""
        if not self.knows(conversation):
            raise UnknownDocument("That conversation is not kept here.")
        with self._lock:
            self._drop(conversation)
            self._kept[conversation] = tuple(turns)[-LONGEST:]
            self._characters += sum(map(_characters, self._kept[conversation]))
            while len(self._kept) > MOST or self._characters > LARGEST:
                self._drop(next(iter(self._kept)))

    def await_answer(self, conversation: str) -> object:
        """Note that an answer is awaited, in place of an earlier one's; return the ticket for it."""
        with self._lock:
            self._awaited[conversation] = ticket = object()
            return ticket

    def is_awaited(self, conversation: str, ticket: object) -> bool:
        """Say, once, whether the answer of this ticket is still awaited."""
        with self._lock:
            if self._awaited.get(conversation) is not ticket:
                return False
            del self._awaited[conversation]
            return True

    def stop(self, conversation: str) -> None:
        """Await no answer any more."""
        with self._lock:
            self._awaited.pop(conversation, None)

    def _drop(self, conversation: str) -> None:
        self._characters -= sum(map(_characters, self._kept.pop(conversation, ())))

    def _signature(self, random: str) -> str:
        digest = hmac.digest(self._key, random.encode("ascii"), hashlib.sha256)
        return digest[:11].hex()


def _characters(turn: Turn) -> int:
    """About how many characters a turn holds."""
    reply = turn.reply
    if isinstance(reply, str):
        return len(turn.question) + len(reply)
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    return 2 * len(turn.question) + sum(len(quote.exact) + len(quote.prefix) + len(quote.suffix) for quote in quotes)


class FeedbackError(RagError):
    """A vote that cannot be kept."""


class Vote(BaseModel):
    """What somebody thought of a reply."""

    conversation: str
    turn: int = Field(ge=0)
    vote: str
    reason: str = ""


def routes(conversations: Conversations, votes: Path | None) -> APIRouter:
    """Return the routes by which the page's script saves a conversation and votes; without a file no vote is taken."""
    router = APIRouter(prefix="/own", include_in_schema=False)

    @router.get("/conversation/{conversation}.json")
    def json_file(conversation: str) -> Response:
        return _file(as_json(conversations.existing(conversation)), "application/json", "conversation.json")

    @router.get("/conversation/{conversation}.md")
    def markdown_file(conversation: str) -> Response:
        return _file(as_markdown(conversations.existing(conversation)), "text/markdown", "conversation.md")

    @router.post("/feedback", status_code=204)
    def vote(vote: Vote) -> None:
        if votes is None:
            raise FeedbackError("Votes are not kept here: the setting 'feedback' is off.")
        turns = conversations.existing(vote.conversation)
        reply = turns[vote.turn].reply if vote.turn < len(turns) else ""
        if isinstance(reply, str):
            raise FeedbackError("That conversation has no such reply.")
        keep_vote(votes, reply, vote.vote, vote.reason)

    return router


def keep_vote(file: Path, reply: Reply, vote: str, reason: str) -> None:
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
        with _VOTING, file.open("ab") as kept:
            if kept.tell() + len(line) > LARGEST_FILE:
                raise FeedbackError(f"{file.name} is full. Move it away to keep more.")
            kept.write(line)
    except OSError as error:
        raise FeedbackError(f"{file.name} cannot be written: {error.strerror}.") from error


def as_json(turns: Sequence[Turn]) -> str:
    """Return ``{"program", "replies": [...]}``, the replies as the command line prints them."""
    replies = [to_json(turn.reply) for turn in turns if not isinstance(turn.reply, str)]
    whole = {"program": f"Chapter & Verse {rag.__version__}", "replies": replies}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def as_markdown(turns: Sequence[Turn]) -> str:
    """Return the conversation in Markdown: each question a heading, each quote a block quote with its citation.

    What Markdown would read as its own is escaped, so that a quote reads as its document does.
    """
    return render("conversation.md", turns=turns, plain=_plain, block_quote=_block_quote).removesuffix("\n")


def _block_quote(text: str) -> Markup:
    """A backslash before a line's end keeps the line break in Markdown."""
    *lines, last = re.split(r"\r\n|\r|\n", text)
    broken = [f"> {_escaped(line)}" + "\\" * bool(line.strip()) for line in lines]
    return Markup("\n".join((*broken, f"> {_escaped(last)}")))


def _plain(text: str) -> Markup:
    return Markup(_escaped(" ".join(text.split())))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _file(text: str, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8", "replace"), media_type=f"{media_type}; charset=utf-8", headers=headers)
