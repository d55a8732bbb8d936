"""The connections of a delivery run, and the one writer that commits for all of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Self

from briefing.app.deliver import plan
from briefing.core.errors import InputError
from briefing.core.model import EditionId
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.store import Store, Transaction, claims, identity
from briefing.store.claims import Claimed, Settlement
from briefing.store.identity import SendingMark

#: Seconds after which one that waits for its turn looks whether the run has been stopped.
_LOOK = 0.2


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The pace of a run, kept by all its connections."""

    pace: plan.Pacing
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: threading.Event
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pick(
        self, held: list[Claimed], *, connection: str, idle: Callable[[], None]
    ) -> Claimed | None:
        """Take the delivery that may go first, and wait until it may; None when all is stopped.

        Before it waits it does what ``idle`` does.
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
    """Sends what is due over one connection, until nothing is or the run stops."""

    def __init__(
        self, name: str, dispatch: plan.Dispatch, delivery_log: DeliveryLog, rhythm: Rhythm
    ) -> None:
        self._name, self._dispatch = name, dispatch
        self._delivery_log, self._rhythm = delivery_log, rhythm
        self._held: list[Claimed] = []
        self._claimed_at = dispatch.clock()
        # What is not recorded yet: it goes with the next request.
        self._outcomes: list[plan.AttemptOutcome] = []

    def carry(self) -> None:
        """Send; what is left in the end, however it comes, is given back."""
        relay = self._dispatch.connect()
        try:
            while self._claim() and self._next(relay):
                pass
        except BaseException:
            self._delivery_log.stop.set()
            raise
        finally:
            relay.close()
            self._ask(give_back=True).result()

    def _claim(self) -> bool:
        """Have deliveries at hand; False when nothing is due or the run stops.

        What was claimed long ago, because it had to wait, is given back before the claim runs out.
        """
        lease = self._dispatch.plan.lease
        late = lease is not None and self._dispatch.clock() - self._claimed_at > lease / 2
        if self._held and not late:
            return True
        if self._delivery_log.stop.is_set():
            return False
        self._claimed_at = self._dispatch.clock()
        wanted = self._ask(give_back=bool(self._held), wanted=self._dispatch.plan.batch)
        self._held = list(wanted.result())
        return bool(self._held)

    def _next(self, relay: plan.RelayConnection) -> bool:
        claimed = self._rhythm.pick(self._held, connection=self._name, idle=self._record)
        if claimed is None:
            return False
        # The outcome of the last mail goes along, and is on disk before the relay hears of this
        # one; the letter is made while the disk is waited for.
        begun = self._ask(begin=claimed)
        try:
            letter: plan.Envelope | Result = self._dispatch.letters(claimed)
        except InputError as error:  # none can be made for this one subscriber
            letter = Result(ResultKind.REFUSED, Stage.RCPT, detail=str(error))
        if not begun.result():
            return True  # has left, or the claim ran out: recorded already
        result = (
            letter
            if isinstance(letter, Result)
            else relay.send(letter.sender, letter.recipient, letter.message)
        )
        if result.kind is ResultKind.PAUSE:
            self._delivery_log.pause(str(result))
            return False
        self._outcomes.append(plan.AttemptOutcome(claimed, result, self._name))
        return True

    def _record(self) -> None:
        """Have recorded the outcome of the last mail, before a wait."""
        if self._outcomes:
            self._ask().result()

    def _ask(
        self, *, begin: Claimed | None = None, give_back: bool = False, wanted: int = 0
    ) -> Pending:
        outcomes, self._outcomes = self._outcomes, []
        return self._delivery_log.ask(Request(self._name, outcomes, begin, give_back, wanted))


#: Somewhere it is tomorrow already, and the next edition may be far; a wrong year is farther.
_AHEAD = timedelta(days=30)
#: Seconds that a commit waits for a further request, as long as they follow each other so fast:
#: a commit of its own for each would take longer.
_GATHER = 0.0003


#: What a request brings once it is committed: what may be sent now.
Pending = Future[tuple[Claimed, ...]]


@dataclass(slots=True)
class Request:
    """What one connection wants to be recorded and to have, in one transaction."""

    worker: str
    #: The outcome of its last mails.
    outcomes: Sequence[plan.AttemptOutcome] = ()
    #: The delivery that it begins to send.
    begin: Claimed | None = None
    #: Whether what it still holds is given back, and how many new ones it wants.
    give_back: bool = False
    wanted: int = 0
    answer: Pending = field(default_factory=Future)


class DeliveryLog:
    """Records what becomes of deliveries, in a thread of its own.

    A commit that waits for the disk costs more than a mail. Connections ask while another commit is
    under way, and the next one is for all of them.
    """

    def __init__(self, store: Store, dispatch: plan.Dispatch) -> None:
        #: Set when no new mail is to be begun.
        self.stop = threading.Event()
        #: Why it was; empty when there was nothing left to send.
        self.paused = ""
        #: Who refuses what is tried again, one line each.
        self.refusing: tuple[str, ...] = ()
        #: Attempts by outcome.
        self.attempts: Counter[ResultKind] = Counter()
        self._store, self._dispatch, self._plan = store, dispatch, dispatch.plan
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="deliver/office")
        self._ended = False
        # One connection to the store for all commits, from the first on.
        self._kept = ExitStack()
        self._write: Callable[[], AbstractContextManager[Transaction]] | None = None
        self._failed = 0
        # Outcomes of mails that are not committed yet.
        self._outcomes: list[plan.AttemptOutcome] = []
        # How many more are claimed; None: all.
        self._left = self._plan.most or None
        self._refusals = plan.Refusals(
            limit=self._plan.refusals, connections=self._plan.connections
        )
        noted = identity.read_mark(store.place)
        self._newest = noted.edition if noted else ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        self._queue.put(None)
        self._thread.join()
        if kind is None:
            self._judge()

    def ask(self, request: Request) -> Pending:
        """Hand a request in; its answer is there when all of it is committed."""
        self._queue.put(request)
        if self._ended:
            self._refuse()
        return request.answer

    def pause(self, why: str) -> None:
        """Let no new mail begin; the first reason stands."""
        self.paused = self.paused or why
        self.stop.set()

    def _serve(self) -> None:
        try:
            with self._kept:
                while True:
                    received = self._received()
                    requests = [request for request in received if request is not None]
                    if requests:
                        self._answer(requests)
                    if len(requests) < len(received):
                        return
        finally:
            # Who was interrupted while it waited for the connections has ended this before them.
            self._ended = True
            self._refuse()

    def _refuse(self) -> None:
        """Let nobody wait who asked too late; whoever asks after this does the same."""
        with suppress(Empty):
            while True:
                request = self._queue.get_nowait()
                if request is not None:
                    request.answer.set_exception(InterruptedError("the run has ended"))

    def _received(self) -> list[Request | None]:
        """Return what is asked for now, and what comes right behind it."""
        received = [self._queue.get()]
        with suppress(Empty):
            while len(received) < self._plan.connections:
                received.append(self._queue.get(timeout=_GATHER))
        return received

    def _answer(self, requests: Sequence[Request]) -> None:
        # What a commit that fails leaves goes with the next: that may give back what was sent.
        self._outcomes += [outcome for request in requests for outcome in request.outcomes]
        try:
            answers = self._commit(requests)
        except BaseException as error:  # it is raised where it is waited for
            self.stop.set()
            for request in requests:
                request.answer.set_exception(error)
        else:
            for request, answer in zip(requests, answers, strict=True):
                request.answer.set_result(answer)

    def _commit(self, requests: Sequence[Request]) -> list[tuple[Claimed, ...]]:
        at = self._dispatch.clock()
        if self._write is None:
            self._write = self._kept.enter_context(self._store.writer())
        with self._write() as tx:
            claims.settle_all(tx, [self._settlement(outcome, at=at) for outcome in self._outcomes])
            for request in requests:
                if request.give_back:
                    claims.give_back(tx, request.worker)
            wanted = {
                request.begin.delivery.id: request.worker for request in requests if request.begin
            }
            begun = claims.begin(tx, wanted, at=at, lease=self._plan.lease) if wanted else ()
            claimed = [self._claim(tx, request, at=at) for request in requests]
            mark = self._mark(tx, claimed, at=at)
        recorded, self._outcomes = self._outcomes, []
        if mark is not None:
            # Before anything of it is sent: nobody has an answer yet.
            identity.write_mark(self._store.place, mark)
        for outcome in recorded:
            self._count(outcome)
            self._dispatch.watch(outcome.claimed, outcome.result)
        return [
            taken or tuple(mail for mail in (request.begin,) if mail and mail.delivery.id in begun)
            for request, taken in zip(requests, claimed, strict=True)
        ]

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
    ) -> SendingMark | None:
        editions = [mail.delivery.edition for taken in claimed for mail in taken]
        if not (self._plan.has_editions and editions):
            return None
        # An edition's id ends with its day: a late mail of yesterday's must not hide today's.
        # Nor must one that is dated ahead, by mistake or by a clock.
        last = (at + _AHEAD).date()
        known = [edition for edition in (self._newest, *editions) if _day(edition) <= last]
        self._newest = max(known, default=editions[-1])
        return identity.advance_mark(tx, self._newest)

    def _settlement(self, outcome: plan.AttemptOutcome, *, at: datetime) -> Settlement:
        settled = plan.settlement(outcome, plan=self._plan, at=at, chance=self._dispatch.chance())
        # What the refusal of another mail says of a relay is not weighed: it ends no subscription.
        weighed = self._plan.has_editions and plan.is_answer(outcome.result)
        return plan.provisional(settled) if weighed else settled

    def _judge(self) -> None:
        """Decide at the end what the refusals of the run mean; all are due again until then."""
        with self._store.write() as tx:
            paused, self.refusing = self._refusals.judge(
                tx, soft_limit=self._plan.soft_limit, at=self._dispatch.clock()
            )
        self.paused = paused or self.paused

    def _count(self, outcome: plan.AttemptOutcome) -> None:
        """Notice when it cannot be the subscribers any more."""
        result = outcome.result
        self.attempts[result.kind] += 1
        if self._plan.has_editions:
            self._refusals.note(outcome)
        if result.kind is ResultKind.SENT:
            self._failed = 0
        # More likely the relay's failure than the recipient's.
        self._failed += result.kind in {ResultKind.DROPPED, ResultKind.AMBIGUOUS} or (
            result.kind is ResultKind.LATER and result.stage in {Stage.MAIL, Stage.DATA}
        )
        if self._failed >= self._plan.patience:
            self.pause(f"{self._failed} mails in a row failed, the last: {result}")
        elif self._refusals.too_many:
            number = self._refusals.too_many
            self.pause(f"{number} mails in a row were refused, the last: {result}")


def _day(edition: str) -> date:
    """Return the day of an edition; what a file beside the store has for one may be anything."""
    try:
        return EditionId.parse(edition).day
    except ValueError:
        return date.min
