"""Lists of subscribers: search, history of one subscriber, bulk actions, and uploads."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from briefing.core.frozen import frozen
from briefing.core.model import (
    ONLY_EDITIONS,
    BulkAction,
    Consent,
    Delivery,
    MailKind,
    State,
    Subscriber,
)
from briefing.store.deliveries import COLUMNS, EDITIONS, delivery_of, of_kinds
from briefing.store.engine import (
    count_rows,
    delete_rows,
    first,
    has_row,
    insert_into,
    insert_row,
    update_rows,
    upsert,
)
from briefing.store.mail_tables import BULK, BULK_READER, CONSENT, DELIVERY, SUBSCRIBER, SUPPRESSION
from briefing.store.round_tables import UPLOAD
from briefing.store.subscribers import PREFERENCES, SUPPRESSING, consent_of, key, subscriber_of
from briefing.store.subscribers import suppressed as suppressed_keys

#: Deliveries without addresses.
_DELIVERIES = select(*COLUMNS, literal("").label("address"))
#: Subscribers read at once.
_PAGE = 1_000
#: Most sign-ups shown that wait for approval.
_REQUESTS = 100
#: Entries of the consent log that begin a subscription.
_BEGINS = ("confirmed", "imported")


class ReaderOrder(StrEnum):
    """What the list is sorted by."""

    #: The order in which they were added.
    ADDED = "added"
    ADDRESS = "address"
    #: When their state last changed.
    SINCE = "since"


_COLUMNS = {
    ReaderOrder.ADDED: SUBSCRIBER.number,
    ReaderOrder.ADDRESS: SUBSCRIBER.folded,
    ReaderOrder.SINCE: SUBSCRIBER.since,
}


@frozen
class Matching:
    """Which subscribers are wanted."""

    #: Part of an address or name, in any case; empty for all.
    text: str = ""
    #: None for all.
    state: State | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Condition that a subscriber matches."""
        parts: list[ColumnElement[bool]] = []
        if self.state is not None:
            parts.append(SUBSCRIBER.state == self.state)
        if self.text:
            parts.append(SUBSCRIBER.folded.contains(self.text.casefold(), autoescape=True))
        return and_(true(), *parts)


def are(numbers: Collection[int]) -> ColumnElement[bool]:
    """Tell whether a subscriber has one of these numbers."""
    return SUBSCRIBER.number.in_(numbers)


def count(tx: Connection, matching: Matching) -> int:
    """Return how many subscribers match."""
    query = select(func.count()).select_from(SUBSCRIBER).where(matching.condition)
    return tx.execute(query).scalar_one()


def waiting(tx: Connection) -> tuple[Subscriber, ...]:
    """Return those who have verified their address and wait for approval, longest waiting first."""
    own = CONSENT.subscriber == SUBSCRIBER.number, CONSENT.what == "verified"
    query = select(SUBSCRIBER).where(SUBSCRIBER.state == State.PENDING, exists().where(*own))
    listed = query.order_by(SUBSCRIBER.since, SUBSCRIBER.number).limit(_REQUESTS)
    return tuple(map(subscriber_of, tx.execute(listed)))


def page(  # noqa: PLR0913  filter, order and range
    tx: Connection,
    matching: Matching,
    *,
    order: ReaderOrder = ReaderOrder.ADDED,
    down: bool = False,
    offset: int = 0,
    limit: int,
) -> tuple[tuple[Subscriber, ...], int]:
    """Return one page of matching subscribers, and how many match; no two pages overlap."""
    columns = dict.fromkeys((_COLUMNS[order], SUBSCRIBER.number))
    ordered = [column.desc() if down else column.asc() for column in columns]
    # A search for text reads every subscriber, so the same query counts them. Otherwise an index
    # skips the other pages.
    total = func.count().over() if matching.text else literal(0)
    query = select(SUBSCRIBER.number, total).where(matching.condition).order_by(*ordered)
    rows = tx.execute(query.offset(offset).limit(limit)).all()
    numbers = [row[0] for row in rows]
    whole = tx.execute(select(SUBSCRIBER).where(SUBSCRIBER.number.in_(numbers)))
    people = {row.number: subscriber_of(row) for row in whole}
    known = rows[0][1] if rows else 0
    if not known and (offset or not matching.text):
        known = count(tx, matching)
    return tuple(people[number] for number in numbers), known


