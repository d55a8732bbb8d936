"""The guarded HTTP client: asks one address and returns what it answers, within bounds."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpcore2
import httpx2

from briefing.core.errors import FetchError, UsageError
from briefing.core.model import Validators
from briefing.core.ports import Answer
from briefing.sources.web import headers as heads
from briefing.sources.web.address import AddressRules, check_url, host_of
from briefing.sources.web.connect import GuardedNetwork, Lookup, Resolve
from briefing.sources.web.errors import ON_THE_WAY, failure
from briefing.sources.web.inflate import Inflate
from briefing.sources.web.redirects import REDIRECTS, Trail, follow

#: Statuses of failures that pass by themselves (RFC 9110, 15.5.9, 15.6; 425: RFC 8470; 429: RFC
#: 6585).
_PASSING = frozenset({408, 425, 429}) | frozenset(range(500, 600))
#: Connections at a time: more than are ever asked for, so that no request waits here with its
#: deadline running; who may ask how often is decided by the caller.
_CONNECTIONS = 256
#: Seconds for which an idle connection is kept: less than the 5 after which Apache closes it.
_KEPT_FOR = 4.0
#: Part of the deadline that one address has to open a connection, so that a second gets its turn.
_TO_CONNECT = 1 / 3


@dataclass(frozen=True, slots=True)
class Asking:
    """How the web is asked."""

    #: The User-Agent, which says who we are and how to reach us; ASCII.
    agent: str
    #: Which addresses may be reached.
    rules: AddressRules
    #: Seconds from the first request to the last byte, redirects included.
    deadline: float = 30.0
    #: Bytes of a body as it is sent, and after decompression. A feed of 50,000 items with a title
    #: and a sentence each has 12 MB.
    wire_limit: int = 15_000_000
    decoded_limit: int = 25_000_000
    #: Address of an HTTP proxy, such as "http://proxy.example:3128"; empty: none.
    proxy: str = ""

    def __post_init__(self) -> None:
        if not (self.agent.isascii() and self.agent.isprintable() and self.agent.strip()):
            raise UsageError("the User-Agent must be one line of ASCII; see collect.contact")


class Web:
    """Asks addresses; a port :class:`briefing.core.ports.Fetch`, for one event loop.

    Without a proxy, a host's name is looked up once, each address is checked, and the connection
    goes to the checked address. With a proxy it is the proxy that looks names up: then only
    hosts that are IP addresses are checked, and it must be the proxy that refuses names which
    lead into its network.

    Nothing is kept between two requests but open connections: no cookies, no cache.
    """

    def __init__(
        self,
        asking: Asking,
        *,
        clock: Callable[[], datetime],
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            asking: how to ask.
            clock: the time, aware UTC; for Retry-After.
            resolve: looks names up; None: the system.
            tls: whom to trust; None: whom the system trusts.

        Raises:
            UsageError: the proxy's address is none.
        """
        self._asking = asking
        self._clock = clock
        self._lookup = Lookup()
        tls = tls or httpx2.create_ssl_context(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            proxy=_proxy(asking.proxy, tls=tls),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEPT_FOR,
            network_backend=None
            if asking.proxy
            else GuardedNetwork(asking.rules, resolve=resolve or self._lookup),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        self._lookup.close()
        await self._pool.aclose()

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        """Return what an address answers with status 200 or 304.

        Raises:
            FetchError: it may not be asked, does not answer in time, or answers anything else.
        """
        trail = Trail(check_url(url, rules=self._asking.rules), validators)
        try:
            async with asyncio.timeout(self._asking.deadline):
                return await self._until_answer(trail)
        except TimeoutError:
            said = f"{host_of(trail.url)}: no whole answer in {self._asking.deadline:g} seconds"
            raise FetchError(said, passing=True) from None

    async def _until_answer(self, trail: Trail) -> Answer:
        """Follow redirects to what answers."""
        while True:
            found = await self._ask(trail)
            if isinstance(found, Answer):
                return replace(found, moved_to=trail.moved_to)
            trail = found

    async def _ask(self, trail: Trail) -> Answer | Trail:
        """Return the answer of one address, or where it redirects to."""
        try:
            return await self._request(trail)
        except ON_THE_WAY as error:
            told = failure(error, proxied=bool(self._asking.proxy))
            raise _placed(told, trail) from error
        except FetchError as error:
            raise _placed(error, trail) from error

    async def _request(self, trail: Trail) -> Answer | Trail:
        headers = heads.request_headers(
            trail.url, agent=self._asking.agent, validators=trail.validators
        )
        timeouts = {"connect": self._asking.deadline * _TO_CONNECT}
        async with self._pool.stream(
            "GET", _target(trail.url), headers=headers, extensions={"timeout": timeouts}
        ) as response:
            return await self._read(response, trail)

    async def _read(self, response: httpcore2.Response, trail: Trail) -> Answer | Trail:
        headers = httpx2.Headers(response.headers)
        if response.status in REDIRECTS:
            return follow(
                trail,
                headers.get("location", ""),
                status=response.status,
                rules=self._asking.rules,
            )
        if response.status == HTTPStatus.NOT_MODIFIED and trail.validators != Validators():
            return await _unchanged(response, headers, trail)
        if response.status != HTTPStatus.OK:
            raise self._refusal(response.status, headers)
        return await self._whole(response, headers, trail)

    async def _whole(
        self, response: httpcore2.Response, headers: httpx2.Headers, trail: Trail
    ) -> Answer:
        """Read a body to its end."""
        self._check_wire(heads.length_of(headers))
        encodings = headers.get("content-encoding", "")
        body = Inflate(encodings, limit=self._asking.decoded_limit)
        received = 0
        async for chunk in response.aiter_stream():
            received += len(chunk)
            self._check_wire(received)
            body.feed(chunk)
        return Answer(
            str(trail.url),
            response.status,
            body.finish(),
            content_type=heads.content_type_of(headers),
            validators=heads.validators_of(headers),
            wire_bytes=received,
        )

    def _check_wire(self, count: int) -> None:
        if count > self._asking.wire_limit:
            raise FetchError(f"larger than {self._asking.wire_limit / 1e6:g} MB")

    def _refusal(self, status: int, headers: httpx2.Headers) -> FetchError:
        passing = status in _PASSING
        return FetchError(
            f"answers {_named(status)}",
            status=status,
            passing=passing,
            retry_at=heads.retry_at(headers, now=self._clock()) if passing else None,
        )


async def _unchanged(response: httpcore2.Response, headers: httpx2.Headers, trail: Trail) -> Answer:
    # To its end, which is here already, so that the connection can be used again.
    async for _ in response.aiter_stream():
        ...
    told = heads.validators_of(headers)
    kept = Validators(
        told.etag or trail.validators.etag, told.modified or trail.validators.modified
    )
    return Answer(str(trail.url), response.status, validators=kept)


def _placed(error: FetchError, trail: Trail) -> FetchError:
    """Return an error with the host that it speaks of, and how we came there."""
    said = f"{host_of(trail.url)}: {error}"
    if trail.passed and host_of(trail.passed[0]) != host_of(trail.url):
        said += f" (redirected from {host_of(trail.passed[0])})"
    return FetchError(said, status=error.status, passing=error.passing, retry_at=error.retry_at)


def _named(status: int) -> str:
    """Return a status with its standard name; what the server calls it is never printed."""
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _target(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _proxy(address: str, *, tls: ssl.SSLContext) -> httpcore2.Proxy | None:
    if not address:
        return None
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        # Without what stands there: a password may be in it.
        raise UsageError('collect.proxy: must be an address such as "http://proxy.example:3128"')
    return httpcore2.Proxy(
        _target(url),
        auth=(url.username, url.password) if url.userinfo else None,
        ssl_context=tls if url.scheme == "https" else None,
    )
