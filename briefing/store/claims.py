"""Claims, outcomes and bounces of deliveries, and a journal of attempts.

The journal is a file beside the store that has what the store does not have yet.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    bindparam,
    case,
    false,
    func,
    or_,
    outerjoin,
    select,
    update,
)

from briefing.core.errors import StoreError, reason_of, remedy_of
from briefing.core.frozen import frozen
from briefing.core.model import (
    DELIVERED,
    ONLY_EDITIONS,
    Bounce,
    BounceKind,
    Delivery,
    DeliveryStatus,
    MailKind,
    Subscriber,
)
from briefing.store import subscribers
from briefing.store.deliveries import (
    BEGIN,
    BEGUN,
    COLUMNS,
    EDITIONS,
    ENDLESS,
    FREE,
    JOINED,
    SETTLE,
    SUSPECT,
    TO_READERS,
    WELCOME,
    delivery_of,
    of_kinds,
)
from briefing.store.engine import AnyRow, translating_errors, update_rows, upsert
from briefing.store.location import StoreLocation, open_lock, sync
from briefing.store.mail_tables import BOUNCE, DELIVERY, PROGRESS, SENT_AS, SUBSCRIBER
from briefing.store.tables import WITHDRAWAL

#: Why a delivery was not sent, or is held.
_LEFT = "no longer subscribed when its turn came"
_LATE = "it expired before it could be sent"
_DIED = "the process that was sending it ended; it may or may not have arrived"
_WITHDRAWN = "the edition was withdrawn"
#: The end of a lease that is over by every clock.
_OVER = datetime(1970, 1, 1, tzinfo=UTC)
#: Parameters and statements of a claim, built once.
_QUEUE = DELIVERY.kind.in_(bindparam("kinds", expanding=True))
_NOW = bindparam("now", type_=DELIVERY.due.type)
_LAPSED = _QUEUE, DELIVERY.status == DeliveryStatus.CLAIMED, DELIVERY.lease <= _NOW
_FREE_LAPSED = update(DELIVERY).where(*_LAPSED).values(status=DeliveryStatus.DUE, **FREE)
_SUSPECTED = select(PROGRESS.suspect)
_WITHDRAWALS = select(WITHDRAWAL.edition)
_HOLD = (
    update(DELIVERY)
    .where(DELIVERY.number.in_(bindparam("numbers", expanding=True)))
    .values(
        status=DeliveryStatus.CLAIMED,
        worker=bindparam("holder"),
        lease=bindparam("until_"),
        begun=False,
        # the preferences at the time of the claim, which are those of the subscriber returned
        **{
            name: func.coalesce(
                select(SUBSCRIBER[name])
                .where(SUBSCRIBER.number == DELIVERY.subscriber)
                .scalar_subquery(),
                "",
            )
            for name in SENT_AS
        },
    )
)
_DUE = (
    select(
        *COLUMNS,
        SUBSCRIBER.number,
        *(column for column in SUBSCRIBER.c if column.name != "number"),
        WELCOME.label("welcome"),
    )
    .select_from(JOINED)
    .where(_QUEUE, DELIVERY.status == DeliveryStatus.DUE, DELIVERY.due <= _NOW)
    .order_by(DELIVERY.due, DELIVERY.number)
    .limit(bindparam("most"))
)
#: The same where several may claim at once; SQLite has only one writer anyway.
_DUE_LOCKED = _DUE.with_for_update(skip_locked=True, of=DELIVERY)


def _in_doubt(*, resend: bool) -> Update:
    # An edition that was in doubt before is not sent a third time. For any other mail, two copies
    # are better than none.
    once_more = or_(~EDITIONS, DELIVERY.ambiguous.is_(False)) if resend else false()
    status = case((once_more, DeliveryStatus.DUE), else_=DeliveryStatus.HELD)
    doubtful = {"status": status, "ambiguous": True, "reason": _DIED, **FREE}
    return update(DELIVERY).where(*_LAPSED, DELIVERY.begun).values(**doubtful)


_IN_DOUBT = {resend: _in_doubt(resend=resend) for resend in (False, True)}

#: Columns that decide whether a delivery may be sent.
_JUDGED = (DELIVERY.edition, DELIVERY.until, WELCOME.label("welcome"))


#: Status of a delivery that is not to be sent, and the reason.
_Verdict: TypeAlias = tuple[DeliveryStatus, str]


@frozen
class Claimed:
    """A delivery that one worker may send, and its subscriber, both as they are now."""

    delivery: Delivery
    to: Subscriber


@frozen
class Settlement:
    """The outcome of one delivery."""

    #: Number of the delivery.
    id: int
    #: DUE if it is to be sent again.
    status: DeliveryStatus
    #: Aware UTC.
    at: datetime
    #: The response of the other side, or another reason.
    reason: str = ""
    #: When it is due again; None leaves its time unchanged.
    again: datetime | None = None
    #: Whether it may have arrived.
    ambiguous: bool = False
    #: Attempts so far; None leaves the stored number unchanged.
    tries: int | None = None
    #: The worker that claimed it; empty if a person decides about a delivery that nobody holds.
    worker: str = ""


def claim(  # noqa: PLR0913  worker, time, lease, limit and the policy for doubtful ones
    tx: Connection,
    *,
    worker: str,
    at: datetime,
    lease: timedelta | None,
    limit: int,
    resend: bool,
    kinds: Collection[MailKind] = ONLY_EDITIONS,
) -> tuple[Claimed, ...]:
    """Claim due deliveries, the longest overdue first.

    Deliveries with an expired lease are free again; one that was being sent is sent once more if
    ``resend``, else held. A delivery is settled and not returned if its life is over, if it is no
    longer wanted, or if its edition was withdrawn or may have been sent before a restore.

    No two concurrent workers may have the same name. ``lease`` is how long a claim lasts; None:
    until it is ended explicitly.
    """
    queue = {"kinds": sorted(kinds), "now": at}
    tx.execute(_IN_DOUBT[resend], queue)
    tx.execute(_FREE_LAPSED, queue)
    query = _DUE if tx.dialect.name == "sqlite" else _DUE_LOCKED
    suspect = tx.scalar(_SUSPECTED) or ""
    # Nothing of a withdrawn edition is sent, even if a delivery becomes due again.
    withdrawn = frozenset(tx.scalars(_WITHDRAWALS))
    while True:
        due = tx.execute(query, queue | {"most": limit}).all()
        verdicts = {
            row.delivery: _verdict(row, at=at, suspect=suspect, withdrawn=withdrawn) for row in due
        }
        _settle_unsent(tx, verdicts, at=at)
        taken = [row for row in due if verdicts[row.delivery] is None]
        if taken or not due:
            break
    numbers = [row.delivery for row in taken]
    if numbers:
        tx.execute(_HOLD, {"numbers": numbers, "holder": worker, "until_": end_of(lease, at)})
    nobody = Subscriber(0, "")
    return tuple(
        Claimed(
            delivery_of(row, status=DeliveryStatus.CLAIMED),
            nobody if row.number is None else subscribers.subscriber_of(row),
        )
        for row in taken
    )


def begin(
    tx: Connection, wanted: Mapping[int, str], *, at: datetime, lease: timedelta | None
) -> frozenset[int]:
    """Record that deliveries are being sent, and return those that may be.

    Those that their workers have lost are left out. So are those whose subscribers are no longer
    active or whose life is over; these are settled. ``wanted`` has the worker by the number of the
    delivery. The lease must be longer than sending can take and counts from now; None: until it is
    ended explicitly.
    """
    times = {"now": at, "lease": end_of(lease, at)}
    rows = [{"number_": number, "worker_": worker, **times} for number, worker in wanted.items()]
    if BEGIN.run(tx, rows) == len(rows):
        return frozenset(wanted)
    claimed = tx.execute(
        select(*_JUDGED, DELIVERY.number, DELIVERY.worker)
        .select_from(JOINED)
        .where(DELIVERY.number.in_(wanted), DELIVERY.status == DeliveryStatus.CLAIMED)
    )
    own = [row for row in claimed if wanted[row.number] == row.worker]
    verdicts = {row.number: _verdict(row, at=at) for row in own}
    _settle_unsent(tx, verdicts, at=at)
    return frozenset(number for number, verdict in verdicts.items() if verdict is None)


def settle_all(tx: Connection, outcomes: Sequence[Settlement]) -> None:
    """Record the outcomes of deliveries.

    Only the worker that holds a delivery can settle it, except as SENT, which is a fact whoever
    reports it.
    """
    SETTLE.run(tx, [settled_row(outcome) for outcome in outcomes])


def give_back(tx: Connection, worker: str) -> int:
    """Release what a worker holds unsent, as if it had never claimed it; return how many."""
    held = DELIVERY.status == DeliveryStatus.CLAIMED, DELIVERY.worker == worker
    free = {**FREE, "status": DeliveryStatus.DUE}
    begun = update_rows(tx, DELIVERY, *held, DELIVERY.begun, **free, tries=DELIVERY.tries - 1)
    return begun + update_rows(tx, DELIVERY, *held, **free)


def end_leases(
    tx: Connection, *which: ColumnElement[bool], kinds: Collection[MailKind] = DELIVERED
) -> None:
    """End the leases of some kinds, all or some; only if nobody else can be sending."""
    held = DELIVERY.status == DeliveryStatus.CLAIMED, of_kinds(kinds)
    update_rows(tx, DELIVERY, *held, *which, lease=_OVER)


def end_leases_of(tx: Connection, worker: str) -> None:
    """End the leases of all connections of a job that has ended or lost its worker."""
    end_leases(tx, DELIVERY.worker.startswith(f"{worker}/", autoescape=True))


def end_leases_of_jobs(tx: Connection) -> None:
    """End the leases of all jobs, which do not expire; only if no job is running."""
    end_leases(tx, DELIVERY.lease == ENDLESS)


def end_of(lease: timedelta | None, at: datetime) -> datetime:
    """Return when a claim ends."""
    return ENDLESS if lease is None else at + lease


def _verdict(
    row: AnyRow, *, at: datetime, suspect: str = "", withdrawn: Collection[str] = ()
) -> _Verdict | None:
    if row.edition in withdrawn:
        return DeliveryStatus.SKIPPED, _WITHDRAWN
    if row.until <= at:
        return DeliveryStatus.EXPIRED, _LATE
    if not row.welcome:
        return DeliveryStatus.SKIPPED, _LEFT
    return (DeliveryStatus.HELD, SUSPECT) if suspect and row.edition == suspect else None


def _settle_unsent(
    tx: Connection, verdicts: Mapping[int, _Verdict | None], *, at: datetime
) -> None:
    """Settle deliveries that are not sent; an expired one keeps the reason of its last attempt."""
    for own in dict.fromkeys(filter(None, verdicts.values())):
        (status, reason), expired = own, own[0] is DeliveryStatus.EXPIRED
        done = {
            "status": status,
            "done": None if status is DeliveryStatus.HELD else at,
            "reason": func.coalesce(func.nullif(DELIVERY.reason, ""), reason)
            if expired
            else reason,
        }
        numbers = [number for number, verdict in verdicts.items() if verdict == own]
        update_rows(tx, DELIVERY, DELIVERY.number.in_(numbers), **done, **FREE)


def settled_row(outcome: Settlement) -> dict[str, object]:
    """Return an outcome as parameters of :data:`SETTLE`."""
    sealed = outcome.status not in {DeliveryStatus.DUE, DeliveryStatus.CLAIMED, DeliveryStatus.HELD}
    return {
        "number_": outcome.id,
        "worker_": outcome.worker,
        "status": outcome.status,
        "again": outcome.again,
        "ambiguous_": outcome.ambiguous,
        "reason": outcome.reason,
        "tries_": outcome.tries,
        "done": outcome.at if sealed else None,
    }


#: Deliveries that count in a streak of bounces: accepted or refused by the relay.
_TRIED = (DeliveryStatus.SENT, DeliveryStatus.REFUSED)
_WITH_BOUNCE = outerjoin(DELIVERY, BOUNCE)
#: Number of deliveries read; no rule needs a longer streak.
_LAST = 30


def record_bounce(tx: Connection, delivery: int, bounce: Bounce) -> bool:
    """Record the bounce of a delivery; False if that changes nothing.

    A delivery has one bounce: a hard one or a complaint replaces a soft one; otherwise the first
    stays.
    """
    before = tx.scalar(select(BOUNCE.kind).where(BOUNCE.delivery == delivery))
    if before is not None and not (before == BounceKind.SOFT and bounce.kind != BounceKind.SOFT):
        return False
    columns = {name: getattr(bounce, name) for name in ("kind", "at", "status", "words")}
    upsert(tx, BOUNCE, {"delivery": delivery}, columns)
    return True


def last_bounces(
    tx: Connection, subscriber: int, *, since: datetime | None = None
) -> tuple[tuple[str, BounceKind | None], ...]:
    """Return the last 30 editions sent to a subscriber with their bounces, newest first.

    Deliveries done (or, if not done, due) before ``since`` do not count.
    """
    conditions = [EDITIONS, DELIVERY.subscriber == subscriber, DELIVERY.status.in_(_TRIED)]
    if since is not None:
        conditions.append(func.coalesce(DELIVERY.done, DELIVERY.due) >= since)
    rows = tx.execute(
        select(DELIVERY.edition, BOUNCE.kind)
        .select_from(_WITH_BOUNCE)
        .where(*conditions)
        .order_by(DELIVERY.number.desc())
        .limit(_LAST)
    )
    return tuple((edition, kind) for edition, kind in rows)


def answers(
    tx: Connection, edition: str
) -> Iterator[tuple[str, DeliveryStatus, BounceKind | None]]:
    """Yield address, status and bounce of an edition's deliveries that were sent or refused.

    The address is empty if the subscriber was deleted.
    """
    rows = tx.execute(
        select(SUBSCRIBER.address, DELIVERY.status, BOUNCE.kind)
        .select_from(_WITH_BOUNCE.outerjoin(SUBSCRIBER, DELIVERY.subscriber == SUBSCRIBER.number))
        .where(DELIVERY.edition == edition, TO_READERS, DELIVERY.status.in_(_TRIED))
    )
    for address, status, kind in rows:
        yield address or "", status, kind


_Row = dict[str, Any]
#: Ending of the journal's file name.
ENDING = "deliveries"
#: Fields of a row that are times.
_TIMES = ("again", "done", "lease")
_encode = json.JSONEncoder(default=datetime.isoformat).encode


class Journal:
    """The attempts of one run that the store lacks, and the file that has them meanwhile.

    Recording a mail in the store takes longer than the relay takes to accept it. A line of the file
    has the attempts that begin, and the outcomes since the previous line.
    """

    def __init__(self, place: StoreLocation, *, alone: bool) -> None:
        """Open the journal; with a file if one process delivers ``alone`` from a file."""
        self._place, self._file = place, None
        self._tx: Connection | None = None
        # The version of the store at the last claim, and the workers that claimed at that version.
        self._version, self._sure = 0, set[str]()
        # Attempts begun, by worker; all outcomes, of which the last may not be in the file yet.
        self._begun: dict[str, _Row] = {}
        self._settled: list[_Row] = []
        self._written = self._size = 0
        if alone and place.file:
            self._file = open_lock(place.beside(ENDING))
            self._wait(lambda _file: sync(place.folder))
            self.clear()

    def close(self) -> None:
        """Close the file, which stays."""
        self._wait(os.close)
        self._file = None

    def end(self, worker: str, outcomes: Iterable[Settlement]) -> None:
        """Add the outcomes of what a worker has begun; it is now sending nothing."""
        self._begun.pop(worker, None)
        self._settled += map(settled_row, outcomes)

    def begin(
        self, wanted: Mapping[str, Delivery], *, at: datetime, lease: timedelta | None
    ) -> bool:
        """Write begun attempts and all outcomes to the file; False if the store must decide.

        It need not decide while nobody else has written to it since the workers made their claims.
        """
        if self._file is None or self._tx is None or not self._sure.issuperset(wanted):
            return False
        end = end_of(lease, at)
        begun: dict[str, _Row] = {
            name: {"number_": mail.id, "worker_": name, "tries_": mail.tries + 1, "lease": end}
            for name, mail in wanted.items()
        }
        rows = {"settled": self._settled[self._written :], "begun": [*begun.values()]}
        line = f"{_encode(rows)}\n".encode()
        written = 0
        with translating_errors(self._place):
            raw: Any = self._tx.connection.driver_connection
            # Another writer has either finished, which the version shows, or will read the file.
            raw.execute("BEGIN IMMEDIATE")
            try:
                if _version(raw) == self._version:
                    # If the disk is full, the store decides, and reports the error.
                    with suppress(OSError):
                        written = os.pwrite(self._file, line, self._size)
            finally:
                raw.execute("ROLLBACK")
        if written < len(line):
            return False
        self._size += written
        self._written = len(self._settled)
        self._begun |= begun
        return True

    def sync(self, worker: str) -> None:
        """Wait until what a worker has begun is on disk, unless it is in the store."""
        if worker in self._begun:
            self._wait(os.fdatasync)

    def settle(self, tx: Connection, claiming: Iterable[str]) -> None:
        """Write everything to the store; call :meth:`clear` once that is committed.

        ``claiming`` are the workers that make new claims in this transaction.
        """
        if self._file is not None:
            version = _version(tx.connection.driver_connection)
            known = self._sure if version == self._version else set()
            self._tx, self._version, self._sure = tx, version, known.union(claiming)
        SETTLE.run(tx, self._settled)
        BEGUN.run(tx, [*self._begun.values()])

    def clear(self) -> None:
        """Discard what is in the store now."""
        self._begun.clear()
        self._settled.clear()
        self._written = self._size = 0
        self._wait(lambda file: os.ftruncate(file, 0))

    def _wait(self, work: Callable[[int], None]) -> None:
        if self._file is not None:
            try:
                work(self._file)
            except OSError as error:
                what = f"{reason_of(error)}; {remedy_of(error)}"
                raise StoreError(f"{self._place.label}: its journal: {what}") from error


def _version(raw: Any) -> int:  # noqa: ANN401  the driver's type
    """Return a number that changes whenever another connection changes the store."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def settle_journal(tx: Connection) -> None:
    """Write to the store what a journal beside it holds, as after a killed process.

    Only deliveries still claimed by the same worker are changed: in a restored store the numbers
    may belong to others.
    """
    if tx.dialect.name != "sqlite":
        return
    with suppress(FileNotFoundError):
        lines = Path(f"{tx.engine.url.database}.{ENDING}").read_bytes().splitlines()
        claimed = select(DELIVERY.number, DELIVERY.worker)
        held = {*tx.execute(claimed.where(DELIVERY.status == DeliveryStatus.CLAIMED))}
        for line in lines:
            # A line that was cut off was never synced, so its mails were not sent.
            with suppress(ValueError):
                rows: dict[str, list[_Row]] = json.loads(line)
                for row in [*rows["settled"], *rows["begun"]]:
                    row |= {
                        name: datetime.fromisoformat(row[name]) for name in _TIMES if row.get(name)
                    }
                own = [row for row in rows["settled"] if (row["number_"], row["worker_"]) in held]
                SETTLE.run(tx, own)
                BEGUN.run(tx, rows["begun"])
