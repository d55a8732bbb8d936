"""The relay: the result of an attempt, what a reply means, when to retry, and rate limits."""

import ipaddress
import ssl
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from briefing.core.errors import SettingsError
from briefing.core.frozen import frozen
from briefing.core.model import BounceKind
from briefing.mail.report import judge, status_in

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
    #: For a message other than mail, whatever its service does.
    CHANNEL = "the channel"


class ResultKind(StrEnum):
    """Outcomes of one attempt."""

    #: The relay has accepted it.
    SENT = "sent"
    #: The relay refused it temporarily (4xx).
    LATER = "later"
    #: The relay refused it permanently (5xx).
    REFUSED = "refused"
    #: The connection was lost before the final dot: not sent, to be retried.
    DROPPED = "dropped"
    #: The connection was lost after the final dot: it may have been sent.
    AMBIGUOUS = "ambiguous"
    #: Nothing can be sent to anyone now; the recipient is not the cause.
    PAUSE = "pause"


@frozen
class Result:
    """The outcome of one attempt, with the relay's reply."""

    kind: ResultKind
    stage: Stage
    #: SMTP reply code; 0 if there was no reply.
    code: int = 0
    #: Text of the reply or of the error; one line, without control characters.
    detail: str = ""

    def __str__(self) -> str:
        text = f"{self.code} {self.detail}" if self.code else self.detail
        return f"{text.strip()} (at {self.stage})"


@frozen
class Relay:
    """The SMTP server that mail is sent through.

    SettingsError: mail would travel unencrypted, or a number is out of range.
    """

    host: str
    #: 587 with STARTTLS, 465 with TLS (RFC 8314).
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    #: Our name in EHLO, such as the host name.
    helo_name: str = "localhost"
    #: Seconds to connect, including TLS and login.
    connect_seconds: float = 30.0
    #: Seconds for the reply to a command. RFC 5321, 4.5.3.2 recommends 5 minutes, but this is the
    #: operator's own relay, which replies at once.
    answer_seconds: float = 60.0
    #: Seconds to send the message, from its first byte to its last.
    body_seconds: float = 180.0
    #: Seconds for the reply to the final dot: 10 minutes by RFC 5321, 4.5.3.2.6, since giving up
    #: earlier causes duplicates.
    dot_seconds: float = 600.0
    #: Mails after which to reconnect; Postfix and others close a connection after 100.
    renew_after: int = 100
    #: Whether mail may travel unencrypted to another machine.
    allow_plain: bool = False
    #: Trusted certificates; None for those that this machine trusts.
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
        """Most seconds that one mail can take, including one reconnection."""
        once = self.connect_seconds + 4 * self.answer_seconds + self.body_seconds
        return 2 * once + self.dot_seconds

    @property
    def label(self) -> str:
        """Name of the relay for messages."""
        return f"relay {self.host[:100]}:{self.port}"

    def context(self) -> ssl.SSLContext:
        """Return the TLS context that checks the certificate and host name of the relay."""
        return self.trust or ssl.create_default_context()


