"""VERB: applies returned mail to subscriptions, each mail once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from briefing.app.bounces.policy import is_clear
from briefing.app.bounces.suppression import RecordedBounce, end, review
from briefing.core.model import Bounce, BounceKind, Delivery, State
from briefing.mail.bounce import IncomingKind, Verdict, classify, on_return_path, owner_of
from briefing.mail.mailbox import Arrived, Mailbox
from briefing.store import Store, Transaction, bounces, deliveries


class ReturnKind(StrEnum):
    """Kind of a returned mail."""

    #: The address is dead.
    HARD = "hard"
    #: The mail did not arrive, or not yet.
    SOFT = "soft"
    COMPLAINT = "complaint"
    #: A request to unsubscribe.
    LEFT = "left"
    #: An automatic reply to one of our mails; it has no effect.
    AUTOMATIC = "automatic"
    #: It was already known.
    KNOWN = "known"
    #: Not proved to concern one of our mails, or not understood: left for a person.
    FOREIGN = "foreign"
    #: Could not be read: left too.
    UNREADABLE = "unreadable"


_BOUNCES = {
    BounceKind.HARD: ReturnKind.HARD,
    BounceKind.SOFT: ReturnKind.SOFT,
    BounceKind.COMPLAINT: ReturnKind.COMPLAINT,
}
#: Kinds that stay in the mailbox untouched.
_LEFT_IN_MAILBOX = {ReturnKind.FOREIGN, ReturnKind.UNREADABLE}
#: Mails in a batch; a batch is judged as a whole, then put away.
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Returned:
    """Results of reading a mailbox."""

    #: Number of mails by kind; kinds without mails are missing.
    counts: Mapping[ReturnKind, int]
    #: Subscriptions that ended.
    ended: int
    #: Why mails could not be read: handle and reason.
    faults: tuple[tuple[str, str], ...]
    #: Why bounces ended no subscription, one line each: too many came from one edition.
    withheld: tuple[str, ...] = ()
    #: Subscriptions resumed for that reason.
    restored: int = 0


def take_back(
    store: Store,
    mailbox: Mailbox,
    *,
    read_path: Callable[[str], int | None],
    soft_limit: int,
    clock: Callable[[], datetime],
) -> Returned:
    """Process returned mail; a mail is put away once its result is committed.

    A mail that is read twice counts once.

    Args:
        store: holds the deliveries that were sent.
        mailbox: where mail comes in.
        read_path: returns the delivery of a return path with a right mark, None for any other
            address.
        soft_limit: soft bounces in a row after which a subscription ends.
        clock: now, aware UTC.

    Raises:
        BusyError: another process reads returned mail for this store.
        InputError: the mailbox cannot be read any further.
        StoreError: the store failed; what was not put away comes again.
    """
    visit = _MailboxRun(store, read_path, soft_limit)
    with store.alone("bounces"):
        mails = iter(mailbox)
        while visit.take(mails, clock=clock):
            for handle, kind in visit.read:
                mailbox.settle(handle, understood=kind not in _LEFT_IN_MAILBOX)
    return visit.returned()


class _MailboxRun:
    """One reading of a mailbox: mails are recorded one by one and judged in batches."""

    def __init__(
        self, store: Store, read_path: Callable[[str], int | None], soft_limit: int
    ) -> None:
        #: The last mails that were read.
        self.read: list[tuple[str, ReturnKind]] = []
        self._store, self._read_path, self._soft_limit = store, read_path, soft_limit
        self._counts: Counter[ReturnKind] = Counter()
        self._faults: list[tuple[str, str]] = []
        self._recorded: list[RecordedBounce] = []
        self._left = self._ended = self._restored = 0
        self._withheld: dict[str, None] = {}

    def take(self, mails: Iterator[Arrived], *, clock: Callable[[], datetime]) -> bool:
        """Record a batch of mails and judge it; False when no mail is left."""
        self.read.clear()
        try:
            for mail in islice(mails, _BATCH):
                kind = self._take(mail, at=clock())
                self.read.append((mail.handle, kind))
                self._counts[kind] += 1
                if mail.fault:
                    self._faults.append((mail.handle, mail.fault))
        finally:
            # Also when the mailbox fails midway: what was recorded counts from now on.
            self._judge(at=clock())
        return bool(self.read)

    def returned(self) -> Returned:
        return Returned(
            dict(self._counts),
            self._left + self._ended,
            tuple(self._faults),
            tuple(self._withheld),
            self._restored,
        )

    def _judge(self, *, at: datetime) -> None:
        if not self._recorded:
            return
        with self._store.write() as tx:
            reviewed = review(tx, self._recorded, soft_limit=self._soft_limit, at=at)
        self._recorded.clear()
        self._ended += reviewed.ended
        self._restored += reviewed.restored
        self._withheld |= dict.fromkeys(reviewed.withheld)

    def _take(self, mail: Arrived, *, at: datetime) -> ReturnKind:
        """Record a mail; return its kind."""
        if mail.fault:
            return ReturnKind.UNREADABLE
        verdict = classify(mail.raw)
        number = owner_of(verdict, read_path=self._read_path)
        verdict = verdict if number is None else on_return_path(verdict)
        if number is None or verdict.kind is IncomingKind.OTHER:
            return ReturnKind.FOREIGN
        if verdict.kind is IncomingKind.AUTOMATIC:
            return ReturnKind.AUTOMATIC
        with self._store.write() as tx:
            delivery = deliveries.get(tx, number)
            if delivery is None:
                return ReturnKind.FOREIGN
            if verdict.kind is IncomingKind.UNSUBSCRIBE:
                left = end(tx, delivery, State.UNSUBSCRIBED, words=verdict.reason, at=at)
                self._left += left
                return ReturnKind.LEFT if left else ReturnKind.KNOWN
            return self._bounce(tx, delivery, verdict, at=at)

    def _bounce(
        self, tx: Transaction, delivery: Delivery, verdict: Verdict, *, at: datetime
    ) -> ReturnKind:
        worst = verdict.worst
        if worst is None:
            return ReturnKind.FOREIGN
        diagnostic = worst.diagnostic or verdict.reason
        bounce = Bounce(
            worst.kind,
            delivery.edition,
            delivery.subscriber,
            at,
            status=worst.status,
            words=diagnostic,
        )
        new = bounces.record(tx, delivery.id, bounce)
        clear = is_clear(worst.kind, worst.status, worst.address, address=delivery.address)
        # One that was recorded before is judged again: perhaps we ended before it was.
        self._recorded.append(RecordedBounce(delivery, bounce, clear))
        return _BOUNCES[worst.kind] if new else ReturnKind.KNOWN
