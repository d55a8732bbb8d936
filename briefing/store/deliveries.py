"""Deliveries: which edition or other mail goes to whom and when, and its status."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    outerjoin,
    select,
    true,
    update,
)

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import (
    CHANNEL_MESSAGES,
    DELIVERED,
    OPERATORS_MAILS,
    Audience,
    Delivery,
    DeliveryStatus,
    MailKind,
    Preferences,
    State,
)
from briefing.store import printed_files, subscribers
from briefing.store.engine import (
    AnyRow,
    DriverStatement,
    count_rows,
    delete_rows,
    first,
    has_row,
    in_batches,
    insert_into,
    insert_row,
    rows_in,
    update_rows,
)
from briefing.store.mail_tables import BOUNCE, DELIVERY, PROGRESS, SUBSCRIBER
from briefing.store.tables import EDITION, WITHDRAWAL

#: Columns that are fields of a delivery.
_PLAIN = ("subscriber", "due", "until", "tries", "ambiguous", "done", "asked", "epoch", "words")
#: Columns of a delivery; the address is the subscriber's, as long as there is one.
COLUMNS = (
    DELIVERY.number.label("delivery"),
    DELIVERY.reason.label("attempt_reason"),
    *(DELIVERY[name] for name in ("edition", "status", "kind", *_PLAIN)),
)


def _constant(value: StrEnum | str) -> ColumnElement[str]:
    """Return a constant word as a literal, since each parameter costs time with every mail."""
    return literal_column(f"'{value}'", Text)


def _either(*kinds: MailKind) -> ColumnElement[bool]:
    return or_(*(DELIVERY.kind == _constant(kind) for kind in kinds))


#: Whether a delivery is of an edition, and whether that goes to a reader.
EDITIONS = _either(MailKind.EDITION, MailKind.CHANNEL)
TO_READERS = _either(MailKind.EDITION)
JOINED = outerjoin(DELIVERY, SUBSCRIBER, DELIVERY.subscriber == SUBSCRIBER.number)
#: Columns of a delivery that nobody has claimed.
FREE: dict[str, object] = {"worker": "", "lease": None, "begun": False}
#: The end of a lease that does not expire.
ENDLESS = datetime(9999, 1, 1, tzinfo=UTC)
#: How long after the end of its life a message may still be under way to a channel.
_SETTLED = timedelta(hours=1)
#: Statuses of a message that its channel does not get.
_FAILED = (DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED, DeliveryStatus.SKIPPED)
#: Reason for holding all open deliveries.
SUSPECT = "the store was put back from a backup; it may have been sent before"


def _is(*states: State) -> ColumnElement[bool]:
    """Tell whether a subscriber is in a state; without IN, which executemany cannot expand."""
    return or_(*(SUBSCRIBER.state == _constant(state) for state in states))


#: Whether it goes to operators or a channel, and so to no subscriber.
_TO_OTHERS = _either(*sorted(OPERATORS_MAILS | CHANNEL_MESSAGES))

#: Whether its subscriber may get it; one who left after asking may not get a confirmation.
WELCOME = or_(
    and_(TO_READERS, _is(State.ACTIVE)),
    and_(DELIVERY.kind == _constant(MailKind.REMINDER), _is(State.ACTIVE, State.PAUSED)),
    and_(
        DELIVERY.kind == _constant(MailKind.CONFIRMATION),
        or_(
            _is(State.PENDING),
            and_(_is(State.UNSUBSCRIBED, State.BOUNCED), SUBSCRIBER.since <= DELIVERY.asked),
        ),
    ),
    _TO_OTHERS,
)

#: Records the outcome of a delivery.
SETTLE = DriverStatement(
    update(DELIVERY)
    .where(
        DELIVERY.number == bindparam("number_"),
        # SENT is a fact whoever reports it; only the holder may record any other outcome.
        or_(
            DELIVERY.worker == bindparam("worker_"),
            bindparam("status", type_=Text) == _constant(DeliveryStatus.SENT),
        ),
    )
    .values(
        status=bindparam("status", type_=Text),
        due=func.coalesce(bindparam("again", type_=DELIVERY.due.type), DELIVERY.due),
        ambiguous=or_(DELIVERY.ambiguous, bindparam("ambiguous_", type_=DELIVERY.begun.type)),
        reason=bindparam("reason"),
        tries=func.coalesce(bindparam("tries_", type_=DELIVERY.tries.type), DELIVERY.tries),
        done=bindparam("done"),
        worker=_constant(""),
        lease=null(),
        begun=false(),
    )
)

_HOLDER = (
    DELIVERY.number == bindparam("number_"),
    DELIVERY.worker == bindparam("worker_"),
    DELIVERY.status == _constant(DeliveryStatus.CLAIMED),
)
#: Records that a delivery is being sent, if its worker still holds it and it may be sent.
BEGIN = DriverStatement(
    update(DELIVERY)
    .where(
        *_HOLDER,
        DELIVERY.until > bindparam("now", type_=DELIVERY.until.type),
        or_(
            _TO_OTHERS,
            select(SUBSCRIBER.number)
            .where(SUBSCRIBER.number == DELIVERY.subscriber, WELCOME)
            .exists(),
        ),
    )
    .values(begun=true(), tries=DELIVERY.tries + literal_column("1"), lease=bindparam("lease"))
)

#: Records the same for a delivery that its worker has already begun.
_BEGUN = {"begun": true(), "tries": bindparam("tries_"), "lease": bindparam("lease")}
BEGUN = DriverStatement(update(DELIVERY).where(*_HOLDER).values(_BEGUN))


def delivery_of(row: AnyRow, *, status: DeliveryStatus | None = None) -> Delivery:
    """Return the delivery of a row that has :data:`COLUMNS` and the address."""
    plain = {name: getattr(row, name) for name in _PLAIN}
    channel = re.split("[\t\n]", row.words, maxsplit=1)[0] if row.subscriber < 0 else ""
    return Delivery(
        id=row.delivery,
        edition=row.edition or "",
        address=row.address or channel,
        status=status or row.status,
        reason=row.attempt_reason,
        kind=row.kind,
        **plain,
    )


def of_kinds(kinds: Collection[MailKind]) -> ColumnElement[bool]:
    """Tell whether a delivery is of one of these kinds."""
    return DELIVERY.kind.in_(sorted(kinds))


#: Rows read or written at once.
_PAGE = 1_000
#: Statuses of what is not sent yet.
_OPEN = (DeliveryStatus.DUE, DeliveryStatus.CLAIMED)
#: Statuses of what a person may want to send again.
_UNSENT = (DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)
#: The parts of a reason that differ from mail to mail: addresses and a relay's queue ids.
_OWN = re.compile(r"<?[^\s<>@]{1,320}@[^\s<>@]{1,320}>?|\b(?=\w{0,40}\d)\w{7,40}\b")
_DELIVERIES = select(*COLUMNS, SUBSCRIBER.address).select_from(JOINED)


@frozen
class Loss:
    """Mails of an edition that were not delivered for one cause."""

    #: Id of the edition.
    edition: str
    status: DeliveryStatus
    #: The reason, without the parts that differ from mail to mail.
    cause: str
    number: int


def release(  # noqa: PLR0913  recipients, times and life
    tx: Connection,
    edition: str,
    *,
    at: datetime,
    life: timedelta,
    due: Callable[[Preferences], datetime | None],
    channels: Iterable[str] = (),
    instead: Callable[[str], str] = lambda _: "",
) -> int:
    """Create a delivery of an edition for each active subscriber and channel; return how many.

    Call it in the transaction that stores the edition, so that neither exists without the other. A
    later call adds only new subscribers. Subscribers who do not want this day get no delivery.

    ``life`` is how long it may be sent, from its due time or from now, whichever is later. ``due``
    returns the time that a subscriber's preferences ask for; None: no mail. Channels are given by
    name and are due at once. ``instead`` returns the name of the channel that replaces the mail to
    an address, or "": that mail waits for the outcome of the message (:func:`follow_channels`).
    """
    own: dict[str, Any] = {"kind": MailKind.CHANNEL, "due": at, "until": at + life}
    messages = [{**own, "subscriber": channel_number(name), "words": name} for name in channels]
    before = count_rows(tx, DELIVERY.edition == edition)
    if messages:
        _add(tx, edition, messages)
    waiting: list[dict[str, Any]] = []
    due_of = lru_cache(_PAGE)(due)

    def mailed() -> Iterator[tuple[int, datetime]]:
        for row in subscribers.rows(tx, state=State.ACTIVE):
            when = due_of(subscribers.preferences_of(row))
            if when is None:
                continue
            if name := instead(row.address):
                waiting.append({"subscriber": row.number, "words": name, "due": max(when, last)})
            else:
                yield row.number, when

    last = at + life + _SETTLED
    address(tx, edition, mailed(), at=at, life=life)
    for batch in in_batches(waiting):
        why = "waits for the channel {words}"
        rows = [{**row, "until": row["due"] + life, "reason": why.format(**row)} for row in batch]
        _add(tx, edition, rows)
    return count_rows(tx, DELIVERY.edition == edition) - before


def follow_channels(tx: Connection, *, at: datetime, life: timedelta) -> None:
    """Settle the mails that wait for the message to a channel.

    If the channel has got the message, they are skipped; if it never will, they are due now. If the
    message is still unsent when they are due, they are postponed.
    """
    own = DELIVERY.alias()

    def came_to(*statuses: DeliveryStatus) -> ColumnElement[bool]:
        of = own.c.edition == DELIVERY.edition, own.c.subscriber < 0, own.c.words == DELIVERY.words
        return exists().where(*of, own.c.status.in_(statuses))

    waiting = TO_READERS, DELIVERY.status == DeliveryStatus.DUE, DELIVERY.words != ""
    unsent = {"status": DeliveryStatus.SKIPPED, "done": at}
    reason = literal("sent to the channel ").concat(DELIVERY.words)
    update_rows(tx, DELIVERY, *waiting, came_to(DeliveryStatus.SENT), **unsent, reason=reason)
    again = {"due": at, "until": at + life, "words": "", "reason": ""}
    update_rows(tx, DELIVERY, *waiting, came_to(*_FAILED), **again)
    late = came_to(*_OPEN), DELIVERY.due <= at
    update_rows(tx, DELIVERY, *waiting, *late, due=at + _SETTLED, until=at + _SETTLED + life)


def channel_number(name: str) -> int:
    """Return the negative number that a channel has in place of a subscriber's number."""
    return -1 - int.from_bytes(sha256(name.encode()).digest()[:7])


