"""Published editions as people ask for them: listed, or the one of a day."""

from __future__ import annotations

from datetime import date, datetime

from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.schedule import Timetable, ahead_words, dated_ahead
from briefing.store import Transaction, archive, editions, withdrawals
from briefing.store.catalog import CatalogEntry, catalog
from briefing.store.editions import StoredEdition
from briefing.store.withdrawals import Withdrawal


def of_day(tx: Transaction, briefing: str, day: date) -> tuple[CatalogEntry, ...]:
    """Return the editions of a day: the current one, then withdrawn ones.

    Raises:
        InputError: there is none.
    """
    editions = catalog(tx, briefing, day=day)
    if not editions:
        raise not_published(briefing, day)
    return editions


def not_published(briefing: str, day: date) -> InputError:
    """Return the error that there is no edition of a day, and was none."""
    return InputError(
        f"no edition of {briefing} was published on {day}; `briefing editions list` shows all"
    )


def record_of(tx: Transaction, briefing: str, day: date) -> record.Record:
    """Return the stored edition of a day, the last withdrawn one if none is current.

    Raises:
        InputError: there is none.
    """
    stored, _ = on(tx, briefing, day)
    return record.read(stored.record, name=stored.id)


def on(tx: Transaction, briefing: str, day: date) -> tuple[StoredEdition, Withdrawal | None]:
    """Return the edition of a day and its withdrawal; the last withdrawn one if none is current.

    Raises:
        InputError: there is none.
    """
    stored, withdrawal = editions.on(tx, briefing, day), None
    if stored is None and (gone := withdrawals.on(tx, briefing, day)):
        withdrawal = gone[0]
        stored = editions.get(tx, withdrawal.edition)
    if stored is None:
        raise InputError(
            f"no edition of {briefing} was published on {day}; name another day, or make it with "
            "`briefing publish`"
        )
    return stored, withdrawal


def published(
    tx: Transaction, briefing: str, *, day: date | None, today: date
) -> StoredEdition | None:
    """Return the edition of a day, by default the current one; None if it does not exist now."""
    return editions.on(tx, briefing, day) if day else editions.current(tx, briefing, today)


def to_send(tx: Transaction, briefing: str, *, day: date | None, today: date) -> StoredEdition:
    """Return the edition of a day, by default the current one, unless it was withdrawn.

    Raises:
        InputError: there is none.
    """
    stored = published(tx, briefing, day=day, today=today)
    if stored is not None:
        return stored
    if day and (gone := withdrawals.on(tx, briefing, day)):
        raise InputError(f"the edition of {day} was {gone[0].words}")
    when = f" on {day}" if day else " yet"
    raise InputError(f"no edition of {briefing} was published{when}; run `briefing publish`")


def faults_of_dates(
    tx: Transaction, briefing: str, *, timetable: Timetable, at: datetime
) -> tuple[str, ...]:
    """Return a line for each edition that is dated ahead, with the remedy."""
    days = archive.days(tx, briefing, first=at.date(), last=date.max)
    return tuple(map(ahead_words, dated_ahead(timetable, days, now=at)))
