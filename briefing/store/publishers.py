"""What each publisher brought: counted from stored reports and editions, never judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from briefing.core.model import Edition
from briefing.store import sources
from briefing.store.statistics import day_of
from briefing.store.tables import (
    DOCUMENT,
    EDITION,
    FIRST,
    PASSAGE,
    PUBLISHER_DAY,
    TOLD,
    VERSION,
)
from briefing.store.versions import in_batches

_DAY = timedelta(days=1)
#: Reports of a source by which it is known whose it is.
_NEWEST = 20
#: Publishers with a number each, of editions that are still to be chosen.
_REPORTS = func.count(VERSION.c.document.distinct())
_PRINTED = (
    select(VERSION.c.publisher, _REPORTS)
    .select_from(PASSAGE)
    .join(VERSION, VERSION.c.id == PASSAGE.c.version)
    .join(EDITION, EDITION.c.id == PASSAGE.c.edition)
)
_CORRECTED = (
    select(VERSION.c.publisher, _REPORTS)
    .select_from(TOLD)
    .join(VERSION, VERSION.c.id == TOLD.c.version)
    .join(EDITION, EDITION.c.id == TOLD.c.edition)
)
_FIRST = (
    select(FIRST.c.publisher, func.count())
    .select_from(FIRST)
    .join(EDITION, EDITION.c.id == FIRST.c.edition)
)


@dataclass(frozen=True, slots=True)
class StoryReport:
    """One report of a story: whose it is and when it was published, None if no hour is known."""

    publisher: str
    owner: str
    published: datetime | None

    @property
    def family(self) -> str:
        """The name under which its publisher is counted."""
        return (self.owner or self.publisher).casefold()


@dataclass(frozen=True, slots=True)
class PublisherCount:
    """What one publisher brought within some days."""

    #: Its name; empty: reports without one.
    name: str
    #: Reports collected, each once however often it was edited.
    reports: int
    #: Of all reports, those of which editions of these days printed words.
    printed: int
    #: Those whose printed words were changed or withdrawn later, as editions of these days say.
    corrected: int
    #: Printed stories of several publishers of which it had the first report.
    first: int
    #: Days without a report, from its first one within these days on.
    silent: int
    #: Grades of its sources, by the operator; usually one.
    grades: tuple[str, ...] = ()


def first_publisher(reports: Iterable[StoryReport]) -> str:
    """Return who published the first report of a story, of at least two publishers.

    Empty if that is not known: one without its hour may be the first, and of two at once none is.
    """
    timed = [(one.published, one.family, one.publisher) for one in reports]
    ordered = sorted((at, family, name) for at, family, name in timed if at is not None)
    if not ordered or len(ordered) < len(timed):
        return ""
    at, family, name = ordered[0]
    others = [row for row in ordered if row[1] != family]
    return name if others and at < others[0][0] else ""


def put(tx: Connection, edition_id: str, edition: Edition) -> None:
    """Keep who was the first with each printed story of an edition."""
    stories = {name: [link[0] for link in one.links] for name, one in edition.evidence.items()}
    reports = _reports(tx, {document for own in stories.values() for document in own})
    rows = [
        {"edition": edition_id, "story": story, "publisher": publisher}
        for story, documents in stories.items()
        if (publisher := first_publisher(reports[one] for one in documents if one in reports))
    ]
    if rows:
        tx.execute(insert(FIRST), rows)


def _reports(tx: Connection, documents: Iterable[str]) -> dict[str, StoryReport]:
    columns = VERSION.c.id, VERSION.c.publisher, VERSION.c.owner, VERSION.c.published
    return {
        row.id: StoryReport(row.publisher, row.owner, row.published if row.timed else None)
        for batch in in_batches(sorted(documents))
        for row in tx.execute(select(*columns, VERSION.c.timed).where(VERSION.c.id.in_(batch)))
    }


def counts(
    tx: Connection, briefing: str, *, since: date, until: date
) -> tuple[PublisherCount, ...]:
    """Count what each publisher brought, those with most reports first, then by name.

    Args:
        tx: a transaction.
        briefing: whose editions count, without those that were withdrawn.
        since: first day: UTC of reports, local of editions.
        until: last day.
    """
    brought = _brought(tx, since=since, until=until)
    printed, corrected, first = (
        _numbers(
            tx,
            query.where(
                EDITION.c.briefing == briefing, EDITION.c.day >= since, EDITION.c.day <= until
            ),
        )
        for query in (_PRINTED, _CORRECTED, _FIRST)
    )
    grades = _grades(tx)
    names = dict.fromkeys((*brought, *printed, *corrected, *first))
    found = [
        PublisherCount(
            name,
            reports=brought[name].reports if name in brought else 0,
            printed=printed.get(name, 0),
            corrected=corrected.get(name, 0),
            first=first.get(name, 0),
            silent=brought[name].silent(until) if name in brought else 0,
            grades=tuple(sorted(grades[name])),
        )
        for name in names
    ]
    return tuple(sorted(found, key=lambda one: (-one.reports, one.name)))


def close_days(tx: Connection, *, before: date) -> None:
    """Keep how many reports came in on the days that are over, so that they are counted once."""
    last = _last_closed(tx)
    live = _live(tx, since=last + _DAY if last else None, until=before - _DAY)
    if live:
        tx.execute(insert(PUBLISHER_DAY), live)


@dataclass(slots=True)
class _Brought:
    """What a publisher brought: reports, days with any, and the first of these."""

    reports: int
    days: int
    first: date

    def silent(self, until: date) -> int:
        return (until - self.first).days + 1 - self.days


def _brought(tx: Connection, *, since: date, until: date) -> dict[str, _Brought]:
    day, reports = PUBLISHER_DAY.c.day, PUBLISHER_DAY.c.reports
    closed = (
        select(PUBLISHER_DAY.c.publisher, func.sum(reports), func.count(), func.min(day))
        .where(day >= since, day <= until)
        .group_by(PUBLISHER_DAY.c.publisher)
    )
    found = {
        name: _Brought(int(number), days, first) for name, number, days, first in tx.execute(closed)
    }
    last = _last_closed(tx)
    for row in _live(tx, since=max(since, last + _DAY) if last else since, until=until):
        one = found.setdefault(row["publisher"], _Brought(0, 0, row["day"]))
        one.reports += row["reports"]
        one.days += 1
        one.first = min(one.first, row["day"])
    return found


def _last_closed(tx: Connection) -> date | None:
    return tx.execute(select(func.max(PUBLISHER_DAY.c.day))).scalar()


def _numbers(tx: Connection, query: Select[Any]) -> Mapping[str, int]:
    return {row[0]: int(row[1]) for row in tx.execute(query.group_by("publisher"))}


def _live(tx: Connection, *, since: date | None, until: date) -> list[dict[str, Any]]:
    """Count the stored reports by publisher and UTC day."""
    day = day_of(VERSION.c.collected, dialect=tx.dialect.name).label("day")
    query = (
        select(VERSION.c.publisher, day, func.count())
        .join(DOCUMENT, DOCUMENT.c.number == VERSION.c.document)
        .where(
            VERSION.c.place == 1,
            DOCUMENT.c.same_as.is_(None),
            VERSION.c.collected < datetime.combine(until + _DAY, time(), UTC),
        )
        .group_by(VERSION.c.publisher, day)
    )
    if since is not None:
        query = query.where(VERSION.c.collected >= datetime.combine(since, time(), UTC))
    return [
        {"publisher": name, "day": date.fromisoformat(at), "reports": int(number)}
        for name, at, number in tx.execute(query)
    ]


def _grades(tx: Connection) -> defaultdict[str, set[str]]:
    """Return the grades of the sources of each publisher, as their newest reports name it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for url, grade in sources.grades(tx).items():
        newest = (
            select(VERSION.c.publisher)
            .join(DOCUMENT, DOCUMENT.c.version == VERSION.c.id)
            .where(DOCUMENT.c.source == url)
            .order_by(DOCUMENT.c.number.desc())
            .limit(_NEWEST)
        )
        for name in tx.execute(newest).scalars():
            found[name].add(grade)
    return found
