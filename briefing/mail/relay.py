"""The relay that we send mail through, and the result of one attempt."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from briefing.core.errors import SettingsError

#: How the connection is encrypted and the relay authenticated.
Security = Literal["starttls", "tls", "none"]


class Stage(StrEnum):
    """Steps of an SMTP session, in order."""

    CONNECT = "connecting"
    GREETING = "the greeting"
    TLS = "TLS"
    AUTH = "logging in"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    #: The message is being sent, without the final dot.
    BODY = "the message"
    #: The dot has been sent: from here on the relay may have accepted it.
    DOT = "the final dot"


class ResultKind(StrEnum):
    """Outcomes of one attempt."""

    #: The relay has accepted it.
    SENT = "sent"
    #: The relay refused it for now (4xx).
    LATER = "later"
    #: The relay refused it for good (5xx).
    REFUSED = "refused"
    #: The connection was lost before the final dot: not sent, to be retried.
    DROPPED = "dropped"
    #: The connection was lost after the final dot: it may have been sent.
    AMBIGUOUS = "ambiguous"
    #: Nothing can be sent to anybody now; the recipient is not the cause.
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one attempt, and the reply of the relay."""

    kind: ResultKind
    stage: Stage
    #: SMTP reply code; 0 without a reply.
    code: int = 0
    #: Text of the reply or of the error; one line, without control characters.
    detail: str = ""

    def __str__(self) -> str:
        text = f"{self.code} {self.detail}" if self.code else self.detail
        return f"{text.strip()} (at {self.stage})"


@dataclass(frozen=True, slots=True)
class Relay:
    """The SMTP server that mail is sent through.

    Raises:
        SettingsError: mail would travel unencrypted, or a number is out of range.
    """

    host: str
    #: 587 with STARTTLS, 465 with TLS (RFC 8314).
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    #: Our name in EHLO, such as the name of the machine.
    helo_name: str = "localhost"
    #: Seconds to connect, TLS and login included.
    connect_seconds: float = 30.0
    #: Seconds for the reply to a command. RFC 5321, 4.5.3.2 asks a relay's own clients for 5
    #: minutes; this is the operator's own relay, which replies at once.
    answer_seconds: float = 60.0
    #: Seconds to send the message, from its first byte to its last.
    body_seconds: float = 180.0
    #: Seconds for the reply to the final dot: 10 minutes by RFC 5321, 4.5.3.2.6, since giving up
    #: earlier sends duplicates.
    dot_seconds: float = 600.0
    #: Mails after which the connection is renewed; Postfix and others close it after 100.
    renew_after: int = 100
    #: Whether mail may travel unencrypted to another machine.
    allow_plain: bool = False
    #: Trusted certificates; None: those this machine trusts.
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        plain = self.security == "none" and not self.allow_plain
        if plain and not is_here(self.host):
            raise SettingsError(
                f"relay {self.host[:100]!a}: without TLS mail and password travel "
                'unencrypted; set security to "starttls" or "tls"'
            )
        if not (0 < self.port < 65536 and self.renew_after > 0):
            raise SettingsError(
                f"relay {self.host[:100]!a}: port must be 1 to 65535, renew_after at least 1"
            )

    @property
    def longest(self) -> float:
        """Seconds that one mail can take at most, with one reconnection."""
        once = self.connect_seconds + 4 * self.answer_seconds + self.body_seconds
        return 2 * once + self.dot_seconds

    @property
    def label(self) -> str:
        """Name of the relay in messages."""
        return f"relay {self.host[:100]}:{self.port}"

    def context(self) -> ssl.SSLContext:
        """Return the TLS context that checks the certificate and host name of the relay."""
        return self.trust or ssl.create_default_context()


def is_here(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
