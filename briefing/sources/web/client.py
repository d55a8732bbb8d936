"""The guarded HTTP client: fetches from or posts to one checked address, within limits."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any, Self

import httpcore2
import httpx2

from briefing.core.errors import FetchError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import Validators
from briefing.core.ports import Answer
from briefing.sources.web.address import (
    URL_LIMIT,
    AddressRules,
    check_url,
    host_of,
    may_reach,
    not_public,
    printable,
)

#: Statuses of temporary failures (RFC 9110, 15.5.9, 15.6; 425: RFC 8470; 429: RFC 6585).
_PASSING = frozenset({408, 425, 429}) | frozenset(range(500, 600))
#: Most concurrent connections: more than are ever requested, so that no request waits here with its
#: deadline running; the caller limits the rate.
_CONNECTIONS = 256
#: Seconds for which an idle connection is kept: fewer than the 5 after which Apache closes it.
_KEEPALIVE = 4.0
#: Share of the deadline allowed to connect to one address, so that a second one can be tried.
_TO_CONNECT = 1 / 3


@frozen
class Asking:
    """Settings of the HTTP client."""

    #: The User-Agent: who we are and how to reach us; ASCII.
    agent: str
    #: The addresses that may be reached.
    rules: AddressRules
    #: Seconds from the first request to the last byte, including redirects.
    deadline: float = 30.0
    #: Largest body in bytes, as sent and after decompression. A feed of 50,000 items, each with a
    #: title and a sentence, has 12 MB.
    wire_limit: int = 15_000_000
    decoded_limit: int = 25_000_000
    #: Address of an HTTP proxy, such as "http://proxy.example:3128"; empty for none.
    proxy: str = ""

    def __post_init__(self) -> None:
        if not (self.agent.isascii() and self.agent.isprintable() and self.agent.strip()):
            raise UsageError("the User-Agent must be one line of ASCII; see collect.contact")


class Web:
    """Fetches addresses; implements :class:`briefing.core.ports.Fetch`, for one event loop.

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
        """Prepare a client without opening a connection.

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
        guarded = GuardedNetwork(asking.rules, resolve=resolve or self._lookup)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            proxy=_proxy(asking.proxy, tls=tls),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEEPALIVE,
            network_backend=None if asking.proxy else guarded,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._lookup.close()
        await self._pool.aclose()

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        """Return the response of an address, with status 200 or 304.

        Raises:
            FetchError: the address may not be fetched, does not respond in time, or responds with
                another status.
        """
        trail: Trail = Trail(check_url(url, rules=self._asking.rules), validators)
        try:
            async with asyncio.timeout(self._asking.deadline):
                while not isinstance(result := await self._ask(trail), Answer):
                    trail = result
                return replace(result, moved_to=trail.moved_to)
        except TimeoutError:
            message = (
                f"{host_of(trail.url)}: no complete response in {self._asking.deadline:g} seconds"
            )
            raise FetchError(message, passing=True) from None

    async def _ask(self, trail: Trail) -> Answer | Trail:
        """Request one address; return its response, or the trail extended by a redirect."""
        headers = request_headers(trail.url, agent=self._asking.agent, validators=trail.validators)
        timeouts = {"connect": self._asking.deadline * _TO_CONNECT}
        try:
            async with self._pool.stream(
                "GET", _target(trail.url), headers=headers, extensions={"timeout": timeouts}
            ) as response:
                return await self._read(response, trail)
        except CONNECTION_ERRORS as error:
            reported = failure(error, proxied=bool(self._asking.proxy))
            raise _with_host(reported, trail) from error
        except FetchError as error:
            raise _with_host(error, trail) from error

    async def _read(self, response: httpcore2.Response, trail: Trail) -> Answer | Trail:
        headers, status = httpx2.Headers(response.headers), response.status
        if status in REDIRECTS:
            location = headers.get("location", "")
            return follow(trail, location, status=status, rules=self._asking.rules)
        if status == HTTPStatus.NOT_MODIFIED and trail.validators != Validators():
            # Drain the empty body, so that the connection can be reused.
            async for _ in response.aiter_stream():
                ...
            received, had = validators_of(headers), trail.validators
            validators = Validators(received.etag or had.etag, received.modified or had.modified)
            return Answer(str(trail.url), status, validators=validators)
        if status != HTTPStatus.OK:
            passing = status in _PASSING  # the server's own phrase is never printed
            phrases = {known.value: f" ({known.phrase})" for known in HTTPStatus}
            raise FetchError(
                f"answers {status}{phrases.get(status, '')}",
                status=status,
                passing=passing,
                retry_at=retry_at(headers, now=self._clock()) if passing else None,
            )
        _check_size(length_of(headers), limit=self._asking.wire_limit)
        encoding = headers.get("content-encoding", "").strip().lower().removeprefix("x-")
        if encoding not in {"", "identity", "gzip"}:
            raise FetchError(f"unknown encoding {printable(encoding)!r}")
        body = bytearray()
        async for chunk in response.aiter_stream():
            _check_size(len(body) + len(chunk), limit=self._asking.wire_limit)
            body += chunk
        return Answer(
            str(trail.url),
            response.status,
            self._unzipped(body) if encoding == "gzip" else bytes(body),
            content_type=content_type_of(headers),
            validators=validators_of(headers),
            wire_bytes=len(body),
        )

    def _unzipped(self, body: bytes | bytearray) -> bytes:
        limit = self._asking.decoded_limit
        if body.count(b"\x1f\x8b\b") > _MEMBERS:
            raise FetchError(f"its gzip data has more than {_MEMBERS} parts")
        try:
            unzipped = gzip.GzipFile(fileobj=BytesIO(body)).read(limit + 1)
        except EOFError:
            raise FetchError("the gzip data ends too early", passing=True) from None
        except (gzip.BadGzipFile, zlib.error):
            raise FetchError("its gzip data is damaged") from None
        _check_size(len(unzipped), limit=limit)
        return unzipped

    async def post(self, url: str, content: bytes, *, kind: str = "", **headers: str) -> bytes:
        """Send content to an address once; return the body of the response.

        Without ``kind``, its media type, the content is JSON, and the body is not read but returned
        empty. FetchError: as in :func:`post_json`.
        """
        checked = checked_target(url, rules=self._asking.rules)
        sent = {
            "Host": checked.netloc.decode("ascii"),
            "User-Agent": self._asking.agent,
            "Content-Type": kind or "application/json",
            "Content-Length": str(len(content)),
            **headers,
        }
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._asking.deadline),
                self._pool.stream(
                    "POST", _target(checked), headers=list(sent.items()), content=content
                ) as response,
            ):
                status = int(response.status)
                is_sent = status // 100 == 2
                if kind and is_sent:
                    async for chunk in response.aiter_stream():
                        _check_size(len(body) + len(chunk), limit=_LARGEST_ANSWER)
                        body += chunk
            if is_sent:
                return bytes(body)
            # Status 425 (Too Early) concerns only clients that send data before the handshake ends.
            passing = status in _PASSING - {HTTPStatus.TOO_EARLY}
            fault = FetchError(f"answers {status}", passing=passing)
        except TimeoutError:
            message = f"no response in {self._asking.deadline:g} seconds"
            fault = FetchError(message, passing=True)
        except CONNECTION_ERRORS as error:
            fault = failure(error, proxied=bool(self._asking.proxy))
        except FetchError as error:
            fault = error
        raise FetchError(f"{host_of(checked)}: {fault}", passing=fault.passing)


def _check_size(count: int, *, limit: int) -> None:
    if count > limit:
        raise FetchError(f"larger than {limit / 1e6:g} MB")


def _with_host(error: FetchError, trail: Trail) -> FetchError:
    """Return an error whose message names its host and where any redirects started."""
    message = f"{host_of(trail.url)}: {error}"
    if trail.passed and host_of(trail.passed[0]) != host_of(trail.url):
        message += f" (redirected from {host_of(trail.passed[0])})"
    return FetchError(message, status=error.status, passing=error.passing, retry_at=error.retry_at)


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


#: Resolves (host, port) to IP addresses, the best first; raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: Most concurrent lookups. Each blocks a thread, for up to half a minute if a name server does not
#: respond; in separate threads they delay nothing else.
_LOOKUPS = 16
#: Most addresses of a name that are tried, of both families; a hostile name may have any number.
_TRIED = 8
#: Errors for a name that does not exist; any other may be temporary.
_NO_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Lookup:
    """Resolves names with the system resolver."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, the best first."""
        resolve = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        results = await asyncio.get_running_loop().run_in_executor(self._threads, resolve)
        return list(dict.fromkeys(str(address[0]) for *_, address in results))

    def close(self) -> None:
        """Cancel waiting lookups, without waiting for running ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Network backend for httpcore: resolves each name once and uses only checked addresses.

    It is not involved in TLS: httpcore verifies the certificate against the requested name.
    """

    def __init__(
        self,
        rules: AddressRules,
        *,
        resolve: Resolve,
        net: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._rules = rules
        self._resolve = resolve
        self._net = net or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of a host that accepts a connection.

        The port was checked with the whole address; the timeout is in seconds for each address.

        Raises:
            FetchError: the host does not exist, or none of its addresses may be reached.
            httpcore2.ConnectError: none of its addresses accepts a connection.
        """
        failure: Exception = httpcore2.ConnectError("no address")
        try:
            addresses = (await self._resolve(host, port))[:_TRIED]
        except OSError as error:
            unknown = isinstance(error, socket.gaierror) and error.errno in _NO_NAME
            message = "no such host" if unknown else "its name cannot be resolved now"
            raise FetchError(message, passing=True) from error
        allowed = [
            address for address in addresses if may_reach(address, rules=self._rules, host=host)
        ]
        if addresses and not allowed:
            raise FetchError(not_public(addresses[0], host=host))
        for address in allowed:
            try:
                return await self._net.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


#: Exceptions that a request may raise; :func:`failure` turns them into messages.
CONNECTION_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    OSError,
)
#: Start of h11's message when the server closes the connection in the middle of a body.
_CUT = "peer closed connection"
#: Start of httpcore's message when the server does so before the first byte.
_SILENT = "Server disconnected"


def failure(error: Exception, *, proxied: bool = False) -> FetchError:
    """Return the error to report for a failed connection; a retry may succeed.

    ``error`` is one of ``CONNECTION_ERRORS``; ``proxied``: the connection was to the proxy.
    """
    message = _of_tls(error)
    if not message and isinstance(error, httpcore2.ConnectError | httpcore2.ConnectTimeout):
        message = ("proxy: " if proxied else "") + _unconnected(error)
    if not message and isinstance(error, httpcore2.ProxyError):
        message = f"proxy: {printable(str(error))}"
    if not message and isinstance(error, httpcore2.ProtocolError):
        message = f"not a valid HTTP response ({printable(str(error))})"
        if str(error).startswith(_CUT):
            message = "the response ended early"
        if str(error).startswith(_SILENT):
            message = "connection closed without a response"
    return FetchError(message or "connection lost", passing=True)


def _unconnected(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, OSError) and cause.errno:
            return f"not reachable ({os.strerror(cause.errno).lower()})"
    if isinstance(error, httpcore2.ConnectTimeout):
        return "connection timed out"
    return "connection could not be established"


def _of_tls(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate not valid: {printable(cause.verify_message)}"
        if isinstance(cause, ssl.SSLError):
            # OpenSSL errors have a reason; those raised by Python do not.
            reason = getattr(cause, "reason", None) or str(cause)
            return f"TLS connection failed ({printable(reason)})"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes; httpcore drops ``__cause__`` but keeps ``__context__``."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


async def post_json(
    url: str, content: bytes, *, asking: Asking, pauses: Sequence[float] = (1.0, 5.0)
) -> None:
    """Send JSON to an address; the response must be 2xx, and its body is not read.

    Redirects are not followed, since the content is meant only for this address. Error messages
    name only its host, since its path may be a secret. ``pauses`` are the seconds before each retry
    after a temporary failure; the deadline applies to each attempt.

    Raises:
        FetchError: the address is not allowed, or no attempt succeeded.
    """
    waits = iter(pauses)
    async with Web(asking, clock=lambda: datetime.now(UTC)) as web:
        while True:
            try:
                await web.post(url, content)
            except FetchError as error:
                wait = next(waits, None)
                if not error.passing or wait is None:
                    raise
                await asyncio.sleep(wait)
            else:
                return


def checked_target(url: str, *, rules: AddressRules) -> httpx2.URL:
    """Return an address checked by :func:`briefing.sources.web.address.check_url`.

    Raises:
        FetchError: it is not valid or not allowed; the message does not contain the address.
    """
    try:
        return check_url(url, rules=rules)
    except FetchError as error:
        raise FetchError(str(error).removeprefix(f"{printable(url)}: ")) from None


#: Formats that we can read, the best first; any other is accepted.
_ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml,"
    " application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
#: Most bytes read of the response to a POST; tokens have some thousands.
_LARGEST_ANSWER = 1_000_000
#: Most members of a gzip body: a million empty ones would take seconds.
_MEMBERS = 100
#: Longest ETag or date stored, in characters: four times a SHA-256 in hexadecimal.
_VALIDATOR_LIMIT = 256
#: Longest content type stored, in characters; a longer one names nothing that we read.
_TYPE_LIMIT = 200
#: Longest wait that a server may request. A longer one is a mistake or means a closed site: one
#: header must not silence a source for a year, and one request a week harms nobody.
LONGEST_WAIT = timedelta(days=7)
#: Longest Retry-After read, in characters: an HTTP date has 29.
_WAIT_LIMIT = 64


def request_headers(
    url: httpx2.URL, *, agent: str, validators: Validators
) -> list[tuple[str | bytes, str | bytes]]:
    """Return the headers of a request; validators not valid in a header are left out."""
    headers = [
        ("Host", url.netloc.decode("ascii")),
        ("User-Agent", agent),
        ("Accept", _ACCEPT),
        ("Accept-Encoding", "gzip"),
        ("If-None-Match", _line(validators.etag)),
        ("If-Modified-Since", _line(validators.modified)),
    ]
    return [(name, value) for name, value in headers if value]


def validators_of(headers: httpx2.Headers) -> Validators:
    """Return the validators of a response, for the next request."""
    return Validators(_line(headers.get("etag", "")), _line(headers.get("last-modified", "")))


def content_type_of(headers: httpx2.Headers) -> str:
    """Return the content type of a response; empty if it is not printable."""
    return _line(headers.get("content-type", ""), limit=_TYPE_LIMIT)


def length_of(headers: httpx2.Headers) -> int:
    """Return the Content-Length; 0 if there is none."""
    value = headers.get("content-length", "")
    return int(value[:20]) if value.isascii() and value.isdecimal() else 0


def retry_at(headers: httpx2.Headers, *, now: datetime) -> datetime | None:
    """Return the time given by Retry-After (RFC 9110, 10.2.3), at most a week from now."""
    value = headers.get("retry-after", "").strip()[:_WAIT_LIMIT]
    if value.isascii() and value.isdecimal():
        wait = timedelta(seconds=min(int(value), LONGEST_WAIT.total_seconds()))
    else:
        try:
            moment = parsedate_to_datetime(value)
            # A date without a zone is UTC.
            wait = min(moment.replace(tzinfo=moment.tzinfo or UTC) - now, LONGEST_WAIT)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return now + wait if wait > timedelta(0) else None


def _line(value: str, *, limit: int = _VALIDATOR_LIMIT) -> str:
    """Return a header's value if it is short, printable ASCII, or else ""."""
    value = value.strip()
    return value if len(value) <= limit and value.isascii() and value.isprintable() else ""


#: Statuses of redirects (RFC 9110, 15.4).
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Statuses of permanent redirects.
_PERMANENT = frozenset({301, 308})
#: Most redirects that are followed: twice those from http to https, to "www.", to a new path and to
#: its trailing slash combined.
MOST_REDIRECTS = 8


@frozen
class Trail:
    """The redirects of a request so far."""

    #: Address to request now.
    url: httpx2.URL
    #: Validators to send to it.
    validators: Validators = Validators()
    #: Addresses requested before, in order.
    passed: tuple[httpx2.URL, ...] = ()
    #: Where permanent redirects led, up to the first temporary one.
    moved_to: str = ""


def follow(trail: Trail, location: str, *, status: int, rules: AddressRules) -> Trail:
    """Return the trail extended by one redirect.

    A redirect from https to http is followed, but never counts as permanent and drops validators,
    since an unencrypted response can be forged. Validators are not sent to another host either.

    Raises:
        FetchError: it has no valid target, is a loop or one redirect too many, or its target is not
            allowed.
    """
    if not location or len(location) > URL_LIMIT:
        raise FetchError("redirects without a valid address")
    try:
        url = check_url(str(trail.url.join(location)), rules=rules)
    except (httpx2.InvalidURL, UnicodeError):
        raise FetchError(f"redirects to {printable(location)!r}, which is not an address") from None
    except FetchError as error:
        raise FetchError(f"redirects to {error}") from None
    passed = (*trail.passed, trail.url)
    if url in passed:
        raise FetchError("redirects in a circle", status=status)
    if len(passed) > MOST_REDIRECTS:
        raise FetchError(f"redirects more than {MOST_REDIRECTS} times", status=status)
    lowered = trail.url.scheme == "https" and url.scheme == "http"
    # The value of ``moved_to`` if every redirect so far was permanent.
    moved = str(trail.url) if trail.passed else ""
    permanent = status in _PERMANENT and not lowered and trail.moved_to == moved
    same_host = host_of(url) == host_of(trail.url)
    return Trail(
        url,
        validators=trail.validators if same_host and not lowered else Validators(),
        passed=passed,
        moved_to=str(url) if permanent else trail.moved_to,
    )