def address(
    tx: Connection,
    edition: str,
    readers: Iterable[tuple[int, datetime]],
    *,
    at: datetime,
    life: timedelta,
) -> int:
    """Create a delivery for each subscriber at the given time, as :func:`release` does."""
    before = count_rows(tx, DELIVERY.edition == edition)
    for batch in in_batches(readers):
        rows = [
            {"subscriber": to, "due": when, "until": max(when, at) + life} for to, when in batch
        ]
        _add(tx, edition, rows)
    return count_rows(tx, DELIVERY.edition == edition) - before


def hold_open(tx: Connection, *, reason: str = SUSPECT, of: Collection[str] | None = None) -> int:
    """Hold the unsent editions, or some, until a person decides; return how many deliveries."""
    held = {"status": DeliveryStatus.HELD, "reason": reason, **FREE}
    open_ = [EDITIONS, DELIVERY.status.in_(_OPEN)]
    if of is not None:
        open_.append(DELIVERY.edition.in_(of))
    return update_rows(tx, DELIVERY, *open_, **held)


def open_of(tx: Connection) -> tuple[int, str]:
    """Return how many deliveries are not sent yet, and the last edition with any, or ""."""
    counted = select(func.count(), func.max(DELIVERY.edition))
    ((count, edition),) = tx.execute(counted.where(EDITIONS, DELIVERY.status.in_(_OPEN)))
    return count, edition or ""


