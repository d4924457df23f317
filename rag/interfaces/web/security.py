"""What stands between the network and the page: who may ask, from where, which routes are open, and what Gradio gets.

The page's own middleware, plain ASGI so that a stream is passed on as it comes. In order: the host must be one of
ours (or any web page could reach a loopback server through a name of its own, "DNS rebinding"); a request that
another page's script makes must come from an origin that the settings name; of Gradio's routes only those that this
page uses are open, so no uploads, no files, no proxy; an event of Gradio's is made anew from the plain values that it
needs, so that nothing shaped like a file reaches Gradio; and every answer carries the content-security policy.
What lies below ``/own/`` is for our own page alone, files that are dropped in above all: these are passed on as they
come, never held here whole.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import SettingsError
from rag.interfaces.web.clients import ASKING, CLIENT, client_of, ip_address
from rag.interfaces.web.events import GRADIO_ROUTE, TOKEN, MalformedError, plain_body
from rag.settings import Settings

LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes of a request to verify, which may carry a whole conversation."""
LARGEST_BODY = 2 * 1024 * 1024
"""Bytes of any other request."""
UPLOADS = "/own/uploads"
"""Where files are sent, as large as the settings say."""
_GRADIO_OPEN = re.compile(
    r"/gradio_api/(?:info/?|app_id/?|startup-events|theme\.css|queue/(?:join|data)"
    rf"|heartbeat/{TOKEN}|call/(?:v2/)?ask/?(?:/{TOKEN})?)"
)
_CLOSED = re.compile(r"/(?:gradio_api|monitoring|svelte|login_check|token|app_id|user|manifest\.json|pwa_icon)(?:/|$)")
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?))(?::[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://(?P<host>[^/?#@\s]+)")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
_ABOUT_THE_BODY = frozenset({b"content-length", b"content-type", b"transfer-encoding"})
_PREVIEW = re.compile(b"<(?:meta\\s+(?:property=.og:|name=.twitter:)|link rel=.manifest)[^>]*>\\s*")
"""What Gradio tells other sites of the page: its own name, picture and address."""
_LASTING = "max-age=31536000, immutable"
"""For files whose names have their hashes."""
_SAID_BY_PROXIES = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-gradio-")
"""Anybody can send these. Gradio would build the page's addresses from them."""
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'self'"
_UNFRAMED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors *"
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})
_OTHER_SITES = frozenset({"cross-site", "same-site"})
_SHOWN = frozenset({"application/pdf", "text/plain"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # A form sent without any referrer says that it comes from nowhere, and would be turned away here.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the names under which this server may be asked for, besides plain addresses."""
    named = {"localhost", settings.host, socket.gethostname()} - {"0.0.0.0", "::"}
    return frozenset(name.lower() for name in named if name) | proxied_hosts(settings)


def proxied_hosts(settings: Settings) -> frozenset[str]:
    """Return the public names, under which a proxy asks for others: those of the settings, and a Space's own."""
    named = (*settings.hosts, *os.environ.get("SPACE_HOST", "").split(","))
    return frozenset(name.strip().lower() for name in named if name.strip())


def embedding_origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins whose pages may embed the chat and use its API.

    Raises SettingsError for one that is not ``scheme://host[:port]``.
    """
    for origin in settings.embed:
        plain = _ORIGIN.fullmatch(origin)
        if plain is None or host_name(plain["host"]) is None:
            raise SettingsError(f"The setting 'embed' takes origins such as https://news.example, and not {origin!r}.")
    return settings.embed


def policy(origins: Iterable[str], *, inline: Iterable[bytes] = ()) -> str:
    """Return the content-security policy: nothing from elsewhere, framed by our own pages and ``origins`` alone.

    ``inline`` are the page's own inline scripts, allowed by their hashes; no other runs, nor any handler in an
    attribute. Gradio's HTML component makes functions from strings, hence ``unsafe-eval``.
    """
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode("ascii") for script in inline)
    scripts = " ".join(("'self' 'unsafe-eval'", *(f"'sha256-{digest}'" for digest in hashes)))
    ancestors = " ".join(("'self'", *origins))
    return f"{_POLICY}; script-src {scripts}; frame-ancestors {ancestors}"


def inline_scripts(page: bytes) -> Iterator[bytes]:
    """Yield the text of each script that stands in a page of HTML, in one pass over it; not those with a ``src``."""
    lower = page.lower()
    end = 0
    while (at := lower.find(b"<script", end)) >= 0:
        begin = lower.find(b">", at) + 1
        end = lower.find(b"</script", begin)
        if not begin or end < 0:
            return
        if not any(attribute.startswith(b"src=") for attribute in lower[at:begin].split()):
            yield page[begin:end]


class Guard:
    """Turn away what must not come in, and mark what goes out.

    ``preview`` is what other sites are told of the page, in its head, and ``unframed`` the page that another page gets
    which may not embed us.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, preview: str = "", unframed: str = "") -> None:
        self.app, self.preview, self.unframed = app, preview.encode(), unframed
        self.hosts, self.proxied = allowed_hosts(settings), proxied_hosts(settings)
        self.origins = embedding_origins(settings)
        self.largest = {"/api/verify": LARGEST_REPLY, UPLOADS: settings.upload_megabytes * 1024 * 1024}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        client = self._client(scope)
        CLIENT.set(client)
        # Gradio answers in a context of its own, and passes on who asks from here.
        # Not as the scope's client: who tries passwords is told by the connection alone.
        scope = {**scope, ASKING: client}
        answer = self._refuse(scope)
        if answer is None and scope["method"] not in _READING and scope["path"] != UPLOADS:
            body = await _read(receive, self._largest(scope["path"]))
            try:
                if body is None:
                    answer = self._too_large(scope["path"])
                else:
                    scope, receive = self._plain(scope, body, receive)
            except MalformedError as error:
                answer = _no(400, str(error))
        await (answer or self.app)(
            scope if answer else self._cleaned(scope), receive, self._marking(scope["path"], send)
        )

    def _client(self, scope: Scope) -> str:
        """Return who asks; a proxy is believed under its own name alone."""
        headers, peer = Headers(scope=scope), scope.get("client")
        proxied = host_name(headers.get("host", "")) in self.proxied
        return client_of(peer[0] if peer else "", forwarded=headers.get("x-forwarded-for", "") if proxied else "")

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path: str = scope["path"]
        host = headers.get("host", "").lower()
        name = host_name(host)
        if name is None or not (name in self.hosts or ip_address(name)):
            return _no(421, "This server is not known by that name. Add it to the setting 'hosts'.")
        origin = headers.get("origin")
        own = origin is None or origin.lower() in {f"http://{host}", f"https://{host}"}
        if path.startswith("/own/") and scope["method"] not in _READING:
            known = own and headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        else:
            known = own or origin in self.origins
        if not known:
            return _no(403, "That page may not use this server. Add its origin to the setting 'embed'.")
        if self._framed_elsewhere(headers):
            return HTMLResponse(self.unframed, status_code=403, headers={"Content-Security-Policy": _UNFRAMED})
        if _CLOSED.match(path) and not _GRADIO_OPEN.fullmatch(path):
            return _no(404, "There is nothing here.")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or int(length[:20]) > self._largest(path):
            return self._too_large(path)
        return _with_theme(path, scope["query_string"].decode("latin-1"))

    def _framed_elsewhere(self, headers: Headers) -> bool:
        """Say whether a page that may not embed us does; where no browser says which page, the policy decides in it."""
        if headers.get("sec-fetch-dest") not in _FRAMES or headers.get("sec-fetch-site") not in _OTHER_SITES:
            return False
        embedding = _ORIGIN.match(headers.get("referer", ""))
        return embedding[0] not in self.origins if embedding else not self.origins

    def _largest(self, path: str) -> int:
        return self.largest.get(path, LARGEST_BODY)

    def _too_large(self, path: str) -> Response:
        return _no(413, f"At most {self._largest(path) // 1024 // 1024} MB are taken.")

    def _plain(self, scope: Scope, body: bytes, receive: Receive) -> tuple[Scope, Receive]:
        """Return the request with its body read; an event of Gradio's is made anew from what it needs."""
        route = GRADIO_ROUTE.fullmatch(scope["path"])
        if route is not None:
            body = plain_body(body, route[1])
            length = (b"content-length", b"%d" % len(body))
            kept = [(name, value) for name, value in scope["headers"] if name not in _ABOUT_THE_BODY]
            scope = {**scope, "headers": [*kept, length, (b"content-type", b"application/json")]}
        return scope, _again(body, receive)

    def _cleaned(self, scope: Scope) -> Scope:
        """Drop the headers that are not believed, and take TLS from a proxy's word under its own name alone."""
        headers = Headers(scope=scope)
        proxied = host_name(headers["host"]) in self.proxied and headers.get("x-forwarded-proto") == "https"
        # A compressed page could not be read for its scripts, and loopback gains nothing from compression.
        dropped = (*_SAID_BY_PROXIES, b"accept-encoding")
        kept = [(name, value) for name, value in scope["headers"] if not name.startswith(dropped)]
        return {**scope, "headers": kept, **({"scheme": "https"} if proxied else {})}

    def _marking(self, path: str, send: Send) -> Send:
        """Set the headers; a page of HTML is held back until its inline scripts are known."""
        held: list[Message] = []

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get("content-security-policy")
                headers.update(_HEADERS | {"Content-Security-Policy": own or policy(self.origins)})
                if path.startswith("/assets/") and message["status"] == 200:
                    headers["Cache-Control"] = _LASTING
                if own is None and headers.get("content-type", "").startswith("text/html"):
                    held.append(message)
                    return
            elif held:
                held.append(message)
                if message.get("more_body"):
                    return
                body = b"".join(part.get("body", b"") for part in held[1:])
                headers = MutableHeaders(scope=held[0])
                if path == "/":
                    body = _PREVIEW.sub(b"", body).replace(b"<head>", b"<head>" + self.preview, 1)
                    headers["Content-Length"] = str(len(body))
                headers["Content-Security-Policy"] = policy(self.origins, inline=inline_scripts(body))
                await send(held[0])
                await send({"type": "http.response.body", "body": body})
                return
            await send(message)

        return marked


def file_response(data: bytes, media_type: str, name: str) -> Response:
    """Return a user's file as an answer in which nothing runs, whatever it holds.

    Kinds that a browser shows without obeying them open in it, all else is saved.
    """
    shown = media_type in _SHOWN
    kind = f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type
    headers = {
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-cache",
    }
    return Response(data, media_type=kind, headers=headers)


def host_name(host: str) -> str | None:
    """Return the name in a Host header, without its port and an address's brackets; None where it is malformed."""
    found = _HOST.fullmatch(host.lower())
    if found is None or (found["v6"] and ip_address(found["v6"]) is None):
        return None
    return found["v6"] or found["name"]


async def _read(receive: Receive, largest: int) -> bytes | None:
    """Return a request's body, or None where it has more bytes than ``largest``."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > largest:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then whatever comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


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
