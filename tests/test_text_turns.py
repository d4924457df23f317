"""Turns of transcripts, plays and chats: who speaks, and where that ends."""

from __future__ import annotations

import pytest

from rag.text.boundaries import LONGEST, extend_to_whole_meaning
from rag.text.sentences import sentences
from rag.text.turns import turns


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("MS. LIM: It is dry.\n\nMR. OTT: Is it?", ["MS. LIM", "MR. OTT"]),
        ("Ann: Yes.\nBo Lee: No.\nAnn: Well.", ["Ann", "Bo Lee", "Ann"]),
        ("Ann: Yes.\nBo: No.", []),
        ("Founded: 1901\nSeat: Bonn\nHead: Ann Lee", []),
        ("**Ann:** Yes.\n\n**Bo:** No.\n\n**Ann:** Well.", ["Ann", "Bo", "Ann"]),
        (
            "Ann (far away): Yes.\nDr. von Berg: No.\nAnn: Well.\nAnn: Hm.",
            ["Ann (far away)", "Dr. von Berg", "Ann", "Ann"],
        ),
        ("12/03/24, 10:15 - Ann: Yes\n12/03/24, 10:16 - Bo: no\n12/03/24, 10:16 - Bo: ok", ["Ann", "Bo", "Bo"]),
        ("[12/03/2024, 10:15:22 AM] Ann: a\n[12/03/2024, 10:15:30 AM] Bo: b\n10:16 Bo: c", ["Ann", "Bo", "Bo"]),
        ("[10:15] <ann> hi\n[10:16] <bob> hi\n10:17 <ann> well", ["ann", "bob", "ann"]),
        ("HAMLET:\nTo be.\n\nGHOST:\nMark me.", ["HAMLET", "GHOST"]),
        ("田中：はい。\n山田：いいえ。\n田中：え。", ["田中", "山田", "田中"]),
        ("See https://x.org: it is there.\nthe pump: old\nthe roof: new\nthe pump: red", []),
        ("10:15: Tea\n11:15: Talk\n10:15: Tea", []),
    ],
)
def test_the_speakers_of_a_text(text: str, speakers: list[str]) -> None:
    assert [turn.speaker for turn in turns(text)] == speakers


def quoted(text: str, words: str) -> str:
    """Return what is quoted where the sentence with these words answers."""
    spans = sentences(text)
    at = next(i for i, span in enumerate(spans) if words in text[slice(*span)])
    first, last = extend_to_whole_meaning(text, spans, at, at)
    return text[spans[first][0] : spans[last][1]]


TALK = "MS. LIM: The lock is new. The key is old. Ask Bo.\n\nMR. OTT: Who is Bo? A guard?\n\nMS. LIM: Yes."


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        ("lock", "MS. LIM: The lock is new."),
        ("key", "MS. LIM: The lock is new. The key is old."),
        ("guard", "MR. OTT: Who is Bo? A guard?\n\nMS. LIM: Yes."),
        ("Yes", "MS. LIM: Yes."),
    ],
)
def test_a_quote_brings_its_speaker(words: str, quote: str) -> None:
    assert quoted(TALK, words) == quote


def test_a_speaker_far_away_is_not_brought() -> None:
    text = TALK.replace("The key", "It shines. " * (LONGEST // 10) + "The key")
    assert quoted(text, "key") == "The key is old."


def test_a_message_without_an_end_does_not_take_in_the_next_speaker() -> None:
    chat = "12/03/24, 10:15 - Ann: the key is with Bo\n12/03/24, 10:16 - Bo: yes\n12/03/24, 10:17 - Ann: ok"
    assert quoted(chat, "with Bo") == "12/03/24, 10:15 - Ann: the key is with Bo"
