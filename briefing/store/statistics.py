"""Counts over time for the charts of the admin pages; days are UTC, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    case,
    func,
    or_,
    select,
    type_coerce,
)

from briefing.core.model import Bounce, BounceKind, DeliveryStatus, Outcome, State
from briefing.store.mail_tables import BOUNCE, CONSENT, DELIVERY, SUBSCRIBER
from briefing.store.tables import EDITION, STORY, VISIT
from briefing.store.versions import AnyRow

#: Consents that begin a subscription, and that end it.
_BEGINS = ("confirmed", "imported", "returned")
_ENDS = ("left", "bounced", "complained")
#: Words of a "changed" consent that pause or resume a subscription.
_PAUSED, _RESUMED = "paused", "resumed"
_DAY = timedelta(days=1)
_ANSWERS = (Outcome.READ.value, Outcome.UNCHANGED.value)


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """Deliveries of one edition by status."""

    #: Its id and its local date.
    edition: str
    day: date
    #: Without zeros, in the order of the statuses.
    counts: Mapping[DeliveryStatus, int]


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What a source did on one day."""

    #: New reports; None if it did not answer, or was not asked.
    fresh: int | None
    #: Whether it was asked and never answered.
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CameBack:
    """A bounce and its subscriber."""

    #: Number of the delivery.
    delivery: int
    #: Of the subscriber; empty if they were forgotten.
    address: str
    bounce: Bounce


def deliveries_by_edition(
    tx: Connection, briefing: str, *, limit: int = 14
) -> tuple[DeliveryCount, ...]:
    """Return the delivery counts of the last editions, oldest first."""
    newest = _newest(tx, briefing, limit=limit)
    status = DELIVERY.c.status
    query = (
        select(DELIVERY.c.edition, status, func.count().label("number"))
        .where(DELIVERY.c.edition.in_(newest))
        .group_by(DELIVERY.c.edition, status)
    )
    counted = {(row.edition, row.status): row.number for row in tx.execute(query)}
    return tuple(
        DeliveryCount(
            edition,
            day,
            {
                status: counted[edition, status]
                for status in DeliveryStatus
                if (edition, status) in counted
            },
        )
        for edition, day in newest.items()
    )


def stories_by_section(
    tx: Connection, briefing: str, *, limit: int = 14
) -> tuple[tuple[date, Mapping[str, int]], ...]:
    """Return how many stories each section of the last editions has, oldest edition first.

    Sections in printed order.
    """
    newest = _newest(tx, briefing, limit=limit)
    query = (
        select(STORY.c.edition, STORY.c.section)
        .where(STORY.c.edition.in_(newest))
        .order_by(STORY.c.edition, STORY.c.place)
    )
    stories: dict[str, Counter[str]] = {edition: Counter() for edition in newest}
    for edition, section in tx.execute(query):
        stories[edition][section] += 1
    return tuple((day, dict(stories[edition])) for edition, day in newest.items())


def subscribers_by_day(
    tx: Connection, *, days: int = 30, until: date
) -> tuple[tuple[date, int], ...]:
    """Return how many of the present subscribers were active at the end of each of the last days.

    Counted back from those who are active now, by the consent log, of which only the days asked
    for are read. Who was forgotten is left out on all days, and so is who was imported as paused
    until they are resumed.
    """
    first = until - (days - 1) * _DAY
    steps = _steps(tx, since=_midnight(first + _DAY))
    active = SUBSCRIBER.c.state == State.ACTIVE.value
    number = tx.execute(select(func.count()).select_from(SUBSCRIBER).where(active)).scalar_one()
    number -= sum(step for day, step in steps.items() if day > until)
    result: list[tuple[date, int]] = []
    for back in range(days):
        day = until - back * _DAY
        result.append((day, number))
        number -= steps.get(day, 0)
    return tuple(reversed(result))


def source_days(tx: Connection, url: str, *, days: int = 14, until: date) -> tuple[SourceDay, ...]:
    """Return what a source brought on each of the last days, oldest first."""
    first = until - (days - 1) * _DAY
    query = select(VISIT.c.at, VISIT.c.outcome, VISIT.c.fresh).where(
        VISIT.c.source == url,
        VISIT.c.at >= _midnight(first),
        VISIT.c.at < _midnight(until + _DAY),
    )
    fresh: dict[date, int] = {}
    failed: set[date] = set()
    for at, outcome, number in tx.execute(query):
        if outcome in _ANSWERS:
            fresh[at.date()] = fresh.get(at.date(), 0) + number
        elif outcome == Outcome.FAILED.value:
            failed.add(at.date())
    return tuple(
        SourceDay(fresh.get(day), failed=day in failed and day not in fresh)
        for day in (first + ahead * _DAY for ahead in range(days))
    )


