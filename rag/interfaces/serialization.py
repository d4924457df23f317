"""Replies ↔ the JSON objects of the contract: one shape for the command line, the API, exports and ``verify``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.errors import ReplyError
from rag.types import Answer, Quote, Refusal, Reply, Source, Turn


def to_json(reply: Reply, id: str | None = None) -> dict[str, Any]:
    """Return the reply as a JSON object; ``id`` is the caller's own name for the question."""
    common = {
        "id": id,
        "question": reply.question,
        "standalone_question": reply.standalone_question,
        "confidence": round(reply.confidence, 4),
        "timings_ms": {stage: round(time, 1) for stage, time in reply.timings_ms.items()},
    }
    if isinstance(reply, Answer):
        quotes = [_quote_to_json(quote) for quote in reply.quotes]
        return common | {
            "status": "answered",
            "kind": None,
            "answer": reply.text,
            "quotes": quotes,
            "nearest": [],
            "reason": None,
        }
    nearest = [_quote_to_json(quote) for quote in reply.nearest]
    return common | {
        "status": "refused",
        "kind": reply.kind,
        "answer": None,
        "quotes": [],
        "nearest": nearest,
        "reason": reply.reason,
    }


def error_to_json(error: str, id: str | None = None, question: str = "") -> dict[str, Any]:
    """Return what stands in a batch for a line that got no answer."""
    return {"id": id, "question": question, "status": "error", "error": error, "quotes": [], "nearest": []}


def from_json(value: Mapping[str, Any]) -> Reply:
    """Return the reply in a JSON object; raises ReplyError where it is none."""
    try:
        question, standalone = value["question"], value.get("standalone_question") or value["question"]
        confidence, timings = float(value["confidence"]), dict(value.get("timings_ms") or {})
        if value["status"] == "answered":
            quotes = tuple(_quote_from_json(quote) for quote in value["quotes"])
            return Answer(question, standalone, quotes, confidence, timings, value.get("answer"))
        if value["status"] == "refused":
            nearest = tuple(_quote_from_json(quote) for quote in value["nearest"])
            return Refusal(question, standalone, value.get("reason") or "", nearest, confidence, timings)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReplyError(f"This is not a reply of this program: {error!r} is missing or wrong.") from error
    raise ReplyError("This is not a reply of this program: its status is neither 'answered' nor 'refused'.")


def turns_from_json(values: object) -> tuple[Turn, ...]:
    """Return the earlier turns of a request, objects with "question" and "answer"; raises ReplyError for others."""
    try:
        return tuple(Turn(str(value["question"]), str(value.get("answer") or "")) for value in values or ())  # type: ignore[attr-defined]
    except (KeyError, TypeError, AttributeError) as error:
        raise ReplyError('"turns" must be a list of objects with "question" and "answer".') from error


def _quote_to_json(quote: Quote) -> dict[str, Any]:
    return {
        "exact": quote.exact,
        "prefix": quote.prefix,
        "suffix": quote.suffix,
        "start": quote.start,
        "end": quote.end,
        "highlights": [list(span) for span in quote.highlights],
        "page": quote.page,
        "line": quote.line,
        "section": quote.section,
        "score": round(quote.score, 4),
        "document": {
            "id": quote.document.id,
            "title": quote.document.title,
            "path": quote.document.path,
            "sha256": quote.document.sha256,
        },
    }


def _quote_from_json(value: Mapping[str, Any]) -> Quote:
    document = value["document"]
    return Quote(
        document=Source(
            str(document["id"]), str(document.get("title") or ""), str(document["path"]), str(document["sha256"])
        ),
        start=int(value["start"]),
        end=int(value["end"]),
        exact=str(value["exact"]),
        prefix=str(value.get("prefix") or ""),
        suffix=str(value.get("suffix") or ""),
        highlights=tuple((int(start), int(end)) for start, end in value.get("highlights") or ()),
        page=value.get("page"),
        line=int(value.get("line") or 0),
        section=str(value.get("section") or ""),
        score=float(value.get("score") or 0.0),
    )
