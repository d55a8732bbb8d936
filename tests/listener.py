"""A real HTTP server on loopback that takes what is posted to it, and ports nobody listens at."""

import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Posted:
    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class Listener:
    """What came in, and what is answered: a status each, the last for ever; 0 hangs up."""

    port: int = 0
    answers: list[int] = field(default_factory=lambda: [204])
    #: Seconds before an answer, unless the test ends first.
    slow: float = 0.0
    location: str = ""
    posted: list[Posted] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/T0/secret?key=1"


@contextmanager
def listening(
    *answers: int,
    tls: ssl.SSLContext | None = None,
    heard: Callable[[Posted], None] = lambda _posted: None,
) -> Iterator[Listener]:
    """Listen; ``heard`` is called with what came in, before it is answered."""
    listener = Listener(answers=list(answers) or [204])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.posted.append(Posted(self.command, self.path, self.headers, body))
            heard(listener.posted[-1])
            listener.over.wait(listener.slow)
            left = listener.answers
            status = left.pop(0) if len(left) > 1 else left[0]
            if status:
                self.send_response(status)
                self.send_header("Location", listener.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_GET = do_POST  # noqa: N815  the name is that of http.server

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    listener.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield listener
    finally:
        listener.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    """Return a port that stays free: below those that any process gets that asks for none."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.SystemRandom().randrange(lowest // 2, lowest)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
