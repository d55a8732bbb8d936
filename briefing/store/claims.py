"""Who is sending a delivery now, until when, with what outcome; bounces; and attempts in a file.

The file beside the store has what the store itself does not have yet.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
_LATE = "its time was over before it could be sent"
_DIED = "the process that was sending it ended; nobody knows whether it arrived"
_WITHDRAWN = "the edition was withdrawn"
#: When a lease is over by every clock.
_OVER = datetime(1970, 1, 1, tzinfo=UTC)
#: Of which kinds, and at what moment; the statements of a claim are built once.
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
        # as :func:`_recipient` reads them in the same transaction
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
#: The same where several may claim at a time; SQLite has one writer anyway.
_DUE_LOCKED = _DUE.with_for_update(skip_locked=True, of=DELIVERY)


def _in_doubt(*, resend: bool) -> Update:
    # An edition that was in doubt before is not sent a third time; who waits for another mail is
    # better served by one that comes twice than by none.
    once_more = or_(~EDITIONS, DELIVERY.ambiguous.is_(False)) if resend else false()
    status = case((once_more, DeliveryStatus.DUE), else_=DeliveryStatus.HELD)
    doubtful = {"status": status, "ambiguous": True, "reason": _DIED, **FREE}
    return update(DELIVERY).where(*_LAPSED, DELIVERY.begun).values(**doubtful)


_IN_DOUBT = {resend: _in_doubt(resend=resend) for resend in (False, True)}

#: What decides whether a delivery may be sent.
_JUDGED = (DELIVERY.edition, DELIVERY.until, WELCOME.label("welcome"))


#: How a delivery that is not to be sent is settled, and why.
_Verdict: TypeAlias = tuple[DeliveryStatus, str]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that one worker may send, and to whom, as both stand now."""

    delivery: Delivery
    to: Subscriber


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one delivery."""

    #: Number of the delivery.
    id: int
    #: DUE: to be sent again.
    status: DeliveryStatus
    #: Aware UTC.
    at: datetime
    #: What the other side said, or why.
    reason: str = ""
    #: When it is due again; None: as before.
    again: datetime | None = None
    #: It may have arrived.
    ambiguous: bool = False
    #: How often it was begun by now; None: as often as the store says.
    tries: int | None = None
    #: Who had claimed it; empty for a person who decides about one that nobody holds.
    worker: str = ""


def claim(  # noqa: PLR0913  who, when, for how long, how many, and what of those in doubt
    tx: Connection,
    *,
    worker: str,
    at: datetime,
    lease: timedelta | None,
    limit: int,
    resend: bool,
    kinds: Collection[MailKind] = ONLY_EDITIONS,
) -> tuple[Claimed, ...]:
    """Take deliveries whose time has come, longest due first; none when nothing is due.

    Those of a worker whose lease ran out are free again; one that it was just sending is sent
    once more or held. What is past its life, not wanted any more, or of an edition that was
    withdrawn or may have been sent before the store was put back, is settled so and not returned.

    No two workers at the same time have the same name. ``lease`` is for how long the deliveries are
    its own; None: until somebody ends it. With ``resend`` one that may have arrived is sent again;
    else it is held.
    """
    queue = {"kinds": sorted(kinds), "now": at}
    tx.execute(_IN_DOUBT[resend], queue)
    tx.execute(_FREE_LAPSED, queue)
    query = _DUE if tx.dialect.name == "sqlite" else _DUE_LOCKED
    suspect = tx.scalar(_SUSPECTED) or ""
    # Nothing of these is sent any more, though it may be due once again.
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
    """Note that deliveries are being sent, and return those that may be.

    Not those whose worker has lost them. Nor those whose subscriber is not active any more or whose
    life is over: they are settled so. ``wanted`` is the worker by the number of the delivery; the
    lease, longer than sending can take, counts from now; None: until somebody ends it.
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
    """Record the outcome of deliveries.

    Only the worker that holds one can settle it, but for SENT, which is a fact whoever says it.
    """
    SETTLE.run(tx, [settled_row(outcome) for outcome in outcomes])


def give_back(tx: Connection, worker: str) -> int:
    """Free what a worker holds and has not sent, as if it had never taken it; return how many."""
    held = DELIVERY.status == DeliveryStatus.CLAIMED, DELIVERY.worker == worker
    undone: dict[str, object] = {"status": DeliveryStatus.DUE, **FREE}
    undone["tries"] = DELIVERY.tries - 1
    number = update_rows(tx, DELIVERY, *held, DELIVERY.begun, **undone)
    del undone["tries"]
    return number + update_rows(tx, DELIVERY, *held, **undone)


def end_leases(
    tx: Connection, *which: ColumnElement[bool], kinds: Collection[MailKind] = DELIVERED
) -> None:
    """End all leases of some kinds, or only some: for who knows that nobody else is sending."""
    held = DELIVERY.status == DeliveryStatus.CLAIMED, of_kinds(kinds)
    update_rows(tx, DELIVERY, *held, *which, lease=_OVER)


def end_leases_of(tx: Connection, worker: str) -> None:
    """End the leases of all connections of a job that is over, or whose worker is lost."""
    end_leases(tx, DELIVERY.worker.startswith(f"{worker}/", autoescape=True))


def end_leases_of_jobs(tx: Connection) -> None:
    """End the leases of all jobs, which have no end: for who knows that none is under way."""
    end_leases(tx, DELIVERY.lease == ENDLESS)


