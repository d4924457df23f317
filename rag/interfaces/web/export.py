"""A conversation as a file to take away: JSON that ``rag verify`` accepts, or Markdown for people."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from markupsafe import Markup

import rag
from rag.interfaces.serialization import to_json
from rag.interfaces.web.pages import render
from rag.types import Turn

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:@=])")


def as_json(turns: Sequence[Turn]) -> str:
    """Return ``{"program", "replies": [...]}``, the replies as the command line prints them."""
    replies = [to_json(turn.reply) for turn in turns if not isinstance(turn.reply, str)]
    whole = {"program": f"Chapter & Verse {rag.__version__}", "replies": replies}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def as_markdown(turns: Sequence[Turn]) -> str:
    """Return the conversation in Markdown: each question a heading, each quote a block quote with its citation.

    What Markdown would read as its own is escaped, so that a quote reads as its document does.
    """
    return render("conversation.md", turns=turns, plain=plain, block_quote=block_quote).removesuffix("\n")


def block_quote(text: str) -> Markup:
    """Return a text as a block quote of Markdown, which reads as the text does.

    A backslash before a line's end keeps the line break.
    """
    *lines, last = re.split(r"\r\n|\r|\n", text)
    broken = [f"> {_escaped(line)}" + "\\" * bool(line.strip()) for line in lines]
    return Markup("\n".join((*broken, f"> {_escaped(last)}")))


def plain(text: str) -> Markup:
    """Return a text on one line of Markdown, which reads as the text does."""
    return Markup(_escaped(" ".join(text.split())))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
