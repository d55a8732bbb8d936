"""Relays on loopback: a real one, and one that fails at a given step in a given way."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from typing import Any, TypeAlias

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from briefing.mail.relay import Relay, Result
from briefing.mail.smtp import RelaySession
from tests.waiting import PATIENCE

HOST = "127.0.0.1"
PASSWORD = "hush"  # noqa: S105  of a relay on loopback


def text_of(message: bytes, kind: str = "plain") -> str:
    body = message_from_bytes(message, policy=default).get_body((kind,))
    assert body
    return str(body.get_content())


#: Port of a relay, and what it takes over.
Sink: TypeAlias = "tuple[int, list[Taken]]"


@dataclass(slots=True)
class Taken:
    sender: str
    recipient: str
    message: bytes
    #: Number of the connection it came by, from 1; 0: unknown.
    connection: int = 0
    #: When all of it was there, in seconds of the clock that only runs forward.
    at: float = field(default_factory=time.monotonic)

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.message, policy=default)

    @property
    def id(self) -> str:
        return str(self.mail["Message-ID"])

    def text(self, kind: str = "plain") -> str:
        return text_of(self.message, kind)


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def proof(name: str = HOST) -> ssl.SSLContext:
    """Return the context of a server that proves a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(name).configure_cert(context)
    return context


def trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


def sending(port: int) -> str:
    """Return the settings of a desk that sends over a relay on loopback."""
    return f'''[mail]
sender = "news@desk.example"
host = "127.0.0.1"
port = {port}
security = "none"'''


def relay(port: int, **changes: Any) -> Relay:  # noqa: ANN401  settings of a relay
    """Return settings for a relay on loopback: unencrypted unless told, and patient."""
    settings: dict[str, Any] = {
        "security": "none",
        "connect_seconds": PATIENCE,
        "answer_seconds": PATIENCE,
        "body_seconds": PATIENCE,
        "dot_seconds": PATIENCE,
        "trust": trust() if changes.get("security", "none") != "none" else None,
    }
    return Relay(HOST, port, **{**settings, **changes})


class _Sink:
    def __init__(self, taken: list[Taken]) -> None:
        self._taken = taken

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        sender = envelope.mail_from or ""
        self._taken.extend(Taken(sender, to, envelope.content) for to in envelope.rcpt_tos)
        return "250 2.0.0 Taken"


def _allow(
    _server: object, _session: object, _envelope: object, _how: object, who: object
) -> AuthResult:
    success = isinstance(who, LoginPassword) and who.password == PASSWORD.encode()
    return AuthResult(success=success, handled=False)


@contextmanager
def real(**options: Any) -> Iterator[Sink]:  # noqa: ANN401  of aiosmtpd
    """Run aiosmtpd; yield its port and what it takes over."""
    taken: list[Taken] = []
    controller = _Controller(
        _Sink(taken), hostname=HOST, authenticator=_allow, ready_timeout=PATIENCE, **options
    )
    controller.start()
    try:
        yield controller.port, taken
    finally:
        controller.stop()


class _Controller(Controller):
    """Listens at a port that nobody else can take in between."""

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        listener = socket.create_server((self.hostname, 0))
        self.port = listener.getsockname()[1]
        return self.loop.create_server(self._factory_invoker, sock=listener)


@dataclass(frozen=True, slots=True)
class At:
    """Where a conversation stands when the relay may fail."""

    #: A command, or "greeting", "body", "dot" (all of it is there), "after" (it was taken over).
    step: str
    #: Of this mail: 1 for the first since the relay runs, and on its connection.
    mail: int
    here: int
    #: The recipient; empty before RCPT TO.
    to: str = ""


#: What the relay does there: a reply instead of its own; "drop" the connection; "take and drop",
#: after taking the mail over; "stall" until the client goes; "drip" a byte of a reply now and then.
Fault = Callable[[At], str]


def fine(_at: At) -> str:
    return ""


class _GoneError(Exception):
    pass


@dataclass(slots=True)
class Faulty:
    """A relay that fails as a function decides."""

    fault: Fault = fine
    offers: tuple[str, ...] = ("8BITMIME",)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    taken: list[Taken] = field(default_factory=list)
    #: Commands as received.
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    mails: int = 0
    port: int = 0
    _server: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)
    _talks: list[_Talk] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Faulty]:
        self._server = socket.create_server((HOST, 0))
        self.port = self._server.getsockname()[1]
        self._start(self._accept)
        try:
            yield self
        finally:
            self._over.set()
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            for talk in self._talks:
                talk.cut()
            for thread in self._threads:
                thread.join(PATIENCE)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        assert self._server is not None
        while not self._over.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        talk = _Talk(self, connection, number)
        self._talks.append(talk)
        if self.over:
            talk.cut()
        with suppress(_GoneError, OSError):
            if self.implicit and self.tls:
                talk.encrypt(self.tls)
            talk.run()
        talk.close()

    @property
    def over(self) -> bool:
        return self._over.is_set()


