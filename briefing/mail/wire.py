"""An SMTP connection with a deadline for each step."""

from __future__ import annotations

import smtplib
import socket
import ssl
import struct
import time

from briefing.mail.relay import Relay

#: Octets of one reply line (RFC 5321, 4.5.3.1.5 says 512), and lines of one reply.
_LINE = 4_096
_LINES = 100
_CHUNK = 65_536
_LATE = "it did not answer in time"


class ReplyError(Exception):
    """The relay sent something that is not SMTP."""


class Wire(smtplib.SMTP):
    """smtplib's connection, with reading and writing bound to a deadline.

    smtplib's own timeout restarts with every byte received; a relay that sends one a minute would
    block us for ever.
    """

    def __init__(self, relay: Relay) -> None:
        # Without a name smtplib would look one up in the DNS.
        super().__init__(local_hostname=relay.helo_name)
        self._relay = relay
        self._rest = b""
        self._deadline = 0.0

    def within(self, seconds: float) -> None:
        """Set a deadline for all that follows; TimeoutError is raised after so many seconds."""
        self._deadline = time.monotonic() + seconds

    def open(self) -> None:
        """Connect; with security "tls" encrypted from the first byte.

        Raises:
            OSError: no answer, or (ssl.SSLError) the certificate is not valid.
        """
        relay = self._relay
        self.sock = socket.create_connection((relay.host, relay.port), self._left())
        # The message and its final dot are two small writes: the second must not wait.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(None)
        if relay.security == "tls":
            self.encrypt()

    def encrypt(self) -> None:
        """Start TLS with a relay whose certificate is valid.

        Raises:
            OSError: it is not.
            ReplyError: the relay sent plaintext that would be taken for encrypted replies.
        """
        if self._rest:
            raise ReplyError("it sent plaintext after STARTTLS")
        sock = self._open_socket()
        sock.settimeout(self._left())
        self.sock = self._relay.context().wrap_socket(sock, server_hostname=self._relay.host)
        # What it offered in plaintext is void (RFC 3207, 4.2).
        self.ehlo_resp, self.helo_resp = None, None
        self.esmtp_features, self.does_esmtp = {}, False

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        """Send all bytes."""
        left = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        sock = self._open_socket()
        while left:
            self._bound(socket.SO_SNDTIMEO)
            try:
                left = left[sock.send(left[:_CHUNK]) :]
            except BlockingIOError:
                raise TimeoutError(_LATE) from None

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply: its code, and its text line by line.

        Raises:
            OSError: the connection is lost, or the deadline has passed.
            ReplyError: it is not SMTP.
        """
        lines: list[bytes] = []
        while len(lines) < _LINES:
            line = self._line()
            if not line[:3].isdigit() or line[3:4] not in {b"", b" ", b"-"}:
                raise ReplyError(f"it answered {line[:60]!r}, which is not SMTP")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)
        raise ReplyError("its reply has no end")

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._rest = b""
        super().close()

    def _line(self) -> bytes:
        sock = self._open_socket()
        while b"\n" not in self._rest:
            if len(self._rest) > _LINE:
                raise ReplyError("its reply has a line without end")
            self._bound(socket.SO_RCVTIMEO)
            try:
                more = sock.recv(_LINE)
            except BlockingIOError:
                raise TimeoutError(_LATE) from None
            if not more:
                raise ConnectionResetError("the connection was closed")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r")

    def _bound(self, option: int) -> None:
        """Let the next operation end at the deadline.

        The kernel keeps the time of a plain connection: Python would ask twice, before it reads or
        writes and then again, and other threads run between.
        """
        left = self._left()
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(left)
        elif self.sock is not None:
            seconds, part = divmod(left, 1)
            timeval = struct.pack("ll", int(seconds), int(part * 1e6) or 1)
            self.sock.setsockopt(socket.SOL_SOCKET, option, timeval)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(_LATE)
        return left

    def _open_socket(self) -> socket.socket | ssl.SSLSocket:
        if self.sock is None:
            raise ConnectionResetError("the connection is closed")
        return self.sock
