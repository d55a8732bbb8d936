"""One-line messages for connection failures."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

import httpcore2

from briefing.core.errors import FetchError
from briefing.sources.web.address import printable

#: Exceptions that a request may raise; ``failure`` turns them into messages.
CONNECTION_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    OSError,
)
#: Start of the h11 message when the server closes the connection in the middle of a body.
_CUT = "peer closed connection"
#: Start of the httpcore message when the server does so before the first byte.
_SILENT = "Server disconnected"


def failure(error: Exception, *, proxied: bool = False) -> FetchError:
    """Return the error to report for a failed connection; a retry may succeed.

    Args:
        error: one of ``CONNECTION_ERRORS``.
        proxied: whether the connection was to the proxy.
    """
    message = _of_tls(error) or _of_network(error, proxied=proxied) or _of_http(error)
    return FetchError(message, passing=True)


def _of_tls(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate not valid: {printable(cause.verify_message)}"
        if isinstance(cause, ssl.SSLError):
            # OpenSSL errors have a reason; those raised by Python do not.
            reason = getattr(cause, "reason", None) or str(cause)
            return f"TLS connection failed ({printable(reason)})"
    return ""


def _of_network(error: Exception, *, proxied: bool) -> str:
    if not isinstance(error, httpcore2.ConnectError | httpcore2.ConnectTimeout):
        return ""
    return ("proxy: " if proxied else "") + _of_connect(error)


def _of_connect(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, OSError) and cause.errno:
            return f"not reachable ({os.strerror(cause.errno).lower()})"
    timed_out = isinstance(error, httpcore2.ConnectTimeout)
    return "connection timed out" if timed_out else "connection could not be established"


def _of_http(error: Exception) -> str:
    if isinstance(error, httpcore2.ProxyError):
        return f"proxy: {printable(str(error))}"
    if isinstance(error, httpcore2.ProtocolError):
        return _of_protocol(str(error))
    return "connection lost"


def _of_protocol(message: str) -> str:
    if message.startswith(_CUT):
        return "the response ended early"
    if message.startswith(_SILENT):
        return "connection closed without a response"
    return f"not a valid HTTP response ({printable(message)})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes. httpcore drops ``__cause__`` but keeps ``__context__``."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
