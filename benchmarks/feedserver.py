"""A server of invented feeds in a process of its own, as cheap as Python can make one."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from xml.sax.saxutils import escape

from benchmarks.news import make_day, make_documents
from briefing.core.model import Document

_SPAWN = multiprocessing.get_context("spawn")
#: What a feed has at a request: its ETag, and its reports.
_Feed = Callable[[str], tuple[str, list[str]]]
#: Reports that a feed of a day has anew at every second request, and in all at most.
FRESH, _MOST = 2, 100


@contextmanager
def serve_feeds(
    *, items: int, hosts: Sequence[str] = ("127.0.0.1",), seconds: float = 0.0, day: int = 0
) -> Iterator[str]:
    """Yield the address below which every number is a feed of so many whole reports.

    It is that of the first host; the others have the same port. ``seconds`` is how long a feed
    takes to answer. With a ``day`` so many feeds share its reports, and each has new ones now and
    then; else all have the same.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(theirs, items, hosts, seconds, day), daemon=True)
    process.start()
    try:
        yield f"http://{hosts[0]}:{ours.recv()}/"
    finally:
        process.kill()
        process.join()


def _run(port: Connection, items: int, hosts: Sequence[str], seconds: float, day: int) -> None:
    feed = _growing(items, feeds=day) if day else _steady(items)
    asyncio.run(_serve(port, feed, hosts, seconds))


def _steady(items: int) -> _Feed:
    rows = _items(make_documents(items))
    return lambda name: (name, rows)


def _growing(items: int, *, feeds: int) -> _Feed:
    rows = _items(make_day(feeds * (items + _MOST)))
    asked: Counter[str] = Counter()

    def newest(name: str) -> tuple[str, list[str]]:
        first = asked[name] // 2 * FRESH
        asked[name] += 1
        return f"{name}-{first}", rows[int(name) :: feeds][first : first + items]

    return newest


async def _serve(port: Connection, feed: _Feed, hosts: Sequence[str], seconds: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readline():
            known = b""
            while (line := await reader.readline()).strip():
                if line.lower().startswith(b"if-none-match:"):
                    known = line
            path = request.split()[1].decode()
            if path == "/robots.txt":
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                tag, rows = feed(path.strip("/"))
                if f'"{tag}"'.encode() in known:
                    writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")
                else:
                    await asyncio.sleep(seconds)
                    writer.write(_answer(path.strip("/"), tag, rows))
            await writer.drain()
        writer.close()

    first, *others = hosts
    server = await asyncio.start_server(answer, first, 0)
    number = server.sockets[0].getsockname()[1]
    more = [await asyncio.start_server(answer, host, number) for host in others]
    port.send(number)
    await asyncio.gather(*(listening.serve_forever() for listening in (server, *more)))


def _items(documents: Sequence[Document]) -> list[str]:
    return [_item(document, number) for number, document in enumerate(documents)]


def _item(document: Document, number: int) -> str:
    lines = [line for line in document.text.split("\n") if line]
    # Long enough to be taken for the whole report, whose page nobody asks for.
    paragraphs = "".join(
        f"<p>{escape(line)}</p>" for line in lines * (1 + 200 // len(document.text.split()))
    )
    return (
        f"<item><title>{escape(document.title)} (FEED)</title>"
        f"<link>http://FEED.example/{number}</link><guid>FEED-{number}</guid>"
        "<pubDate>Wed, 11 Mar 2026 06:00:00 GMT</pubDate>"
        f"<content:encoded><![CDATA[<p>Desk FEED.</p>{paragraphs}]]></content:encoded></item>"
    )


def _answer(name: str, tag: str, rows: list[str]) -> bytes:
    """Return the feed of one name; its words are its own, so that nothing is a copy."""
    body = (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Desk {name}</title><link>http://{name}.example/</link><language>en</language>"
        + "".join(rows).replace("FEED", f"n{name}")
        + "</channel></rss>"
    ).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
        f'ETag: "{tag}"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return head.encode() + body
