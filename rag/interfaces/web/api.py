"""The JSON API: the replies of the command line, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from rag.errors import (
    ChangedDocument,
    DocumentError,
    IndexError_,
    QuestionError,
    RagError,
    ReplyError,
    ScopeError,
    SeedsError,
    UnknownDocument,
)
from rag.interfaces import samples
from rag.interfaces.schemas import (
    Asked,
    CatalogueJson,
    DocumentJson,
    ErrorJson,
    HealthJson,
    ReplyJson,
    VerificationJson,
)
from rag.interfaces.serialization import catalogue_to_json, to_json, verification_to_json
from rag.interfaces.web import security
from rag.interfaces.web.clients import Busy, Flooding
from rag.interfaces.web.database import ConversationsError
from rag.interfaces.web.service import Service, TooLong
from rag.interfaces.web.uploads import UploadError
from rag.quality.kept import NotKept
from rag.types import Answer

_STATUS: Mapping[int, tuple[type[RagError], ...]] = {
    400: (TooLong,),
    404: (UnknownDocument,),
    409: (ChangedDocument,),
    422: (QuestionError, ScopeError, ReplyError, NotKept, DocumentError, UploadError),
    429: (Flooding,),
    503: (Busy, IndexError_, SeedsError, ConversationsError),
}


class Json(JSONResponse):
    """JSON in ASCII: a lone surrogate, which an id or a citation may have, can be written no other way."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class AskBody(Asked):
    """A question, with the caller's own name for it."""

    model_config = ConfigDict(json_schema_extra={"examples": list(samples.ASKED)})

    id: str | None = Field(default=None, max_length=200)
    write: bool = Field(default=True, description="Let the language model write, where one is attached.")


def _described(*errors: int, **content: Any) -> dict[int | str, dict[str, Any]]:
    """Return what an operation answers: its content by media type, and an error in one line with each status."""
    told: dict[int | str, dict[str, Any]] = {status: {"model": ErrorJson} for status in errors}
    return {**told, 200: content} if content else told


_Document = Annotated[str, Path(description="Its id, which is its path below the seeds.", examples=[samples.PATH])]
_Paged = Annotated[str, Path(description="The id of a PDF or a picture file.", examples=[samples.PAGED])]


