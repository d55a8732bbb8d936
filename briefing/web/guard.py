"""Limits on clients and connections, security headers, and logs without addresses or tokens.

uvicorn limits connections only in total and has no deadline for incomplete requests, so a single
client could occupy all of them.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import traceback
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from anyio import CapacityLimiter
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from briefing.app.access import SESSION_LIFE
from briefing.core.errors import StoreError
from briefing.core.frozen import frozen

#: Headers added by proxies: with one, only the proxy is known to be near.
_PASSED_ON = tuple(
    ("forwarded via x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip").split()
)
#: For clients of unknown address, which count as one network.
UNKNOWN = "unknown"


def network_of(host: str) -> str:
    """Return the network of an address, such as "203.0.113.0/24": a household or an office.

    References:
        RFC 6177, section 2: a /48 of IPv6.
    """
    return _within(host, 24, 48)


@lru_cache(maxsize=4096)
def client_of(host: str) -> str:
    """Return what counts as one client: an IPv4 address or an IPv6 /64.

    References:
        RFC 4291, section 2.5.4: within a /64, machines choose their own addresses.
    """
    return _within(host, 32, 64)


def _within(host: str, ipv4: int, ipv6: int) -> str:
    address = _address(host)
    if address is None:
        return UNKNOWN
    length = ipv6 if isinstance(address, IPv6Address) else ipv4
    return str(ip_network((int(address), length), strict=False))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Parse an address, unwrapping an IPv4-mapped one; None for any other text."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def is_passed_on(headers: Mapping[str, str]) -> bool:
    """Return whether a request has passed a proxy, or claims so; header names in lowercase."""
    return any(name in headers for name in _PASSED_ON)


def is_secure(scheme: str, host: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request could not be read in transit: encrypted, or from this machine.

    Scheme and client address are those given by a trusted proxy, if any; header names are in
    lowercase.
    """
    address = _address(host)
    is_here = address is not None and address.is_loopback and not is_passed_on(headers)
    return scheme == "https" or is_here


def is_own_post(headers: Mapping[str, str], *, web: str) -> bool:
    """Return whether a form comes from our own pages or from no page.

    The pages have no session that another page could abuse; the check keeps other sites from making
    their visitors sign up addresses. Browsers that send no origin, or "null" as for pages without
    referrer, are trusted. ``web`` is the address of the web pages; a machine addressed by its own
    name is accepted as well.
    """
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = headers.get("origin", "null")
    try:
        host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    own = {urlsplit(web).netloc.lower(), headers.get("host", "").lower()}
    return origin == "null" or host in own


def is_plain(web: str) -> bool:
    """Return whether pages are served by plain HTTP on the machine itself, where nobody listens.

    Everywhere else cookies require HTTPS.
    """
    try:
        parts = urlsplit(web)
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def cookie_name(web: str, kind: str = "") -> str:
    """Return the name of a cookie, by default that of an operator's session.

    Its prefix prevents other hosts and plain HTTP from setting it; pages that a browser reaches by
    plain HTTP on its own machine cannot have the prefix. The prefix requires the path "/", so
    briefings under several paths of one host have different cookie names.
    """
    path = web.partition("://")[2].partition("/")[2]
    # The part from the path never contains a dot, so a kind cannot be mistaken for it.
    name = "-".join(("briefing", *re.findall(r"\w+", path, re.ASCII))) + (kind and f".{kind}")
    return name if is_plain(web) else f"__Host-{name}"


def set_cookie(
    answer: Response, value: str, *, web: str, kind: str = "", life: timedelta = SESSION_LIFE
) -> Response:
    """Set a cookie, by default that of the session, for at most the life of a session."""
    answer.set_cookie(
        cookie_name(web, kind),
        value,
        max_age=int(life.total_seconds()),
        secure=not is_plain(web),
        httponly=True,
    )
    return answer


def delete_cookie(answer: Response, *, web: str, kind: str = "") -> Response:
    """Delete a cookie, by default that of the session."""
    answer.delete_cookie(cookie_name(web, kind), secure=not is_plain(web), httponly=True)
    return answer


#: Concurrent requests of one client, out of 40 threads, and how many more may wait; a browser opens
#: six connections to a site.
_AT_ONCE, _WAITING = 8, 24


class CrowdedError(Exception):
    """A client has too many concurrent requests."""


class Admission:
    """Limits the concurrent requests of each client."""

    def __init__(self) -> None:
        #: For each client with requests: the limiter of those at work, and the number of all.
        self._places: dict[str, CapacityLimiter] = {}
        self._inside = Counts[str]()

    async def answer(self, client: str, work: Callable[[], Response]) -> Response:
        """Return the response of ``work``, run in a thread.

        Raises CrowdedError if too many requests of the client wait.
        """
        if self._inside[client] >= _AT_ONCE + _WAITING:
            raise CrowdedError
        self._inside[client] += 1
        try:
            async with self._places.setdefault(client, CapacityLimiter(_AT_ONCE)):
                return await run_in_threadpool(work)
        finally:
            self._inside[client] -= 1
            if not self._inside[client]:
                del self._inside[client], self._places[client]


