"""A reply in JSON, held against the documents: does every quote stand where it says? Needs no model and no index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag import documents
from rag.errors import DocumentError, ReplyError
from rag.interfaces.serialization import from_json
from rag.types import Answer, Document, Quote

_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"}
)


def faults(value: Mapping[str, Any], seeds: Path) -> tuple[str, ...]:
    """Return a line for each quote that does not stand where it says; empty where all of them do.

    ``value`` is a reply, or a conversation: an object whose "replies" are such. Raises ReplyError for anything else.
    """
    read = lru_cache(maxsize=16)(_read)
    return tuple(
        f"{quote.document.path} [{quote.start}:{quote.end}]: {fault}"
        for quote in _quotes(value)
        if (fault := _fault(quote, read(quote.document.path, seeds)))
    )


def _quotes(value: Mapping[str, Any]) -> Iterator[Quote]:
    if not isinstance(value, Mapping):
        raise ReplyError("This is not a reply of this program: a JSON object is expected.")
    if isinstance(value.get("replies"), list):
        for reply in value["replies"]:
            yield from _quotes(reply)
    elif value.get("status") != "error":
        reply = from_json(value)
        yield from reply.quotes if isinstance(reply, Answer) else reply.nearest


def _read(path: str, seeds: Path) -> Document | str:
    """Return the document, or why there is none."""
    file = seeds / path
    if not file.resolve().is_relative_to(seeds.resolve()):
        return "the path leads out of the folder of documents"
    if not file.is_file():
        return f"the document is not in {seeds}"
    try:
        return documents.load(file, seeds)
    except DocumentError as error:
        return f"the document cannot be read: {error}"


def _fault(quote: Quote, document: Document | str) -> str:
    """Return what is wrong with a quote; empty where it stands as it says, to the character."""
    if isinstance(document, str):
        return document
    text, exact = document.text, quote.exact
    stands = 0 <= quote.start < quote.end and text[quote.start : quote.end] == exact
    if not stands:
        return _whereabouts(exact, text)
    if text[: quote.start][-len(quote.prefix) :] != quote.prefix if quote.prefix else False:
        return "what stands before the quote is not what the reply says"
    if text[quote.end : quote.end + len(quote.suffix)] != quote.suffix:
        return "what stands after the quote is not what the reply says"
    if any(not quote.start <= start < end <= quote.end for start, end in quote.highlights):
        return "a highlight lies outside the quote"
    if document.sha256 != quote.document.sha256:
        return "the file has changed since; these words still stand at this place"
    return ""


def _whereabouts(exact: str, text: str) -> str:
    """Say what became of a quote that is not at its place."""
    times = text.count(exact) if exact else 0
    if times == 1:
        at = text.find(exact)
        return f"moved: these words stand at [{at}:{at + len(exact)}]"
    if times:
        return f"ambiguous: these words stand in {times} other places"
    if exact and _plain(exact) in _plain(text):
        return "altered: only words alike but for typography and white space stand in the document"
    return "absent: these words do not stand in the document"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)).strip()
