"""Chats exported as JSON (Slack, Telegram, Discord): each message a line, ``[2024-03-05 10:15] Ann: Yes.``

A handle stands as ``<ann>``. So it is plain who speaks (``rag.text.turns``), and a quote brings the name and the time.
Slack's times are UTC.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

_REFERENCE = re.compile(r"<([@#!])?([^<>|\s]{1,400})(?:\|([^<>|]{0,400}))?>")
"""What Slack writes for a person, a channel, everybody, or a link: ``<@U1>``, ``<#C1|paint>``, ``<https://x.org|here>``."""


def lines(value: object) -> tuple[str, ...]:
    """Return the messages of a chat, each with its time and its speaker; none where ``value`` is no chat."""
    messages = _messages(value)
    people = {
        str(message["user"]): name
        for message in messages
        if message.get("user") and (name := _first(_mapping(message.get("user_profile")), "display_name", "real_name"))
    }
    return tuple(line for message in messages if (line := _line(message, people)))


def title(value: object) -> str:
    """Return what a chat is called, where the file says so."""
    whole = _mapping(value)
    return _first(whole, "name") or _first(_mapping(whole.get("channel")), "name")


def _messages(value: object) -> Sequence[Mapping[str, object]]:
    """Return the messages of a chat: a list in which all are such, or those in an object."""
    listed = value if isinstance(value, list) else _mapping(value).get("messages")
    if not isinstance(listed, list):
        return ()
    messages = [_mapping(item) for item in listed]
    return messages if messages and all(map(_is_message, messages)) and any(map(_speaker, messages)) else ()


def _is_message(item: Mapping[str, object]) -> bool:
    slack = item.get("type") == "message" and isinstance(item.get("ts"), str)
    telegram = item.get("type") in ("message", "service") and {"date", "id"} <= item.keys()
    discord = {"timestamp", "content", "author"} <= item.keys() and isinstance(item["author"], dict)
    return slack or telegram or discord


def _line(message: Mapping[str, object], people: Mapping[str, str]) -> str:
    said = _said(message, people)
    speaker = _speaker(message) or "?"
    name = people.get(speaker, speaker)
    handle = any(word[0].islower() for word in name.split())  # as chats of plain text write it
    return f"[{_time(message)}] {f'<{name}>' if handle else f'{name}:'} {said}" if said else ""


def _speaker(message: Mapping[str, object]) -> str:
    profile, author = _mapping(message.get("user_profile")), _mapping(message.get("author"))
    return (
        _first(profile, "display_name", "real_name", "name")
        or _first(author, "nickname", "name")
        or _first(message, "from", "username", "user")
    )


def _said(message: Mapping[str, object], people: Mapping[str, str]) -> str:
    """Return a message's words; Telegram writes those with links or marks in parts."""
    text = message.get("text", message.get("content"))
    if isinstance(text, list):
        text = "".join(part if isinstance(part, str) else _first(_mapping(part), "text") for part in text)
    if not isinstance(text, str):
        return ""
    if "ts" not in message:
        return text.strip()

    def shown(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        named = label or (people.get(target, target) if sign == "@" else target)
        return f"{sign if sign != '!' else '@'}{named}" if sign else label or target

    return html.unescape(_REFERENCE.sub(shown, text)).strip()


def _time(message: Mapping[str, object]) -> str:
    """Return the minute of a message: Slack counts seconds, the others write it."""
    written = _first(message, "ts", "timestamp", "date")
    try:
        moment = datetime.fromtimestamp(float(written), UTC) if "ts" in message else datetime.fromisoformat(written)
    except (ValueError, OverflowError, OSError):
        return written
    return f"{moment:%Y-%m-%d %H:%M}"


def _first(value: Mapping[str, object], *names: str) -> str:
    return next((said for name in names if isinstance(said := value.get(name), str) and said.strip()), "")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
