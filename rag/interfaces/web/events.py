"""What Gradio's one event takes, ``ask``: the body of each request is made anew before Gradio sees it.

Whatever is shaped like a file (``{"path": …, "meta": {"_type": "gradio.FileData"}}``), anywhere in the data of an
event, Gradio copies, hashes or fetches. This one takes no file, so no such object goes through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

TOKEN = r"[\w-]{1,64}"
"""How Gradio's clients name a session."""
GRADIO_ROUTE = re.compile(r"/gradio_api/(queue/join|call/v2/ask|call/ask)/?")
"""The routes that take an event."""
LONGEST = 100_000
"""Characters of a text: enough for the page itself to say that a question is too long."""
PARAMETERS = ("question", "turns", "standalone_question")
"""What ``ask`` takes: earlier turns, and plain values."""
TURN = frozenset({"question", "answer"})
"""The fields of an earlier turn."""


class MalformedError(Exception):
    """A request that is not what a client sends; its text is one line for the sender."""


def plain_body(body: bytes, route: str) -> bytes:
    """Return the body of a request to one of Gradio's routes as JSON made anew from the values that ``ask`` takes.

    Raises MalformedError where it is for another event, or has other values.
    """
    try:
        given = json.loads(body)
        if not isinstance(given, dict):
            raise MalformedError("The body is not an object.")
        if route == "call/v2/ask":
            made = _named(given)
        else:
            made = {**(_session(given) if route == "queue/join" else {}), "data": _values(given)}
        return json.dumps(made, allow_nan=False).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise MalformedError("The body is not JSON.") from error


def _session(given: Mapping[str, Any]) -> dict[str, Any]:
    number, session, trigger = given.get("fn_index"), given.get("session_hash"), given.get("trigger_id")
    if type(number) is not int or number != 0:
        raise MalformedError("There is no such event here.")
    if not (isinstance(session, str) and re.fullmatch(TOKEN, session)):
        raise MalformedError("'session_hash' is a word of at most 64 letters.")
    if not (trigger is None or type(trigger) is int):
        raise MalformedError("'trigger_id' is a number.")
    return {"fn_index": number, "session_hash": session, "trigger_id": trigger}


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    if given.keys() - set(PARAMETERS):
        raise MalformedError(f"The parameters here are {', '.join(PARAMETERS)}, and no others.")
    return {name: _value(name, value) for name, value in given.items()}


def _values(given: Mapping[str, Any]) -> list[Any]:
    data = given.get("data")
    if not isinstance(data, list) or len(data) != len(PARAMETERS):
        raise MalformedError(f"'data' is a list of {len(PARAMETERS)} values here.")
    return [_value(name, value) for name, value in zip(PARAMETERS, data, strict=True)]


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
