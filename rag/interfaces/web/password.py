"""An optional password before everything: a form for people, ``Authorization: Bearer`` for programs."""

from __future__ import annotations

import hashlib
import hmac
import time
from asyncio import sleep
from collections import Counter, OrderedDict, deque
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.interfaces.web.clients import network
from rag.interfaces.web.pages import cookie, render

COOKIE = "chapter_and_verse"
LASTS = 30 * 24 * 3600
"""Seconds for which a browser that was let in is let in again."""
TRIES, PERIOD = 10, 60.0
"""Wrong passwords from one address, in so many seconds, after which each further try of that address waits."""
DELAY = 1.0
"""Seconds that such a try waits; then it is compared like any other, so that the right one is never locked out."""
AT_ONCE = 4
"""Tries of one address that may wait at the same moment: so many passwords a second can be guessed, and no more."""
ADDRESSES = 10_000
"""Addresses remembered; the one that was longest quiet is forgotten first."""
LARGEST_FORM = 4_096
"""Bytes of a sent form."""

_FREE = frozenset({"/healthz", "/own/page.css"})


class TooManyTries(Exception):
    """So many tries of this address are waiting that this one is not looked at."""


class Brake:
    """Slows down whoever tries passwords, by the address from which they come (a network of IPv6's /64)."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._waiting: Counter[str] = Counter()

    async def wait(self, address: str) -> None:
        """Return at once, or after a while for an address with many wrong ones; raises TooManyTries."""
        address, now = network(address), time.monotonic()
        wrong = self._wrong.get(address) or deque()
        if len(wrong) < TRIES or now - wrong[0] >= PERIOD:
            return
        if self._waiting[address] >= AT_ONCE:
            raise TooManyTries
        self._waiting[address] += 1
        try:
            await sleep(DELAY)
        finally:
            self._waiting -= Counter([address])  # which drops one that is 0

    def tried(self, address: str, *, right: bool) -> None:
        """Note how a try of this address ended."""
        address = network(address)
        if right:
            self._wrong.pop(address, None)
            return
        self._wrong.setdefault(address, deque(maxlen=TRIES)).append(time.monotonic())
        self._wrong.move_to_end(address)
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)


class Password:
    """Lets nobody in without the password.

    A browser that was let in keeps the time of it, signed with a key made from the password: every server with the
    same password knows it again, and none after the password was changed. The key is made slowly (scrypt, RFC 7914),
    so that nobody finds the password by trying. ``name`` is what the page is called, ``framed``: whether pages of
    other sites may embed it.
    """

    def __init__(self, app: ASGIApp, *, password: str, name: str, framed: bool = False) -> None:
        self.app = app
        self._name = name
        self._password = password.encode("utf-8", "surrogatepass")
        self._framed = framed
        self._key = hashlib.scrypt(self._password, salt=COOKIE.encode(), n=2**14, r=8, p=1)
        self._brake = Brake()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._login(request) if scope["path"] == "/login" else await self._refuse(request)
        except TooManyTries:
            response = JSONResponse({"error": "Too many passwords are tried. Wait a moment."}, status_code=429)
        await (response or self.app)(scope, receive, send)

    async def _refuse(self, request: Request) -> Response | None:
        """Return what a request without the password gets; None where it has it."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        bearer = kind.lower() == "bearer"
        if await self._right(request, _sent(given)) if bearer else self._was_let_in(request):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)
        words = "A password is needed: send it as 'Authorization: Bearer …'."
        return JSONResponse({"error": words}, status_code=401, headers={"WWW-Authenticate": "Bearer"})

    async def _right(self, request: Request, given: str) -> bool:
        """Compare in constant time, and later for an address that has tried much."""
        address = request.client.host if request.client else ""
        await self._brake.wait(address)
        right = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._password)
        self._brake.tried(address, right=right)
        return right

    async def _login(self, request: Request) -> Response:
        target = _own_path(request.query_params.get("next", "/"))
        if request.method != "POST":
            if "entered" not in request.query_params:
                return self._form(target, "")
            if self._was_let_in(request):
                return RedirectResponse(target, status_code=303)
            return self._form(target, "", lost=True)
        body = await request.body()
        try:
            if len(body) > LARGEST_FORM:
                raise ValueError
            fields = parse_qs(body.decode("utf-8"), max_num_fields=4, errors="strict")
        except ValueError:
            return self._form(target, "That is not what this form sends.", status=400)
        if not await self._right(request, fields.get("password", [""])[0]):
            return self._form(
                target, "That is not the password. After many wrong ones each waits a little.", status=401
            )
        response = RedirectResponse(f"/login?next={quote(target, safe='')}&entered=1", status_code=303)
        response.headers["Set-Cookie"] = cookie(COOKIE, self._signed(int(time.time())), request, framed=self._framed)
        return response

    def _signed(self, moment: int) -> str:
        return f"{moment}.{hmac.new(self._key, b'%d' % moment, 'sha256').hexdigest()}"

    def _was_let_in(self, request: Request) -> bool:
        given = request.cookies.get(COOKIE, "")
        moment = given.partition(".")[0][:12]
        if not (moment.isascii() and moment.isdecimal()) or time.time() - int(moment) > LASTS:
            return False
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._signed(int(moment)).encode())

    def _form(self, target: str, notice: str, *, lost: bool = False, status: int = 200) -> Response:
        """Return the form; ``lost``: the password was right, and the browser keeps no cookie of ours here."""
        page = render("login.html", name=self._name, target=target, notice=notice, lost=lost)
        return HTMLResponse(page, status_code=status)


def _sent(given: str) -> str:
    """A header is bytes, which come here as Latin-1: programs send UTF-8, browsers Latin-1."""
    try:
        return given.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return given


def _own_path(target: str) -> str:
    """A path on this server; the page's root for anything that leads elsewhere."""
    return target if target.startswith("/") and target[1:2] not in {"/", "\\"} and target.isprintable() else "/"
