"""What stands between the network and the page: who may ask, from where, and which routes are open at all.

The page's own middleware, plain ASGI so that a stream is passed on as it comes. In order: the host must be one of
ours (or any web page could reach a loopback server through a name of its own, "DNS rebinding"); a request that
another page's script makes must come from an origin that the settings name; of Gradio's routes only those that this
page uses are open, so no uploads, no files, no proxy; and every answer carries the content-security policy.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import re
import socket
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import SettingsError
from rag.settings import Settings

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request; a reply to verify may be large, a question is not."""

_GRADIO_OPEN = re.compile(
    r"/gradio_api/(?:info/?|app_id/?|startup-events|theme\.css|queue/(?:join|data)|run/predict/?"
    r"|heartbeat/[\w-]+|call/(?:v2/)?ask/?(?:/[\w-]+)?)"
)
_CLOSED = re.compile(r"/(?:gradio_api|monitoring|svelte|login_check|token|app_id|user|manifest\.json|pwa_icon)(?:/|$)")
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)


def allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """Return the names under which this server may be asked for, besides plain addresses."""
    named = {"localhost", settings.host, socket.gethostname(), *settings.hosts}
    space = os.environ.get("SPACE_HOST", "")
    return tuple(sorted(name.lower() for name in {*named, *space.split(",")} if name and name not in {"0.0.0.0", "::"}))


def embedding_origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins whose pages may embed the chat and use its API.

    Raises SettingsError for one that is not ``scheme://host[:port]``.
    """
    for origin in settings.embed:
        parts = urlsplit(origin)
        plain = parts.scheme in {"http", "https"} and parts.netloc and not (parts.path or parts.query or parts.fragment)
        if not plain or re.search(r"[\s;,'\"*]", origin):
            raise SettingsError(f"The setting 'embed' takes origins such as https://news.example, and not {origin!r}.")
    return settings.embed


def policy(origins: Iterable[str], *, inline: Iterable[bytes] = ()) -> str:
    """Return the content-security policy: nothing from elsewhere, framed by our own pages and ``origins`` alone.

    ``inline`` are the page's own inline scripts, allowed by their hashes; no other runs, nor any handler in an
    attribute. Gradio's HTML component makes functions from strings, hence ``unsafe-eval``.
    """
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode("ascii") for script in inline)
    scripts = " ".join(("'self' 'unsafe-eval'", *(f"'sha256-{digest}'" for digest in hashes)))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            " ".join(("frame-ancestors 'self'", *origins)),
        )
    )


class Guard:
    """Turn away what must not come in, and mark what goes out."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], origins: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.origins = tuple(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        marked = self._marking(send)
        refusal = self._refuse(scope)
        if refusal is not None:
            await refusal(scope, receive, marked)
            return
        # A compressed page could not be read for its scripts, and loopback gains nothing from compression.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, _limited(receive), marked)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path: str = scope["path"]
        if not self._known_host(headers.get("host", "")):
            return _no(421, "This server is not known by that name. Add it to the setting 'hosts'.")
        origin = headers.get("origin")
        if origin is not None and not self._known_origin(origin, headers["host"]):
            return _no(403, "That page may not use this server. Add its origin to the setting 'embed'.")
        if _CLOSED.match(path) and not _GRADIO_OPEN.fullmatch(path):
            return _no(404, "There is nothing here.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return _no(413, f"At most {LARGEST_BODY // 1024 // 1024} MB are taken.")
        return _with_theme(path, scope["query_string"].decode("latin-1"))

    def _known_host(self, host: str) -> bool:
        name = _host_name(host)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self.hosts
        return True

    def _known_origin(self, origin: str, host: str) -> bool:
        return origin in self.origins or urlsplit(origin).netloc.lower() == host.lower()

    def _marking(self, send: Send) -> Send:
        """Set the headers; a page of HTML is held back until its inline scripts are known."""
        held: list[Message] = []

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                # A form sent without any referrer says that it comes from nowhere, and would be turned away here.
                headers["Referrer-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                headers["Content-Security-Policy"] = policy(self.origins)
                if headers.get("content-type", "").startswith("text/html"):
                    held.append(message)
                    return
            elif held:
                held.append(message)
                if message.get("more_body"):
                    return
                body = b"".join(part.get("body", b"") for part in held[1:])
                headers = MutableHeaders(scope=held[0])
                headers["Content-Security-Policy"] = policy(self.origins, inline=_INLINE.findall(body))
                await send(held[0])
                await send({"type": "http.response.body", "body": body})
                return
            await send(message)

        return marked


def _host_name(host: str) -> str:
    """The name in a Host header, without its port and an address's brackets."""
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")


def _no(status: int, words: str) -> JSONResponse:
    return JSONResponse({"error": words}, status_code=status)


def _with_theme(path: str, query: str) -> Response | None:
    """``?theme=dark`` is what people write; Gradio reads ``__theme``."""
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    if path != "/" or "theme" not in names or "__theme" in names:
        return None
    renamed = [("__theme" if name == "theme" else name, value) for name, value in pairs]
    return RedirectResponse(f"/?{urlencode(renamed)}", status_code=307)


def _limited(receive: Receive) -> Receive:
    """A body that was sent without its length is cut off at the same size."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            return {"type": "http.disconnect"}
        return message

    return limited
