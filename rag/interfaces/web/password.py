"""An optional password before everything: a form for people, ``Authorization: Bearer`` for programs."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict, deque
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.interfaces.web.markup import element, head_links, page

COOKIE = "chapter_and_verse"
SESSIONS = 10_000
"""People logged in at once; the first to come are the first to be asked again."""
TRIES, PERIOD = 10, 60.0
"""Wrong passwords that are taken in so many seconds, from everybody together."""

_FREE = frozenset({"/healthz", "/login", "/own/page.css"})


class Password:
    """Lets nobody in without the password; sessions are in memory and end with the server."""

    def __init__(self, app: ASGIApp, *, password: str) -> None:
        self.app = app
        self._password = password.encode("utf-8", "surrogatepass")
        self._sessions: OrderedDict[str, None] = OrderedDict()
        self._wrong: deque[float] = deque(maxlen=TRIES)
        self._lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is let in, answer the rest."""
        if scope["type"] != "http" or (scope["path"] in _FREE and scope["path"] != "/login"):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"] == "/login":
            response = await self._login(request)
        elif self._known(request.headers):
            await self.app(scope, receive, send)
            return
        elif request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            target = scope["path"] + (f"?{request.url.query}" if request.url.query else "")
            response = RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)
        else:
            response = _refused()
        await response(scope, receive, send)

    def _known(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            # A header is bytes, which come here as Latin-1: programs send UTF-8, browsers Latin-1.
            sent = given.encode("latin-1")
            return self._right(sent.decode("utf-8") if _is_utf8(sent) else given)
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        with self._lock:
            return cookie is not None and cookie.value in self._sessions

    def _right(self, given: str) -> bool:
        """Compare in constant time, and not at all after too many wrong ones."""
        now = time.monotonic()
        with self._lock:
            if len(self._wrong) == TRIES and now - self._wrong[0] < PERIOD:
                return False
            if hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._password):
                return True
            self._wrong.append(now)
            return False

    async def _login(self, request: Request) -> Response:
        target = _own_path(request.query_params.get("next", "/"))
        if request.method != "POST":
            return HTMLResponse(_form(target, ""))
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=4)
        if not self._right(fields.get("password", [""])[0]):
            return HTMLResponse(
                _form(target, "That is not the password, or too many tried. Wait a minute."), status_code=401
            )
        session = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[session] = None
            while len(self._sessions) > SESSIONS:
                self._sessions.popitem(last=False)
        response = RedirectResponse(target, status_code=303)
        secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        response.set_cookie(COOKIE, session, httponly=True, samesite="lax", secure=secure)
        return response


def _is_utf8(sent: bytes) -> bool:
    try:
        sent.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _own_path(target: str) -> str:
    """A path on this server; the page's root for anything that leads elsewhere."""
    return target if target.startswith("/") and target[1:2] not in {"/", "\\"} and target.isprintable() else "/"


def _refused() -> Response:
    words = "A password is needed: send it as 'Authorization: Bearer …'."
    return JSONResponse({"error": words}, status_code=401, headers={"WWW-Authenticate": "Bearer"})


def _form(target: str, notice: str) -> str:
    field = element(
        "input", id="password", name="password", type="password", required=True, autocomplete="current-password"
    )
    return page(
        [
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", "Chapter & Verse: password"),
            head_links(styles=("/own/page.css",)),
        ],
        [
            element(
                "main",
                element("h1", "Chapter & Verse"),
                element("p", notice, role="alert") if notice else None,
                element(
                    "form",
                    element("label", "Password", for_="password"),
                    field,
                    element("button", "Enter", type="submit"),
                    method="post",
                    action=f"/login?next={quote(target, safe='')}",
                ),
                class_="login",
            )
        ],
    )
