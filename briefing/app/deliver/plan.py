"""What a delivery run is given, what is recorded after each attempt, and refusals."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from briefing.app import bounces
from briefing.core.model import DELIVERED, ONLY_EDITIONS, Bounce, Delivery, DeliveryStatus, MailKind
from briefing.mail.relay import Pace, Rates, Result, ResultKind, bounce_kind, next_try
from briefing.store import Store, Transaction, claims, jobs
from briefing.store.claims import Claimed, Settlement


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as it is handed to the relay."""

    #: Where bounces go; of this delivery alone.
    sender: str
    recipient: str
    message: bytes


class RelayConnection(Protocol):
    """One connection to the relay, such as :class:`briefing.mail.smtp.RelaySession`."""

    def send(
        self, sender: str, recipient: str, message: bytes, *, ready: Callable[[], object]
    ) -> Result:
        """Hand one mail over; of its message nothing leaves before ``ready`` has returned."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """How editions are delivered."""

    #: Connections at the same time.
    connections: int = 4
    #: Deliveries that one connection claims at once, at most.
    batch: int = 100
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
        return self.kinds <= DELIVERED

    @property
    def lease(self) -> timedelta | None:
        """For how long a claim lasts: no mail is still being sent when another may take it.

        None: until it is ended.
        """
        return None if self.watched else 2 * self.longest


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
    name: Callable[[], str] = lambda: uuid4().hex
    #: Makes what keeps the rates.
    pace: Callable[[Rates], Pace | SharedPace] = Pace
    #: Told each outcome when it has been recorded.
    watch: Callable[[Claimed, Result], None] = lambda _claimed, _result: None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run brought."""

    #: Attempts by outcome.
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


_Key = tuple[str, str]


class SharedPace:
    """Keeps the limits over all and by domain in the store; that of a connection is its own."""

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
        # Writers wait for each other: whether it is time yet is seen without.
        with self._store.read() as tx:
            self._recall(names, jobs.read_paces(tx, names.values()))
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


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """The outcome of one attempt to send one delivery."""

    claimed: Claimed
    result: Result
    #: Who made it.
    worker: str


def settlement(
    attempt: AttemptOutcome, *, plan: DeliveryPlan, at: datetime, chance: float
) -> Settlement:
    """Return what is recorded.

    ``chance`` is 0 to 1, at random.
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


#: After what time a refusal that is not believed is tried again, within the life of its mail.
RETRY = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class _Refusal:
    delivery: Delivery
    domain: str
    result: Result
    #: The streak of refusals that it belongs to.
    streak: int


class Refusals:
    """The refusals of one run: each is due again until the run has ended."""

    def __init__(self, *, limit: int, connections: int) -> None:
        """Begin a run.

        Each connection may have had a mail under way when the relay began to refuse all, and report
        it late: only as many acceptances, with no refusal between, end a streak of refusals. From
        ``limit`` refusals in a row on it must be us.
        """
        self._limit, self._connections = limit, connections
        self._held: dict[int, _Refusal] = {}
        self._streak = 0
        self._length: Counter[int] = Counter()
        #: Acceptances, refusals and domains that refuse, since the last answer of the other kind.
        self._accepted = 0
        self._refused = 0
        self._domains: set[str] = set()
        self._answers = 0

    def note(self, outcome: AttemptOutcome) -> None:
        """Note one answer of the relay, in the order in which they came."""
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
        """Refusals in a row, when they are so many that it must be us; else 0.

        One provider that refuses all of its readers does not cost others their edition so soon.
        """
        several = len(self._domains) != 1 or self._answers == len(self._held)
        limit = self._limit if several else 4 * self._limit
        return self._refused if self._refused >= limit else 0

    def judge(
        self, tx: Transaction, *, soft_limit: int, at: datetime
    ) -> tuple[str, tuple[str, ...]]:
        """Record those that are believed for good, and end subscriptions that have too many.

        Return why the relay, or we ourselves, must be at fault, empty when it is not so; and which
        domains refuse, or what else is tried again, one line each.
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
            # For good, and as bounces those that are about the address.
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
    """Tell whether the relay itself has refused a mail for good."""
    return result.kind is ResultKind.REFUSED and result.code > 0


def provisional(settled: Settlement) -> Settlement:
    """Return what is recorded of a refusal before the run has ended: it is due again."""
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
