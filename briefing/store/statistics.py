"""Counts over time for charts, and counts by publisher; days are UTC."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    type_coerce,
)

from briefing.core.frozen import frozen
from briefing.core.model import Audience, Bounce, DeliveryStatus, Edition, Outcome, State
from briefing.store import deliveries, sources
from briefing.store.engine import count_rows, insert_rows, rows_in
from briefing.store.mail_tables import BOUNCE, CONSENT, DELIVERY, SUBSCRIBER
from briefing.store.tables import (
    DOCUMENT,
    EDITION,
    FIRST,
    NEWEST,
    PASSAGE,
    PUBLISHER_DAY,
    TOLD,
    VERSION,
    VISIT,
    Columns,
    of_desk,
)

#: Entries of the consent log that begin a subscription, and that end it.
_BEGINS = ("confirmed", "imported", "returned")
_ENDS = ("left", "bounced", "complained")
#: Remarks of "changed" entries that pause or resume a subscription.
_PAUSED, _RESUMED = "paused", "resumed"
_DAY = timedelta(days=1)
_ANSWERS = (Outcome.READ, Outcome.UNCHANGED)


@frozen
class SourceDay:
    """The new reports of a source on one day."""

    #: New reports; None if the source was not asked or did not respond.
    fresh: int | None
    #: Whether it was asked but never responded.
    failed: bool = False


@frozen
class CameBack:
    """A bounce and its subscriber."""

    #: Number of the delivery.
    delivery: int
    #: Address of the subscriber; empty if they were deleted.
    address: str
    bounce: Bounce


def deliveries_by_edition(
    tx: Connection, briefing: str, *, limit: int = 14
) -> tuple[Audience, ...]:
    """Return the delivery counts of the last editions, oldest first."""
    query = select(EDITION.id, EDITION.day).where(of_desk(briefing))
    rows = tx.execute(query.order_by(*NEWEST).limit(limit)).all()
    newest = {row.id: row.day for row in reversed(rows)}
    counted = deliveries.by_status(tx, newest)
    return tuple(Audience(edition, day, counted[edition]) for edition, day in newest.items())


def subscribers_by_day(
    tx: Connection, *, days: int = 30, until: date
) -> tuple[tuple[date, int], ...]:
    """Return how many of the present subscribers were active at the end of each of the last days.

    The numbers are counted back from those active now, by the consent log, of which only these days
    are read. Deleted subscribers are left out on all days; so are those imported as paused until
    they are resumed.
    """
    ends = CONSENT.what.in_(_ENDS)
    # Whether the previous entry left its subscriber active: a pause comes only to an active
    # subscriber, but an end may come to any.
    before = CONSENT.alias()
    last = (
        select(case((_begins(before), 1), else_=0))
        .where(
            before.subscriber == CONSENT.subscriber,
            before.number < CONSENT.number,
            _is_turn(before),
        )
        .order_by(before.number.desc())
        .limit(1)
    )
    step = case(
        (_begins(CONSENT), 1), (ends, case((last.scalar_subquery() == 1, -1), else_=0)), else_=-1
    )
    # A subscriber who still has an imported state other than active was never active.
    inert = and_(
        CONSENT.how == "import", SUBSCRIBER.state != State.ACTIVE, SUBSCRIBER.since == CONSENT.at
    )
    turned = day_of(CONSENT.at, dialect=tx.dialect.name).label("day")
    query = (
        select(turned, func.sum(step))
        .join(SUBSCRIBER, SUBSCRIBER.number == CONSENT.subscriber)
        .where(CONSENT.at >= _midnight(until - (days - 2) * _DAY), _is_turn(CONSENT), ~inert)
        .group_by(turned)
    )
    steps = {date.fromisoformat(at): int(steps) for at, steps in tx.execute(query)}
    active = SUBSCRIBER.state == State.ACTIVE
    number = count_rows(tx, active) - sum(step for day, step in steps.items() if day > until)
    active_on: dict[date, int] = {}
    for back in range(days):
        day = until - back * _DAY
        active_on[day] = number
        number -= steps.get(day, 0)
    return tuple(sorted(active_on.items()))


def source_days(tx: Connection, url: str, *, days: int = 14, until: date) -> tuple[SourceDay, ...]:
    """Return the new reports of a source on each of the last days, oldest first."""
    first = until - (days - 1) * _DAY
    query = select(VISIT.at, VISIT.outcome, VISIT.fresh).where(
        VISIT.source == url, VISIT.at >= _midnight(first), VISIT.at < _midnight(until + _DAY)
    )
    fresh: dict[date, int] = {}
    failed: set[date] = set()
    for at, outcome, number in tx.execute(query):
        if outcome in _ANSWERS:
            fresh[at.date()] = fresh.get(at.date(), 0) + number
        elif outcome == Outcome.FAILED:
            failed.add(at.date())
    return tuple(
        SourceDay(fresh.get(day), failed=day in failed and day not in fresh)
        for day in (first + ahead * _DAY for ahead in range(days))
    )


def fresh_since(tx: Connection, since: datetime) -> dict[str, int]:
    """Return how many new reports each source brought since a time, without zeros."""
    query = (
        select(VISIT.source, func.sum(VISIT.fresh))
        .where(VISIT.at >= since, VISIT.fresh > 0)
        .group_by(VISIT.source)
    )
    return {source: int(number) for source, number in tx.execute(query)}


def bounces_recent(tx: Connection, *, limit: int) -> tuple[CameBack, ...]:
    """Return the last bounces, newest first."""
    query = (
        select(BOUNCE, DELIVERY.edition, DELIVERY.subscriber, SUBSCRIBER.address)
        .join(DELIVERY)
        .outerjoin(SUBSCRIBER, SUBSCRIBER.number == DELIVERY.subscriber)
        .order_by(BOUNCE.at.desc(), BOUNCE.delivery.desc())
        .limit(limit)
    )
    return tuple(
        CameBack(
            row.delivery,
            row.address or "",
            Bounce(row.kind, row.edition, row.subscriber, row.at, row.status, row.words),
        )
        for row in tx.execute(query)
    )


def minutes(tx: Connection, edition: str) -> tuple[tuple[datetime, int], ...]:
    """Return how many mails of an edition were sent in each minute, without zeros."""
    sent = DELIVERY.edition == edition, DELIVERY.status == DeliveryStatus.SENT
    times = tx.scalars(select(DELIVERY.done).where(*sent, DELIVERY.done.is_not(None)))
    return tuple(sorted(Counter(at.replace(second=0, microsecond=0) for at in times).items()))


def last_sent(tx: Connection, edition: str) -> datetime | None:
    """Return when the last mail of an edition was sent; None if none was."""
    sent = DELIVERY.edition == edition, DELIVERY.status == DeliveryStatus.SENT
    return tx.execute(select(func.max(DELIVERY.done)).where(*sent)).scalar()


def _begins(log: Columns) -> ColumnElement[bool]:
    return or_(log.what.in_(_BEGINS), log.words == _RESUMED)


def _is_turn(log: Columns) -> ColumnElement[bool]:
    """Tell whether an entry begins, ends, pauses or resumes a subscription."""
    turns = and_(log.what == "changed", log.words.in_((_PAUSED, _RESUMED)))
    return or_(log.what.in_((*_BEGINS, *_ENDS)), turns)


def day_of(at: ColumnElement[Any], *, dialect: str) -> ColumnElement[str]:
    """Return the UTC day of a time as ISO 8601 text."""
    if dialect == "sqlite":
        # Stored as text that begins with the day.
        return func.substr(type_coerce(at, String), 1, 10)
    return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


#: Number of a source's latest reports that show which publishers it has.
_NEWEST = 20
#: Reports by publisher, printed and corrected, in editions yet to be selected.
_REPORTS = func.count(VERSION.document.distinct())
_PRINTED, _CORRECTED = (
    select(VERSION.publisher, _REPORTS)
    .select_from(table)
    .join(VERSION, VERSION.id == table.version)
    .join(EDITION)
    for table in (PASSAGE, TOLD)
)
_FIRST = select(FIRST.publisher, func.count()).select_from(FIRST).join(EDITION)


@frozen
class PublisherCount:
    """Counts of the reports of one publisher over some days."""

    #: Name; empty for reports without a publisher.
    name: str
    #: Reports collected, each counted once however often it was edited.
    reports: int
    #: Reports of any day whose words editions of these days printed.
    printed: int
    #: Reports whose printed words had changed or vanished, as editions of these days reported.
    corrected: int
    #: Printed stories of several publishers of which it had the first report.
    first: int
    #: Days without a report since its first one within these days.
    silent: int
    #: Grades that operators gave its sources; usually one.
    grades: tuple[str, ...] = ()


def first_publisher(reports: Sequence[tuple[datetime | None, str, str]]) -> str:
    """Return who published the first report of a story of several publishers; empty if unclear.

    Each report has its time (None if unknown), the family of its publisher, and the publisher's
    name. The result is empty if any time is unknown, if two families share the earliest time, or if
    there is only one family.
    """
    ordered = sorted((at, family, name) for at, family, name in reports if at is not None)
    if not ordered or len(ordered) < len(reports):
        return ""
    at, family, name = ordered[0]
    others = [row for row in ordered if row[1] != family]
    return name if others and at < others[0][0] else ""


def put_publishers(tx: Connection, edition_id: str, edition: Edition) -> None:
    """Store which publisher was first with each printed story of an edition."""
    stories = {
        story: [document for document, _ in evidence.links]
        for story, evidence in edition.evidence.items()
    }
    columns = VERSION.id, VERSION.publisher, VERSION.owner, VERSION.published, VERSION.timed
    cited = sorted({document for own in stories.values() for document in own})
    reports = {
        row.id: (
            row.published if row.timed else None,
            (row.owner or row.publisher).casefold(),
            row.publisher,
        )
        for row in rows_in(tx, select(*columns), VERSION.id, cited)
    }
    rows = [
        {"story": story, "publisher": publisher}
        for story, documents in stories.items()
        if (publisher := first_publisher([reports[id] for id in documents if id in reports]))
    ]
    insert_rows(tx, insert(FIRST).values(edition=edition_id), rows)


def publisher_counts(
    tx: Connection, briefing: str, *, since: date, until: date
) -> tuple[PublisherCount, ...]:
    """Count the reports of each publisher, those with most reports first, then by name.

    Withdrawn editions do not count. Both ends of the period are included; its days are UTC for
    reports and local for editions.
    """
    brought = publisher_days(tx, since=since, until=until)
    own = of_desk(briefing), EDITION.day.between(since, until)
    printed, corrected, first = (
        {name: int(count) for name, count in tx.execute(query.where(*own).group_by("publisher"))}
        for query in (_PRINTED, _CORRECTED, _FIRST)
    )
    graded: defaultdict[str, set[str]] = defaultdict(set)
    for url, grade in sources.grades(tx).items():
        newest = (
            select(VERSION.publisher)
            .where(DOCUMENT.version == VERSION.id, DOCUMENT.source == url)
            .order_by(DOCUMENT.number.desc())
            .limit(_NEWEST)
        )
        for name in tx.scalars(newest):
            graded[name].add(grade)
    counts = [
        PublisherCount(
            name,
            sum(days.values()),
            printed.get(name, 0),
            corrected.get(name, 0),
            first.get(name, 0),
            (until - min(days, default=until)).days + (1 - len(days) if days else 0),
            tuple(sorted(graded[name])),
        )
        for name in {**brought, **printed, **corrected, **first}
        for days in (brought.get(name, {}),)
    ]
    return tuple(sorted(counts, key=lambda count: (-count.reports, count.name)))


def publisher_days(tx: Connection, *, since: date, until: date) -> dict[str, dict[date, int]]:
    """Return the number of reports by publisher and day between two days, without zeros."""
    day, last = PUBLISHER_DAY.day, _last_closed(tx)
    closed = select(PUBLISHER_DAY.publisher, day, PUBLISHER_DAY.reports)
    rows = [*tx.execute(closed.where(day.between(since, until)))]
    live = _live(tx, since=max(since, last + _DAY) if last else since, until=until)
    brought: dict[str, dict[date, int]] = {}
    for name, at, number in (*rows, *(tuple(row.values()) for row in live)):
        brought.setdefault(name, {})[at] = int(number)
    return brought


def close_days(tx: Connection, *, before: date) -> None:
    """Store the numbers of reports of the days that are over, so that each is counted only once."""
    last = _last_closed(tx)
    live = _live(tx, since=last + _DAY if last else None, until=before - _DAY)
    insert_rows(tx, PUBLISHER_DAY, live)


def _last_closed(tx: Connection) -> date | None:
    return tx.execute(select(func.max(PUBLISHER_DAY.day))).scalar()


def _live(tx: Connection, *, since: date | None, until: date) -> list[dict[str, Any]]:
    """Count the stored reports by publisher and UTC day."""
    day = day_of(VERSION.collected, dialect=tx.dialect.name).label("day")
    query = (
        select(VERSION.publisher, day, func.count())
        .join(DOCUMENT)
        .where(
            VERSION.place == 1,
            DOCUMENT.same_as.is_(None),
            VERSION.collected < _midnight(until + _DAY),
        )
        .group_by(VERSION.publisher, day)
    )
    if since is not None:
        query = query.where(VERSION.collected >= _midnight(since))
    return [
        {"publisher": name, "day": date.fromisoformat(at), "reports": int(number)}
        for name, at, number in tx.execute(query)
    ]
