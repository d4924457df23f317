"""Who asks, and in whose turn: nobody who floods the server takes it from the others.

A client is an address, or of IPv6 a network of /64. Behind a proxy, which asks under a public name from this machine
or its network, it is the address that the proxy names last.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TypeVar

from rag.errors import RagError

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""Who sent the request that is being answered; empty where that is not told."""
ASKING = "chapter-and-verse.client"
"""The same in the scope of a request, for who answers in another context."""

T = TypeVar("T")


class Busy(RagError):
    """More people ask than can wait, or the documents are being read already."""


class Flooding(RagError):
    """One client has more waiting than it may."""


class Places:
    """Few threads for what many clients want: a place for each of them in turn, to each client in its own order.

    ``at_once`` are the threads, ``waiting`` the places beside them, and ``each`` is how many of all a client may have.
    """

    def __init__(self, *, at_once: int, waiting: int, each: int) -> None:
        # Threads of our own: a semaphore does not promise that who came first goes first.
        self._workers = ThreadPoolExecutor(at_once, thread_name_prefix="ask")
        self._most, self._each = at_once + waiting, each
        self._taken: Counter[str] = Counter()
        self._lines: OrderedDict[str, deque[Callable[[], None]]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        with self._lock:
            return self._taken.total()

    def do(self, work: Callable[[], T]) -> T:
        """Return what ``work`` gives when it is the caller's turn; raises Busy, or Flooding."""
        client, done = CLIENT.get(), Future[T]()

        def work_off() -> None:
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        with self._lock:
            if self._taken.total() >= self._most:
                raise Busy("Too many are waiting. Try again in a moment.")
            if self._taken[client] >= self._each:
                raise Flooding(f"{self._each} of your requests are waiting already. Go on when some are answered.")
            self._taken[client] += 1
            self._lines.setdefault(client, deque()).append(work_off)
        try:
            self._workers.submit(self._next)
            return done.result()
        finally:
            with self._lock:
                self._taken -= Counter([client])  # which drops one that is 0

    def _next(self) -> None:
        with self._lock:
            client, line = self._lines.popitem(last=False)
            work_off = line.popleft()
            if line:
                self._lines[client] = line  # behind all the others
        work_off()


def client_of(address: str, *, forwarded: str = "") -> str:
    """Return who asks from ``address``; ``forwarded`` is what a proxy there says, if it is one of ours.

    >>> client_of("127.0.0.1", forwarded="10.1.1.1, 203.0.113.9"), client_of("9.9.9.9", forwarded="203.0.113.9")
    ('203.0.113.9', '9.9.9.9')
    """
    peer, named = ip_address(address), forwarded.rpartition(",")[2].strip()
    return network(named if peer and peer.is_private and ip_address(named) else address)


def network(address: str) -> str:
    """Return what stands for an address: whoever has one of IPv6 has all that begin with the same 64 bits."""
    known = ip_address(address)
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address


def ip_address(name: str) -> IPv4Address | IPv6Address | None:
    """Return what ``name`` says as an address of IP; None where it is none."""
    with suppress(ValueError):
        return ipaddress.ip_address(name)
    return None
