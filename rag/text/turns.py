"""Whose words a text gives: the turns of a transcript, a play or a chat, each opened by its speaker's name.

>>> text = "MS. ODUYA: It was dry.\\nMR. BRANDT: Was it?"
>>> [(turn.speaker, text[turn.start:turn.end]) for turn in turns(text)]
[('MS. ODUYA', 'MS. ODUYA: It was dry.'), ('MR. BRANDT', 'MR. BRANDT: Was it?')]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[^\W_](?:[\w.'’#-]|[ \t](?=[\w(#])|\([^()\n]{1,30}\)){0,48}"
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d{1,3})?(?:[ \u202f][apAP]\.?[mM]\.?)?"
_STAMP = rf"[\[(]?(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}},?[ T])?{_CLOCK}[\])]?"
_OPENING = re.compile(
    rf"^[ \t]{{0,8}}(?:{_STAMP}(?:[ \t]{{1,4}}[-–—])?[ \t]{{1,4}})?"
    rf"(?:<(?P<nick>[^<>\n]{{1,30}})>[ \t]|[*_]{{0,3}}(?P<name>{_NAME})[ \t]{{0,4}}"
    r"(?::[*_]{0,3}(?:[ \t]{1,4}|[ \t]{0,4}\r?\n[ \t]{0,8})|：)(?=\S))",
    re.MULTILINE,
)
"""How a line begins that opens a turn: ``MS. ODUYA: ``, ``**Ann:** ``, ``[10:15] Ann (far): ``, ``10:15 <ann> ``."""
_TITLE = re.compile(r"(?:mr|mrs|ms|dr|prof|sen|rep|judge|speaker|witness|the chair(?:man|woman)?)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)")
_PARTICLES = frozenset("and de del der di du la le of the to van von y zu".split())
_WORDS = 6
"""Of a name with its title, at most."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says before another does; ``text[start:end]``, the name first."""

    start: int
    end: int
    speaker: str


def turns(text: str) -> tuple[Turn, ...]:
    """Return the turns of a text, in order; none where its lines open with no names, or with one that never changes.

    What looks like a name and stands once may be a label as well ("Note: "): of two speakers one has to come back, or
    a title or capitals alone have to tell that they are persons.
    """
    opened = [(match.start(), speaker) for match in _OPENING.finditer(text) if (speaker := _speaker(match))]
    names = [speaker for _, speaker in opened]
    talk = len(set(names)) > 1 and (len(set(names)) < len(names) or all(map(_is_called_out, names)))
    if not talk:
        return ()
    ends = [start for start, _ in opened[1:]] + [len(text)]
    return tuple(
        Turn(start, start + len(text[start:end].rstrip()), speaker)
        for (start, speaker), end in zip(opened, ends, strict=True)
    )


def _speaker(match: re.Match[str]) -> str:
    """Return the name that opens a line; empty where the words there are no name."""
    name = (match["nick"] or match["name"]).strip()
    words = _ASIDE.sub("", name).split()
    capital = all(word.lower() in _PARTICLES or not word[0].islower() for word in words)
    named = match["nick"] or (capital and len(words) <= _WORDS)
    return name if named and any(character.isalpha() for character in name) else ""


def _is_called_out(name: str) -> bool:
    return name.isupper() or _TITLE.match(name) is not None
