"""One connection of a run: it claims deliveries and hands them over, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from briefing.app.deliver.log import DeliveryLog, PendingClaims, Request
from briefing.app.deliver.outcome import AttemptOutcome
from briefing.app.deliver.plan import Dispatch, Envelope, Pacing, RelayConnection
from briefing.core.errors import InputError
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.store.claims import Claimed

#: Seconds after which one that waits for its turn looks whether the run has been stopped.
_LOOK = 0.2


class Rhythm:
    """The pace of a run, kept by all its connections."""

    def __init__(
        self,
        pace: Pacing,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        stop: threading.Event,
    ) -> None:
        self._pace, self._clock, self._sleep, self._stop = pace, clock, sleep, stop
        self._lock = threading.Lock()

    def pick(
        self, held: list[Claimed], *, connection: str, idle: Callable[[], None]
    ) -> Claimed | None:
        """Take the delivery that may go first, and wait until it may; None when all is stopped.

        Before it waits it does what ``idle`` does.
        """
        while not self._stop.is_set():
            if self._pace.is_free:
                return held.pop(0)
            wait, place = self._try(held, connection)
            if wait <= 0:
                return held.pop(place)
            idle()
            self._sleep(min(wait, _LOOK))
        return None

    def _try(self, held: list[Claimed], connection: str) -> tuple[float, int]:
        mails = [(connection, claimed.to.address.rpartition("@")[2]) for claimed in held]
        with self._lock:
            return self._pace.first(self._clock().timestamp(), mails)


class DeliveryWorker:
    """Sends what is due over one connection, until nothing is or the run stops."""

    def __init__(
        self, name: str, dispatch: Dispatch, delivery_log: DeliveryLog, rhythm: Rhythm
    ) -> None:
        self._name, self._dispatch = name, dispatch
        self._delivery_log, self._rhythm = delivery_log, rhythm
        self._held: list[Claimed] = []
        self._claimed_at = dispatch.clock()
        # What is not recorded yet: it goes with the next request.
        self._outcomes: list[AttemptOutcome] = []

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

    def _next(self, relay: RelayConnection) -> bool:
        claimed = self._rhythm.pick(self._held, connection=self._name, idle=self._record)
        if claimed is None:
            return False
        # What became of the last mail goes along, and is on disk before the relay hears of this
        # one; the letter is made while the disk is waited for.
        begun = self._ask(begin=claimed)
        letter = self._letter(claimed)
        if not begun.result():
            return True  # has left, or the claim ran out: recorded already
        result = letter if isinstance(letter, Result) else _hand_over(letter, relay)
        if result.kind is ResultKind.PAUSE:
            self._delivery_log.pause(str(result))
            return False
        self._outcomes.append(AttemptOutcome(claimed, result, self._name))
        return True

    def _letter(self, claimed: Claimed) -> Envelope | Result:
        """Return the mail, or why none can be made for this one subscriber."""
        try:
            return self._dispatch.letters(claimed)
        except InputError as error:
            return Result(ResultKind.REFUSED, Stage.RCPT, detail=str(error))

    def _record(self) -> None:
        """Have recorded what became of the last mail, before a wait."""
        if self._outcomes:
            self._ask().result()

    def _ask(
        self, *, begin: Claimed | None = None, give_back: bool = False, wanted: int = 0
    ) -> PendingClaims:
        outcomes, self._outcomes = self._outcomes, []
        return self._delivery_log.ask(Request(self._name, outcomes, begin, give_back, wanted))


def _hand_over(mail: Envelope, relay: RelayConnection) -> Result:
    return relay.send(mail.sender, mail.recipient, mail.message)