def routes(service: Service) -> APIRouter:
    """Return the routes under ``/api``, and ``/healthz``."""
    router = APIRouter(default_response_class=Json)

    @router.post("/api/ask", tags=["ask"], responses=_described(400, 422, 429, 503, model=ReplyJson))
    def ask(body: AskBody) -> dict[str, Any]:
        """Answer a question in the documents' own words, or refuse."""
        reply = service.asked(body)
        return to_json([reply, *service.write(reply)][-1] if body.write else reply, id=body.id)

    events = {"text/event-stream": {"example": samples.EVENTS}}
    streamed = _described(400, 422, 429, 503, content=events)

    @router.post("/api/ask/stream", tags=["ask"], response_class=StreamingResponse, responses=streamed)
    def stream(body: AskBody) -> StreamingResponse:
        """Answer as events: "reply" at once, with the quotes; a "sentence" each as a language model writes, and "done"
        with the whole reply.
        """
        reply = service.asked(body)

        def told() -> Iterator[str]:
            yield _event("reply", to_json(reply, id=body.id))
            last, count = reply, 0
            for last in service.write(reply) if body.write else ():
                if isinstance(last, Answer) and len(last.written) > count:
                    count = len(last.written)
                    yield _event("sentence", asdict(last.written[-1]))
            yield _event("done", to_json(last, id=body.id))

        return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @router.post("/api/verify", tags=["verify"], responses=_described(400, 422, 429, 503, model=VerificationJson))
    def verify(reply: Annotated[dict[str, Any], Body(examples=[samples.REPLY])]) -> dict[str, Any]:
        """Say whether every quote of a reply, or of an exported conversation, stands where it says."""
        return verification_to_json(service.verify(reply))

    @router.get("/api/documents", tags=["documents"], responses=_described(503, model=CatalogueJson))
    def documents() -> dict[str, Any]:
        """List what is in the index."""
        library = service.library
        return catalogue_to_json(library.built_at, library.passage_count, library.documents(), library.skipped)

    @router.get("/api/documents/{id:path}", tags=["documents"], responses=_described(404, 422, 503, model=DocumentJson))
    def document(id: _Document) -> dict[str, Any]:
        """Return one document with its canonical text, which the offsets of quotes count in."""
        return asdict(service.library.document(id))

    drawn = _described(
        404, 409, 422, 429, 503, content={"image/png": {"schema": {"type": "string", "format": "binary"}}}
    )

    @router.get("/api/pages/{document:path}/{page}", tags=["documents"], response_class=Response, responses=drawn)
    def page(
        document: _Paged,
        page: Annotated[int, Path(examples=[1])],
        start: Annotated[int, Query(examples=[0])] = 0,
        end: Annotated[int, Query(examples=[4])] = 0,
    ) -> Response:
        """Return a page, counted from 1, as a PNG; what stands at ``start`` to ``end`` of the text is marked on it."""
        png = service.page_picture(document, page, (start, end))
        return Response(png, media_type="image/png", headers={"Cache-Control": "private, no-cache"})

    filed = _described(404, 409, 422, 429, 503, content={"*/*": {"schema": {"type": "string", "format": "binary"}}})

    @router.get("/api/originals/{document:path}", tags=["documents"], response_class=Response, responses=filed)
    def original(document: _Document) -> Response:
        """Return the file itself as it was read; a PDF and plain text open in the browser, all else is saved."""
        data, kind = service.original(document)
        return security.file_response(data, kind.media_type, document.rpartition("/")[2])

    loading = {"model": HealthJson, "content": {"application/json": {"example": {"status": "loading"}}}}

    @router.get("/healthz", tags=["health"], responses={200: {"model": HealthJson}, 503: loading})
    def health() -> Json:
        """Say whether questions are answered at once: 200, or 503 while the models are being loaded."""
        ready = service.ready
        return Json({"status": "ok" if ready else "loading"}, status_code=200 if ready else 503)

    @router.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    def nothing(rest: str) -> Json:
        # What is mounted at the root would take these for its own.
        allowed = {"ask": "POST", "ask/stream": "POST", "verify": "POST", "documents": "GET"}.get(rest)
        allowed = "GET" if rest.startswith(("pages/", "originals/")) else allowed
        if allowed is None:
            return Json({"error": "There is nothing here. See /api/openapi.json."}, status_code=404)
        return Json({"error": f"Use {allowed} here."}, status_code=405, headers={"Allow": allowed})

    return router


def describe(app: FastAPI) -> None:
    """Put the examples into the app's description as they are: FastAPI leaves out what is null in them."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        whole = made()
        for model in (AskBody, ReplyJson, VerificationJson, CatalogueJson, DocumentJson):
            examples = model.model_json_schema()["examples"]
            whole["components"]["schemas"][model.__name__]["examples"] = examples
        body = whole["paths"]["/api/verify"]["post"]["requestBody"]
        body["content"]["application/json"]["schema"]["examples"] = [samples.REPLY]
        return whole

    app.openapi = openapi  # type: ignore[method-assign]


def _event(name: str, value: object) -> str:
    """Return one event of a stream (WHATWG HTML, server-sent events)."""
    return f"event: {name}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n"


def answer_errors(app: FastAPI) -> None:
    """Answer every error as ``{"error": one line}`` with the status that fits."""

    @app.exception_handler(RagError)
    def known(_: Request, error: RagError) -> Json:
        status = next((status for status, kinds in _STATUS.items() if isinstance(error, kinds)), 500)
        headers = {"Retry-After": "2"} if status in (429, 503) else None
        return Json({"error": str(error)}, status_code=status, headers=headers)

    @app.exception_handler(Exception)
    def unknown(_: Request, error: Exception) -> Json:
        words = "Something went wrong; the server's own output says what. Ask again, or something else."
        return Json({"error": words}, status_code=500)

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> Json:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
        return Json({"error": f"{where}: {first['msg']}."}, status_code=422)

    @app.exception_handler(StarletteHTTPException)
    def other(_: Request, error: StarletteHTTPException) -> Json:
        return Json({"error": str(error.detail)}, status_code=error.status_code)