def end_of(lease: timedelta | None, at: datetime) -> datetime:
    """Return until when a claim lasts."""
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
    """Settle deliveries that are not sent; what the other side answered before is kept."""
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
    """Return what of an outcome :data:`SETTLE` records."""
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


#: Deliveries that count in a streak: accepted or refused by the relay.
_TRIED = (DeliveryStatus.SENT, DeliveryStatus.REFUSED)
_WITH_BOUNCE = outerjoin(DELIVERY, BOUNCE)
#: Deliveries read; no rule needs more bounces in a row.
_LAST = 30


def record_bounce(tx: Connection, delivery: int, bounce: Bounce) -> bool:
    """Record the bounce of a delivery; False if its bounce is recorded already.

    A delivery has one bounce, the worst: hard or a complaint replaces soft, else the first counts.
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
    """Return the last 30 editions sent to a subscriber and their bounces, newest first.

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
    """Yield address, status and bounce of the deliveries of an edition, sent or refused.

    The address is empty if the subscriber was forgotten.
    """
    rows = tx.execute(
        select(SUBSCRIBER.address, DELIVERY.status, BOUNCE.kind)
        .select_from(_WITH_BOUNCE.outerjoin(SUBSCRIBER, DELIVERY.subscriber == SUBSCRIBER.number))
        .where(DELIVERY.edition == edition, TO_READERS, DELIVERY.status.in_(_TRIED))
    )
    for address, status, kind in rows:
        yield address or "", status, kind


_Row = dict[str, Any]
#: Ending of the name of the file.
ENDING = "deliveries"
#: What of a row is a time.
_TIMES = ("again", "done", "lease")
_encode = json.JSONEncoder(default=datetime.isoformat).encode


class Journal:
    """The attempts of one run that the store lacks, and the file that holds them meanwhile.

    To record a mail takes a store longer than to send it takes the relay. A line of the file holds
    attempts that begin, and the outcomes of those before.
    """

    def __init__(self, place: StoreLocation, *, alone: bool) -> None:
        """Begin it; there is a file if one process delivers ``alone`` from a store in a file."""
        self._place, self._file = place, None
        self._tx: Connection | None = None
        # What others have written by now, and the workers that have claimed nothing before that.
        self._version, self._sure = 0, set[str]()
        # Begun, by worker; and all outcomes, of which the last are not in the file either.
        self._begun: dict[str, _Row] = {}
        self._settled: list[_Row] = []
        self._written = self._size = 0
        if alone and place.file:
            self._file = open_lock(place.beside(ENDING))
            self._wait(lambda _file: sync(place.folder))
            self.clear()

    def close(self) -> None:
        """Close the file, which is kept."""
        self._wait(os.close)
        self._file = None

    def end(self, worker: str, outcomes: Iterable[Settlement]) -> None:
        """Take the outcomes of what a worker has begun; it sends nothing now."""
        self._begun.pop(worker, None)
        self._settled += map(settled_row, outcomes)

    def begin(
        self, wanted: Mapping[str, Delivery], *, at: datetime, lease: timedelta | None
    ) -> bool:
        """Write what workers begin to the file, and all outcomes; False if the store must decide.

        It need not while nobody else has written to it since the workers claimed what they begin.
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
            # Who writes to the store has done so before this, or reads it in the file.
            raw.execute("BEGIN IMMEDIATE")
            try:
                if _version(raw) == self._version:
                    # What a full disk does not take is for the store, which says so.
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
        """Wait until the disk has what a worker has begun, if the store does not."""
        if worker in self._begun:
            self._wait(os.fdatasync)

    def settle(self, tx: Connection, claiming: Iterable[str]) -> None:
        """Write all of it to the store; when that is committed, :meth:`clear` it.

        Some workers claim anew in this transaction.
        """
        if self._file is not None:
            version = _version(tx.connection.driver_connection)
            known = self._sure if version == self._version else set()
            self._tx, self._version, self._sure = tx, version, known.union(claiming)
        SETTLE.run(tx, self._settled)
        BEGUN.run(tx, [*self._begun.values()])

    def clear(self) -> None:
        """Forget what the store has."""
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


def _version(raw: Any) -> int:  # noqa: ANN401  the driver's own
    """Return a number that changes whenever another connection has changed the store."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0])


def settle_journal(tx: Connection) -> None:
    """Write to the store what the journal beside it holds, as of a process that was killed.

    Only of what is claimed by the same worker still: a store that was put back may have given the
    numbers to others.
    """
    if tx.dialect.name != "sqlite":
        return
    with suppress(FileNotFoundError):
        lines = Path(f"{tx.engine.url.database}.{ENDING}").read_bytes().splitlines()
        claimed = select(DELIVERY.number, DELIVERY.worker)
        held = {*tx.execute(claimed.where(DELIVERY.status == DeliveryStatus.CLAIMED))}
        for line in lines:
            # One that was cut off has not come to its mail.
            with suppress(ValueError):
                rows: dict[str, list[_Row]] = json.loads(line)
                for row in [*rows["settled"], *rows["begun"]]:
                    row |= {
                        name: datetime.fromisoformat(row[name]) for name in _TIMES if row.get(name)
                    }
                own = [row for row in rows["settled"] if (row["number_"], row["worker_"]) in held]
                SETTLE.run(tx, own)
                BEGUN.run(tx, rows["begun"])