class _Talk:
    def __init__(self, relay: Faulty, connection: socket.socket, number: int) -> None:
        self._relay, self._number = relay, number
        self._socket = connection
        self._socket.settimeout(PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = connection.makefile("rb")
        self._here = 0
        self._sender = self._to = ""

    def cut(self) -> None:
        """End what it waits for, from another thread."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._socket.close()

    def encrypt(self, context: ssl.SSLContext) -> None:
        self._file.close()
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._file = self._socket.makefile("rb")

    def run(self) -> None:
        self._say("greeting", "220 relay.example ESMTP")
        while line := self._file.readline():
            verb, space, rest = line.decode("utf-8", "replace").strip().partition(" ")
            verb = verb.upper()
            command = f"{verb}{space}{rest}"
            self._relay.commands.append(command)
            if verb == "QUIT":
                self._say("QUIT", "221 Bye")
                return
            getattr(self, f"_{verb.lower()}", self._other)(command)

    def _other(self, _words: str) -> None:
        self._send("250 OK")

    def _ehlo(self, _words: str) -> None:
        offers = [*self._relay.offers]
        if self._relay.tls and not isinstance(self._socket, ssl.SSLSocket):
            offers.append("STARTTLS")
        lines = ["relay.example", *offers]
        marks = ["-"] * (len(lines) - 1) + [" "]
        whole = "\r\n".join(f"250{mark}{line}" for mark, line in zip(marks, lines, strict=True))
        self._say("EHLO", whole)

    def _starttls(self, _words: str) -> None:
        if self._say("STARTTLS", "220 Go on"):
            assert self._relay.tls is not None
            self.encrypt(self._relay.tls)

    def _auth(self, _words: str) -> None:
        self._say("AUTH", "235 Welcome")

    def _mail(self, command: str) -> None:
        self._relay.mails += 1
        self._here += 1
        match = re.search("<(.*)>", command)
        self._sender = match[1] if match else ""
        self._say("MAIL", "250 OK")

    def _rcpt(self, command: str) -> None:
        match = re.search("<(.*)>", command)
        self._to = match[1] if match else ""
        self._say("RCPT", "250 OK")

    def _data(self, _words: str) -> None:
        if not self._say("DATA", "354 Go on"):
            return
        lines = []
        for line in iter(self._file.readline, b".\r\n"):
            if not line or self._act("body"):
                raise _GoneError
            lines.append(line.removeprefix(b"."))
        if not lines:
            self._send("554 No valid recipients")
            return
        taken = Taken(self._sender, self._to, b"".join(lines), self._number)
        doing = self._act("dot", take=taken)
        if not doing:
            self._relay.taken.append(taken)
            self._send("250 2.0.0 Taken")
            if self._act("after"):
                raise _GoneError

    def _say(self, step: str, reply: str) -> bool:
        """Answer at a step; tell whether it was the relay's own answer."""
        if self._act(step):
            return False
        self._send(reply)
        return True

    def _act(self, step: str, *, take: Taken | None = None) -> bool:
        """Do what the function decides for a step; tell whether that was anything."""
        relay = self._relay
        doing = relay.fault(At(step, relay.mails, self._here, self._to))
        if doing == "take and drop" and take:
            relay.taken.append(take)
        if doing.endswith("drop"):
            raise _GoneError
        if doing in {"stall", "drip"}:
            self._hold(drip=doing == "drip")
        if doing:
            self._send(doing)
            if doing.startswith("421"):
                raise _GoneError
        return bool(doing)

    def _hold(self, *, drip: bool) -> None:
        self._socket.settimeout(0.02)
        while not self._relay.over:
            if drip:
                self._socket.sendall(b"2")
            try:
                if not self._socket.recv(1):
                    break
            except TimeoutError:
                continue
        raise _GoneError

    def _send(self, reply: str) -> None:
        self._socket.sendall(reply.encode() + b"\r\n")


SENDER = "bounce+1@desk.example"
READER = "r.sund@courier.example"
MESSAGE = b"Subject: Ostra\r\nMessage-ID: <1@desk.example>\r\n\r\nTwo berths.\r\n.\r\n..\r\n"


def send(session: RelaySession, to: str = READER, message: bytes = MESSAGE) -> Result:
    return session.send(SENDER, to, message)


def once(step: str, doing: str, *, mail: int = 1) -> Callable[[At], str]:
    return lambda at: doing if at.step == step and at.mail == mail else ""


def always(step: str, doing: str) -> Callable[[At], str]:
    return lambda at: doing if at.step == step else ""


@contextmanager
def talking(
    *,
    fault: Fault = fine,
    offers: tuple[str, ...] = ("8BITMIME",),
    **own: Any,  # noqa: ANN401  settings of a relay
) -> Iterator[tuple[Faulty, RelaySession]]:
    """Run a relay that may fail and open a session with it; ``own`` are its TLS and settings."""
    tls = own.pop("tls", None)
    with (
        Faulty(fault, offers, tls).running() as there,
        RelaySession(relay(there.port, **own)) as session,
    ):
        yield there, session
