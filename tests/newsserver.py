"""A real HTTP server on loopback that serves news, and does all that servers should not do.

Register what happens at a path with one of the acts below; it may be changed at any time::

    with NewsServer() as news:
        url = news.at("/feed", give(rss([News("Port opens")]), "application/rss+xml", etag='"a"'))
        ...
        assert news.count("/feed") == 1
"""

from __future__ import annotations

import gzip
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler
from itertools import repeat
from socket import SHUT_RDWR, socket
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Self
from xml.sax.saxutils import escape

HTML = "text/html; charset=utf-8"
RSS = "application/rss+xml; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
#: Header names and values.
Headers = Sequence[tuple[str, str]]


class Exchange(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # Head and body are two writes; with Nagle's algorithm the second waits 40 ms for the client.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = self.path
        if path.startswith("http://"):  # asked as a proxy
            path = "/" + path.split("/", 3)[3]
        self.server.seen.append(Seen(path, self.path, self.headers))
        self.server.acts.get(path, refuse(404))(self)

    def head(self, status: int, headers: Headers = ()) -> None:
        """Send the head of an answer."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value.encode().decode("latin-1"))  # so that UTF-8 is sent
        self.end_headers()

    def answer(self, body: bytes, *, status: int = 200, headers: Headers = ()) -> None:
        """Send a whole answer."""
        self.head(status, (*headers, ("Content-Length", str(len(body)))))
        self.wfile.write(body)

    def drip(self, parts: Iterable[bytes], *, every: float) -> None:
        """Send parts one by one, with seconds between them, until the server closes."""
        for part in parts:
            if self.server.closing.wait(every):
                break
            self.wfile.write(part)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


#: What happens when a path is asked for.
Act = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Seen:
    #: Path and query.
    path: str
    #: As in the request line: the whole address when a proxy is asked.
    target: str
    headers: Message


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, *, tls: ssl.SSLContext | None) -> None:
        self.acts: dict[str, Act] = {}
        self.seen: list[Seen] = []
        self.faults: list[BaseException | None] = []
        self.closing = threading.Event()
        self.connections: list[socket] = []
        self._tls = tls
        super().__init__((host, 0), Exchange)

    def get_request(self) -> tuple[socket, Any]:
        connection, address = super().get_request()
        if self._tls is not None:  # the handshake waits for the connection's own thread
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self.connections.append(connection)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over clients that leave, which is their right; keep anything else."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.faults.append(error)


class NewsServer:
    """The server; use it as a context manager."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._server = _Server(host, tls=tls)
        self._scheme = "https" if tls else "http"
        self._host = host
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.closing.set()
        self._server.shutdown()
        for connection in self._server.connections:
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                continue
        self._server.server_close()
        self._thread.join()
        assert not self._server.faults

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def seen(self) -> Sequence[Seen]:
        return tuple(self._server.seen)

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        return len(self._server.connections)

    def url(self, path: str, *, host: str = "") -> str:
        """Return the address of a path, under a host name of your own."""
        return f"{self._scheme}://{host or self._host}:{self.port}{path}"

    def at(self, path: str, act: Act) -> str:
        """Say what happens at a path from now on; return its address."""
        self._server.acts[path] = act
        return self.url(path)

    def act_at(self, path: str) -> Act:
        """Return what happens at a path now."""
        return self._server.acts[path]

    def count(self, path: str) -> int:
        """Return how many times a path was asked for."""
        return sum(seen.path == path for seen in self._server.seen)

    def last(self, path: str) -> Message:
        return [seen.headers for seen in self._server.seen if seen.path == path][-1]


def give(
    body: str | bytes,
    content_type: str = HTML,
    *,
    etag: str = "",
    modified: str = "",
    headers: Headers = (),
) -> Act:
    """Serve a body; 304 to whoever has it already."""
    raw = body.encode() if isinstance(body, str) else body
    known = [("Content-Type", content_type), ("ETag", etag), ("Last-Modified", modified)]
    sent = (*((name, value) for name, value in known if value), *headers)

    def act(exchange: Exchange) -> None:
        asked = exchange.headers
        same = etag and asked["If-None-Match"] == etag
        if same or (modified and asked["If-Modified-Since"] == modified):
            exchange.head(304, sent)
        else:
            exchange.answer(raw, headers=sent)

    return act


def redirect(to: str, *, status: int = 302) -> Act:
    """Send to another address."""
    return lambda exchange: exchange.answer(b"", status=status, headers=[("Location", to)])


def refuse(status: int, *, retry_after: str = "") -> Act:
    """Answer with an error, and perhaps when to come back (seconds or a date)."""
    headers = [("Retry-After", retry_after)] if retry_after else []
    return lambda exchange: exchange.answer(b"No.", status=status, headers=headers)


def encoded(body: str, *, content_type: str = HTML, cut: int = 0) -> Act:
    """Serve a body in gzip, perhaps without its last bytes."""
    raw = gzip.compress(body.encode(), mtime=0)
    return give(raw[: len(raw) - cut], content_type, headers=[("Content-Encoding", "gzip")])


def bomb(*, megabytes: int = 100) -> Act:
    """Serve a few bytes that become very many."""
    return give(_zeros(megabytes), headers=[("Content-Encoding", "gzip")])


def drip(body: str | bytes, *, every: float = 0.05, size: int = 1) -> Act:
    """Serve a body in small parts with seconds between them."""
    raw = body.encode() if isinstance(body, str) else body
    parts = [raw[start : start + size] for start in range(0, len(raw), size)]

    def act(exchange: Exchange) -> None:
        exchange.head(200, [("Content-Type", HTML), ("Content-Length", str(len(raw)))])
        exchange.drip(parts, every=every)

    return act


def drip_head(*, every: float = 0.05) -> Act:
    def act(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\n")
        exchange.drip(repeat(b"X-More: 1\r\n"), every=every)

    return act


def endless() -> Act:
    """Serve a body for ever, as fast as it is taken, without saying how long it is."""

    def act(exchange: Exchange) -> None:
        exchange.head(200, [("Content-Type", HTML)])
        exchange.drip(repeat(b"more of the same\n" * 1_000), every=0)

    return act


def hang() -> Act:
    """Answer nothing, but keep the connection."""
    return lambda exchange: exchange.drip([b""], every=60)


def say(raw: bytes) -> Act:
    """Send exactly these bytes, then close: no answer, half an answer, or nonsense."""
    return lambda exchange: exchange.drip([raw], every=0)


def break_off(body: str | bytes, *, announced: int) -> Act:
    """Announce more bytes than are sent before the connection closes."""
    raw = body.encode() if isinstance(body, str) else body
    return say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (announced, raw))


@cache
def _zeros(megabytes: int) -> bytes:
    return gzip.compress(b"\0" * (megabytes * 1_000_000), mtime=0)


@dataclass(frozen=True, slots=True)
class News:
    title: str
    #: May be relative.
    link: str = ""
    text: str = ""
    #: Written as the feed's format wants it.
    published: str = ""
    guid: str = ""
    #: Elements that stand in the item as they are.
    more: str = field(default="", kw_only=True)


def rss(items: Iterable[News], *, title: str = "Harbor Post") -> str:
    listed = "".join(_item(item, "item", "description", "pubDate", "guid") for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title>{listed}</channel></rss>"
    )


def atom(items: Iterable[News], *, title: str = "Harbor Post") -> str:
    listed = "".join(_item(item, "entry", "content", "updated", "id") for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(title)}</title>{listed}</feed>"
    )


def page(title: str, paragraphs: Iterable[str], *, head: str = "") -> str:
    """Return an article's page, with the navigation and the footer that a real one has."""
    text = "".join(f"<p>{escape(each)}</p>\n" for each in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(title)}</title>{head}</head><body>'
        '<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>'
        f"<article><h1>{escape(title)}</h1>\n{text}</article>"
        "<footer>All rights reserved</footer></body></html>"
    )


def _item(item: News, name: str, text: str, published: str, guid: str) -> str:
    link = f'<link href="{escape(item.link)}"/>' if item.link else ""
    return (
        f"<{name}>"
        + _element("title", item.title)
        + (_element("link", item.link) if name == "item" else link)
        + _element(text, item.text)
        + _element(published, item.published)
        + _element(guid, item.guid)
        + f"{item.more}</{name}>"
    )


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""
