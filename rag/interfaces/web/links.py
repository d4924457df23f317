"""Links to quotes, ``/d/<path>?q=start-end&sha=…``: a page that shows the document at the quote, and needs no chat."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from rag.errors import ChangedDocument, DocumentError
from rag.interfaces.web.pane import linked_page
from rag.interfaces.web.service import Service
from rag.types import Document

_PLACE = re.compile(r"(\d{1,12})-(\d{1,12})")
_OTHER = "This document has changed since the link was made, so the quote is not marked in it."
_NEWER = "The file has changed since the documents were last read: this is the text as it was then."


def routes(service: Service) -> APIRouter:
    """Return the page that a link to a quote leads to."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/d/{path:path}")
    def linked(
        path: str, q: Annotated[str, Query(max_length=40)] = "", sha: Annotated[str, Query(max_length=64)] = ""
    ) -> str:
        document = service.library.document(path)
        place = _PLACE.fullmatch(q)
        notice = _notice(service, document, sha)
        span = (int(place[1]), int(place[2])) if place and notice != _OTHER else None
        return linked_page(document, span, notice)

    return router


def _notice(service: Service, document: Document, sha: str) -> str:
    """Return what has become of the document since; empty where nothing has."""
    if sha and sha != document.sha256:
        return _OTHER
    try:
        service.original(document.id)
    except (ChangedDocument, DocumentError):
        return _NEWER
    return ""
