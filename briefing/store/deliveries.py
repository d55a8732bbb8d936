"""Which edition goes to whom, who is sending it now, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from briefing.core.errors import InputError
from briefing.core.model import (
    ONLY_EDITIONS,
    Audience,
    Delivery,
    DeliveryStatus,
    MailKind,
    Preferences,
    State,
    Subscriber,
)
from briefing.store import subscribers
from briefing.store.delivery_rows import (
    BEGIN,
    COLUMNS,
    EDITIONS,
    FREE,
    INSERT,
    JOINED,
    SETTLE,
    WELCOME,
    delivery_of,
)
from briefing.store.mail_tables import BOUNCE, DELIVERY, PROGRESS, SUBSCRIBER
from briefing.store.tables import EDITION, WITHDRAWAL

#: Rows read or written at once.
_PAGE = 1_000
#: Why a delivery was not sent, or is held.
_LEFT = "not subscribed any more when its turn came"
_LATE = "its time was over before it could be sent"
_DIED = "the process that was sending it ended; nobody knows whether it arrived"
_WITHDRAWN = "the edition was withdrawn"
_SUSPECT = "the store was put back from a backup; it may have been sent before"
#: What decides whether a delivery may be sent.
_JUDGED = (DELIVERY.c.edition, DELIVERY.c.until, WELCOME.label("welcome"))
_OPEN = (DeliveryStatus.DUE.value, DeliveryStatus.CLAIMED.value)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that one worker may send, and to whom, as both stand now."""

    delivery: Delivery
    to: Subscriber


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one delivery."""

    #: Number of the delivery.
    id: int
    #: DUE: to be sent again.
    fate: DeliveryStatus
    #: Aware UTC.
    at: datetime
    #: What the other side said, or why.
    reason: str = ""
    #: When it is due again; None: as before.
    again: datetime | None = None
    #: It may have arrived.
    ambiguous: bool = False
    #: Who had claimed it; empty for a person who decides about one that nobody holds.
    worker: str = ""


def release(
    tx: Connection,
    edition: str,
    *,
    at: datetime,
    life: timedelta,
    due: Callable[[Preferences], datetime | None],
) -> int:
    """Make a delivery of an edition for each active subscriber; return how many are new.

    In the transaction that keeps the edition: then there is never one without the other. Again
    later it adds only those who subscribed meanwhile. Who does not want the day gets no row.

    Args:
        tx: a writing transaction.
        edition: its id, which is in the store.
        at: now, aware.
        life: for how long it may be sent, from its time or from now, whichever is later.
        due: when the subscriber's preferences want it sent; None: not at all.
    """
    return address(tx, edition, _wanted(tx, due), at=at, life=life)


def address(
    tx: Connection,
    edition: str,
    readers: Iterable[tuple[int, datetime]],
    *,
    at: datetime,
    life: timedelta,
) -> int:
    """Make a delivery for each subscriber at a time, as :func:`release` does."""
    before = _count(tx, edition)
    lot: list[dict[str, object]] = []
    for number, when in readers:
        lot.append(_row(edition, number, due=when, until=max(when, at) + life))
        if len(lot) == _PAGE:
            tx.execute(INSERT[tx.dialect.name], lot)
            lot.clear()
    if lot:
        tx.execute(INSERT[tx.dialect.name], lot)
    return _count(tx, edition) - before


def claim(  # noqa: PLR0913  who, when, for how long, how many, and what of those in doubt
    tx: Connection,
    *,
    worker: str,
    at: datetime,
    lease: timedelta,
    limit: int,
    resend: bool,
    kinds: Collection[MailKind] = ONLY_EDITIONS,
) -> tuple[Claimed, ...]:
    """Take deliveries whose time has come, longest due first; none when nothing is due.

    Those of a worker whose lease ran out are free again; one that it was just sending is sent
    once more or held. What is past its life, not wanted any more, or of an edition that was
    withdrawn or may have been sent before the store was put back, is settled so and not returned.

    Args:
        tx: a writing transaction.
        worker: who takes them; no two at the same time have the same name.
        at: now, aware.
        lease: for how long they are its own.
        limit: how many at most.
        resend: whether one that may have arrived is sent again; else it is held.
        kinds: of mails that are taken.
    """
    queue = _of_kinds(kinds)
    _free_lapsed(tx, queue, at=at, resend=resend)
    suspect, withdrawn = _suspect(tx), _withdrawn(tx)
    while True:
        lot = tx.execute(_due(queue, at=at, limit=limit, dialect=tx.dialect.name)).all()
        gone = [row.delivery for row in lot if row.edition in withdrawn]
        if gone:
            _seal(tx, gone, DeliveryStatus.SKIPPED, at=at, reason=_WITHDRAWN)
        left = [row for row in lot if row.edition not in withdrawn]
        verdicts = {row.delivery: _verdict(row, at=at, suspect=suspect) for row in left}
        _settle_unsent(tx, verdicts, at=at)
        taken = [row for row in left if verdicts[row.delivery] is None]
        if taken or not lot:
            break
    numbers = [row.delivery for row in taken]
    held = {
        "fate": DeliveryStatus.CLAIMED.value,
        "worker": worker,
        "lease": at + lease,
        "begun": False,
    }
    if numbers:
        tx.execute(update(DELIVERY).where(DELIVERY.c.number.in_(numbers)).values(**held))
    return tuple(
        Claimed(delivery_of(row, fate=DeliveryStatus.CLAIMED), _recipient(row)) for row in taken
    )


def begin(
    tx: Connection, wanted: Mapping[int, str], *, at: datetime, lease: timedelta
) -> frozenset[int]:
    """Note that deliveries are being sent, and return those that may be.

    Not those whose worker has lost them. Nor those whose subscriber is not active any more or whose
    life is over: they are settled so.

    Args:
        tx: a writing transaction.
        wanted: worker by the number of the delivery.
        at: now, aware.
        lease: for how long they are its own from now; longer than sending can take.
    """
    times = {"now": at, "lease": at + lease}
    rows = [{"number_": number, "worker_": worker, **times} for number, worker in wanted.items()]
    if tx.execute(BEGIN, rows).rowcount == len(rows):
        return frozenset(wanted)
    found = tx.execute(
        select(*_JUDGED, DELIVERY.c.number, DELIVERY.c.worker)
        .select_from(JOINED)
        .where(DELIVERY.c.number.in_(wanted), DELIVERY.c.fate == DeliveryStatus.CLAIMED.value)
    )
    own = [row for row in found if wanted[row.number] == row.worker]
    going = frozenset(row.number for row in own if _verdict(row, at=at) is None)
    left = {row.number: _verdict(row, at=at) for row in own if row.number not in going}
    _settle_unsent(tx, left, at=at)
    return going


def settle(  # noqa: PLR0913  all that is known of one outcome
    tx: Connection,
    number: int,
    *,
    fate: DeliveryStatus,
    at: datetime,
    reason: str = "",
    again: datetime | None = None,
    ambiguous: bool = False,
    worker: str = "",
) -> None:
    """Record what became of one delivery, as :func:`settle_all` does."""
    one = Settlement(number, fate, at, reason, again, ambiguous, worker)
    settle_all(tx, [one])


def settle_all(tx: Connection, outcomes: Sequence[Settlement]) -> None:
    """Record what became of deliveries.

    Only the worker that holds one can settle it, but for SENT, which is a fact whoever says it.
    """
    if outcomes:
        tx.execute(SETTLE, [_settled(one) for one in outcomes])


def give_back(tx: Connection, worker: str) -> int:
    """Free what a worker holds and has not sent, as if it had never taken it; return how many."""
    held = DELIVERY.c.fate == DeliveryStatus.CLAIMED.value, DELIVERY.c.worker == worker
    begun = {"fate": DeliveryStatus.DUE.value, "tries": DELIVERY.c.tries - 1, **FREE}
    number = tx.execute(update(DELIVERY).where(*held, DELIVERY.c.begun).values(**begun)).rowcount
    free = {"fate": DeliveryStatus.DUE.value, **FREE}
    return number + tx.execute(update(DELIVERY).where(*held).values(**free)).rowcount


def end_leases(
    tx: Connection, *, at: datetime, kinds: Collection[MailKind] = ONLY_EDITIONS
) -> None:
    """Let all leases of some kinds run out now: for who knows that nobody else is sending."""
    held = DELIVERY.c.fate == DeliveryStatus.CLAIMED.value, _of_kinds(kinds)
    tx.execute(update(DELIVERY).where(*held).values(lease=at))


def hold_open(tx: Connection, *, reason: str = _SUSPECT) -> int:
    """Hold all editions not sent yet for a person to decide; return how many."""
    held = {"fate": DeliveryStatus.HELD.value, "reason": reason, **FREE}
    open_ = EDITIONS, DELIVERY.c.fate.in_(_OPEN)
    return tx.execute(update(DELIVERY).where(*open_).values(**held)).rowcount


def open_of(tx: Connection) -> tuple[int, str]:
    """Return how many deliveries are not sent yet, and the last edition with any; empty: none."""
    counted = select(func.count(), func.max(DELIVERY.c.edition))
    count, edition = tx.execute(counted.where(EDITIONS, DELIVERY.c.fate.in_(_OPEN))).one()
    return count, edition or ""


def decide(tx: Connection, edition: str, *, send: bool, at: datetime) -> int:
    """Send what is held of an edition, or let it be; return how many deliveries it were."""
    held = DELIVERY.c.edition == edition, DELIVERY.c.fate == DeliveryStatus.HELD.value
    if not send:
        never = {"fate": DeliveryStatus.SKIPPED.value, "done": at}
        return tx.execute(update(DELIVERY).where(*held).values(**never)).rowcount
    tx.execute(update(PROGRESS).where(PROGRESS.c.suspect == edition).values(suspect=""))
    again = {"fate": DeliveryStatus.DUE.value, "done": None}
    return tx.execute(update(DELIVERY).where(*held).values(**again)).rowcount


def audience(tx: Connection, edition: str) -> Audience:
    """Return how the deliveries of an edition stand.

    Raises:
        InputError: there is no such edition.
    """
    day = tx.execute(select(EDITION.c.day).where(EDITION.c.id == edition)).scalar()
    if day is None:
        raise InputError(
            f"edition {edition[:100]!a}: not in the store; `briefing publish` makes one"
        )
    column = DELIVERY.c.fate
    found = select(column, func.count()).where(DELIVERY.c.edition == edition).group_by(column)
    numbers = {DeliveryStatus(fate): number for fate, number in tx.execute(found)}
    return Audience(
        edition, day, {fate: numbers[fate] for fate in DeliveryStatus if fate in numbers}
    )


def of(tx: Connection, edition: str, *, fate: DeliveryStatus | None = None) -> Iterator[Delivery]:
    """Yield the deliveries of an edition, or those of one fate, first made first."""
    asked = select(*COLUMNS, SUBSCRIBER.c.address).select_from(JOINED)
    asked = asked.where(DELIVERY.c.edition == edition).order_by(DELIVERY.c.number).limit(_PAGE)
    if fate is not None:
        asked = asked.where(DELIVERY.c.fate == fate.value)
    last = 0
    while page := tx.execute(asked.where(DELIVERY.c.number > last)).all():
        yield from map(delivery_of, page)
        last = page[-1].delivery


def get(tx: Connection, number: int) -> Delivery | None:
    """Return one delivery, such as that of a return path."""
    asked = select(*COLUMNS, SUBSCRIBER.c.address).select_from(JOINED)
    row = tx.execute(asked.where(DELIVERY.c.number == number)).first()
    return None if row is None else delivery_of(row)


def to(tx: Connection, edition: str, subscriber: int) -> Delivery | None:
    """Return the delivery of an edition to a subscriber."""
    asked = select(*COLUMNS, SUBSCRIBER.c.address).select_from(JOINED)
    row = tx.execute(
        asked.where(DELIVERY.c.edition == edition, DELIVERY.c.subscriber == subscriber)
    ).first()
    return None if row is None else delivery_of(row)


def add(tx: Connection, edition: str, subscriber: int, *, due: datetime, until: datetime) -> None:
    """Make one delivery, unless it is there."""
    tx.execute(INSERT[tx.dialect.name], [_row(edition, subscriber, due=due, until=until)])


def send_now(
    tx: Connection, edition: str, subscriber: int, *, at: datetime, until: datetime
) -> None:
    """Make one delivery that is due now; one that waits for its time waits no longer."""
    add(tx, edition, subscriber, due=at, until=until)
    waits = (
        DELIVERY.c.edition == edition,
        DELIVERY.c.subscriber == subscriber,
        DELIVERY.c.fate == DeliveryStatus.DUE.value,
        DELIVERY.c.due > at,
    )
    tx.execute(update(DELIVERY).where(*waits).values(due=at))


def renew(tx: Connection, number: int, *, at: datetime, until: datetime) -> None:
    """Make a delivery due now as if it had never been tried; what came back of it is forgotten."""
    tx.execute(delete(BOUNCE).where(BOUNCE.c.delivery == number))
    anew = {"fate": DeliveryStatus.DUE.value, "due": at, "until": until, "tries": 0, "done": None}
    whole = {"ambiguous": False, "reason": "", **anew, **FREE}
    tx.execute(update(DELIVERY).where(DELIVERY.c.number == number).values(**whole))


def put_mail(  # noqa: PLR0913  what a mail is made of when it is sent
    tx: Connection,
    kind: MailKind,
    subscriber: int = 0,
    *,
    epoch: int = 0,
    words: str = "",
    at: datetime,
    until: datetime,
) -> int:
    """Have a mail sent that belongs to no edition; return its number."""
    row = _row(None, subscriber, due=at, until=until)
    row |= {"kind": kind.value, "asked": at, "epoch": epoch, "words": words}
    number: int = tx.execute(insert(DELIVERY).returning(DELIVERY.c.number), row).scalar_one()
    return number


def forget_mails(tx: Connection, *, before: datetime) -> int:
    """Delete what became of mails that belong to no edition; return how many."""
    return tx.execute(delete(DELIVERY).where(~EDITIONS, DELIVERY.c.done < before)).rowcount


def waits(tx: Connection, *, kinds: Collection[MailKind], at: datetime) -> bool:
    """Tell whether a mail of some kinds is due, or was being sent by a process."""
    due = (DELIVERY.c.fate == DeliveryStatus.DUE.value) & (DELIVERY.c.due <= at)
    open_ = _of_kinds(kinds), or_(due, DELIVERY.c.fate == DeliveryStatus.CLAIMED.value)
    return tx.execute(select(DELIVERY.c.number).where(*open_).limit(1)).first() is not None


def next_due(tx: Connection, *, kinds: Collection[MailKind] = ONLY_EDITIONS) -> datetime | None:
    """Return when the next delivery of some kinds is due; None when none is."""
    waiting = DELIVERY.c.fate == DeliveryStatus.DUE.value, _of_kinds(kinds)
    found: datetime | None = tx.execute(select(func.min(DELIVERY.c.due)).where(*waiting)).scalar()
    return found


def due_by(tx: Connection, at: datetime) -> tuple[int, int]:
    """Return how many deliveries are due by a moment, and to how many subscribers."""
    counts = func.count(), func.count(DELIVERY.c.subscriber.distinct())
    due = EDITIONS, DELIVERY.c.fate == DeliveryStatus.DUE.value, DELIVERY.c.due <= at
    mails, readers = tx.execute(select(*counts).where(*due)).one()
    return mails, readers


def _count(tx: Connection, edition: str) -> int:
    found = select(func.count()).select_from(DELIVERY).where(DELIVERY.c.edition == edition)
    return tx.execute(found).scalar_one()


def _wanted(
    tx: Connection, due: Callable[[Preferences], datetime | None]
) -> Iterator[tuple[int, datetime]]:
    """Yield each active subscriber with the time of delivery; many share the same preferences."""
    known: dict[Preferences, datetime | None] = {}
    for row in subscribers.rows(tx, state=State.ACTIVE):
        preferences = subscribers.preferences_of(row)
        if preferences not in known:
            if len(known) == _PAGE:
                known.clear()
            known[preferences] = due(preferences)
        when = known[preferences]
        if when is not None:
            yield row.number, when


def _of_kinds(kinds: Collection[MailKind]) -> ColumnElement[bool]:
    return DELIVERY.c.kind.in_(sorted(kind.value for kind in kinds))


def _recipient(row: Row[*tuple[Any, ...]]) -> Subscriber:
    return Subscriber(0, "") if row.number is None else subscribers.subscriber_of(row)


def _row(
    edition: str | None, subscriber: int, *, due: datetime, until: datetime
) -> dict[str, object]:
    return {
        "kind": MailKind.EDITION.value,
        "edition": edition,
        "subscriber": subscriber,
        "asked": None,
        "epoch": 0,
        "words": "",
        "due": due,
        "until": until,
        "fate": DeliveryStatus.DUE.value,
        "tries": 0,
        "ambiguous": False,
        "reason": "",
        **FREE,
    }


def _free_lapsed(tx: Connection, queue: ColumnElement[bool], *, at: datetime, resend: bool) -> None:
    lapsed = queue, DELIVERY.c.fate == DeliveryStatus.CLAIMED.value, DELIVERY.c.lease <= at
    # An edition that was in doubt before is not sent a third time; who waits for another mail is
    # better served by one that comes twice than by none.
    once_more = or_(~EDITIONS, DELIVERY.c.ambiguous.is_(False)) if resend else false()
    fate = case((once_more, DeliveryStatus.DUE.value), else_=DeliveryStatus.HELD.value)
    doubtful = {"fate": fate, "ambiguous": True, "reason": _DIED, **FREE}
    tx.execute(update(DELIVERY).where(*lapsed, DELIVERY.c.begun).values(**doubtful))
    tx.execute(update(DELIVERY).where(*lapsed).values(fate=DeliveryStatus.DUE.value, **FREE))


def _suspect(tx: Connection) -> str:
    found: str | None = tx.execute(select(PROGRESS.c.suspect)).scalar()
    return found or ""


def _withdrawn(tx: Connection) -> frozenset[str]:
    """Return the editions of which nothing is sent any more, though it may be due once again."""
    return frozenset(tx.execute(select(WITHDRAWAL.c.edition)).scalars())


def _due(queue: ColumnElement[bool], *, at: datetime, limit: int, dialect: str) -> Select[Any]:
    whole = [column for column in SUBSCRIBER.c if column.name != "number"]
    found = (
        select(*COLUMNS, SUBSCRIBER.c.number, *whole, WELCOME.label("welcome"))
        .select_from(JOINED)
        .where(queue, DELIVERY.c.fate == DeliveryStatus.DUE.value, DELIVERY.c.due <= at)
        .order_by(DELIVERY.c.due, DELIVERY.c.number)
        .limit(limit)
    )
    # SQLite has one writer at a time anyway.
    return found.with_for_update(skip_locked=True, of=DELIVERY) if dialect != "sqlite" else found


def _verdict(
    row: Row[*tuple[Any, ...]], *, at: datetime, suspect: str = ""
) -> DeliveryStatus | None:
    """Tell why a delivery is not to be sent; None when it is."""
    if row.until <= at:
        return DeliveryStatus.EXPIRED
    if not row.welcome:
        return DeliveryStatus.SKIPPED
    return DeliveryStatus.HELD if suspect and row.edition == suspect else None


def _settle_unsent(
    tx: Connection, verdicts: Mapping[int, DeliveryStatus | None], *, at: datetime
) -> None:
    why = {
        DeliveryStatus.EXPIRED: _LATE,
        DeliveryStatus.SKIPPED: _LEFT,
        DeliveryStatus.HELD: _SUSPECT,
    }
    for fate, reason in why.items():
        numbers = [number for number, found in verdicts.items() if found is fate]
        if numbers:
            _seal(tx, numbers, fate, at=at, reason=reason)


def _seal(
    tx: Connection, numbers: Sequence[int], fate: DeliveryStatus, *, at: datetime, reason: str
) -> None:
    """Settle deliveries that are not sent; what the other side said before is kept."""
    before = DELIVERY.c.reason
    told = (
        func.coalesce(func.nullif(before, ""), reason) if fate is DeliveryStatus.EXPIRED else reason
    )
    done = {"fate": fate.value, "done": None if fate is DeliveryStatus.HELD else at, "reason": told}
    tx.execute(update(DELIVERY).where(DELIVERY.c.number.in_(numbers)).values(**done, **FREE))


def _settled(one: Settlement) -> dict[str, object]:
    sealed = one.fate not in {DeliveryStatus.DUE, DeliveryStatus.CLAIMED, DeliveryStatus.HELD}
    return {
        "number_": one.id,
        "worker_": one.worker,
        "fate": one.fate.value,
        "again": one.again,
        "ambiguous_": one.ambiguous,
        "reason": one.reason,
        "done": one.at if sealed else None,
    }
