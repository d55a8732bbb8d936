"""Subscribers, what they agreed to, and the addresses that are not written to any more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    Update,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from briefing.core.model import Consent, Form, Preferences, State, Subscriber
from briefing.store.mail_tables import ASKED, CONSENT, SUBSCRIBER, SUPPRESSION

#: States after which an address is not written to, whoever asks for it but its owner.
SUPPRESSING = frozenset({State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED})
#: Subscribers read at once; more take memory, fewer time.
_PAGE = 1_000
#: Fields of :class:`Consent`, which are columns of the same names.
_CONSENT = tuple(field.name for field in fields(Consent))

#: Both databases say it in the same words, which SQLAlchemy has once for each.
_INSERT: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def key(address: str) -> bytes:
    """Return the digest by which an address is known again, also when it has been forgotten.

    Upper and lower case count as one: hardly a server tells them apart, and who has left as
    ``Ann@`` must not be written to as ``ann@``. A plain SHA-256, without a secret: it hides an
    address from a glance, not from somebody who has the store and guesses. A secret could be lost
    or changed, and all who ever left would be written to again.
    """
    return hashlib.sha256(address.casefold().encode("utf-8", "surrogatepass")).digest()


def add(tx: Connection, new: Subscriber, *, consent: Consent) -> int | None:
    """Add a subscriber and return its number; None, and nothing changes, when it is there already.

    A suppression stays until the subscriber becomes active: who asks for a mail at an address is
    not yet its owner.
    """
    row = {
        "address": new.address,
        "key": key(new.address),
        "name": new.name,
        "state": new.state.value,
        "since": new.since or consent.at,
        "reason": new.reason,
        **preferences_row(new.preferences),
    }
    adding = _INSERT[tx.dialect.name](SUBSCRIBER).on_conflict_do_nothing(index_elements=["key"])
    number: int | None = tx.execute(adding.returning(SUBSCRIBER.c.number), row).scalar()
    if number is not None:
        _log(tx, number, consent)
        _suppress(tx, row["key"], state=new.state, at=consent.at)
    return number


def find(tx: Connection, address: str) -> Subscriber | None:
    """Return the subscriber of a normalized address, in any case of letters."""
    return _first(tx.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.key == key(address))).first())


def get(tx: Connection, number: int) -> Subscriber | None:
    """Return a subscriber by the number that :func:`add` gave."""
    return _first(tx.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.number == number)).first())


def listed(tx: Connection, *, state: State | None = None) -> Iterator[Subscriber]:
    """Yield all subscribers, or those in one state, first added first; memory stays flat."""
    return map(subscriber_of, rows(tx, state=state))


def rows(tx: Connection, *, state: State | None = None) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the rows of subscribers, page by page."""
    asked = select(SUBSCRIBER).order_by(SUBSCRIBER.c.number).limit(_PAGE)
    if state is not None:
        asked = asked.where(SUBSCRIBER.c.state == state.value)
    last = 0
    while page := tx.execute(asked.where(SUBSCRIBER.c.number > last)).all():
        yield from page
        last = page[-1].number


def change_state(
    tx: Connection, number: int, state: State, *, consent: Consent, reason: str = ""
) -> bool:
    """Bring a subscriber into another state and log why.

    False, and nothing changes or is logged, when it is in that state already or not there: a second
    click on "unsubscribe" does nothing. An active subscriber is suppressed no more.
    """
    change = (
        update(SUBSCRIBER)
        .where(SUBSCRIBER.c.number == number, SUBSCRIBER.c.state != state.value)
        .values(state=state.value, since=consent.at, reason=reason)
        .returning(SUBSCRIBER.c.key)
    )
    found: bytes | None = tx.execute(change).scalar()
    if found is None:
        return False
    _log(tx, number, consent)
    if state is State.ACTIVE:
        tx.execute(delete(SUPPRESSION).where(SUPPRESSION.c.key == found))
    _suppress(tx, found, state=state, at=consent.at)
    return True


def ended_by_bounces(
    tx: Connection, *, origin: str | None = None, since: datetime | None = None
) -> tuple[Subscriber, ...]:
    """Return whose subscription has ended because mail did not arrive, first added first.

    Args:
        tx: a transaction.
        origin: only those that bounces of this edition ended.
        since: only those that ended then or later.
    """
    asked = select(SUBSCRIBER).where(SUBSCRIBER.c.state == State.BOUNCED.value)
    if since is not None:
        asked = asked.where(SUBSCRIBER.c.since >= since)
    if origin is not None:
        theirs = (
            CONSENT.c.subscriber == SUBSCRIBER.c.number,
            CONSENT.c.what == "bounced",
            CONSENT.c.at == SUBSCRIBER.c.since,
            CONSENT.c.origin == origin,
        )
        asked = asked.where(select(CONSENT.c.number).where(*theirs).exists())
    return tuple(map(subscriber_of, tx.execute(asked.order_by(SUBSCRIBER.c.number))))


def lift_bounced(tx: Connection, *, since: datetime) -> None:
    """Take addresses off the list that are there because mail did not arrive.

    Those of subscribers who are forgotten too: they can be added and imported again.
    """
    tx.execute(delete(SUPPRESSION).where(*_bounced_since(since)))


