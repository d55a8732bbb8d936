"""A relay that takes everything, in a process of its own, as cheap as Python can make one."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

_SPAWN = multiprocessing.get_context("spawn")
_OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250 8BITMIME\r\n"
_REPLIES = {b"MAIL": b"250 OK\r\n", b"RCPT": b"250 OK\r\n", b"RSET": b"250 OK\r\n"}


@dataclass
class _Taken:
    """What the relay has taken."""

    #: Mails by recipient.
    mails: Counter[bytes] = field(default_factory=Counter)
    #: Until when it is down, by the clock of its loop.
    down: float = 0.0


class _Talk(asyncio.Protocol):
    """One connection: commands line by line, and messages up to their final dot."""

    def __init__(self, taken: _Taken, seconds: float) -> None:
        self._taken, self._seconds = taken, seconds
        self._to = b""
        self._rest = b""
        self._message = False
        self._out: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101  what a server makes
        self._out = transport
        if self._is_down():
            return
        transport.write(b"220 sink.example ESMTP\r\n")

    def _is_down(self) -> bool:
        """Drop the connection when the relay is down."""
        down = asyncio.get_running_loop().time() < self._taken.down
        if down and self._out is not None:
            self._out.abort()
        return down

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"X") and self._is_down():
            return
        if self._message:
            # Of a message only the end is of interest.
            self._rest = (self._rest + data)[-5:] if b"\r\n.\r\n" not in data else data
            if self._rest.endswith(b"\r\n.\r\n"):
                self._message, self._rest = False, b""
                self._taken.mails[self._to] += 1
                asyncio.get_running_loop().call_later(self._seconds, self._say, b"250 OK\r\n")
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
        if verb == b"RCPT":
            self._to = line.partition(b"<")[2].partition(b">")[0]
        if verb == b"XSUM":
            return b"250 %d %d\r\n" % (self._taken.mails.total(), len(self._taken.mails))
        if verb == b"XOFF":
            self._taken.down = asyncio.get_running_loop().time() + float(line.split()[1])
            return b"250 OK\r\n"
        return _REPLIES.get(verb, b"502 What\r\n")

    def _say(self, answer: bytes) -> None:
        if self._out is not None:
            self._out.write(answer)


@contextmanager
def sink(*, seconds: float = 0.0) -> Iterator[int]:
    """Yield the port on loopback of a relay that counts what it takes.

    Command ``XSUM`` tells mails and recipients, ``XOFF SECONDS`` lets it be down for a while.
    ``seconds`` is how long it takes to accept a mail.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(theirs, seconds), daemon=True)
    process.start()
    theirs.close()
    try:
        port: int = ours.recv()
        yield port
    finally:
        process.kill()
        process.join()


def _run(port: Connection, seconds: float) -> None:
    asyncio.run(_serve(port, seconds))


async def _serve(port: Connection, seconds: float) -> None:
    taken = _Taken()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(taken, seconds), "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
