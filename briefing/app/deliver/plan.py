"""The plan of a delivery run, what is recorded after each attempt, and refusals."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from briefing.app import bounces
from briefing.core.frozen import frozen
from briefing.core.model import DELIVERED, ONLY_EDITIONS, Bounce, Delivery, DeliveryStatus, MailKind
from briefing.mail.relay import Pace, Rates, Result, ResultKind, bounce_kind, next_try
from briefing.store import Store, Transaction, claims, jobs
from briefing.store.claims import Claimed, Settlement


@frozen
class Envelope:
    """A mail as it is handed to the relay."""

    #: Return path, where bounces go; unique to this delivery.
    sender: str
    recipient: str
    message: bytes


class RelayConnection(Protocol):
    """One connection to the relay, such as :class:`briefing.mail.smtp.RelaySession`."""

    def send(
        self, sender: str, recipient: str, message: bytes, *, ready: Callable[[], object]
    ) -> Result:
        """Hand over one mail; none of its content is sent before ``ready`` has returned."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@frozen
class DeliveryPlan:
    """How editions are delivered."""

    #: Number of simultaneous connections.
    connections: int = 4
    #: Most deliveries that one connection claims at once.
    batch: int = 100
    rates: Rates = field(default_factory=Rates)
    #: Longest time that one mail can take: ``Relay.longest``.
    longest: timedelta = timedelta(minutes=30)
    #: Whether a mail that may have arrived is sent again; otherwise it is held for a person.
    resend: bool = True
    #: Consecutive soft bounces that end a subscription.
    soft_limit: int = 5
    #: Consecutive failures that are blamed on the relay, so that the run pauses.
    patience: int = 10
    #: Consecutive refusals that are blamed on us, so that the run pauses.
    refusals: int = 25
    #: Whether no other process delivers from this store, so that claims of a killed one are free at
    #: once. If several do, each has False, and claims are free when they expire.
    alone: bool = True
    #: Whether something else ends claims together with their job, so that they never expire.
    watched: bool = False
    #: Most deliveries claimed in total; 0: all that are due.
    most: int = 0
    #: Kinds of mail that are sent.
    kinds: frozenset[MailKind] = ONLY_EDITIONS

    @property
    def has_editions(self) -> bool:
        """Whether editions are sent; only these count for refusals and for the sending mark."""
        return self.kinds <= DELIVERED

    @property
    def lease(self) -> timedelta | None:
        """How long a claim lasts: longer than it takes to send a mail that another might claim.

        None: until it is ended.
        """
        return None if self.watched else 2 * self.longest


@frozen
class Dispatch:
    """How mails are made and sent, and which clock is used."""

    #: Makes the mail of one delivery when it is sent; called by several threads at a time. An
    #: InputError refuses only this delivery.
    letters: Callable[[Claimed], Envelope]
    #: Opens a connection, which may connect only when the first mail is sent.
    connect: Callable[[], RelayConnection]
    #: Limits and rates, and what to do in doubt.
    plan: DeliveryPlan
    #: Returns the time, aware UTC.
    clock: Callable[[], datetime]
    #: Waits for a number of seconds.
    sleep: Callable[[float], None] = time.sleep
    #: Returns a random number from 0 to 1.
    chance: Callable[[], float] = random.random
    #: Returns a unique name for a run.
    name: Callable[[], str] = lambda: uuid4().hex
    #: Makes the object that enforces rates.
    pace: Callable[[Rates], Pace | SharedPace] = Pace
    #: Called with each outcome once it is recorded.
    watch: Callable[[Claimed, Result], None] = lambda _claimed, _result: None


@frozen
class Delivered:
    """The result of one run."""

    #: Number of attempts by outcome.
    attempts: Mapping[ResultKind, int]
    #: Why it paused, in one line; empty if all that was due has been tried.
    paused: str = ""
    #: Deliveries held because the store is older than the last mails sent from it.
    suspect: int = 0
    #: Domains whose refusals are retried, one line each.
    refusing: tuple[str, ...] = ()

    @property
    def sent(self) -> int:
        """Number of mails that the relay accepted."""
        return self.attempts.get(ResultKind.SENT, 0)


