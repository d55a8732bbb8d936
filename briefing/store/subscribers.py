"""Subscribers, the consent log, suppressed addresses, and requests from the web.

A request writes a row whatever the address, so that response times reveal nothing about it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, field, fields, replace
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update

from briefing.core.frozen import frozen
from briefing.core.model import (
    Consent,
    Device,
    PageChoice,
    Preferences,
    State,
    Subscriber,
    digest,
    muted_on,
)
from briefing.store.engine import (
    AnyRow,
    count_rows,
    delete_rows,
    first,
    insert_into,
    insert_rows,
    update_rows,
    upsert,
)
from briefing.store.mail_tables import (
    ASKED,
    CONSENT,
    DELIVERY,
    DEVICE,
    SIGNUP,
    SUBSCRIBER,
    SUPPRESSION,
)

#: States that suppress an address; only its owner can lift the suppression.
SUPPRESSING = frozenset({State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED})
#: Columns of :class:`PageChoice`, and whether a subscriber has chosen any of them.
_OF_A_PAGE = tuple(field.name for field in fields(PageChoice))
CHOOSES = or_(*(SUBSCRIBER[name] != "" for name in _OF_A_PAGE))
#: Subscribers read at once: more would take memory, fewer would take time.
_PAGE = 1_000
#: Number of cached preferences; most subscribers share a few.
_SHARED = 1_000
#: Fields of :class:`Consent`, which are also names of columns.
_CONSENT = tuple(field.name for field in fields(Consent))
#: Fields of :class:`Signup` that are also names of columns.
_SIGNUP = ("address", "subscriber", "how", "origin", "words")


def names_in(column: str) -> tuple[str, ...]:
    """Return the names in a column, which are separated by line breaks."""
    return tuple(column.split("\n")) if column else ()


#: How a preference is written to its column and read from it, by type; others are plain words.
_TYPES: dict[Any, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "tuple[str, ...]": ("\n".join, names_in),
    "tuple[int, ...]": (lambda days: "".join(map(str, days)), lambda days: (*map(int, days),)),
    "time": (time.isoformat, time.fromisoformat),
}
_COLUMNS = {w.name: _TYPES.get(w.type, (str, type(w.default))) for w in fields(Preferences)}
PREFERENCES = tuple(_COLUMNS)


def key(address: str) -> bytes:
    """Return the digest that identifies an address, even after the address was deleted.

    Case is ignored: hardly any server distinguishes it, and a subscriber who left as ``Ann@`` must
    not get mail as ``ann@``. It is a plain SHA-256, which hides an address from a casual look, but
    not from someone who has the store and guesses. With a secret, losing or changing that would
    mean that everyone who ever left gets mail again.
    """
    return bytes.fromhex(digest(address.casefold()))


def add(tx: Connection, new: Subscriber, *, consent: Consent) -> int | None:
    """Add a subscriber and return its number; None, without any change, if it exists already."""
    return next(iter(add_all(tx, {key(new.address): (new, consent)}).values()), None)


def add_all(tx: Connection, new: Mapping[bytes, tuple[Subscriber, Consent]]) -> dict[bytes, int]:
    """Add subscribers by the keys of their addresses; return the numbers of those added, by key.

    A suppression stays until the subscriber becomes active, since a sign-up does not prove that the
    address is one's own. A subscriber added as paused gets a log entry for that too, so that the
    log shows the state of the subscription.
    """
    if not new:
        return {}
    adding = insert_into(tx, SUBSCRIBER).on_conflict_do_nothing(index_elements=["key"])
    added = tx.execute(
        adding.returning(SUBSCRIBER.number, SUBSCRIBER.key),
        [
            {
                "address": subscriber.address,
                "key": key(subscriber.address),
                "name": subscriber.name,
                "state": subscriber.state,
                "since": subscriber.since or consent.at,
                "reason": subscriber.reason,
                "folded": folded(subscriber.address, subscriber.name),
                **preferences_row(subscriber.preferences),
            }
            for subscriber, consent in new.values()
        ],
    )
    numbers = {row.key: row.number for row in sorted(added)}
    log: list[dict[str, object]] = []
    for key_, number in numbers.items():
        subscriber, consent = new[key_]
        log.append(_log_row(number, consent))
        if subscriber.state is State.PAUSED:
            log.append(_log_row(number, replace(consent, what="changed", words="paused")))
        _suppress(tx, key_, state=subscriber.state, at=consent.at)
    insert_rows(tx, CONSENT, log)
    return numbers


def known(tx: Connection, keys: Collection[bytes]) -> frozenset[bytes]:
    """Return those of these address keys that belong to subscribers."""
    return frozenset(tx.scalars(select(SUBSCRIBER.key).where(SUBSCRIBER.key.in_(keys))))


def suppressed(tx: Connection, keys: Collection[bytes]) -> dict[bytes, tuple[State, datetime]]:
    """Return state and start of suppression, by key, of those addresses that are suppressed."""
    query = select(SUPPRESSION).where(SUPPRESSION.key.in_(keys))
    return {row.key: (row.state, row.since) for row in tx.execute(query)}


def find(tx: Connection, address: str) -> Subscriber | None:
    """Return the subscriber with a normalized address, ignoring case."""
    return first(tx, select(SUBSCRIBER).where(SUBSCRIBER.key == key(address)), subscriber_of)


def get(tx: Connection, number: int) -> Subscriber | None:
    """Return a subscriber by the number that :func:`add` returned."""
    return first(tx, select(SUBSCRIBER).where(SUBSCRIBER.number == number), subscriber_of)


def listed(tx: Connection, *, state: State | None = None) -> Iterator[Subscriber]:
    """Yield all subscribers, or those in one state, in order of creation, with little memory."""
    return map(subscriber_of, rows(tx, state=state))


def rows(tx: Connection, *, state: State | None = None) -> Iterator[AnyRow]:
    """Yield the rows of subscribers, page by page."""
    query = select(SUBSCRIBER).order_by(SUBSCRIBER.number).limit(_PAGE)
    if state is not None:
        query = query.where(SUBSCRIBER.state == state)
    last = 0
    while page := tx.execute(query.where(SUBSCRIBER.number > last)).all():
        yield from page
        last = page[-1].number


def change_state(
    tx: Connection, number: int, state: State, *, consent: Consent, reason: str = ""
) -> bool:
    """Change the state of a subscriber and log the consent.

    False, without any change or log entry, if the subscriber does not exist or is already in that
    state, as on a second click on "unsubscribe". Activation lifts a suppression.
    """
    change = (
        update(SUBSCRIBER)
        .where(SUBSCRIBER.number == number, SUBSCRIBER.state != state)
        .values(state=state, since=consent.at, reason=reason)
        .returning(SUBSCRIBER.key)
    )
    key_: bytes | None = tx.scalar(change)
    if key_ is None:
        return False
    tx.execute(insert(CONSENT), _log_row(number, consent))
    if state is State.ACTIVE:
        delete_rows(tx, SUPPRESSION, SUPPRESSION.key == key_)
    _suppress(tx, key_, state=state, at=consent.at)
    return True


def ended_by_bounces(
    tx: Connection, *, origin: str | None = None, since: datetime | None = None
) -> tuple[Subscriber, ...]:
    """Return the subscribers whose subscriptions were ended by bounces, in order of creation.

    ``origin``: only by bounces of this edition; ``since``: only since then.
    """
    query = select(SUBSCRIBER).where(SUBSCRIBER.state == State.BOUNCED)
    if since is not None:
        query = query.where(SUBSCRIBER.since >= since)
    if origin is not None:
        own = CONSENT.subscriber == SUBSCRIBER.number, CONSENT.at == SUBSCRIBER.since
        by = CONSENT.what == "bounced", CONSENT.origin == origin
        query = query.where(exists().where(*own, *by))
    return tuple(map(subscriber_of, tx.execute(query.order_by(SUBSCRIBER.number))))


def lift_bounced(tx: Connection, *, since: datetime, dry: bool = False) -> int:
    """Lift the suppression of addresses that bounced, or with ``dry`` only count; return how many.

    This includes addresses of deleted subscribers, who can then be added and imported again.
    """
    bounced = SUPPRESSION.state == State.BOUNCED, SUPPRESSION.since >= since
    return count_rows(tx, *bounced) if dry else delete_rows(tx, SUPPRESSION, *bounced)


def change_preferences(
    tx: Connection, number: int, preferences: Preferences, *, consent: Consent
) -> bool:
    """Change preferences and log the consent; False if the subscriber does not exist."""
    own = SUBSCRIBER.number == number
    if update_rows(tx, SUBSCRIBER, own, **preferences_row(preferences)) == 0:
        return False
    tx.execute(insert(CONSENT), _log_row(number, consent))
    return True


def forget(tx: Connection, number: int) -> bool:
    """Delete a subscriber's personal data; False if the subscriber does not exist.

    The consent log stays, by number. The digest of the address stays suppressed if the subscriber
    had left, bounced or complained. Pending deliveries are skipped when they are due.
    """
    update_rows(tx, DELIVERY, DELIVERY.subscriber == number, own_words="", muted="")
    return delete_rows(tx, SUBSCRIBER, SUBSCRIBER.number == number) > 0


def keep_device(tx: Connection, key_: bytes, device: Device) -> None:
    """Store a device of a subscriber by the digest of its token."""
    upsert(tx, DEVICE, {"key": key_}, asdict(device))


def device(tx: Connection, key_: bytes) -> Device | None:
    """Return a device by its digest."""
    return first(tx, select(DEVICE).where(DEVICE.key == key_), _device)


def devices(tx: Connection, number: int) -> tuple[tuple[bytes, Device], ...]:
    """Return the devices of a subscriber with their digests, newest first."""
    own = select(DEVICE).where(DEVICE.subscriber == number)
    rows = tx.execute(own.order_by(DEVICE.since.desc(), DEVICE.key))
    return tuple((row.key, _device(row)) for row in rows)


def use_device(tx: Connection, key_: bytes, *, at: datetime) -> None:
    """Record the use of a device; no effect if it was ended."""
    update_rows(tx, DEVICE, DEVICE.key == key_, used=at)


def end_device(tx: Connection, key_: bytes) -> None:
    """End a device; may be called twice."""
    delete_rows(tx, DEVICE, DEVICE.key == key_)


def end_devices(tx: Connection, number: int) -> None:
    """End all devices of a subscriber."""
    delete_rows(tx, DEVICE, DEVICE.subscriber == number)


def forget_devices(tx: Connection, *, before: datetime) -> None:
    """Delete the devices registered before a time."""
    delete_rows(tx, DEVICE, DEVICE.since < before)


def _device(row: AnyRow) -> Device:
    return Device(*row[1:])


#: Built once, since it runs for every mail.
_CONSENTS = select(CONSENT).where(CONSENT.subscriber == bindparam("of")).order_by(CONSENT.number)


def consents(tx: Connection, number: int) -> tuple[Consent, ...]:
    """Return the consent log of a subscriber, even a deleted one, oldest first."""
    return tuple(map(consent_of, tx.execute(_CONSENTS, {"of": number})))


def consent_of(row: AnyRow) -> Consent:
    """Return the entry in a row of the consent log."""
    return Consent(*(getattr(row, name) for name in _CONSENT))


def counts(tx: Connection) -> dict[State, int]:
    """Return how many subscribers are in each state, without zeros."""
    column = SUBSCRIBER.state
    return dict(tx.execute(select(column, func.count()).group_by(column).order_by(column)).all())


def asked(tx: Connection, what: str, key_: str, *, at: datetime) -> None:
    """Record a request that caused a mail, for a rate limit such as "confirm by address".

    ``key_`` is an address, a network, or "" for the total; only its digest is stored.
    """
    tx.execute(insert(ASKED), {"what": what, "key": key(key_), "at": at})


def count(tx: Connection, what: str, key_: str, *, since: datetime) -> int:
    """Return how many requests :func:`asked` has recorded since a time."""
    return count_rows(tx, ASKED.what == what, ASKED.key == key(key_), ASKED.at >= since)


def forget_asked(tx: Connection, *, before: datetime) -> int:
    """Delete the requests recorded before a time; return how many."""
    return delete_rows(tx, ASKED, ASKED.at < before)


def choices(
    tx: Connection, *, day: date, edition: str = "", offered: Collection[str]
) -> frozenset[PageChoice]:
    """Return the choices of active subscribers who want an edition on the weekday of a day.

    ``offered`` is as in :meth:`Preferences.wants`.
    """
    query = (
        select(*(SUBSCRIBER[name] for name in (*_OF_A_PAGE, "editions")))
        .where(SUBSCRIBER.state == State.ACTIVE, CHOOSES)
        .where(SUBSCRIBER.days.contains(str(day.weekday())))
        .distinct()
    )
    return frozenset(
        choice_in(row, day=day)
        for row in tx.execute(query)
        if Preferences(editions=names_in(row.editions)).wants(edition, offered=offered)
    )


def choice_in(row: AnyRow, *, day: date) -> PageChoice:
    """Return the choice in a row that has its columns, with the mutes of a day."""
    choice = PageChoice(*(names_in(getattr(row, name)) for name in _OF_A_PAGE))
    return replace(choice, muted=muted_on(choice.muted, day))


def subscriber_of(row: AnyRow) -> Subscriber:
    """Return the subscriber in a row that has all columns of its table."""
    wishes = preferences_of(row)
    return Subscriber(row.number, row.address, row.name, row.state, wishes, row.since, row.reason)


def preferences_of(row: AnyRow) -> Preferences:
    """Return the preferences in a row."""
    return _preferences(*(getattr(row, name) for name in PREFERENCES))


@lru_cache(_SHARED)
def _preferences(*columns: str) -> Preferences:
    pairs = zip(_COLUMNS.values(), columns, strict=True)
    return Preferences(*(read(column) for (_, read), column in pairs))


def preferences_row(preferences: Preferences) -> dict[str, object]:
    """Return preferences as the columns of a row."""
    return {name: write(getattr(preferences, name)) for name, (write, _) in _COLUMNS.items()}


def folded(address: str, name: str) -> str:
    """Return the text by which a subscriber is searched and sorted."""
    return f"{address} {name}".casefold()


def _log_row(number: int, consent: Consent) -> dict[str, object]:
    return {"subscriber": number} | {name: getattr(consent, name) for name in _CONSENT}


def _suppress(tx: Connection, key_: object, *, state: State, at: datetime) -> None:
    """Suppress an address if its state requires it; the latest state counts."""
    if state in SUPPRESSING:
        upsert(tx, SUPPRESSION, {"key": key_}, {"state": state, "since": at})


class SignupKind(StrEnum):
    """What a request asks for."""

    SUBSCRIBE = "subscribe"
    #: The link to an existing subscription.
    LINK = "link"
    #: A new link in place of an expired one.
    RENEW = "renew"


@frozen
class Signup:
    """A request from the web."""

    what: SignupKind
    #: Normalized; empty if the subscriber is given by number.
    address: str = ""
    subscriber: int = 0
    preferences: Preferences = field(default_factory=Preferences)
    #: How and from where, as in :class:`briefing.core.model.Consent`.
    how: str = ""
    origin: str = ""
    words: str = ""


def put_signup(tx: Connection, signup: Signup, *, at: datetime) -> None:
    """Add a request to the queue."""
    row = {name: getattr(signup, name) for name in _SIGNUP} | preferences_row(signup.preferences)
    tx.execute(insert(SIGNUP), {**row, "what": signup.what, "asked": at})


def count_signups(tx: Connection) -> int:
    """Return the length of the queue."""
    return count_rows(tx, SIGNUP.number > 0)


def take_signup(tx: Connection) -> Signup | None:
    """Return the oldest request in the queue and delete it; None if the queue is empty."""
    row = tx.execute(select(SIGNUP).order_by(SIGNUP.number).limit(1)).first()
    if row is None:
        return None
    delete_rows(tx, SIGNUP, SIGNUP.number == row.number)
    plain = {name: getattr(row, name) for name in _SIGNUP}
    return Signup(SignupKind(row.what), preferences=preferences_of(row), **plain)