#: Connections closed to make room, or because the client was too slow.
CLOSED = Counter(
    "briefing_http_connections_closed", "Connections closed by us.", ["reason"], registry=None
)
#: uvicorn ticks (0.1 s) between two checks of the deadlines.
_TICKS = 5


class Waits(Enum):
    """What a connection waits for."""

    #: A complete request head; after a response, the next one.
    HEAD = "head"
    #: The rest of a request.
    BODY = "body"
    #: The client reading the response.
    READER = "reader"
    #: Our own response.
    ANSWER = "answer"


@frozen
class ConnectionLimits:
    """Deadlines and connection limits."""

    #: Seconds for the head of a request, and the same for its body.
    request: float = 10.0
    #: Seconds for a response to be read.
    answer: float = 60.0
    #: Most connections of one client.
    of_client: int = 100
    #: Most connections in total.
    total: int = 400

    def deadline(self, waits: Waits) -> float:
        """Return the deadline in seconds; our own work has none."""
        return {
            Waits.HEAD: self.request,
            # The page has its own deadline, after which it sends an error.
            Waits.BODY: 1.5 * self.request,
            Waits.READER: self.answer,
            Waits.ANSWER: float("inf"),
        }[waits]


class ClientConnection(H11Protocol):
    """A connection that tracks what it is waiting for and since when."""

    def __init__(self, connections: Connections, **options: Any) -> None:  # noqa: ANN401  uvicorn's own
        super().__init__(**options)
        self._connections = connections
        self.waits = Waits.HEAD
        #: In seconds of the event loop's clock.
        self.since = self.loop.time()

    @property
    def host(self) -> str:
        """Address of the client, from proxy headers once the request has been read."""
        asks = self.waits is not Waits.HEAD and self.scope is not None
        client = self.scope["client"] if asks else self.client
        return client[0] if client else ""

    @property
    def of(self) -> str:
        """Its client, as counted for limits."""
        return client_of(self.host)

    def look(self) -> None:
        """Update what the connection is waiting for."""
        waits = Waits.HEAD
        if self.transport.get_write_buffer_size():
            waits = Waits.READER
        elif self.cycle is not None and not self.cycle.response_complete:
            waits = Waits.BODY if self.cycle.more_body else Waits.ANSWER
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
        """Unregister the connection."""
        self._connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process received data and update what the connection waits for."""
        super().data_received(data)
        self.look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self.look()


class Connections:
    """All connections of one server."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._open: set[ClientConnection] = set()

    def add(self, new: ClientConnection) -> None:
        """Register a connection; if there is no room, close the longest-waiting one.

        It is taken from the client with the most connections: a client that opens many loses its
        own, and one that sends its request at once keeps its connection.
        """
        self._open.add(new)
        own = [connection for connection in self._open if connection.of == new.of]
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
        """Return the waiting connections of the client that has the most connections."""
        waiting = [connection for connection in self._open if connection.waits is not Waits.ANSWER]
        count = Counts(connection.of for connection in self._open)
        heaviest = max((each.of for each in waiting), key=lambda client: (count[client], client))
        return [connection for connection in waiting if connection.of == heaviest]


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


def _cut_longest(connections: Iterable[ClientConnection]) -> None:
    """Close the connection that has waited longest for its client, if any."""
    waiting = [connection for connection in connections if connection.waits is not Waits.ANSWER]
    if waiting:
        min(waiting, key=lambda connection: connection.since).cut("crowded")


ACCESS_LOG = logging.getLogger("briefing.web.access")
#: Responses of this process.
ANSWERS = Counter("briefing_http_answers", "Answers by class of status.", ["status"], registry=None)

#: No scripts, no third-party content, no framing; forms only to this site.
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: The same for pages of the administration that have our own script.
SCRIPTED = f"{POLICY}; script-src 'self'; connect-src 'self'"
#: Defaults for all pages. Addresses contain tokens, so no referrer may leak and no cache may store
#: them.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ResponseGuard:
    """Wraps the application: adds security headers and logs responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, adding headers and logging the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                ANSWERS.labels(f"{message['status'] // 100}xx").inc()
                # The name of the endpoint, since paths contain tokens.
                page, method = getattr(scope.get("endpoint"), "__name__", "none"), scope["method"]
                method = method if method in {"GET", "HEAD", "POST"} else "other"
                took = 1000 * (monotonic() - began)
                ACCESS_LOG.info("%s %s %s %.0f ms", method, page, message["status"], took)
            await send(message)

        await self._app(scope, receive, guarded)


LOG = logging.getLogger("briefing.web")

_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")


def without_addresses(text: str) -> str:
    """Return a text with mail addresses masked, for the log."""
    return _ADDRESS.sub("…", text)


def log_failure(error: BaseException, *, at: str) -> str:
    """Log the place of a failure without the error message; return the number of the entry.

    The message may contain an address or a token; errors of the store name only the store.
    """
    number = secrets.token_hex(4)
    where = traceback.extract_tb(error.__traceback__)
    steps = " < ".join(f"{step.filename}:{step.lineno}" for step in reversed(where[-6:]))
    message = f": {error}" if isinstance(error, StoreError) else ""
    LOG.error("failure %s in %s: %s%s (%s)", number, at, type(error).__name__, message, steps)
    return number
