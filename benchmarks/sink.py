"""A relay that takes everything, in a process of its own, as cheap as Python can make one."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

_SPAWN = multiprocessing.get_context("spawn")
_OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250 8BITMIME\r\n"
_REPLIES = {b"MAIL": b"250 OK\r\n", b"RCPT": b"250 OK\r\n", b"RSET": b"250 OK\r\n"}


class _Talk(asyncio.Protocol):
    """One connection: commands line by line, and messages up to their final dot."""

    def __init__(self, count: list[int]) -> None:
        self._count = count
        self._rest = b""
        self._message = False
        self._out: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101  what a server makes
        self._out = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        if self._message:
            # Of a message only the end is of interest.
            self._rest = (self._rest + data)[-5:] if b"\r\n.\r\n" not in data else data
            if self._rest.endswith(b"\r\n.\r\n"):
                self._message, self._rest = False, b""
                self._count[0] += 1
                self._say(b"250 OK\r\n")
            return
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        answers = b"".join(map(self._answer, lines))
        self._say(answers)

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"DATA":
            self._message = True
            return b"354 Go on\r\n"
        if verb == b"EHLO":
            return _OFFERS
        if verb == b"QUIT":
            return b"221 Bye\r\n"
        if verb == b"XSUM":
            return b"250 %d\r\n" % self._count[0]
        return _REPLIES.get(verb, b"502 What\r\n")

    def _say(self, answer: bytes) -> None:
        if self._out is not None:
            self._out.write(answer)


@contextmanager
def sink() -> Iterator[int]:
    """Yield the port on loopback of a relay that counts what it takes (command ``XSUM``)."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        port: int = ours.recv()
        yield port
    finally:
        process.kill()
        process.join()


def _run(port: Connection) -> None:
    asyncio.run(_serve(port))


async def _serve(port: Connection) -> None:
    count = [0]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(count), "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
