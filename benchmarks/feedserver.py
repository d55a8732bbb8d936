"""A server of invented feeds in a process of its own, as cheap as Python can make one."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from xml.sax.saxutils import escape

from benchmarks.news import make_documents
from briefing.core.model import Document

_SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def serve_feeds(
    *, items: int, hosts: Sequence[str] = ("127.0.0.1",), seconds: float = 0.0
) -> Iterator[str]:
    """Yield the address below which every number is a feed of so many whole reports.

    It is that of the first host; the others have the same port. ``seconds`` is how long a feed
    takes to answer.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(theirs, items, hosts, seconds), daemon=True)
    process.start()
    try:
        yield f"http://{hosts[0]}:{ours.recv()}/"
    finally:
        process.kill()
        process.join()


def _run(port: Connection, items: int, hosts: Sequence[str], seconds: float) -> None:
    asyncio.run(_serve(port, make_documents(items), hosts, seconds))


async def _serve(
    port: Connection, documents: tuple[Document, ...], hosts: Sequence[str], seconds: float
) -> None:
    rows = [_item(document, number) for number, document in enumerate(documents)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readline():
            known = False
            while (line := await reader.readline()).strip():
                known = known or line.lower().startswith(b"if-none-match:")
            path = request.split()[1].decode()
            if known:
                writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")
            elif path == "/robots.txt":
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                await asyncio.sleep(seconds)
                writer.write(_answer(path.strip("/"), rows))
            await writer.drain()
        writer.close()

    first, *others = hosts
    server = await asyncio.start_server(answer, first, 0)
    number = server.sockets[0].getsockname()[1]
    more = [await asyncio.start_server(answer, host, number) for host in others]
    port.send(number)
    await asyncio.gather(*(listening.serve_forever() for listening in (server, *more)))


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


def _answer(name: str, rows: list[str]) -> bytes:
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
        f'ETag: "{name}"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return head.encode() + body
