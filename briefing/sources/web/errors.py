"""Says in one plain line why a request failed on its way."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

import httpcore2

from briefing.core.errors import FetchError
from briefing.sources.web.address import shown

#: What may be raised while a request is under way; ``failure`` puts it into words.
ON_THE_WAY = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    OSError,
)
#: How h11 begins its message when the other side has closed in the middle of a body.
_CUT = "peer closed connection"
#: And httpcore when it did so before the first byte.
_SILENT = "Server disconnected"


def failure(error: Exception, *, proxied: bool = False) -> FetchError:
    """Return what is told of an error of the connection; another try may succeed.

    Args:
        error: one of ``ON_THE_WAY``.
        proxied: whether it was the proxy that we connected to.
    """
    said = _of_certificate(error) or _of_network(error, proxied=proxied) or _of_http(error)
    return FetchError(said, passing=True)


def _of_certificate(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate not valid: {shown(cause.verify_message)}"
        if isinstance(cause, ssl.SSLError):
            # Python's own errors of this kind have no reason, OpenSSL's have.
            reason = getattr(cause, "reason", None) or str(cause)
            return f"no secure connection ({shown(reason)})"
    return ""


def _of_network(error: Exception, *, proxied: bool) -> str:
    if not isinstance(error, httpcore2.ConnectError | httpcore2.ConnectTimeout):
        return ""
    return ("the proxy: " if proxied else "") + _of_connect(error)


def _of_connect(error: Exception) -> str:
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, OSError) and cause.errno:
            return f"not reachable ({os.strerror(cause.errno).lower()})"
    timed_out = isinstance(error, httpcore2.ConnectTimeout)
    return "no connection in time" if timed_out else "connection closed before it was open"


def _of_http(error: Exception) -> str:
    if isinstance(error, httpcore2.ProxyError):
        return f"the proxy: {shown(str(error))}"
    if isinstance(error, httpcore2.ProtocolError):
        return _of_protocol(str(error))
    return "connection lost"


def _of_protocol(message: str) -> str:
    if message.startswith(_CUT):
        return "the answer ends too early"
    if message.startswith(_SILENT):
        return "connection closed without an answer"
    return f"not a proper HTTP answer ({shown(message)})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from. httpcore drops the causes, but not the contexts."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
