"""Deadlines for connections, and limits on how many a client may hold.

uvicorn limits connections only in total and has no deadline for incomplete requests, so one client
could open enough of them to shut out everyone else.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter as Counts
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import uvicorn
from prometheus_client import Counter
from uvicorn.protocols.http.h11_impl import H11Protocol

from briefing.web.limits import client_of

#: Connections closed to make room or because their client was too slow.
CLOSED = Counter(
    "briefing_http_connections_closed", "Connections closed by us.", ["reason"], registry=None
)
#: uvicorn ticks (0.1 s) between two checks of the deadlines.
_TICKS = 5


class Waits(Enum):
    """What a connection waits for."""

    #: A whole request head; after an answer, the next one.
    HEAD = "head"
    #: The rest of a request.
    BODY = "body"
    #: The client reading the response.
    READER = "reader"
    #: Our own response.
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Deadlines and connection limits."""

    #: Seconds for the head of a request, and as many for its body.
    request: float = 10.0
    #: Seconds for a response to be read.
    answer: float = 60.0
    #: Connections of one client.
    of_client: int = 100
    #: Connections in all.
    total: int = 400

    def deadline(self, waits: Waits) -> float:
        """Return the deadline in seconds; our own work has none."""
        return {
            Waits.HEAD: self.request,
            # The page has its own deadline and reports it to the client.
            Waits.BODY: 1.5 * self.request,
            Waits.READER: self.answer,
            Waits.ANSWER: float("inf"),
        }[waits]


class ClientConnection(H11Protocol):
    """A connection that tracks what it waits for and since when."""

    def __init__(self, connections: Connections, **options: Any) -> None:  # noqa: ANN401  uvicorn's own
        super().__init__(**options)
        self._connections = connections
        self.waits = Waits.HEAD
        #: In seconds of the loop's clock.
        self.since = self.loop.time()

    @property
    def host(self) -> str:
        """Address of the client, from proxy headers once the request has been read."""
        asks = self.waits is not Waits.HEAD and self.scope is not None
        client = self.scope["client"] if asks else self.client
        return client[0] if client else ""

    def look(self) -> None:
        """Update what it waits for."""
        waits = self._waits()
        if waits is not self.waits:
            self.waits, self.since = waits, self.loop.time()

    def cut(self, reason: str) -> None:
        """Abort the connection."""
        CLOSED.labels(reason).inc()
        self._connections.discard(self)
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Register the connection; another may be closed to make room."""
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        self.look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self.look()

    def _waits(self) -> Waits:
        if self.transport.get_write_buffer_size():
            return Waits.READER
        if self.cycle is None or self.cycle.response_complete:
            return Waits.HEAD
        return Waits.BODY if self.cycle.more_body else Waits.ANSWER


class Connections:
    """All connections of one server."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._open: set[ClientConnection] = set()

    def make(self, **options: Any) -> ClientConnection:  # noqa: ANN401  uvicorn's own
        """Return the protocol of a new connection."""
        return ClientConnection(self, **options)

    def add(self, new: ClientConnection) -> None:
        """Register a connection; if there is no room, close the longest-waiting one.

        It is taken from the client with the most connections, so a client that opens many loses
        its own, and one that sends its request at once keeps it.
        """
        self._open.add(new)
        own = [connection for connection in self._open if _client(connection) == _client(new)]
        if len(own) > self._limits.of_client:
            _cut_longest(own)
        if len(self._open) > self._limits.total:
            _cut_longest(self._of_heaviest())

    def discard(self, connection: ClientConnection) -> None:
        """Unregister a connection."""
        self._open.discard(connection)

    def sweep(self) -> None:
        """Close the connections that missed their deadline."""
        for connection in tuple(self._open):
            connection.look()
            if connection.loop.time() - connection.since > self._limits.deadline(connection.waits):
                connection.cut("late")

    def _of_heaviest(self) -> list[ClientConnection]:
        """Return the waiting connections of the client with the most connections."""
        waiting = [connection for connection in self._open if connection.waits is not Waits.ANSWER]
        count = Counts(map(_client, self._open))
        heaviest = max(map(_client, waiting), key=lambda client: (count[client], client))
        return [connection for connection in waiting if _client(connection) == heaviest]


class WatchedServer(uvicorn.Server):
    """A server that enforces the deadlines of its connections."""

    def __init__(self, config: uvicorn.Config, *, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def on_tick(self, counter: int) -> bool:
        """Check the deadlines every few ticks."""
        if counter % _TICKS == 0:
            self._connections.sweep()
        return await super().on_tick(counter)


def limits_here(*, request: float, answer: float) -> ConnectionLimits:
    """Return the limits for this machine: at most half of the file descriptor limit."""
    usual = ConnectionLimits(request, answer)
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return usual
    total = min(usual.total, max(files // 2, 8))
    return ConnectionLimits(request, answer, min(usual.of_client, total // 4), total)


def _client(connection: ClientConnection) -> str:
    return client_of(connection.host)


def _cut_longest(connections: Iterable[ClientConnection]) -> None:
    """Close the connection that has waited longest for its client, if any."""
    waiting = [connection for connection in connections if connection.waits is not Waits.ANSWER]
    if waiting:
        min(waiting, key=lambda connection: connection.since).cut("crowded")
