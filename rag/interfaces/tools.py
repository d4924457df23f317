"""What an assistant may do with the documents: each tool with what it takes, what it gives, and its function.

Every tool only reads, and answers in the JSON that is used everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from rag.errors import QuestionError, ReplyError
from rag.interfaces import serialization
from rag.interfaces.schemas import Asked, CatalogueJson, PassagesJson, RangeJson, ReplyJson, VerificationJson, Where
from rag.interfaces.web.service import Service
from rag.text.segment import page_at
from rag.types import Source

READ_CHARACTERS = 20_000
"""Characters of a document that are read at once, at most."""
LISTED = 200
"""Documents, or resources, that are listed at once, at most."""

Input = TypeVar("Input", bound=BaseModel)


class SearchInput(Where):
    """Words whose passages are looked for."""

    query: str = Field(description="Words, or a question.")
    limit: int = Field(default=10, ge=1, le=100, description="So many passages, at most.")


class ReadInput(BaseModel):
    """A range of a document."""

    id: str = Field(description="The document's id, as quotes and list_documents have it.")
    start: int = Field(default=0, ge=0, description="The first character.")
    end: int | None = Field(
        default=None, ge=0, description=f"Behind the last one; at most {READ_CHARACTERS:,} are read at once."
    )


class VerifyInput(BaseModel):
    """A text with quotations, or quotes with their places: one of the two."""

    text: str | None = Field(
        default=None, description="A text, such as your draft: every quotation in it is looked for in all documents."
    )
    quotes: list[dict[str, Any]] | None = Field(
        default=None,
        description='Quotes as replies have them: "exact" and "document" (its id, or an object with "path") are '
        'needed; what else is said, such as "start", "end" or "page", is checked too.',
    )


class ListInput(Where):
    """Which documents are listed."""

    offset: int = Field(default=0, ge=0, description="How many are left out before the first.")
    limit: int = Field(default=LISTED, ge=1, le=LISTED, description="So many, at most.")


@dataclass(frozen=True, slots=True)
class Tool(Generic[Input]):
    """One of them."""

    title: str
    description: str
    takes: type[Input]
    gives: type[BaseModel]
    run: Callable[[Service, Input], dict[str, Any]]


def _ask(service: Service, asked: Asked) -> dict[str, Any]:
    return serialization.to_json(service.asked(asked))


def _search(service: Service, asked: SearchInput) -> dict[str, Any]:
    found = service.search(asked.query, limit=asked.limit, scope=asked.scope)
    return {"passages": [serialization.quote_to_json(one) for one in found]}


def _read(service: Service, asked: ReadInput) -> dict[str, Any]:
    document = service.library.document(asked.id)
    start, length = asked.start, len(document.text)
    if start > length or (asked.end is not None and asked.end < start):
        raise QuestionError(f"start and end must lie within the text, which has {length:,} characters, in that order.")
    end = min(length if asked.end is None else asked.end, start + READ_CHARACTERS, length)
    page, label = page_at(document.pages, document.page_labels, start)
    source = Source(document.id, document.title, document.path, document.sha256)
    return {
        "document": asdict(source),
        "text": document.text[start:end],
        "start": start,
        "end": end,
        "characters": length,
        "page": page,
        "page_label": label,
    }


def _verify(service: Service, asked: VerifyInput) -> dict[str, Any]:
    if (asked.text is None) == (asked.quotes is None):
        raise ReplyError('Give "text", or "quotes".')
    if asked.quotes is not None:
        return serialization.verification_to_json(service.verify(_cited(asked.quotes)))
    checked = service.check(asked.text or "")
    return serialization.verification_to_json(checked.verdicts) | serialization.checked_to_json(checked)


def _cited(quotes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a reply with these quotes, which may name their documents by id alone."""
    named = [{**one, "document": _named(one.get("document"))} for one in quotes]
    return {"status": "answered", "quotes": named}


def _named(document: object) -> object:
    return {"path": document} if isinstance(document, str) else document


def _list(service: Service, asked: ListInput) -> dict[str, Any]:
    library = service.library
    entries = library.documents(within=asked.scope)
    shown = entries[asked.offset : asked.offset + asked.limit]
    value = serialization.catalogue_to_json(library.built_at, library.passage_count, shown, library.skipped[:LISTED])
    return {**value, "total": len(entries), "offset": asked.offset}


TOOLS: Mapping[str, Tool[Any]] = {
    "ask": Tool(
        "Ask the documents",
        "Answer a question in the documents' own words: quotes with their exact places, and how sure that is; or a "
        "refusal with the nearest passages, which are no answer.",
        Asked,
        ReplyJson,
        _ask,
    ),
    "search": Tool(
        "Search the documents",
        "Find the passages nearest to some words, best first.",
        SearchInput,
        PassagesJson,
        _search,
    ),
    "read_document": Tool(
        "Read a document", "Return a range of a document's text, exactly as it stands.", ReadInput, RangeJson, _read
    ),
    "verify_quotes": Tool(
        "Check quotes",
        "Say whether quotes really stand in the documents: those of a text, or quotes with their places. Each gets a "
        "verdict: exact, moved, typographic, ambiguous, altered (with what differs), stitched, absent or missing.",
        VerifyInput,
        VerificationJson,
        _verify,
    ),
    "list_documents": Tool("List the documents", "List what is in the index.", ListInput, CatalogueJson, _list),
}
