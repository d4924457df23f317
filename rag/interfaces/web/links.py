"""Links to quotes, ``/d/<path>?q=start-end&sha=…&w=…``: a page that shows the document at the quote, and needs no chat.

``sha`` is the hash of the file that was quoted and ``w`` the quote's words, or their beginning: where the document has
changed since, they are looked for in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rag.errors import ChangedDocument, DocumentError
from rag.interfaces.web.pane import linked_page
from rag.interfaces.web.service import Service
from rag.types import Document, Span, VerdictKind
from rag.verification import find_again

_PLACE = re.compile(r"(\d{1,12})-(\d{1,12})")
_OTHER = "This document has changed since the link was made"
_NEWER = "The file has changed since the documents were last read, and this is the text as it was then"
_FOUND: Mapping[VerdictKind, str] = {
    "exact": "the quote stands where it stood, word for word",
    "moved": "the quote stands in another place, word for word",
    "ambiguous": "the quote stands in several places",
    "typographic": "the quote stands, but for quotation marks, dashes, spaces or ligatures",
    "altered": "other words stand in the quote's place",
    "absent": "the quote does not stand there any more",
    "missing": "nothing can be read",
}


def routes(service: Service) -> APIRouter:
    """Return the page that a link to a quote leads to."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/d/{path:path}")
    def linked(
        path: str,
        q: Annotated[str, Query(max_length=40)] = "",
        sha: Annotated[str, Query(max_length=64)] = "",
        w: Annotated[str, Query(max_length=2_000)] = "",
    ) -> str:
        document = service.library.document(path)
        place = _PLACE.fullmatch(q)
        span = (int(place[1]), int(place[2])) if place else None
        if sha and sha != document.sha256:
            return linked_page(document, *_in_another(document, w, span))
        changed = _in_the_file(service, document, span)
        return linked_page(document, span, changed, pictures=not changed)

    return router


def _in_another(document: Document, words: str, span: Span | None) -> tuple[Span | None, str]:
    """Return where the words of a quote stand in a document that is not the one that was quoted, and what to say."""
    if not words or span is None:
        return None, f"{_OTHER}, so the quote is not marked in it."
    kind, place = find_again(words, document.text, start=span[0])
    if place is None:
        return None, f"{_OTHER}: {_FOUND[kind]}."
    return place, f"{_OTHER}: {_FOUND[kind]}. The place is marked."


def _in_the_file(service: Service, document: Document, span: Span | None) -> str:
    """Return what has become of the file, and of the quote in it, since it was read; empty where nothing has."""
    try:
        service.original(document.id)
        return ""
    except (ChangedDocument, DocumentError):
        start, end = span or (0, 0)
        quote = {"exact": document.text[start:end], "start": start, "document": {"path": document.path}}
        if not quote["exact"]:
            return f"{_NEWER}."
        [verdict] = service.verify({"status": "answered", "quotes": [quote]})
        return f"{_NEWER}. In the file as it is now {_FOUND[verdict.kind]}."