def decide(
    tx: Connection, edition: str, *, send: bool, at: datetime, life: timedelta = timedelta()
) -> int:
    """Send or skip the held deliveries of an edition; return how many.

    They may then be sent for at least ``life`` from now.
    """
    held = DELIVERY.edition == edition, DELIVERY.status == DeliveryStatus.HELD
    if not send:
        return update_rows(tx, DELIVERY, *held, status=DeliveryStatus.SKIPPED, done=at)
    update_rows(tx, PROGRESS, PROGRESS.suspect == edition, suspect="")
    until = case((DELIVERY.until < at + life, at + life), else_=DELIVERY.until)
    again = {"status": DeliveryStatus.DUE, "done": None, "until": until}
    return update_rows(tx, DELIVERY, *held, **again)


def postpone(tx: Connection, edition: str, *, until: datetime, own: bool = False) -> None:
    """Delay the unclaimed mails of an edition at least until a given time.

    With ``own``, only those to readers with a page of their own; :func:`recall` deletes them.
    """
    waiting = [DELIVERY.edition == edition, DELIVERY.status == DeliveryStatus.DUE]
    if own:
        choosing = select(SUBSCRIBER.number).where(subscribers.CHOOSES)
        waiting.append(DELIVERY.subscriber.in_(choosing))
    update_rows(tx, DELIVERY, *waiting, DELIVERY.due < until, due=until)


