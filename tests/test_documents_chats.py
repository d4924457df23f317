"""Exported chats: who says what, and when."""

from __future__ import annotations

import json

import pytest

from rag.documents.tables import json_
from rag.text.turns import turns

SLACK = [
    {"type": "message", "user": "U1", "ts": "1709633700.000200", "text": "Is the pump on, <@U2>?",
     "user_profile": {"real_name": "Ann Lim", "avatar_hash": "g0"}},
    {"type": "message", "user": "U2", "ts": "1709633760.0", "text": "No &amp; it leaks: <https://x.org/a|the note>",
     "user_profile": {"real_name": "Bo", "display_name": "bo.ott"}},
    {"type": "message", "subtype": "channel_join", "user": "U1", "ts": "1709633770.0", "text": ""},
    {"type": "message", "user": "U1", "ts": "1709633820.5", "text": "Then call <!here>.\nAt once."},
]  # fmt: skip
TELEGRAM = {"name": "Boat house", "type": "private_group", "messages": [
    {"id": 1, "type": "service", "date": "2024-03-05T10:14:00", "actor": "Ann", "action": "create_group", "text": ""},
    {"id": 2, "type": "message", "date": "2024-03-05T10:15:00", "from": "Ann", "text": "The key is with Cy."},
    {"id": 3, "type": "message", "date": "2024-03-05T10:16:30", "from": "Bo",
     "text": ["See ", {"type": "link", "text": "x.org"}, "."]},
]}  # fmt: skip
DISCORD = {"channel": {"name": "crew"}, "messages": [
    {"timestamp": "2024-03-05T10:15:00.123+01:00", "content": "Red.", "author": {"name": "ann#1", "nickname": "Ann"}},
    {"timestamp": "2024-03-05T10:16:00+01:00", "content": "Green.", "author": {"name": "bo"}},
    {"timestamp": "yesterday", "content": "Blue.", "author": {"name": "bo"}},
]}  # fmt: skip


def parsed(value: object) -> json_.Parsed:
    return json_.parse(json.dumps(value).encode(), "2024-03-05.json")


def test_messages_of_slack() -> None:
    found = parsed(SLACK)
    assert found.text.split("\n\n") == [
        "[2024-03-05 10:15] Ann Lim: Is the pump on, @bo.ott?",
        "[2024-03-05 10:16] <bo.ott> No & it leaks: the note",
        "[2024-03-05 10:17] Ann Lim: Then call @here.\nAt once.",
    ]
    assert [turn.speaker for turn in turns(found.text)] == ["Ann Lim", "bo.ott", "Ann Lim"]
    assert (found.title, found.sections) == ("", ())


def test_messages_of_telegram_and_discord() -> None:
    found = parsed(TELEGRAM)
    assert found.text == "[2024-03-05 10:15] Ann: The key is with Cy.\n\n[2024-03-05 10:16] Bo: See x.org."
    assert found.title == "Boat house"
    found = parsed(DISCORD)
    assert found.text == "[2024-03-05 10:15] Ann: Red.\n\n[2024-03-05 10:16] <bo> Green.\n\n[yesterday] <bo> Blue."
    assert found.title == "crew"


@pytest.mark.parametrize("value", [
    [{"author": "Ann", "date": "2024-03-05", "text": "A review."}, {"author": "Bo", "text": "Another."}],
    {"messages": []},
    {"messages": [{"id": 1, "text": "x"}]},
    {"messages": ["a", "b"]},
    [{"type": "message", "ts": "1", "text": "nobody says it"}],
])  # fmt: skip
def test_records_stay_records(value: object) -> None:
    assert "[" not in parsed(value).text
