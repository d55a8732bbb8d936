"""Lists of subscribers uploaded, and many changed at once and put back; and the history of one."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
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

#: Deliveries without the address.
_DELIVERIES = select(*COLUMNS, literal("").label("address"))
#: Subscribers read at once.
_PAGE = 1_000
#: Requests to be let in that are shown.
_REQUESTS = 100
#: What begins a subscription.
_BEGINS = ("confirmed", "imported")


class ReaderOrder(StrEnum):
    """By what the list is sorted."""

    #: The order in which they were added.
    ADDED = "added"
    ADDRESS = "address"
    #: When they came to their state.
    SINCE = "since"


_COLUMNS = {
    ReaderOrder.ADDED: SUBSCRIBER.number,
    ReaderOrder.ADDRESS: SUBSCRIBER.folded,
    ReaderOrder.SINCE: SUBSCRIBER.since,
}


@dataclass(frozen=True, slots=True)
class Matching:
    """Which subscribers are looked for."""

    #: A part of address or name, in upper or lower case; empty: any.
    text: str = ""
    #: None: any.
    state: State | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Tell whether a subscriber is one of them."""
        parts: list[ColumnElement[bool]] = []
        if self.state is not None:
            parts.append(SUBSCRIBER.state == self.state)
        if self.text:
            parts.append(SUBSCRIBER.folded.contains(self.text.casefold(), autoescape=True))
        return and_(true(), *parts)


def are(numbers: Collection[int]) -> ColumnElement[bool]:
    """Tell whether a subscriber has one of these ids."""
    return SUBSCRIBER.number.in_(numbers)


def count(tx: Connection, matching: Matching) -> int:
    """Return how many match."""
    query = select(func.count()).select_from(SUBSCRIBER).where(matching.condition)
    return tx.execute(query).scalar_one()


def waiting(tx: Connection) -> tuple[Subscriber, ...]:
    """Return those who have verified their address and wait to be let in, first asked first."""
    own = CONSENT.subscriber == SUBSCRIBER.number, CONSENT.what == "verified"
    query = select(SUBSCRIBER).where(SUBSCRIBER.state == State.PENDING, exists().where(*own))
    listed = query.order_by(SUBSCRIBER.since, SUBSCRIBER.number).limit(_REQUESTS)
    return tuple(map(subscriber_of, tx.execute(listed)))


def page(  # noqa: PLR0913  which, in which order, from where, how many
    tx: Connection,
    matching: Matching,
    *,
    order: ReaderOrder = ReaderOrder.ADDED,
    down: bool = False,
    offset: int = 0,
    limit: int,
) -> tuple[tuple[Subscriber, ...], int]:
    """Return some of those that match, none of them twice on two pages, and how many do."""
    columns = dict.fromkeys((_COLUMNS[order], SUBSCRIBER.number))
    ordered = [column.desc() if down else column.asc() for column in columns]
    # To look for words reads every subscriber: once. Else only numbers are read of those on other
    # pages, which an index skips.
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
    """Return the next subscribers after a number, each with the consent that began it last."""
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


#: For how long it can be undone, as leaving can.
UNDO = timedelta(hours=24)
#: Columns that both tables have: of the state, and of the person.
_STATE = ("state", "since", "reason")
_PERSON = ("address", "key", "name", "folded", *PREFERENCES)
#: The state to which an action leads.
_AFTER = {BulkAction.PAUSE: State.PAUSED, BulkAction.RESUME: State.ACTIVE}
_BOUNCED = BULK_READER.state == State.BOUNCED
_SUPPRESSING = sorted(SUPPRESSING)


@dataclass(frozen=True, slots=True)
class Bulk:
    """One action on many subscribers."""

    number: int
    #: Aware UTC.
    at: datetime
    who: str
    action: BulkAction
    #: How many it changed.
    readers: int
    #: When and by whom it was undone; None: it stands.
    undone: datetime | None = None
    undone_by: str = ""
    #: How many are again as they were before.
    restored: int = 0


def change_many(  # noqa: PLR0913  what, to whom, by whom, when and in which words
    tx: Connection,
    action: BulkAction,
    chosen: ColumnElement[bool],
    *,
    states: Collection[State],
    who: str,
    consent: Consent,
) -> Bulk:
    """Pause, resume or remove all chosen subscribers that are in one of some states.

    ``chosen`` tells it of a row of ``SUBSCRIBER``; ``consent`` is for the log of each, but of those
    removed.
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
    """Put back how all stood whom nobody has changed since; return how many.

    A suppression that was lifted is there again, and none that came since is lost.
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
    """Return an action by its number."""
    return first(tx, select(BULK).where(BULK.number == number), lambda row: Bulk(*row))