def recall(tx: Connection, edition: str, *, due: datetime) -> None:
    """Delete the mails of an edition that are due at a given time, to be released again."""
    waiting = DELIVERY.edition == edition, DELIVERY.status == DeliveryStatus.DUE
    delete_rows(tx, DELIVERY, *waiting, DELIVERY.due == due)


def any_sent(tx: Connection) -> bool:
    """Tell whether the relay has accepted any mail."""
    return has_row(tx, DELIVERY.status == DeliveryStatus.SENT, ~of_kinds(CHANNEL_MESSAGES))


def audience(tx: Connection, edition: str) -> Audience:
    """Return the deliveries of an edition by status; InputError if it is not in the store."""
    day = tx.scalar(select(EDITION.day).where(EDITION.id == edition))
    if day is None:
        raise InputError(
            f"edition {edition[:100]!a}: not in the store; `briefing publish` makes one"
        )
    return Audience(edition, day, by_status(tx, [edition])[edition])


def by_status(tx: Connection, editions: Collection[str]) -> dict[str, dict[DeliveryStatus, int]]:
    """Count the deliveries of each edition by status, in the order of statuses, without zeros."""
    columns = DELIVERY.edition, DELIVERY.status
    query = select(*columns, func.count()).group_by(*columns)
    rows = rows_in(tx, query, DELIVERY.edition, editions)
    counted = {(edition, status): number for edition, status, number in rows}
    return {
        edition: {
            status: counted[edition, status]
            for status in DeliveryStatus
            if (edition, status) in counted
        }
        for edition in editions
    }


def reached(tx: Connection, edition: str) -> int:
    """Return how many deliveries of an edition are sent or still to be sent."""
    reached = DELIVERY.status.in_((*_OPEN, DeliveryStatus.SENT))
    return count_rows(tx, DELIVERY.edition == edition, reached)


def cause_of(reason: str) -> str:
    """Return what the reasons of mails that failed for the same cause have in common."""
    return _OWN.sub("…", reason)


def losses(tx: Connection, *, edition: str = "", since: datetime | None = None) -> tuple[Loss, ...]:
    """Return the losses of an edition or, without one, all since a time.

    The latter leave out withdrawn editions. Latest edition first, then held, refused, expired.
    """
    column, reason = DELIVERY.status, DELIVERY.reason
    of_them = [EDITIONS, column.in_(_UNSENT)]
    if edition:
        of_them.append(DELIVERY.edition == edition)
    else:
        # A held delivery has no end; it counts from the time it was due.
        ended = or_(DELIVERY.done >= since, DELIVERY.done.is_(None) & (DELIVERY.due >= since))
        of_them += [ended, ~DELIVERY.edition.in_(select(WITHDRAWAL.edition))]
    columns = DELIVERY.edition, column, reason
    numbers: Counter[tuple[str, DeliveryStatus, str]] = Counter()
    query = select(*columns, func.count()).where(*of_them).group_by(*columns)
    for name, status, words, number in tx.execute(query):
        numbers[name, status, cause_of(words)] += number
    lost = [Loss(*key, numbers[key]) for key in sorted(numbers)]
    lost.sort(key=lambda loss: _UNSENT.index(loss.status))
    return tuple(sorted(lost, key=lambda loss: loss.edition, reverse=True))


