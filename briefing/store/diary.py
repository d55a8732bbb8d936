"""Days ahead that editions have announced, by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from briefing.store.archive import PassageKind, fold, publishers_of
from briefing.store.round_tables import PRINTED
from briefing.store.tables import EDITION
from briefing.store.versions import AnyRow

#: How an archive row names a day, as `archive` writes it.
_DAY = "%A %d %B %Y"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event on a day, as it was first printed."""

    day: date
    #: The clause, word for word.
    words: str
    #: Id and day of the edition that printed it first, and when that was made, aware UTC.
    edition: str
    printed: date
    made: datetime
    #: The place of its brief among those of the edition, in the order of the sections, from 0.
    brief: int
    section: str
    headline: str
    #: Those of the brief, that of the clause among them.
    publishers: tuple[str, ...]


def announced(
    tx: Connection, briefing: str, *, since: date, upto: date
) -> tuple[Announcement, ...]:
    """Return what the editions of some days have announced, by the days for which they did.

    What was printed again, for the same day in the same words, comes once, as it was printed first.
    """
    query = (
        select(PRINTED, EDITION.c.day, EDITION.c.made)
        .join(EDITION)
        .where(
            EDITION.c.briefing == briefing,
            EDITION.c.day.between(since, upto),
            PRINTED.c.kind == PassageKind.DATE.value,
        )
        .order_by(EDITION.c.day, PRINTED.c.place)
    )
    entries: dict[tuple[date, str], Announcement] = {}
    for row in tx.execute(query):
        entry = _announcement(row)
        entries.setdefault((entry.day, fold(entry.words)), entry)
    return tuple(sorted(entries.values(), key=lambda entry: entry.day))


@dataclass(frozen=True, slots=True)
class PrintedBrief:
    """A brief of an edition, by its words."""

    edition: str
    day: date
    #: Its place among those of the edition, in the order of the sections, from 0.
    brief: int
    headline: str
    #: Its sentences, one after the other.
    words: str


def briefs_between(
    tx: Connection, briefing: str, *, first: date, last: date
) -> tuple[PrintedBrief, ...]:
    """Return the briefs of the editions from one day to another, in printed order."""
    query = (
        select(PRINTED, EDITION.c.day)
        .join(EDITION)
        .where(
            EDITION.c.briefing == briefing,
            EDITION.c.day.between(first, last),
            PRINTED.c.kind == PassageKind.SENTENCE.value,
        )
        .order_by(EDITION.c.day, PRINTED.c.place)
    )
    found: dict[tuple[str, int], PrintedBrief] = {}
    for row in tx.execute(query):
        key = row.edition, row.brief
        before = found.get(key)
        words = f"{before.words} {row.sentence}" if before else row.sentence
        found[key] = PrintedBrief(row.edition, row.day, row.brief, row.headline, words)
    return tuple(found.values())


def _announcement(row: AnyRow) -> Announcement:
    return Announcement(
        day=datetime.strptime(row.beside, _DAY).date(),  # noqa: DTZ007  a day, at no time
        words=row.sentence,
        edition=row.edition,
        printed=row.day,
        made=row.made,
        brief=row.brief,
        section=row.section,
        headline=row.headline,
        publishers=publishers_of(row.publishers),
    )