def last_deliveries(tx: Connection, numbers: Collection[int]) -> Mapping[int, Delivery]:
    """Return the last delivery of an edition to each of these subscribers, without address."""
    newest = (
        select(func.max(DELIVERY.number))
        .where(DELIVERY.subscriber.in_(numbers), EDITIONS)
        .group_by(DELIVERY.subscriber)
    )
    rows = tx.execute(_DELIVERIES.where(DELIVERY.number.in_(newest)))
    return {row.subscriber: delivery_of(row) for row in rows}


def exported(tx: Connection, *, after: int) -> tuple[tuple[Subscriber, Consent | None], ...]:
    """Return the next subscribers after a number, each with the consent that last began it."""
    query = select(SUBSCRIBER).where(SUBSCRIBER.number > after).order_by(SUBSCRIBER.number)
    people = tuple(map(subscriber_of, tx.execute(query.limit(_PAGE))))
    numbers = [person.id for person in people]
    last = (
        select(func.max(CONSENT.number))
        .where(CONSENT.subscriber.in_(numbers), CONSENT.what.in_(_BEGINS))
        .group_by(CONSENT.subscriber)
    )
    began = {
        row.subscriber: consent_of(row)
        for row in tx.execute(select(CONSENT).where(CONSENT.number.in_(last)))
    }
    return tuple((person, began.get(person.id)) for person in people)


#: How long a bulk action can be undone, as leaving can.
UNDO = timedelta(hours=24)
#: Columns that both tables have: state, and personal data.
_STATE = ("state", "since", "reason")
_PERSON = ("address", "key", "name", "folded", *PREFERENCES)
#: The state after an action.
_AFTER = {BulkAction.PAUSE: State.PAUSED, BulkAction.RESUME: State.ACTIVE}
_BOUNCED = BULK_READER.state == State.BOUNCED
_SUPPRESSING = sorted(SUPPRESSING)


@frozen
class Bulk:
    """One action on many subscribers."""

    number: int
    #: Aware UTC.
    at: datetime
    who: str
    action: BulkAction
    #: Number of subscribers that it changed.
    readers: int
    #: When and by whom it was undone; None if it was not.
    undone: datetime | None = None
    undone_by: str = ""
    #: How many of them have their previous state again.
    restored: int = 0


def change_many(  # noqa: PLR0913  action, subscribers, actor and consent
    tx: Connection,
    action: BulkAction,
    chosen: ColumnElement[bool],
    *,
    states: Collection[State],
    who: str,
    consent: Consent,
) -> Bulk:
    """Pause, resume or remove all chosen subscribers that are in one of some states.

    ``chosen`` is a condition on ``SUBSCRIBER``. ``consent`` goes into the log of each, except of
    those removed.
    """
    number = insert_row(tx, BULK, at=consent.at, who=who, action=action)
    removes = action is BulkAction.REMOVE
    person = [SUBSCRIBER[name] if removes else null().label(name) for name in _PERSON]
    before = select(
        literal(number), SUBSCRIBER.number, *(SUBSCRIBER[name] for name in _STATE), *person
    ).where(chosen, SUBSCRIBER.state.in_(sorted(states)))
    columns = ["bulk", "subscriber", *_STATE, *_PERSON]
    tx.execute(insert(BULK_READER).from_select(columns, before))
    count = count_rows(tx, BULK_READER.bulk == number)
    if count:
        update_rows(tx, BULK, BULK.number == number, readers=count)
        _turn(tx, number, action, consent=consent)
    else:
        delete_rows(tx, BULK, BULK.number == number)
    return Bulk(number, consent.at, who, action, count)