def of(tx: Connection, edition: str, *, status: DeliveryStatus | None = None) -> Iterator[Delivery]:
    """Yield the deliveries of an edition, or those of one status, in order of creation."""
    query = _DELIVERIES.where(DELIVERY.edition == edition).order_by(DELIVERY.number).limit(_PAGE)
    if status is not None:
        query = query.where(DELIVERY.status == status)
    last = 0
    while page := tx.execute(query.where(DELIVERY.number > last)).all():
        yield from map(delivery_of, page)
        last = page[-1].delivery


def get(tx: Connection, number: int) -> Delivery | None:
    """Return a delivery by number, for example that of a return path."""
    return first(tx, _DELIVERIES.where(DELIVERY.number == number), delivery_of)


def to(tx: Connection, edition: str, subscriber: int) -> Delivery | None:
    """Return the delivery of an edition to a subscriber."""
    own = DELIVERY.edition == edition, DELIVERY.subscriber == subscriber
    return first(tx, _DELIVERIES.where(*own), delivery_of)


def add(tx: Connection, edition: str, subscriber: int, *, due: datetime, until: datetime) -> None:
    """Create a delivery unless it exists."""
    _add(tx, edition, [{"subscriber": subscriber, "due": due, "until": until}])


def send_now(
    tx: Connection, edition: str, subscriber: int, *, at: datetime, until: datetime
) -> None:
    """Create a delivery that is due now, or make a waiting one due now."""
    add(tx, edition, subscriber, due=at, until=until)
    own = DELIVERY.edition == edition, DELIVERY.subscriber == subscriber
    waits = DELIVERY.status == DeliveryStatus.DUE, DELIVERY.due > at
    update_rows(tx, DELIVERY, *own, *waits, due=at)


def renew(tx: Connection, *numbers: int, at: datetime, until: datetime, **more: object) -> None:
    """Make deliveries due now as if never tried, and delete their bounces.

    A mail that waited for the message to a channel no longer does. ``more`` has new column values
    for mails that belong to no edition.
    """
    words = case((TO_READERS, ""), else_=DELIVERY.words)
    anew = {"status": DeliveryStatus.DUE, "due": at, "until": until, "tries": 0, "done": None}
    values = {"ambiguous": False, "reason": "", "words": words, **anew, **FREE, **more}
    for batch in in_batches(numbers):
        delete_rows(tx, BOUNCE, BOUNCE.delivery.in_(batch))
        update_rows(tx, DELIVERY, DELIVERY.number.in_(batch), **values)


def put_mail(  # noqa: PLR0913  the columns of a mail
    tx: Connection,
    kind: MailKind,
    subscriber: int = 0,
    *,
    epoch: int = 0,
    words: str = "",
    at: datetime,
    until: datetime,
    due: datetime | None = None,
) -> int:
    """Queue a mail that belongs to no edition, due at ``due`` or now; return its number."""
    row = {"kind": kind, "asked": at, "epoch": epoch, "words": words}
    return insert_row(tx, DELIVERY, **row, subscriber=subscriber, due=due or at, until=until)


def add_words(tx: Connection, number: int, words: str) -> None:
    """Add text to a waiting mail."""
    update_rows(tx, DELIVERY, DELIVERY.number == number, words=DELIVERY.words + words)


def asked_since(tx: Connection, kind: MailKind, since: datetime) -> tuple[Delivery, ...]:
    """Return the mails of a kind requested since a time, in order of creation."""
    own = DELIVERY.kind == kind, DELIVERY.asked >= since
    return tuple(map(delivery_of, tx.execute(_DELIVERIES.where(*own).order_by(DELIVERY.number))))


def cancel_mails(
    tx: Connection, kind: MailKind, *, asked: datetime, at: datetime, reason: str
) -> None:
    """Cancel the unclaimed mails of a kind that were requested at a given time."""
    own = DELIVERY.kind == kind, DELIVERY.asked == asked, DELIVERY.status == DeliveryStatus.DUE
    update_rows(tx, DELIVERY, *own, status=DeliveryStatus.SKIPPED, done=at, reason=reason)


