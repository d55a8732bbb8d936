"""The editions of a store: listed, shown, and those that are dated ahead."""

from __future__ import annotations

from datetime import date

from briefing.core.edition import slug
from briefing.core.errors import InputError
from briefing.core.schedule import ahead_words, dated_ahead
from briefing.setup.clock import now
from briefing.setup.settings import Settings
from briefing.setup.timetable import timetable_of
from briefing.store import Store, archive
from briefing.store.catalog import CatalogEntry, catalog


def listed_editions(store: Store, *, settings: Settings) -> tuple[CatalogEntry, ...]:
    """Return all editions, withdrawn ones among them, the newest day first."""
    with store.read() as tx:
        return catalog(tx, slug(settings.name))


def editions_of_day(store: Store, *, settings: Settings, day: date) -> tuple[CatalogEntry, ...]:
    """Return the editions of a day: the one that stands, then those that were withdrawn.

    Raises:
        InputError: there is none.
    """
    with store.read() as tx:
        found = catalog(tx, slug(settings.name), day=day)
    if not found:
        raise InputError(
            f"no edition of {settings.name!r} was published on {day}; "
            "`briefing editions list` shows all"
        )
    return found


def faults_of_dates(store: Store, *, settings: Settings) -> tuple[str, ...]:
    """Return a line for each edition that is dated ahead, with the remedy."""
    at, table = now(), timetable_of(settings)
    with store.read() as tx:
        days = archive.days(tx, slug(settings.name), first=at.date(), last=date.max)
    return tuple(map(ahead_words, dated_ahead(table, days, now=at)))