def count_bounced(tx: Connection, *, since: datetime) -> int:
    """Return how many addresses :func:`lift_bounced` takes off the list."""
    found = select(func.count()).select_from(SUPPRESSION).where(*_bounced_since(since))
    return tx.execute(found).scalar_one()


def _bounced_since(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return SUPPRESSION.c.state == State.BOUNCED.value, SUPPRESSION.c.since >= since


def change_preferences(
    tx: Connection, number: int, preferences: Preferences, *, consent: Consent
) -> bool:
    """Change what a subscriber wishes and log it; False when it is not there."""
    if tx.execute(_of(number).values(preferences_row(preferences))).rowcount == 0:
        return False
    _log(tx, number, consent)
    return True


def rename(tx: Connection, number: int, name: str) -> bool:
    """Change the name of a subscriber; False when it is not there."""
    return tx.execute(_of(number).values(name=name)).rowcount > 0


def forget(tx: Connection, number: int) -> bool:
    """Delete what tells who a subscriber is; False when it is not there.

    The consent log stays, by number. The digest of the address stays on the list of suppressed
    addresses when they had left, bounced or complained. What was to be sent is skipped when its
    turn comes.
    """
    return tx.execute(delete(SUBSCRIBER).where(SUBSCRIBER.c.number == number)).rowcount > 0


def is_suppressed(tx: Connection, address: str) -> bool:
    """Tell whether the owner of an address has left, bounced or complained, forgotten or not."""
    found = select(SUPPRESSION.c.key).where(SUPPRESSION.c.key == key(address))
    return tx.execute(found).first() is not None


def consents(tx: Connection, number: int) -> tuple[Consent, ...]:
    """Return the consent log of a subscriber, oldest first, also of one who is forgotten."""
    columns = [CONSENT.c[name] for name in _CONSENT]
    found = select(*columns).where(CONSENT.c.subscriber == number).order_by(CONSENT.c.number)
    return tuple(Consent(*row) for row in tx.execute(found))


def counts(tx: Connection) -> dict[State, int]:
    """Return how many subscribers are in each state; states without any are left out."""
    column = SUBSCRIBER.c.state
    found = tx.execute(select(column, func.count()).group_by(column).order_by(column))
    return {State(state): number for state, number in found}


def asked(tx: Connection, what: str, key_: str, *, at: datetime) -> None:
    """Note that somebody caused a mail to be sent.

    Args:
        tx: a writing transaction.
        what: what is limited, such as "confirm by address".
        key_: of whom, such as an address or a network; empty for the count in all. Only its digest
            is kept.
        at: when, aware.
    """
    tx.execute(insert(ASKED), {"what": what, "key": key(key_), "at": at})


def count(tx: Connection, what: str, key_: str, *, since: datetime) -> int:
    """Return how often :func:`asked` was told of one since a time."""
    same = ASKED.c.what == what, ASKED.c.key == key(key_), ASKED.c.at >= since
    return tx.execute(select(func.count()).select_from(ASKED).where(*same)).scalar_one()


def forget_asked(tx: Connection, *, before: datetime) -> int:
    """Delete what :func:`asked` was told before a time; return how many."""
    return tx.execute(delete(ASKED).where(ASKED.c.at < before)).rowcount


def subscriber_of(row: Row[*tuple[Any, ...]]) -> Subscriber:
    """Return the subscriber of a row that has all columns of its table."""
    return Subscriber(
        id=row.number,
        address=row.address,
        name=row.name,
        state=State(row.state),
        preferences=preferences_of(row),
        since=row.since,
        reason=row.reason,
    )


def preferences_of(row: Row[*tuple[Any, ...]]) -> Preferences:
    """Return the wishes in a row."""
    return Preferences(
        sections=tuple(row.sections.split("\n")) if row.sections else (),
        form=Form(row.form),
        days=tuple(map(int, row.days)),
        at=time.fromisoformat(row.at),
        zone=row.zone,
        language=row.language,
    )


def preferences_row(preferences: Preferences) -> dict[str, object]:
    """Return wishes as the columns of a row."""
    return {
        "sections": "\n".join(preferences.sections),
        "form": preferences.form.value,
        "days": "".join(map(str, preferences.days)),
        "at": preferences.at.isoformat(),
        "zone": preferences.zone,
        "language": preferences.language,
    }


def _first(row: Row[*tuple[Any, ...]] | None) -> Subscriber | None:
    return None if row is None else subscriber_of(row)


def _of(number: int) -> Update:
    return update(SUBSCRIBER).where(SUBSCRIBER.c.number == number)


def _log(tx: Connection, number: int, consent: Consent) -> None:
    told = {name: getattr(consent, name) for name in _CONSENT}
    tx.execute(insert(CONSENT), {"subscriber": number, **told})


def _suppress(tx: Connection, found: object, *, state: State, at: datetime) -> None:
    """Put an address on the list when its state says so; the newest reason stands."""
    if state not in SUPPRESSING:
        return
    told = {"state": state.value, "since": at}
    putting = _INSERT[tx.dialect.name](SUPPRESSION).values(key=found, **told)
    tx.execute(putting.on_conflict_do_update(index_elements=["key"], set_=told))
