"""The connections of a delivery run, and the log in which they record outcomes together."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Self

from briefing.app.deliver import plan
from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import EditionId
from briefing.mail.relay import Pace, Result, ResultKind, Stage
from briefing.store import Store, Transaction, claims, identity
from briefing.store.claims import Claimed, Journal, Settlement

#: Deliveries in the first claim of a connection.
_FIRST = 5
#: Seconds after which a waiting connection checks whether the run has been stopped.
_LOOK = 0.2


@frozen
class Rhythm:
    """The sending rate of a run, shared by its connections."""

    pace: Pace | plan.SharedPace
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: threading.Event
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pick(
        self, held: list[Claimed], *, connection: str, idle: Callable[[], None]
    ) -> Claimed | None:
        """Wait until a delivery may be sent, and take it; None if the run is stopped.

        ``idle`` is called before each wait.
        """
        while not self.stop.is_set():
            if self.pace.is_free:
                return held.pop(0)
            mails = [(connection, claimed.to.address.rpartition("@")[2]) for claimed in held]
            with self._lock:
                wait, place = self.pace.first(self.clock().timestamp(), mails)
            if wait <= 0:
                return held.pop(place)
            idle()
            self.sleep(min(wait, _LOOK))
        return None


class DeliveryWorker:
    """Sends what is due over one connection, until nothing is left or the run stops."""

    def __init__(
        self, name: str, dispatch: plan.Dispatch, delivery_log: DeliveryLog, rhythm: Rhythm
    ) -> None:
        self._name, self._dispatch = name, dispatch
        self._delivery_log, self._rhythm = delivery_log, rhythm
        self._ready = partial(delivery_log.journal.sync, name)
        self._held: list[Claimed] = []
        self._claimed_at = dispatch.clock()
        # Doubled with each claim, so that each connection gets its share of few deliveries.
        self._wanted = _FIRST
        # Outcomes that the next request records.
        self._outcomes: list[plan.AttemptOutcome] = []

    def carry(self) -> None:
        """Send; give back what is left at the end, whatever ends it."""
        relay = self._dispatch.connect()
        try:
            while self._claim() and self._next(relay):
                pass
        except BaseException:
            self._delivery_log.stop.set()
            raise
        finally:
            relay.close()
            self._ask(give_back=True)

    def _claim(self) -> bool:
        """Make sure that there are deliveries to send; False if none is due or the run stops.

        Deliveries claimed long ago, because of waits, are given back before the claim expires.
        """
        lease = self._dispatch.plan.lease
        late = lease is not None and self._dispatch.clock() - self._claimed_at > lease / 2
        if self._held and not late:
            return True
        if self._delivery_log.stop.is_set():
            return False
        self._claimed_at = self._dispatch.clock()
        most = self._dispatch.plan.batch
        wanted, self._wanted = min(self._wanted, most), 2 * self._wanted
        self._held = list(self._ask(give_back=bool(self._held), wanted=wanted))
        return bool(self._held)

    def _next(self, relay: plan.RelayConnection) -> bool:
        claimed = self._rhythm.pick(self._held, connection=self._name, idle=self._record)
        if not claimed:
            return False
        try:
            letter: plan.Envelope | Result = self._dispatch.letters(claimed)
        except InputError as error:  # refuses only this delivery
            letter = Result(ResultKind.REFUSED, Stage.RCPT, detail=str(error))
        # The same request records the outcome of the last mail, which is on disk before the relay
        # gets any content of this one; the disk is awaited while the relay answers the envelope.
        if not self._ask(begin=claimed):
            return True  # unsubscribed, or the claim has expired: already recorded
        result = (
            letter
            if isinstance(letter, Result)
            else relay.send(letter.sender, letter.recipient, letter.message, ready=self._ready)
        )
        if result.kind is ResultKind.PAUSE:
            self._delivery_log.pause(str(result))
            return False
        self._outcomes.append(plan.AttemptOutcome(claimed, result, self._name))
        return True

    def _record(self) -> None:
        """Record the outcome of the last mail, before a wait."""
        if self._outcomes:
            self._ask()

    def _ask(
        self, *, begin: Claimed | None = None, give_back: bool = False, wanted: int = 0
    ) -> tuple[Claimed, ...]:
        outcomes, self._outcomes = self._outcomes, []
        return self._delivery_log.ask(Request(self._name, outcomes, begin, give_back, wanted))


#: Editions dated further ahead have a wrong year. The next one may be far off, but not this far.
_AHEAD = timedelta(days=30)
#: How long begun mails and outcomes may be only in the journal.
_LATE = timedelta(seconds=1)


@dataclass(slots=True)
class Request:
    """What one connection asks to record and to receive, in one transaction."""

    worker: str
    #: Outcomes of its last mails.
    outcomes: Sequence[plan.AttemptOutcome] = ()
    #: The delivery that it begins to send.
    begin: Claimed | None = None
    #: Whether it gives back what it still holds, and how many new deliveries it wants.
    give_back: bool = False
    wanted: int = 0
    #: Deliveries that may be sent now, or the error that prevented it; None: not processed yet.
    answer: tuple[Claimed, ...] | BaseException | None = None


class DeliveryLog:
    """Records the outcomes of deliveries, for all waiting connections at once.

    A commit costs more than a mail. So outcomes go to a journal first, if there is one, and to the
    store with the next claim, or after a second.
    """

    def __init__(self, store: Store, dispatch: plan.Dispatch) -> None:
        #: Set when no new mail may be begun.
        self.stop = threading.Event()
        #: Why it is set; empty if nothing was left to send.
        self.paused = ""
        #: Domains whose refusals are retried, one line each.
        self.refusing: tuple[str, ...] = ()
        #: Number of attempts by outcome.
        self.attempts: Counter[ResultKind] = Counter()
        self._store, self._dispatch, self._plan = store, dispatch, dispatch.plan
        self._waiting: deque[Request] = deque()
        self._lock, self._ended = threading.Lock(), False
        #: What is not in the store yet.
        self.journal = Journal(store.place, alone=self._plan.alone and self._plan.has_editions)
        # One connection to the store for all commits.
        self._kept = ExitStack()
        self._write = self._kept.enter_context(store.writer())
        #: Until when the journal may be ahead of the store.
        self._until = dispatch.clock()
        self._failed = 0
        # Outcomes that are not recorded yet.
        self._outcomes: list[plan.AttemptOutcome] = []
        # How many more may be claimed; None: all.
        self._left = self._plan.most or None
        self._refusals = plan.Refusals(
            limit=self._plan.refusals, connections=self._plan.connections
        )
        noted = identity.read_mark(store.place)
        self._newest = noted.edition if noted else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        # After an interrupt, connections may still be running; end the log before they do.
        with self._lock:
            self._ended = True
            self._kept.close()
            self.journal.close()
        if kind is None:
            with self._store.write() as tx:
                paused, self.refusing = self._refusals.judge(
                    tx, soft_limit=self._plan.soft_limit, at=self._dispatch.clock()
                )
            self.paused = paused or self.paused

    def ask(self, request: Request) -> tuple[Claimed, ...]:
        """Record a request completely; return the deliveries that may be sent now."""
        self._waiting.append(request)
        with self._lock:
            # The last holder of the lock has also processed the requests that were waiting.
            if request.answer is None:
                self._answer([self._waiting.popleft() for _ in range(len(self._waiting))])
        if isinstance(request.answer, BaseException):
            raise request.answer
        return request.answer or ()

    def pause(self, why: str) -> None:
        """Begin no new mail; the first reason is kept."""
        self.paused = self.paused or why
        self.stop.set()

    def _answer(self, requests: Sequence[Request]) -> None:
        try:
            if self._ended:
                raise InterruptedError("the run has ended")  # noqa: TRY301  as of all that fails
            answers = self._record(requests)
        except BaseException as error:  # raised in the threads that wait for it
            self.stop.set()
            for request in requests:
                request.answer = error
        else:
            for request, answer in zip(requests, answers, strict=True):
                request.answer = answer

    def _record(self, requests: Sequence[Request]) -> list[tuple[Claimed, ...]]:
        at = self._dispatch.clock()
        for request in requests:
            settled = [self._settlement(outcome, at=at) for outcome in request.outcomes]
            self.journal.end(request.worker, settled)
            # Kept if the commit fails, since the next one may give back deliveries that were sent.
            self._outcomes += request.outcomes
        begin = {request.worker: request.begin for request in requests if request.begin}
        wanted = {worker: claimed.delivery for worker, claimed in begin.items()}
        quick = len(begin) == len(requests) and at < min(
            self._until, *(mail.until for mail in wanted.values())
        )
        if quick and self.journal.begin(wanted, at=at, lease=self._plan.lease):
            answers: list[tuple[Claimed, ...]] = [(claimed,) for claimed in begin.values()]
        else:
            with self._write() as tx:
                self.journal.settle(tx, [request.worker for request in requests if request.wanted])
                for request in requests:
                    if request.give_back:
                        claims.give_back(tx, request.worker)
                workers = {claimed.delivery.id: worker for worker, claimed in begin.items()}
                begun = claims.begin(tx, workers, at=at, lease=self._plan.lease) if workers else ()
                claimed = [self._claim(tx, request, at=at) for request in requests]
                mark = self._mark(tx, claimed, at=at)
            self.journal.clear()
            self._until = at + _LATE
            if mark is not None:
                # Written before any of these is sent: no connection has its answer yet.
                identity.write_mark(self._store.place, mark)
            answers = [
                taken
                or tuple(mail for mail in (request.begin,) if mail and mail.delivery.id in begun)
                for request, taken in zip(requests, claimed, strict=True)
            ]
        recorded, self._outcomes = self._outcomes, []
        for outcome in recorded:
            result = outcome.result
            self.attempts[result.kind] += 1
            if self._plan.has_editions:
                self._refusals.note(outcome)
            if result.kind is ResultKind.SENT:
                self._failed = 0
            # More likely a failure of the relay than of the recipient.
            self._failed += result.kind in {ResultKind.DROPPED, ResultKind.AMBIGUOUS} or (
                result.kind is ResultKind.LATER and result.stage in {Stage.MAIL, Stage.DATA}
            )
            if self._failed >= self._plan.patience:
                self.pause(f"{self._failed} mails in a row failed, the last: {result}")
            elif self._refusals.too_many:
                number = self._refusals.too_many
                self.pause(f"{number} mails in a row were refused, the last: {result}")
            self._dispatch.watch(outcome.claimed, outcome.result)
        return answers

    def _claim(self, tx: Transaction, request: Request, *, at: datetime) -> tuple[Claimed, ...]:
        wanted = request.wanted if self._left is None else min(request.wanted, self._left)
        if not wanted:
            return ()
        claimed = claims.claim(
            tx,
            worker=request.worker,
            at=at,
            lease=self._plan.lease,
            limit=wanted,
            resend=self._plan.resend,
            kinds=self._plan.kinds,
        )
        if self._left is not None:
            self._left -= len(claimed)
        return claimed

    def _mark(
        self, tx: Transaction, claimed: Sequence[tuple[Claimed, ...]], *, at: datetime
    ) -> identity.SendingMark | None:
        every = [mail.delivery.edition for taken in claimed for mail in taken]
        editions = [*filter(None, every)]
        if not (self._plan.has_editions and editions):
            return None
        # Ids of editions end with their day: neither a late mail of yesterday's edition nor one of
        # an edition dated far ahead by mistake may hide today's.
        last = (at + _AHEAD).date()
        known = [edition for edition in (self._newest, *editions) if _day(edition) <= last]
        self._newest = max(known, default=editions[-1])
        return identity.advance_mark(tx, self._newest)

    def _settlement(self, outcome: plan.AttemptOutcome, *, at: datetime) -> Settlement:
        settled = plan.settlement(outcome, plan=self._plan, at=at, chance=self._dispatch.chance())
        # Refusals of mails other than editions are not weighed: they end no subscription.
        weighed = self._plan.has_editions and plan.is_answer(outcome.result)
        return plan.provisional(settled) if weighed else settled


def _day(edition: str) -> date:
    """Return the day of an edition; an id from the file beside the store may be damaged."""
    try:
        return EditionId.parse(edition).day
    except ValueError:
        return date.min
