import errno
import ssl

import httpcore2
import pytest

from briefing.sources.web.client import failure


def not_connected(*causes: Exception) -> Exception:
    """Return what httpcore raises when it cannot connect."""
    return caused(httpcore2.ConnectError("?"), *causes)


def caused(outer: Exception, *causes: Exception) -> Exception:
    """Return an error with what it came from, as httpcore leaves it: a chain of contexts."""
    error = outer
    for cause in causes:
        error.__context__ = cause
        error = cause
    return outer


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (not_connected(OSError("all"), ConnectionRefusedError()), "connection refused"),
        (not_connected(OSError(errno.EHOSTUNREACH, "?")), "not reachable (no route"),
        (httpcore2.ConnectTimeout("?"), "connection timed out"),
        (httpcore2.ConnectError("?"), "connection could not be established"),
        (not_connected(ssl.SSLError(1, "odd")), "TLS connection failed (odd)"),
        (ssl.SSLError(1, "[SSL: BAD\x1b] ?"), "TLS connection failed ([SSL: BAD�] ?)"),
        (httpcore2.ReadError("?"), "connection lost"),
        (httpcore2.WriteError("?"), "connection lost"),
        (ConnectionResetError(), "connection lost"),
        (httpcore2.RemoteProtocolError("odd\n" * 99), "not a valid HTTP response (odd�"),
        (httpcore2.LocalProtocolError("odd"), "not a valid HTTP response (odd)"),
        (httpcore2.ProxyError("407 \x1b[31m"), "proxy: 407 �[31m"),
    ],
    ids=str,
)
def test_every_error_of_the_connection_is_one_plain_line(error: Exception, message: str) -> None:
    reported = failure(error)
    assert str(reported).startswith(message)
    assert str(reported).isprintable()
    assert reported.passing


def test_through_a_proxy_it_is_the_proxy_that_cannot_be_reached() -> None:
    refused = not_connected(ConnectionRefusedError())
    assert str(failure(refused, proxied=True)) == "proxy: connection refused"
    assert str(failure(httpcore2.ReadError("?"), proxied=True)) == "connection lost"