_Key = tuple[str, str]


class SharedPace:
    """Enforces total and domain limits through the store, and connection limits locally."""

    def __init__(self, store: Store, rates: Rates) -> None:
        self._store, self._pace = store, Pace(rates)

    @property
    def is_free(self) -> bool:
        """Whether there is no limit."""
        return self._pace.is_free

    def first(self, now: float, mails: Sequence[tuple[str, str]]) -> tuple[float, int]:
        """Take the first mail that may be sent, as :meth:`Pace.first` does.

        StoreError: the store failed; nothing was taken.
        """
        keys = {
            key
            for connection, domain in mails
            for key, _ in self._pace.limits(connection, domain)
            if key[0] != "connection"
        }
        names = {key: " ".join(key).strip() for key in keys}
        # Writers block each other, so check with a read whether it is time yet.
        self._recall(names, self._store.look(jobs.read_paces, names.values()))
        waits = [self._pace.wait(now, connection=name, domain=to) for name, to in mails]
        if min(waits) > 0:
            return min((wait, place) for place, wait in enumerate(waits))
        with self._store.write() as tx:
            self._recall(names, jobs.read_paces(tx, names.values()))
            taken = self._pace.first(now, mails)
            if taken[0] <= 0:
                own = self._pace.limits(*mails[taken[1]])
                times = self._pace.times(key for key, _ in own if key in names)
                jobs.keep_paces(tx, {names[key]: due for key, due in times.items()})
        return taken

    def _recall(self, names: dict[_Key, str], known: dict[str, float]) -> None:
        self._pace.recall({key: known[name] for key, name in names.items() if name in known})


@frozen
class AttemptOutcome:
    """The outcome of one attempt to send one delivery."""

    claimed: Claimed
    result: Result
    #: The connection that made it.
    worker: str


def settlement(
    attempt: AttemptOutcome, *, plan: DeliveryPlan, at: datetime, chance: float
) -> Settlement:
    """Return what is recorded for an attempt.

    ``chance`` is a random number from 0 to 1.
    """
    delivery, kind = attempt.claimed.delivery, attempt.result.kind
    doubtful = kind is ResultKind.AMBIGUOUS
    status = {ResultKind.SENT: DeliveryStatus.SENT, ResultKind.REFUSED: DeliveryStatus.REFUSED}.get(
        kind
    )
    if doubtful and (delivery.ambiguous or not plan.resend):
        status = DeliveryStatus.HELD
    again = None
    if status is None:
        again = next_try(delivery.tries + 1, at=at, until=delivery.until, chance=chance)
        status = DeliveryStatus.DUE if again else DeliveryStatus.EXPIRED
    reason = (
        f"given up: {attempt.result}" if status is DeliveryStatus.EXPIRED else str(attempt.result)
    )
    return Settlement(
        delivery.id,
        status,
        at,
        reason=reason,
        again=again,
        ambiguous=doubtful,
        tries=delivery.tries + 1,
        worker=attempt.worker,
    )


#: Time after which a doubted refusal is retried, within the life of its mail.
RETRY = timedelta(minutes=30)


@frozen
class _Refusal:
    delivery: Delivery
    domain: str
    result: Result
    #: Number of the streak of refusals that it belongs to.
    streak: int


