"""The server: our own routes, the Gradio app at the root, and the guard around both."""

from __future__ import annotations

import socket
import sys
import threading
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

import rag
from rag.errors import IndexMissing, ServeError
from rag.interfaces import extra
from rag.interfaces.terminal import ProgressLine
from rag.interfaces.web import api, bundle, catalogue, examples, links, pages, pane, pins, quality, security, thread
from rag.interfaces.web.catalogue import Catalogue
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.password import Password
from rag.interfaces.web.service import HELD, Service
from rag.interfaces.web.uploads import Uploads
from rag.library import Library, build_library
from rag.protocols import OnProgress
from rag.quality import own
from rag.settings import Settings
from rag.types import Progress

if TYPE_CHECKING:
    import uvicorn


def serve(settings: Settings) -> None:
    """Serve the chat until it is stopped; builds the index first where there is none, with progress on stderr.

    The page is up while the documents are still being opened: a first question waits for them. Where they cannot be
    opened the server stops, and the error is raised here. Raises ServeError where the port is taken.
    """
    import uvicorn

    # Gradio's own models make pydantic warn of what no user can change.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic\.")
    config = configuration()
    server = uvicorn.Server(config)

    def give_up() -> None:
        server.should_exit = True

    with closing(listen(settings.host, settings.port)) as listener:
        service, made = library_service(settings), threading.Event()
        threading.Thread(target=service.open, args=(give_up, made.wait), name="open", daemon=True).start()
        config.app = application(service)
        made.set()
        if service.failure is None:
            _announce(settings, listener.getsockname()[1])
            with suppress(KeyboardInterrupt):
                server.run(sockets=[listener])
    if service.failure is not None:
        raise service.failure


def configuration(**more: Any) -> uvicorn.Config:
    """Return how the page is served; without proxy_headers, since anybody can send one that names another address."""
    import uvicorn

    from rag.interfaces.web.connection import Connection

    quiet: dict[str, Any] = {"access_log": False, "log_level": "warning", **more}
    return uvicorn.Config("", http=Connection, ws="none", server_header=False, proxy_headers=False, **quiet)


def _announce(settings: Settings, port: int) -> None:
    host = settings.host
    if not is_loopback(host):
        who = "who knows the password" if settings.password else "without a password"
        warning = f"Warning: at {host} everybody who can reach this machine can read the documents, {who}."
        print(warning, file=sys.stderr)
    shown = "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host
    print(f"Chapter & Verse is at http://{shown}:{port}/ (Ctrl+C stops it)", file=sys.stderr)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; raises ServeError where it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # from now on whoever comes early waits, and is not turned away
    except (OSError, OverflowError) as error:
        listener.close()
        raise ServeError(
            f"The page cannot be served at {host}:{port}: {error.strerror if isinstance(error, OSError) else error}. "
            f"Choose another port, for example --port {port % 65000 + 1}."
        ) from error
    return listener


def library_service(settings: Settings) -> Service:
    """Return a service that opens the index, or builds it where there is none."""

    def open_or_build() -> Library:
        try:
            return rag.open(settings.index, settings=settings)
        except IndexMissing:
            with ProgressLine(sys.stderr) as line:

                def report(progress: Progress) -> None:
                    line.show(progress)
                    service.rebuilding.report(progress)

                return rag.build(settings.seeds, settings.index, settings=settings, progress=report)

    def build_again(library: Library, tell: OnProgress) -> Library:
        return build_library(settings, models=library.models, progress=tell)

    def find_examples(library: Library) -> tuple[str, ...]:
        return examples.find(library, settings.examples)

    service = Service(settings, open_or_build, build_library=build_again, find_examples=find_examples)
    return service


def application(service: Service) -> FastAPI:
    """Return the whole page as one ASGI application."""
    from rag.interfaces.web import chat

    settings = service.settings
    beside = settings.index.absolute()
    where = settings.database or beside.with_name("conversations.sqlite3")
    kept = Conversations(where if settings.conversations else None)
    origins = security.embedding_origins(settings)
    listed = Catalogue(service)
    app = FastAPI(
        title="Chapter & Verse",
        version=rag.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan,
    )
    api.answer_errors(app)
    api.describe(app)
    votes = beside.with_name("feedback.jsonl") if settings.feedback else None
    app.include_router(api.routes(service))
    app.include_router(pages.routes(service))
    app.include_router(pane.routes(service))
    app.include_router(links.routes(service))
    uploads = Uploads(settings.seeds, settings.upload_megabytes) if settings.upload_megabytes else None
    app.include_router(catalogue.routes(listed, uploads=uploads, may_change=may_change(settings)))
    app.include_router(quality.routes(service, beside.with_name(own.NAME), may_change=may_change(settings)))
    app.include_router(thread.routes(service, kept, votes))
    app.include_router(thread.shared(kept, settings.name))
    app.include_router(pins.routes(kept, framed=bool(origins)))
    if settings.mcp:
        routes, app.state.serving = extra("mcp").http(service)
        app.router.routes.extend(routes)
    app.mount("/own", bundle.OwnFiles(framed=bool(origins)), name="own")
    # The last one added is the first one asked.
    if settings.password:
        app.add_middleware(Password, password=settings.password, name=settings.name, framed=bool(origins))
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"])
    preview = pages.render("preview.html", title=settings.name)
    unframed = pages.render("unframed.html", name=settings.name)
    app.add_middleware(security.Guard, settings=settings, preview=preview, unframed=unframed)
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    chat.mount(app, service)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Have a thread for all that may wait, and as many as ever for what is answered meanwhile."""
    current_default_thread_limiter().total_tokens += HELD
    async with getattr(app.state, "serving", nullcontext)():
        yield


def may_change(settings: Settings) -> bool:
    """Say whether who sees the page may add documents: they know the password, or sit at this machine.

    Where there is a public name a proxy stands before us, and whoever it lets through comes from this machine too.
    """
    return bool(settings.password) or (is_loopback(settings.host) and not security.proxied_hosts(settings))


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach ``host``."""
    return host in {"localhost", "::1"} or host.startswith("127.")
