"""What people thought of replies: a line of JSON each in a file beside the index, for the user to read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rag.interfaces.serialization import to_json
from rag.quality.kept import NotKept, keep_line
from rag.types import Reply

LONGEST_REASON = 500
"""Characters of the reason for a vote."""


def keep_vote(file: Path, reply: Reply, vote: str, reason: str) -> None:
    """Append a vote ("up" or "down") with the reply it is about; safe to call from several threads.

    Raises NotKept for another vote, a long reason, a file that is full or cannot be written.
    """
    if vote not in {"up", "down"}:
        raise NotKept('A vote is "up" or "down".')
    if len(reason) > LONGEST_REASON:
        raise NotKept(f"A reason has at most {LONGEST_REASON} characters.")
    time = datetime.now(UTC).isoformat(timespec="seconds")
    keep_line(file, {"time": time, "vote": vote, "reason": reason, "reply": to_json(reply)})
