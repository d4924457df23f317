"""Text as Markdown that reads as the text does: what Markdown would take for its own is escaped."""

from __future__ import annotations

import re

from markupsafe import Markup

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:@=])")


def block_quote(text: str) -> Markup:
    """Return a text as a block quote; a backslash before a line's end keeps the line break."""
    *lines, last = re.split(r"\r\n|\r|\n", text)
    broken = [f"> {_escaped(line)}" + "\\" * bool(line.strip()) for line in lines]
    return Markup("\n".join((*broken, f"> {_escaped(last)}")))


def plain(text: str) -> Markup:
    """Return a text on one line."""
    return Markup(_escaped(" ".join(text.split())))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
