"""Requests in a file, a line each, answered in order; and what an error says in one line."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rag.errors import RagError
from rag.interfaces import serialization
from rag.settings import Settings
from rag.types import Reply, Turn


def answer_lines(file: str, answer: Callable[[str, Sequence[Turn], dict[str, Any]], Reply], settings: Settings) -> None:
    """Write a reply a line, in order; a line that cannot be answered gets an error as its reply.

    ``answer`` takes a line's question, its turns, and all of it.
    """
    for number, line in enumerate(lines_of(file), start=1):
        if not line.strip():
            continue
        id, question = None, ""
        try:
            item = serialization.item_of(line, number)
            id = serialization.id_of(item)
            question = serialization.question_of(item)
            reply = serialization.to_json(answer(question, serialization.turns_from_json(item.get("turns")), item), id)
        except Exception as error:  # one line must not cost all the others
            reply = serialization.error_to_json(said(error), id, question[: settings.question_characters])
        print(serialization.dumps(reply), flush=True)


def lines_of(file: str) -> Iterator[str]:
    """Yield a file's lines, or those of standard input where it is called "-"."""
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
            for line in stream:
                yield line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RagError(f"{file} cannot be read: {reason}. Give the path of a file.") from error


def one_line(error: Exception | str) -> str:
    """Return what an error says in one line, without what a terminal would obey."""
    return "".join(char if char.isprintable() else "�" for char in " ".join(str(error).split()))


def said(error: Exception) -> str:
    """Return what a user is told of any error, in one line."""
    if isinstance(error, RagError | RecursionError):
        return one_line(error)
    return f"A mistake of this program, please report it ({type(error).__name__}: {one_line(error)[:200]})."