def is_here(host: str) -> bool:
    """Tell whether a host name always means the machine itself."""
    if host.rstrip(".") == "localhost" or host.endswith((".localhost", ".localhost.")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


#: A minute after the first try: greylisting accepts a retry after one to five minutes
#: (RFC 6647, 4.3).
_FIRST_WAIT = timedelta(minutes=1)
#: RFC 5321, 4.5.4.1 recommends at least 30 minutes between later tries.
_LONGEST_WAIT = timedelta(minutes=30)
#: Jitter, as a share of the wait, so that retries spread out.
_SPREAD = 0.2
#: Most doublings; no wait needs more.
_DOUBLINGS = 10


def next_try(tries: int, *, at: datetime, until: datetime, chance: float) -> datetime | None:
    """Return when to retry a mail that was not accepted; None if it expires before.

    ``tries`` counts from 1; ``chance`` is a random number from 0 to 1.
    """
    doubled = _FIRST_WAIT * 2 ** min(max(tries, 1) - 1, _DOUBLINGS)
    wait = min(doubled, _LONGEST_WAIT) * (1 + _SPREAD * (2 * chance - 1))
    again = at + wait
    return again if again < until else None


def bounce_kind(result: Result) -> tuple[BounceKind | None, str]:
    """Return what a refusal says about the address, or None, and the enhanced status.

    Policy and spam (5.7.x) and content (5.6.x) concern us and our mail, unless the text says that
    the address is dead.
    """
    status = status_in(f"{result.code} {result.detail}")
    kind = judge(status, result.detail, permanent=result.kind is ResultKind.REFUSED)
    about_us = kind is BounceKind.SOFT and status.startswith(("5.6.", "5.7."))
    return (None if about_us or result.code == 0 else kind), status


#: Burst allowed after a pause, in seconds of mails. Without it, each late wake-up would slow the
#: run; with more, the rate could be noticeably exceeded within a second.
_SLACK = 0.05
#: Most domains and connections remembered; the least recently used is dropped first.
_CAPACITY = 10_000
#: Seconds by which the clock may be set back before waiting times are reset.
_CLOCK_STEP = 5.0


@frozen
class Rates:
    """Mails per second; 0 for unlimited."""

    overall: float = 0.0
    by_connection: float = 0.0
    by_domain: float = 0.0


class Pace:
    """Decides when the next mail may be sent.

    Implements the virtual scheduling form of the generic cell rate algorithm (ITU-T I.371, annex
    A), which stores one number for each limit and is exact over any period.
    """

    def __init__(self, rates: Rates, *, capacity: int = _CAPACITY) -> None:
        self._rates, self._capacity = rates, capacity
        # Theoretical time of the next mail at exactly the rate; most recently used last.
        self._next: OrderedDict[tuple[str, str], float] = OrderedDict()

    @property
    def is_free(self) -> bool:
        """Whether there is no limit."""
        return self._rates == Rates()

    def wait(self, now: float, *, connection: str, domain: str) -> float:
        """Return the seconds until a mail may be sent, 0 if now; ``now`` is of any steady clock."""
        limits = self.limits(connection, domain)
        return max(
            (max(now, self._due(key, rate, now) - _SLACK) - now for key, rate in limits),
            default=0.0,
        )

    def take(self, now: float, *, connection: str, domain: str) -> None:
        """Record that a mail is sent now."""
        for key, rate in self.limits(connection, domain):
            due = max(now, self._due(key, rate, now))
            self._next[key] = due + 1 / rate
            self._next.move_to_end(key)
        while len(self._next) > self._capacity:
            self._next.popitem(last=False)

    def first(self, now: float, mails: Sequence[tuple[str, str]]) -> tuple[float, int]:
        """Take the first of some mails, given as connection and domain, that may be sent now.

        There must be at least one.

        Returns:
            0 and the place of the mail taken; or the seconds until one may be sent, and its place.
        """
        shortest = (float("inf"), 0)
        for place, (connection, domain) in enumerate(mails):
            wait = self.wait(now, connection=connection, domain=domain)
            if wait <= 0:
                self.take(now, connection=connection, domain=domain)
                return 0.0, place
            shortest = min(shortest, (wait, place))
        return shortest

    def recall(self, times: Mapping[tuple[str, str], float]) -> None:
        """Adopt the times of limits that are shared with others."""
        self._next.update(times)

    def times(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return the times of those limits that have one."""
        return {key: self._next[key] for key in keys if key in self._next}

    def limits(self, connection: str, domain: str) -> list[tuple[tuple[str, str], float]]:
        """Return the limits that apply to a mail, with their rates."""
        rates = self._rates
        limits = [
            (("overall", ""), rates.overall),
            (("connection", connection), rates.by_connection),
            (("domain", domain.lower()), rates.by_domain),
        ]
        return [(key, rate) for key, rate in limits if rate > 0]

    def _due(self, key: tuple[str, str], rate: float, now: float) -> float:
        due = self._next.get(key, now)
        # Nothing can be due later than one mail ahead, unless the clock was set back.
        return due if due - now <= 1 / rate + _CLOCK_STEP else now
