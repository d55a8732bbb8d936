"""The relay that takes our mails over, and what it answers to one."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from briefing.core.errors import SettingsError

#: How the connection is kept secret and the relay proves who it is.
Security = Literal["starttls", "tls", "none"]


class Stage(StrEnum):
    """How far a mail had come, in this order."""

    CONNECT = "connecting"
    GREETING = "the greeting"
    TLS = "TLS"
    AUTH = "logging in"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    #: The message is on its way, without the dot that ends it.
    BODY = "the message"
    #: The dot has been sent: from here on the relay may have taken it over.
    DOT = "the final dot"


class ResultKind(StrEnum):
    """What became of one attempt."""

    #: The relay has taken it over.
    SENT = "sent"
    #: It does not want it now (4xx).
    LATER = "later"
    #: It does not want it at all (5xx).
    REFUSED = "refused"
    #: The connection was lost before the final dot: not sent, to be tried again.
    DROPPED = "dropped"
    #: The connection was lost after the final dot: nobody knows.
    AMBIGUOUS = "ambiguous"
    #: Nothing can be sent now, to nobody; no subscriber is to blame.
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one attempt, and what the relay said."""

    kind: ResultKind
    stage: Stage
    #: SMTP reply code; 0 without an answer.
    code: int = 0
    #: One line, without control characters.
    words: str = ""

    def __str__(self) -> str:
        said = f"{self.code} {self.words}" if self.code else self.words
        return f"{said.strip()} (at {self.stage})"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mails are handed over, and how.

    Raises:
        SettingsError: mails would travel in the open, or a number makes no sense.
    """

    host: str
    #: 587 with STARTTLS, 465 with TLS (RFC 8314).
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    #: How we call ourselves, such as the name of the machine.
    called: str = "localhost"
    #: Seconds until a connection stands, TLS and login included.
    connect_seconds: float = 30.0
    #: Seconds for an answer to a command. RFC 5321, 4.5.3.2 asks for 5 minutes of a relay's own
    #: clients; what we speak to is the operator's own relay, which answers at once.
    answer_seconds: float = 60.0
    #: Seconds from the begin of the message to its last byte.
    body_seconds: float = 180.0
    #: Seconds for the answer to the final dot: 10 minutes by RFC 5321, 4.5.3.2.6, since giving up
    #: earlier makes doubles.
    dot_seconds: float = 600.0
    #: Mails after which a connection is made anew; Postfix and others end it after 100.
    renew_after: int = 100
    #: Mails may travel in the open to a host that is not this machine.
    allow_plain: bool = False
    #: Whom to trust; None: what this machine trusts.
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        plain = self.security == "none" and not self.allow_plain
        if plain and not _is_here(self.host):
            raise SettingsError(
                f"relay {self.host[:100]!a}: without TLS everybody on the way can read mails and "
                'password; set security to "starttls" or "tls"'
            )
        if not (0 < self.port < 65536 and self.renew_after > 0):
            raise SettingsError(f"relay {self.host[:100]!a}: port or renew_after makes no sense")

    @property
    def longest(self) -> float:
        """Seconds that one mail can take at most, with the connection made anew on the way."""
        once = self.connect_seconds + 4 * self.answer_seconds + self.body_seconds
        return 2 * once + self.dot_seconds

    @property
    def shown(self) -> str:
        """For messages."""
        return f"relay {self.host[:100]}:{self.port}"

    def context(self) -> ssl.SSLContext:
        """Return what checks the relay's certificate and name."""
        return self.trust or ssl.create_default_context()


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
