"""What Gradio's events take: the body of each request is made anew from plain values before Gradio sees it.

Whatever is shaped like a file (``{"path": …, "meta": {"_type": "gradio.FileData"}}``), anywhere in the data of any
event, Gradio copies, hashes or fetches. No event of this page takes a file, so no such object goes through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = r"[\w-]{1,64}"
"""How Gradio's clients name a session."""
GRADIO_ROUTE = re.compile(r"/gradio_api/(queue/join|run/predict|call/v2/ask|call/ask)/?")
"""The routes that take an event."""
LONGEST = 100_000
"""Characters of a text: enough for the page itself to say that a question is too long."""
TURN = frozenset({"question", "answer"})
"""The fields of an earlier turn."""


class MalformedError(Exception):
    """A request that is not what the page or a client sends; its text is one line for the sender."""


@dataclass(frozen=True, slots=True)
class Event:
    """What one of Gradio's events takes."""

    parameters: tuple[str, ...]
    """Their names, in order; those in ``turns`` are lists of earlier turns, all others plain values."""
    queued: bool
    """Whether it goes through Gradio's queue, or is answered at once."""
    public: bool = False
    """Whether it is offered to programs, under the name ``ask``."""


def plain_body(body: bytes, route: str, events: Mapping[int, Event]) -> bytes:
    """Return the body of a request to one of Gradio's routes as JSON made anew from the values that its event takes.

    Raises MalformedError where ``events`` (by Gradio's number) has no such event, or it takes other values.
    """
    try:
        given = json.loads(body)
        if not isinstance(given, dict):
            raise MalformedError("The body is not an object.")
        public = next(event for event in events.values() if event.public)
        if route == "call/v2/ask":
            made = _named(given, public)
        elif route == "call/ask":
            made = {"data": _values(given, public)}
        else:
            made = _event(given, events, queued=route == "queue/join")
        return json.dumps(made, allow_nan=False).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise MalformedError("The body is not JSON.") from error


def _event(given: Mapping[str, Any], events: Mapping[int, Event], *, queued: bool) -> dict[str, Any]:
    number, session, trigger = given.get("fn_index"), given.get("session_hash"), given.get("trigger_id")
    event = events.get(number) if type(number) is int else None
    if event is None or event.queued is not queued:
        raise MalformedError("There is no such event here.")
    if not (isinstance(session, str) and re.fullmatch(TOKEN, session)):
        raise MalformedError("'session_hash' is a word of at most 64 letters.")
    if not (trigger is None or type(trigger) is int):
        raise MalformedError("'trigger_id' is a number.")
    return {"fn_index": number, "session_hash": session, "trigger_id": trigger, "data": _values(given, event)}


def _named(given: Mapping[str, Any], event: Event) -> dict[str, Any]:
    if given.keys() - set(event.parameters):
        raise MalformedError(f"The parameters here are {', '.join(event.parameters)}, and no others.")
    return {name: _value(name, value) for name, value in given.items()}


def _values(given: Mapping[str, Any], event: Event) -> list[Any]:
    data = given.get("data")
    if not isinstance(data, list) or len(data) != len(event.parameters):
        raise MalformedError(f"'data' is a list of {len(event.parameters)} values here.")
    return [_value(name, value) for name, value in zip(event.parameters, data, strict=True)]


def _value(name: str, value: Any) -> Any:
    if name == "turns" and isinstance(value, list):
        return [_turn(turn) for turn in value]
    if value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST):
        return value
    raise MalformedError(f"{name!r} is a plain value: a text of at most {LONGEST:,} characters, a number, or null.")


def _turn(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() - TURN:
        raise MalformedError(f"'turns' takes objects with {', '.join(sorted(TURN))}, and nothing else.")
    return {field: _value(field, part) for field, part in value.items()}
