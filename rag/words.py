"""The words of a question that say what it is about."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")

COMMON = frozenset(
    "a an the of in on at to for from by with and or is are was were be been do does did has have had will can could "
    "would should what who whom whose which when where why how that this these those it its as there not".split()
)
"""Words that stand in every other question and say nothing of what it is about."""


def content_words(question: str) -> tuple[str, ...]:
    """Return the question's words in small letters without the common ones; all of them where only such are left.

    >>> content_words("Who is the foreign minister of Ukraine?")
    ('foreign', 'minister', 'ukraine')
    """
    words = tuple(_WORD.findall(question.lower()))
    return tuple(word for word in words if word not in COMMON) or words
