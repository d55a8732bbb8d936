"""The guarded HTTP client: fetches one address within limits of time and size."""

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
from briefing.sources.web.errors import CONNECTION_ERRORS, failure
from briefing.sources.web.inflate import Inflate
from briefing.sources.web.redirects import REDIRECTS, Trail, follow

#: Statuses of temporary failures (RFC 9110, 15.5.9, 15.6; 425: RFC 8470; 429: RFC
#: 6585).
_PASSING = frozenset({408, 425, 429}) | frozenset(range(500, 600))
#: Concurrent connections: more than are ever requested, so that no request waits here with its
#: deadline running; the caller limits the rate.
_CONNECTIONS = 256
#: Seconds for which an idle connection is kept: less than the 5 after which Apache closes it.
_KEEPALIVE = 4.0
#: Share of the deadline that one address has to connect, so that a second one can be tried.
_TO_CONNECT = 1 / 3


@dataclass(frozen=True, slots=True)
class Asking:
    """Settings of the HTTP client."""

    #: The User-Agent: who we are and how to reach us; ASCII.
    agent: str
    #: Which addresses may be reached.
    rules: AddressRules
    #: Seconds from the first request to the last byte, redirects included.
    deadline: float = 30.0
    #: Largest body in bytes, as sent and after decompression. A feed of 50,000 items with a title
    #: and a sentence each has 12 MB.
    wire_limit: int = 15_000_000
    decoded_limit: int = 25_000_000
    #: Address of an HTTP proxy, such as "http://proxy.example:3128"; empty: none.
    proxy: str = ""

    def __post_init__(self) -> None:
        if not (self.agent.isascii() and self.agent.isprintable() and self.agent.strip()):
            raise UsageError("the User-Agent must be one line of ASCII; see collect.contact")


class Web:
    """Fetches addresses; a port :class:`briefing.core.ports.Fetch`, for one event loop.

    Without a proxy, a host name is resolved once, each of its addresses is checked, and the
    connection goes to a checked address. With a proxy, the proxy resolves names: only hosts that
    are IP addresses are checked here, and the proxy must refuse names that lead into its network.

    Only open connections are kept between requests: no cookies, no cache.
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
            asking: the settings.
            clock: returns the time, aware UTC; for Retry-After.
            resolve: resolves names; None: the system resolver.
            tls: the trusted certificates; None: those of the system.

        Raises:
            UsageError: the proxy's address is not valid.
        """
        self._asking = asking
        self._clock = clock
        self._lookup = Lookup()
        tls = tls or httpx2.create_ssl_context(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            proxy=_proxy(asking.proxy, tls=tls),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEEPALIVE,
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
        """Return the response of an address, status 200 or 304.

        Raises:
            FetchError: the address may not be fetched, does not respond in time, or responds with
                another status.
        """
        trail = Trail(check_url(url, rules=self._asking.rules), validators)
        try:
            async with asyncio.timeout(self._asking.deadline):
                return await self._until_answer(trail)
        except TimeoutError:
            message = (
                f"{host_of(trail.url)}: no complete response in {self._asking.deadline:g} seconds"
            )
            raise FetchError(message, passing=True) from None

    async def _until_answer(self, trail: Trail) -> Answer:
        """Follow redirects to the final response."""
        while True:
            result = await self._ask(trail)
            if isinstance(result, Answer):
                return replace(result, moved_to=trail.moved_to)
            trail = result

    async def _ask(self, trail: Trail) -> Answer | Trail:
        """Return the response of one address, or the trail to where it redirects."""
        try:
            return await self._request(trail)
        except CONNECTION_ERRORS as error:
            reported = failure(error, proxied=bool(self._asking.proxy))
            raise _with_host(reported, trail) from error
        except FetchError as error:
            raise _with_host(error, trail) from error

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
        return await self._read_body(response, headers, trail)

    async def _read_body(
        self, response: httpcore2.Response, headers: httpx2.Headers, trail: Trail
    ) -> Answer:
        """Read the whole body."""
        self._check_wire_size(heads.length_of(headers))
        encodings = headers.get("content-encoding", "")
        body = Inflate(encodings, limit=self._asking.decoded_limit)
        received = 0
        async for chunk in response.aiter_stream():
            received += len(chunk)
            self._check_wire_size(received)
            body.feed(chunk)
        return Answer(
            str(trail.url),
            response.status,
            body.finish(),
            content_type=heads.content_type_of(headers),
            validators=heads.validators_of(headers),
            wire_bytes=received,
        )

    def _check_wire_size(self, count: int) -> None:
        if count > self._asking.wire_limit:
            raise FetchError(f"larger than {self._asking.wire_limit / 1e6:g} MB")

    def _refusal(self, status: int, headers: httpx2.Headers) -> FetchError:
        passing = status in _PASSING
        return FetchError(
            f"answers {_with_phrase(status)}",
            status=status,
            passing=passing,
            retry_at=heads.retry_at(headers, now=self._clock()) if passing else None,
        )


async def _unchanged(response: httpcore2.Response, headers: httpx2.Headers, trail: Trail) -> Answer:
    # Drain the empty body, so that the connection can be reused.
    async for _ in response.aiter_stream():
        ...
    received = heads.validators_of(headers)
    validators = Validators(
        received.etag or trail.validators.etag, received.modified or trail.validators.modified
    )
    return Answer(str(trail.url), response.status, validators=validators)


def _with_host(error: FetchError, trail: Trail) -> FetchError:
    """Return an error whose message names its host and where the redirects started."""
    message = f"{host_of(trail.url)}: {error}"
    if trail.passed and host_of(trail.passed[0]) != host_of(trail.url):
        message += f" (redirected from {host_of(trail.passed[0])})"
    return FetchError(message, status=error.status, passing=error.passing, retry_at=error.retry_at)


def _with_phrase(status: int) -> str:
    """Return a status with its standard phrase; the one sent by the server is never printed."""
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
        # The value is not repeated: it may contain a password.
        raise UsageError('collect.proxy: must be an address such as "http://proxy.example:3128"')
    return httpcore2.Proxy(
        _target(url),
        auth=(url.username, url.password) if url.userinfo else None,
        ssl_context=tls if url.scheme == "https" else None,
    )
