"""What people thought of replies: a line of JSON each in a file beside the index, for the user to read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from rag.errors import RagError
from rag.interfaces.serialization import to_json
from rag.types import Reply

LONGEST_REASON = 500
"""Characters of the reason for a vote."""
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of the file; then no more is kept, so that nobody can fill the disk from a page."""

_VOTING = Lock()


class FeedbackError(RagError):
    """A vote that cannot be kept."""


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