def unsent_mails(
    tx: Connection, *, kinds: Collection[MailKind], limit: int
) -> tuple[Delivery, ...]:
    """Return undelivered mails that belong to no edition, newest first."""
    unsent = of_kinds(kinds), DELIVERY.status.in_(_UNSENT)
    query = _DELIVERIES.where(*unsent).order_by(DELIVERY.number.desc()).limit(limit)
    return tuple(map(delivery_of, tx.execute(query)))


def forget_mails(tx: Connection, *, before: datetime) -> int:
    """Delete the finished mails that belong to no edition; return how many."""
    return delete_rows(tx, DELIVERY, ~EDITIONS, DELIVERY.done < before)


def waits(tx: Connection, *, kinds: Collection[MailKind], at: datetime) -> bool:
    """Tell whether any mail of some kinds is due or claimed."""
    due = (DELIVERY.status == DeliveryStatus.DUE) & (DELIVERY.due <= at)
    return has_row(tx, of_kinds(kinds), due | (DELIVERY.status == DeliveryStatus.CLAIMED))


def next_due(tx: Connection, *, kinds: Collection[MailKind] = DELIVERED) -> datetime | None:
    """Return when the next delivery of some kinds is due; None if none waits."""
    waiting = DELIVERY.status == DeliveryStatus.DUE, of_kinds(kinds)
    return tx.execute(select(func.min(DELIVERY.due)).where(*waiting)).scalar()


def next_work(
    tx: Connection, *, alone: bool, kinds: Collection[MailKind] = DELIVERED
) -> datetime | None:
    """Return when there is something to deliver: a delivery is due, or a claim ends.

    None if there is nothing. ``alone``: nobody else delivers, so every claim is a dead process's.
    """
    ends = case((DELIVERY.lease == ENDLESS, DELIVERY.due), else_=DELIVERY.lease)
    claimed = of_kinds(kinds), DELIVERY.status == DeliveryStatus.CLAIMED
    query = select(func.min(DELIVERY.due if alone else ends)).where(*claimed)
    moments = (next_due(tx, kinds=kinds), tx.scalar(query))
    return min((moment for moment in moments if moment is not None), default=None)


def due_by(tx: Connection, at: datetime) -> tuple[int, int]:
    """Return how many deliveries are due by a time, and to how many recipients."""
    counts = func.count(), func.count(DELIVERY.subscriber.distinct())
    due = of_kinds(DELIVERED), DELIVERY.status == DeliveryStatus.DUE, DELIVERY.due <= at
    ((mails, readers),) = tx.execute(select(*counts).where(*due))
    return mails, readers


def _add(tx: Connection, edition: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Add deliveries, skipping those that exist."""
    adding = insert_into(tx, DELIVERY).values(edition=edition)
    tx.execute(adding.on_conflict_do_nothing(index_elements=["edition", "subscriber"]), rows)


def put_notice(  # noqa: PLR0913  the parts of a notice
    tx: Connection,
    id_: str,
    words: Mapping[str, str],
    readers: Iterable[int],
    *,
    day: date,
    at: datetime,
    life: timedelta,
) -> int:
    """Create a notice with a delivery for each recipient, due now; return how many deliveries.

    Returns 0 if the notice exists. ``words`` has the subject and, after a line break, the text by
    language (ISO 639-1).
    """
    if has_row(tx, EDITION.id == id_):
        return 0
    whole = {"id": id_, "briefing": id_, "day": day, "record": ""}
    tx.execute(insert(EDITION), {**whole, "made": at, "since": at, "until": at})
    # Earlier versions read the English text under this name.
    files = {f"notice.{code}": text.encode() for code, text in words.items()}
    printed_files.put(tx, id_, {"notice": files["notice.en"], **files})
    count = address(tx, id_, ((reader, at) for reader in readers), at=at, life=life)
    # The name of a channel is stored with its earlier messages.
    own = DELIVERY.table.alias()
    before = own.c.subscriber == DELIVERY.subscriber, own.c.kind == MailKind.CHANNEL
    name = select(func.max(own.c.words)).where(*before).scalar_subquery()
    channels = DELIVERY.edition == id_, DELIVERY.subscriber < 0
    update_rows(tx, DELIVERY, *channels, kind=MailKind.CHANNEL, words=name)
    return count
