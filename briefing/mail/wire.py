"""An SMTP connection on which no step takes longer than it may."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time

from briefing.mail.relay import Relay

#: Octets of one reply line (RFC 5321, 4.5.3.1.5 says 512), and lines of one reply.
_LINE = 4_096
_LINES = 100
_CHUNK = 65_536


class ReplyError(Exception):
    """The relay said something that is no SMTP."""


class Wire(smtplib.SMTP):
    """smtplib's connection, with its reading and writing bound to a deadline.

    smtplib's own timeout begins anew with every byte that comes; a relay that sends one a minute
    would hold us for ever.
    """

    def __init__(self, relay: Relay) -> None:
        # The name is given: smtplib would ask the DNS for it.
        super().__init__(local_hostname=relay.called)
        self._relay = relay
        self._rest = b""
        self._deadline = 0.0

    def within(self, seconds: float) -> None:
        """Let all that follows be done in so many seconds from now, or fail with TimeoutError."""
        self._deadline = time.monotonic() + seconds

    def open(self) -> None:
        """Connect; with security "tls" encrypted from the first byte.

        Raises:
            OSError: nobody answers, or (ssl.SSLError) not who should.
        """
        relay = self._relay
        self.sock = socket.create_connection((relay.host, relay.port), self._left())
        # The message and its final dot are two small writes: the second must not wait.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if relay.security == "tls":
            self.encrypt()

    def encrypt(self) -> None:
        """Go on encrypted, with a relay that has proved its name.

        Raises:
            OSError: it has not.
            ReplyError: it said something in the open that would count as said in secret.
        """
        if self._rest:
            raise ReplyError("it went on talking in the open after STARTTLS")
        sock = self._open_socket()
        sock.settimeout(self._left())
        self.sock = self._relay.context().wrap_socket(sock, server_hostname=self._relay.host)
        # What it offered in the open counts no more (RFC 3207, 4.2).
        self.ehlo_resp, self.helo_resp = None, None
        self.esmtp_features, self.does_esmtp = {}, False

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        """Write all of it."""
        left = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        sock = self._open_socket()
        while left:
            sock.settimeout(self._left())
            left = left[sock.send(left[:_CHUNK]) :]

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply: its code, and its words line by line.

        Raises:
            OSError: the connection is lost, or time is over.
            ReplyError: it is no SMTP.
        """
        words: list[bytes] = []
        while len(words) < _LINES:
            line = self._line()
            if not line[:3].isdigit() or line[3:4] not in {b"", b" ", b"-"}:
                raise ReplyError(f"it answered {line[:60]!r}, which is no SMTP")
            words.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(words)
        raise ReplyError("its answer has no end")

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._rest = b""
        super().close()

    def _line(self) -> bytes:
        sock = self._open_socket()
        while b"\n" not in self._rest:
            if len(self._rest) > _LINE:
                raise ReplyError("its answer has a line without end")
            sock.settimeout(self._left())
            more = sock.recv(_LINE)
            if not more:
                raise ConnectionResetError("the connection was closed")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r")

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it did not answer in time")
        return left

    def _open_socket(self) -> socket.socket | ssl.SSLSocket:
        if self.sock is None:
            raise ConnectionResetError("the connection is closed")
        return self.sock
