"""What a delivery run is given, and what it brings."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from briefing.core.model import ONLY_EDITIONS, MailKind
from briefing.mail.pace import Pace, Rates
from briefing.mail.relay import Result, ResultKind
from briefing.store.claims import Claimed


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as it is handed to the relay."""

    #: Where bounces go; of this delivery alone.
    sender: str
    recipient: str
    message: bytes


class RelayConnection(Protocol):
    """One connection to the relay, such as :class:`briefing.mail.smtp.RelaySession`."""

    def send(self, sender: str, recipient: str, message: bytes) -> Result:
        """Hand one mail over."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class Pacing(Protocol):
    """Decides which mail may be sent when, such as :class:`briefing.mail.pace.Pace`."""

    @property
    def is_free(self) -> bool:
        """Whether there is no limit."""
        ...

    def first(self, now: float, mails: Sequence[tuple[str, str]]) -> tuple[float, int]:
        """Take the first mail that may be sent, as :meth:`briefing.mail.pace.Pace.first` does."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """How editions are delivered."""

    #: Connections at the same time.
    connections: int = 4
    #: Deliveries that one connection claims at once.
    batch: int = 50
    rates: Rates = field(default_factory=Rates)
    #: Longest time that one mail can take: ``Relay.longest``.
    longest: timedelta = timedelta(minutes=30)
    #: Whether a mail that may have arrived is sent once more; else it is held for a person.
    resend: bool = True
    #: Bounces in a row after which a subscription ends.
    soft_limit: int = 5
    #: Mails that fail in a row after which it must be the relay, and the run pauses.
    patience: int = 10
    #: Refusals in a row after which it must be us, and the run pauses.
    refusals: int = 25
    #: No other process delivers from this store: what a killed one had claimed is free at once.
    #: With several processes on one store each has False, and claims are free when they run out.
    alone: bool = True
    #: Others see to it that claims end with their job, so that no clock ends them.
    watched: bool = False
    #: How many deliveries are claimed in all; 0: all that are due.
    most: int = 0
    #: Which mails are sent: editions, or others.
    kinds: frozenset[MailKind] = ONLY_EDITIONS

    @property
    def has_editions(self) -> bool:
        """Whether what is sent is about the sending of editions."""
        return MailKind.EDITION in self.kinds

    @property
    def lease(self) -> timedelta | None:
        """For how long a claim lasts: no mail is still being sent when another may take it.

        None: until it is ended.
        """
        return None if self.watched else 2 * self.longest


def _new_name() -> str:
    return uuid4().hex


def _unwatched(_claimed: Claimed, _result: Result) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Dispatch:
    """How mails are made and sent, and by which clock."""

    #: Makes the mail of one delivery when it is sent; called in several threads at a time. An
    #: InputError refuses this one delivery.
    letters: Callable[[Claimed], Envelope]
    #: Makes a connection, which may really connect when the first mail is sent.
    connect: Callable[[], RelayConnection]
    #: How many at once, how fast, and what to do in doubt.
    plan: DeliveryPlan
    #: Now, aware UTC.
    clock: Callable[[], datetime]
    #: Waits for so many seconds.
    sleep: Callable[[float], None] = time.sleep
    #: 0 to 1, at random.
    chance: Callable[[], float] = random.random
    #: Names a run as no other is.
    name: Callable[[], str] = _new_name
    #: Makes what keeps the rates.
    pace: Callable[[Rates], Pacing] = Pace
    #: Told each outcome when it has been recorded.
    watch: Callable[[Claimed, Result], None] = _unwatched


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run brought."""

    #: Attempts by what became of them.
    attempts: Mapping[ResultKind, int]
    #: Why it paused, one line; empty when all that was due has been tried.
    paused: str = ""
    #: Deliveries held because the store is older than what was sent from it.
    suspect: int = 0
    #: Which domains refuse what is tried again, one line each.
    refusing: tuple[str, ...] = ()

    @property
    def sent(self) -> int:
        """Mails that the relay took over."""
        return self.attempts.get(ResultKind.SENT, 0)