def recent_bulk(tx: Connection, *, since: datetime, limit: int) -> tuple[Bulk, ...]:
    """Return the last actions after a time, newest first."""
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
    """Tell whether a state can be had again: one that gets mail only if its address may."""
    return or_(state.in_(_SUPPRESSING), ~exists().where(SUPPRESSION.key == key))


def _log(  # noqa: PLR0913, PLR0917  of whom, and what
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
    """Return the last mails of some kinds to a subscriber, newest first, without the address."""
    query = _DELIVERIES.where(of_kinds(kinds), DELIVERY.subscriber == subscriber)
    rows = tx.execute(query.order_by(DELIVERY.number.desc()).limit(limit))
    return tuple(map(delivery_of, rows))


def suppressed(tx: Connection, address: str) -> tuple[State, datetime] | None:
    """Return why an address is suppressed and since when; None if it is not."""
    return suppressed_keys(tx, [key(address)]).get(key(address))


#: How long one is kept that is not imported, and the report of one that is.
KEPT = timedelta(hours=1)
#: Uploads of one session; the oldest makes room.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """One list or preview."""

    #: Aware UTC.
    at: datetime
    #: Of its file; of a preview its kind.
    name: str
    #: SHA-256 of the content.
    digest: str
    #: None: the import has begun.
    content: str | None
    #: JSON.
    summary: str = ""
    #: CSV of the lines that are not taken.
    report: str = ""


def put(tx: Connection, session: bytes, key: str, upload: Upload) -> None:
    """Keep an upload for a session, by the key of that; it replaces one of the same key."""
    upsert(tx, UPLOAD, {"session": session, "key": key}, asdict(upload))
    mine = select(UPLOAD.key).where(UPLOAD.session == session).order_by(UPLOAD.at.desc())
    for old in tx.scalars(mine.offset(_MOST)).all():
        drop(tx, session, old)


def get(tx: Connection, session: bytes, key: str, *, since: datetime) -> Upload | None:
    """Return an upload of a session; None if it has none, or one from before a time."""
    columns = (UPLOAD[field.name] for field in fields(Upload))
    query = select(*columns).where(*_is(session, key), UPLOAD.at >= since)
    return first(tx, query, lambda row: Upload(*row))


def take(
    tx: Connection, session: bytes, key: str, digest: str, *, since: datetime
) -> Upload | None:
    """Return an upload that is to be imported, which no other can take then; None if none is."""
    upload = get(tx, session, key, since=since)
    if upload is None or upload.content is None or upload.digest != digest:
        return None
    update_rows(tx, UPLOAD, *_is(session, key), content=None)
    return upload


def finish(tx: Connection, session: bytes, key: str, upload: Upload) -> None:
    """Keep the report of an upload that was taken, unless there is another now, or none."""
    taken = UPLOAD.digest == upload.digest, UPLOAD.content.is_(None)
    update_rows(tx, UPLOAD, *_is(session, key), *taken, **asdict(upload))


def drop(tx: Connection, session: bytes, key: str) -> bool:
    """Forget an upload of a session; False if it has none."""
    return delete_rows(tx, UPLOAD, *_is(session, key)) > 0


def _is(session: bytes, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return UPLOAD.session == session, UPLOAD.key == key


#: Mails to who was declined that are done with, and still have the address.
_DECLINED = (of_kinds({MailKind.DECLINED}), DELIVERY.done.is_not(None), DELIVERY.words != "")


def has_expired(tx: Connection, *, at: datetime) -> bool:
    """Tell whether :func:`forget_expired` has anything to forget."""
    old = BULK_READER.bulk == BULK.number, BULK.at < at - UNDO
    return has_row(tx, *old) or has_row(tx, UPLOAD.at < at - KEPT) or has_row(tx, *_DECLINED)


def forget_expired(tx: Connection, *, at: datetime) -> None:
    """Forget who was removed too long ago to be undone, lists that nobody imported, and addresses.

    These are of those who were declined and have been told.
    """
    old = select(BULK.number).where(BULK.at < at - UNDO)
    delete_rows(tx, BULK_READER, BULK_READER.bulk.in_(old))
    delete_rows(tx, UPLOAD, UPLOAD.at < at - KEPT)
    update_rows(tx, DELIVERY, *_DECLINED, words="")