def undo_bulk(tx: Connection, bulk: Bulk, *, who: str, consent: Consent) -> int:
    """Restore the previous state of all that have not changed since; return how many.

    A suppression that the action lifted is back, and none added since is lost.
    """
    before = BULK_READER
    if bulk.action is BulkAction.REMOVE:
        again = (
            select(before.subscriber, *(before[name] for name in (*_STATE, *_PERSON)))
            .where(before.bulk == bulk.number, _is_free(before.state, before.key))
            .where(~exists().where(SUBSCRIBER.key == before.key))
        )
        tx.execute(insert(SUBSCRIBER).from_select(["number", *_STATE, *_PERSON], again))
        theirs = select(before.subscriber).where(before.bulk == bulk.number)
        restored = count_rows(tx, SUBSCRIBER.number.in_(theirs))
    else:
        still = and_(
            before.bulk == bulk.number,
            before.subscriber == SUBSCRIBER.number,
            SUBSCRIBER.state == _AFTER[bulk.action],
            SUBSCRIBER.since == bulk.at,
            _is_free(before.state, SUBSCRIBER.key),
        )
        what = case((_BOUNCED, "bounced"), else_="changed")
        words = case((_BOUNCED, "undone"), else_=consent.words)
        _log(tx, SUBSCRIBER.number, still, consent, what, words)
        lifted = select(SUBSCRIBER.key, before.state, before.since).where(
            still, before.state.in_(_SUPPRESSING)
        )
        suppress = insert_into(tx, SUPPRESSION).from_select(["key", "state", "since"], lifted)
        tx.execute(suppress.on_conflict_do_nothing(index_elements=["key"]))
        back = update(SUBSCRIBER).where(still).values({name: before[name] for name in _STATE})
        restored = tx.execute(back).rowcount
    done = {"undone": consent.at, "undone_by": who, "restored": restored}
    update_rows(tx, BULK, BULK.number == bulk.number, **done)
    delete_rows(tx, BULK_READER, BULK_READER.bulk == bulk.number)
    return restored


def get_bulk(tx: Connection, number: int) -> Bulk | None:
    """Return a bulk action by its number."""
    return first(tx, select(BULK).where(BULK.number == number), lambda row: Bulk(*row))


def recent_bulk(tx: Connection, *, since: datetime, limit: int) -> tuple[Bulk, ...]:
    """Return the last bulk actions after a time, newest first."""
    query = select(BULK).where(BULK.at > since).order_by(BULK.at.desc(), BULK.number.desc())
    return tuple(Bulk(*row) for row in tx.execute(query.limit(limit)))


def _turn(tx: Connection, number: int, action: BulkAction, *, consent: Consent) -> None:
    its = BULK_READER.bulk == number
    changed = SUBSCRIBER.number.in_(select(BULK_READER.subscriber).where(its))
    if action is BulkAction.REMOVE:
        theirs = select(BULK_READER.subscriber).where(its)
        update_rows(tx, DELIVERY, DELIVERY.subscriber.in_(theirs), own_words="", muted="")
        delete_rows(tx, SUBSCRIBER, changed)
        return
    what, words = case((_BOUNCED, "returned"), else_="changed"), literal(consent.words)
    _log(tx, BULK_READER.subscriber, its, consent, what, words)
    if action is BulkAction.RESUME:
        delete_rows(tx, SUPPRESSION, SUPPRESSION.key.in_(select(SUBSCRIBER.key).where(changed)))
    update_rows(tx, SUBSCRIBER, changed, state=_AFTER[action], since=consent.at, reason="")


