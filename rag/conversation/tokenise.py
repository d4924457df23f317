"""A text → its words, with their places: apostrophes split off, initials and hyphens kept together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\w+(?:[-&.]\w+)*")
_ABBREVIATED = frozenset("dr mr mrs ms st prof gen gov sen rep jr sr".split())
_APOSTROPHES = ("'", "’")
_CLITICS = frozenset("s re ve ll d m t".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word, with its place in the text."""

    text: str
    start: int
    end: int
    lower: str
    opens: bool
    """It begins the text or a sentence, where a capital says nothing."""


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the words of ``text`` in order, a possessive ``'s`` left off; offsets are characters."""
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        gap = text[end : match.start()]
        if gap in _APOSTROPHES and found and match[0].lower() in _CLITICS:
            end = match.end()
            continue
        opens = not found or (any(mark in gap for mark in '.?!:\n"“‘(') and not is_abbreviation(found[-1].text, gap))
        found.append(Token(match[0], match.start(), match.end(), match[0].lower(), opens))
        end = match.end()
    return tuple(found)


def is_abbreviation(word: str, gap: str) -> bool:
    """Return whether the full stop in ``gap`` belongs to the word before it: an initial or a title."""
    return gap in (". ", ".") and (len(word) == 1 or word.lower() in _ABBREVIATED)
