"""What a connection may take: clients that are slow, or open one after the other, hold no place for long."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from rag.interfaces.web.clients import network


class Connection(H11Protocol):
    """A connection to a client that has to keep up: one that sends or takes what it asked for too slowly is cut off."""

    LOOK = 5.0
    """Seconds between two looks at a connection."""
    HEAD = 15.0
    """Seconds that the head of a request may take, or its body until it counts how fast it comes."""
    SLOWEST = 8_192
    """Bytes of a body that have to come in a second."""
    STALLED = 60.0
    """Seconds after which a client that takes nothing of its answer is given up."""
    MOST = 400
    """Connections of one client."""
    open: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count a connection of this client; one too many is closed."""
        super().connection_made(transport)
        self._who = network(self.client[0]) if self.client else ""
        self._received, self._waits_for, self._since, self._from = 0, object(), 0.0, 0
        self._stuck: float | None = None
        self.open[self._who] += 1
        if self.open[self._who] > self.MOST:
            transport.abort()
        else:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._timer = None
        self.open[self._who] -= 1
        if not self.open[self._who]:
            del self.open[self._who]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes."""
        self._received += len(data)
        super().data_received(data)

    def _look(self) -> None:
        now = self.loop.time()
        if self._is_slow(now) or self._is_stalled(now):
            self.transport.abort()
        elif self in self.connections or self.transport.get_write_buffer_size():
            self.loop.call_later(self.LOOK, self._look)

    def _is_slow(self, now: float) -> bool:
        sending = self.conn.their_state is h11.SEND_BODY
        idle = self.cycle is None or self.cycle.response_complete
        waits_for = (self.cycle, sending) if sending or idle else None
        if waits_for != self._waits_for:
            self._waits_for, self._since, self._from = waits_for, now, self._received
        allowed = self.HEAD + (self._received - self._from) / self.SLOWEST * sending
        return waits_for is not None and not self.flow.read_paused and now - self._since > allowed

    def _is_stalled(self, now: float) -> bool:
        full = self.flow.write_paused or (self.transport.is_closing() and self.transport.get_write_buffer_size() > 0)
        self._stuck = (self._stuck or now) if full else None
        return self._stuck is not None and now - self._stuck > self.STALLED
