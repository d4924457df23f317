"""A conversation as a file to take away: JSON that ``rag verify`` accepts, or Markdown for people."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import rag
from rag.interfaces.serialization import to_json
from rag.interfaces.web.views import citation
from rag.types import Answer, Quote, Refusal, Reply, Turn

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
    return "\n".join(_turn(turn) for turn in turns if not isinstance(turn.reply, str))


def _turn(turn: Turn) -> str:
    reply = turn.reply
    if isinstance(reply, str):
        return reply
    parts = [f"## {_plain(turn.question)}\n"]
    if reply.standalone_question != turn.question:
        parts.append(f"Searched for: *{_plain(reply.standalone_question)}*\n")
    return "\n".join([*parts, *_body(reply)])


def _body(reply: Reply) -> list[str]:
    if isinstance(reply, Refusal):
        nearest = [_quote(quote) for quote in reply.nearest]
        heading = ["### Nearest passages, not an answer\n"] if nearest else []
        return [f"**The documents do not say.** {_plain(reply.reason)}\n", *heading, *nearest]
    return _answer(reply)


def _answer(reply: Answer) -> list[str]:
    written = [f"Written by a language model, not a quote: {_plain(reply.text)}\n"] if reply.text else []
    return [*(_quote(quote) for quote in reply.quotes), f"Confidence: {reply.confidence:.0%}\n", *written]


def _quote(quote: Quote) -> str:
    # A backslash before a line's end keeps the line break in Markdown.
    lines = re.split(r"\r\n|\r|\n", quote.exact)
    block = "\n".join(
        f"> {_escaped(line)}{'' if at == len(lines) - 1 or not line.strip() else chr(92)}"
        for at, line in enumerate(lines)
    )
    return f"{block}\n>\n> — {_plain(citation(quote))}, characters {quote.start}–{quote.end}\n"


def _plain(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