def fresh_since(tx: Connection, since: datetime) -> dict[str, int]:
    """Return how many new reports each source brought since a time; none are left out."""
    query = (
        select(VISIT.c.source, func.sum(VISIT.c.fresh))
        .where(VISIT.c.at >= since, VISIT.c.fresh > 0)
        .group_by(VISIT.c.source)
    )
    return {source: int(number) for source, number in tx.execute(query)}


def bounces_recent(tx: Connection, *, limit: int) -> tuple[CameBack, ...]:
    """Return the last bounces, newest first."""
    query = (
        select(BOUNCE, DELIVERY.c.edition, DELIVERY.c.subscriber, SUBSCRIBER.c.address)
        .join(DELIVERY, DELIVERY.c.number == BOUNCE.c.delivery)
        .outerjoin(SUBSCRIBER, SUBSCRIBER.c.number == DELIVERY.c.subscriber)
        .order_by(BOUNCE.c.at.desc(), BOUNCE.c.delivery.desc())
        .limit(limit)
    )
    return tuple(map(_came_back, tx.execute(query)))


def minutes(tx: Connection, edition: str) -> tuple[tuple[datetime, int], ...]:
    """Return how many mails of an edition were sent by minute, without zeros."""
    sent = DELIVERY.c.edition == edition, DELIVERY.c.status == DeliveryStatus.SENT.value
    query = select(DELIVERY.c.done).where(*sent, DELIVERY.c.done.is_not(None))
    times = tx.execute(query).scalars()
    counted = Counter(at.replace(second=0, microsecond=0) for at in times)
    return tuple(sorted(counted.items()))


def _newest(tx: Connection, briefing: str, *, limit: int) -> dict[str, date]:
    """Return the days of the last editions by id, oldest first."""
    query = select(EDITION.c.id, EDITION.c.day).where(EDITION.c.briefing == briefing)
    rows = tx.execute(query.order_by(EDITION.c.day.desc()).limit(limit)).all()
    return {row.id: row.day for row in reversed(rows)}


def _steps(tx: Connection, *, since: datetime) -> dict[date, int]:
    """Return by how many the active subscribers became more on each day; negative: fewer."""
    ends = CONSENT.c.what.in_(_ENDS)
    begins = or_(CONSENT.c.what.in_(_BEGINS), CONSENT.c.words == _RESUMED)
    # Only an end can come to one who was not active: a pause comes to none else.
    step = case((begins, 1), (ends, case((_was_active(), -1), else_=0)), else_=-1)
    # Whoever is as the list had them that brought them, but not active, never was.
    inert = and_(
        CONSENT.c.how == "import",
        SUBSCRIBER.c.state != State.ACTIVE.value,
        SUBSCRIBER.c.since == CONSENT.c.at,
    )
    day = day_of(CONSENT.c.at, dialect=tx.dialect.name).label("day")
    query = (
        select(day, func.sum(step))
        .join(SUBSCRIBER, SUBSCRIBER.c.number == CONSENT.c.subscriber)
        .where(CONSENT.c.at >= since, _is_turn(CONSENT), ~inert)
        .group_by(day)
    )
    return {date.fromisoformat(at): int(steps) for at, steps in tx.execute(query)}


def _is_turn(log: FromClause) -> ColumnElement[bool]:
    """Tell whether an entry begins, ends, pauses or resumes a subscription."""
    turns = and_(log.c.what == "changed", log.c.words.in_((_PAUSED, _RESUMED)))
    return or_(log.c.what.in_((*_BEGINS, *_ENDS)), turns)


def _was_active() -> ColumnElement[bool]:
    """Tell whether the entry before one of the log had left its subscriber active."""
    before = CONSENT.alias()
    began = or_(before.c.what.in_(_BEGINS), before.c.words == _RESUMED)
    last = (
        select(case((began, 1), else_=0))
        .where(
            before.c.subscriber == CONSENT.c.subscriber,
            before.c.number < CONSENT.c.number,
            _is_turn(before),
        )
        .order_by(before.c.number.desc())
        .limit(1)
    )
    return last.scalar_subquery() == 1


def day_of(at: ColumnElement[Any], *, dialect: str) -> ColumnElement[str]:
    """Return the UTC day of a time as text."""
    if dialect == "sqlite":
        # It is stored as text that begins with it.
        return func.substr(type_coerce(at, String), 1, 10)
    return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _came_back(row: AnyRow) -> CameBack:
    bounce = Bounce(
        BounceKind(row.kind),
        row.edition,
        row.subscriber,
        row.at,
        status=row.status,
        words=row.words,
    )
    return CameBack(row.delivery, row.address or "", bounce)