def _is_free(state: ColumnElement[str], key: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Tell whether a state can be restored: one that gets mail only if its address may get it."""
    return or_(state.in_(_SUPPRESSING), ~exists().where(SUPPRESSION.key == key))


def _log(  # noqa: PLR0913, PLR0917  subscribers and entry
    tx: Connection,
    of: ColumnElement[int],
    where: ColumnElement[bool],
    consent: Consent,
    what: ColumnElement[str],
    words: ColumnElement[str],
) -> None:
    """Add an entry to the consent log of each."""
    at, origin = (literal(getattr(consent, name), CONSENT[name].type) for name in ("at", "origin"))
    rows = select(of, at, what, literal(consent.how), origin, words).where(where)
    tx.execute(insert(CONSENT).from_select("subscriber at what how origin words".split(), rows))


def mails_to(
    tx: Connection, subscriber: int, *, kinds: Collection[MailKind] = ONLY_EDITIONS, limit: int = 10
) -> tuple[Delivery, ...]:
    """Return the last mails of some kinds to a subscriber, newest first, without addresses."""
    query = _DELIVERIES.where(of_kinds(kinds), DELIVERY.subscriber == subscriber)
    rows = tx.execute(query.order_by(DELIVERY.number.desc()).limit(limit))
    return tuple(map(delivery_of, rows))


def suppressed(tx: Connection, address: str) -> tuple[State, datetime] | None:
    """Return why an address is suppressed and since when; None if it is not."""
    return suppressed_keys(tx, [key(address)]).get(key(address))


#: How long an upload is kept that nobody imports, and the report of an import.
KEPT = timedelta(hours=1)
#: Uploads kept of one session; the oldest is dropped.
_MOST = 20


@frozen
class Upload:
    """An uploaded list, or a preview."""

    #: Aware UTC.
    at: datetime
    #: Name of the file, or kind of the preview.
    name: str
    #: SHA-256 of the content.
    digest: str
    #: None once the import has begun.
    content: str | None
    #: JSON.
    summary: str = ""
    #: CSV of the lines that are not imported.
    report: str = ""


def put(tx: Connection, session: bytes, key: str, upload: Upload) -> None:
    """Store an upload of a session by key, in place of any before."""
    upsert(tx, UPLOAD, {"session": session, "key": key}, asdict(upload))
    mine = select(UPLOAD.key).where(UPLOAD.session == session).order_by(UPLOAD.at.desc())
    for old in tx.scalars(mine.offset(_MOST)).all():
        drop(tx, session, old)


def get(tx: Connection, session: bytes, key: str, *, since: datetime) -> Upload | None:
    """Return an upload of a session; None if there is none since a time."""
    columns = (UPLOAD[field.name] for field in fields(Upload))
    query = select(*columns).where(*_is(session, key), UPLOAD.at >= since)
    return first(tx, query, lambda row: Upload(*row))


def take(
    tx: Connection, session: bytes, key: str, digest: str, *, since: datetime
) -> Upload | None:
    """Return an upload and mark it as taken, so that it is imported once; None if that fails.

    That is, if there is none since a time, it was taken already, or its digest differs.
    """
    upload = get(tx, session, key, since=since)
    if upload is None or upload.content is None or upload.digest != digest:
        return None
    update_rows(tx, UPLOAD, *_is(session, key), content=None)
    return upload


def finish(tx: Connection, session: bytes, key: str, upload: Upload) -> None:
    """Store the report of an upload that was taken, unless it has been replaced or dropped."""
    taken = UPLOAD.digest == upload.digest, UPLOAD.content.is_(None)
    update_rows(tx, UPLOAD, *_is(session, key), *taken, **asdict(upload))


def drop(tx: Connection, session: bytes, key: str) -> bool:
    """Delete an upload of a session; False if it does not exist."""
    return delete_rows(tx, UPLOAD, *_is(session, key)) > 0


def _is(session: bytes, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return UPLOAD.session == session, UPLOAD.key == key


#: Finished mails to declined people that still have the address.
_DECLINED = (of_kinds({MailKind.DECLINED}), DELIVERY.done.is_not(None), DELIVERY.words != "")


def has_expired(tx: Connection, *, at: datetime) -> bool:
    """Tell whether :func:`forget_expired` has anything to delete."""
    old = BULK_READER.bulk == BULK.number, BULK.at < at - UNDO
    return has_row(tx, *old) or has_row(tx, UPLOAD.at < at - KEPT) or has_row(tx, *_DECLINED)


def forget_expired(tx: Connection, *, at: datetime) -> None:
    """Delete personal data that is no longer needed.

    That is the data for undoing old bulk actions, old uploads, and the addresses of people who were
    declined and have been notified.
    """
    old = select(BULK.number).where(BULK.at < at - UNDO)
    delete_rows(tx, BULK_READER, BULK_READER.bulk.in_(old))
    delete_rows(tx, UPLOAD, UPLOAD.at < at - KEPT)
    update_rows(tx, DELIVERY, *_DECLINED, words="")