class Refusals:
    """The refusals of one run; each mail is due again until the run has ended."""

    def __init__(self, *, limit: int, connections: int) -> None:
        """Begin a run.

        ``limit`` refusals in a row are blamed on us. A streak of refusals ends only with as many
        acceptances in a row as there are ``connections``, since each connection may still report an
        acceptance from before the relay began to refuse everything.
        """
        self._limit, self._connections = limit, connections
        self._held: dict[int, _Refusal] = {}
        self._streak = 0
        self._length: Counter[int] = Counter()
        #: Acceptances, refusals and refusing domains since the last answer of the other kind.
        self._accepted = 0
        self._refused = 0
        self._domains: set[str] = set()
        self._answers = 0

    def note(self, outcome: AttemptOutcome) -> None:
        """Record one answer of the relay; call it in the order in which they come."""
        kind = outcome.result.kind
        if kind is ResultKind.SENT:
            self._answers += 1
            self._accepted += 1
            self._refused = 0
            self._domains.clear()
            if self._accepted == self._connections:
                self._streak += 1
        elif is_answer(outcome.result):
            self._answers += 1
            delivery, domain = (
                outcome.claimed.delivery,
                bounces.domain_of(outcome.claimed.to.address),
            )
            self._held[delivery.id] = _Refusal(delivery, domain, outcome.result, self._streak)
            self._length[self._streak] += 1
            self._accepted = 0
            self._refused += 1
            self._domains.add(domain)

    @property
    def too_many(self) -> int:
        """The number of refusals in a row if it is so high that we must be the cause; else 0.

        If only one provider refuses, the limit is four times as high, for other readers' sake.
        """
        several = len(self._domains) != 1 or self._answers == len(self._held)
        limit = self._limit if several else 4 * self._limit
        return self._refused if self._refused >= limit else 0

    def judge(
        self, tx: Transaction, *, soft_limit: int, at: datetime
    ) -> tuple[str, tuple[str, ...]]:
        """Record the refusals that are believed, and end subscriptions that have too many.

        Return why the relay, or we, must be at fault (empty: neither), and the domains or other
        causes whose refusals are retried, one line each.
        """
        answers = {
            name: [*bounces.answers_of(tx, name)]
            for name in sorted({refusal.delivery.edition for refusal in self._held.values()})
        }
        for refusal in self._held.values():
            refused = bounces.DeliveryResult(refusal.domain, DeliveryStatus.REFUSED)
            answers[refusal.delivery.edition].append(refused)
        by_edition = {name: bounces.health(results) for name, results in answers.items()}
        believed: list[_Refusal] = []
        doubted: list[_Refusal] = []
        for refusal in self._held.values():
            is_own = bounces.is_believed(
                by_edition[refusal.delivery.edition],
                domain=refusal.domain,
                in_a_row=self._length[refusal.streak],
                tries=refusal.delivery.tries + 1,
            )
            (believed if is_own else doubted).append(refusal)
        if believed:
            # Settle them for good; those about the address are bounces as well.
            claims.settle_all(
                tx,
                [
                    Settlement(own.delivery.id, DeliveryStatus.REFUSED, at, reason=str(own.result))
                    for own in believed
                ],
            )
            recorded = []
            for refusal in believed:
                delivery, reason = refusal.delivery, str(refusal.result)
                kind, status = bounce_kind(refusal.result)
                if kind is not None:
                    bounce = Bounce(kind, delivery.edition, delivery.subscriber, at, status, reason)
                    claims.record_bounce(tx, delivery.id, bounce)
                    recorded.append(bounces.RecordedBounce(replace(delivery, done=at), bounce))
            bounces.review(tx, recorded, soft_limit=soft_limit, at=at)
        if not doubted:
            return "", ()
        if self.too_many or not all(
            by_edition[refusal.delivery.edition].sound for refusal in doubted
        ):
            return (
                f"the relay refuses {len(self._held):,} of {self._answers:,}; no subscription was "
                f"ended, and what it refused is tried again; the last: {doubted[-1].result}"
            ), ()
        return "", tuple(_by_domain(doubted))


def is_answer(result: Result) -> bool:
    """Return whether the relay itself has permanently refused a mail."""
    return result.kind is ResultKind.REFUSED and result.code > 0


def provisional(settled: Settlement) -> Settlement:
    """Return what is recorded for a refusal during the run: the mail is due again."""
    return replace(settled, status=DeliveryStatus.DUE, again=settled.at + RETRY)


def _by_domain(doubted: Sequence[_Refusal]) -> list[str]:
    counts = Counter(refusal.domain for refusal in doubted)
    last = {refusal.domain: refusal.result for refusal in doubted}
    if len(counts) > bounces.STREAK:
        words = "in a row were refused; no subscription was ended, and they are tried again"
        return [f"{len(doubted):,} {words}; the last: {doubted[-1].result}"]
    return [
        f"{name} refuses {number:,}; no subscription was ended, and they are tried again; the "
        f"last: {last[name]}"
        for name, number in sorted(counts.items())
    ]
