"""The run log, and repair of times set by a wrong clock.

As an edition, a run is stored under the name of its series, so that the runs of weeks in review
stay apart.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select, update

from briefing.core.model import DeliveryStatus, Ending, Run, Step, briefing_of
from briefing.store import engine
from briefing.store.engine import AnyRow, delete_rows, update_rows
from briefing.store.mail_tables import DELIVERY
from briefing.store.round_tables import RUN
from briefing.store.tables import CITED, DOCUMENT, HOST, SOURCE, VERSION, VISIT
from briefing.store.versions import normalized

#: Most characters of a message that are stored.
_LONGEST = 1_000
_NEWEST = (RUN.began.desc(), RUN.number.desc())
_OLDEST = (RUN.began, RUN.number)


def begin(  # noqa: PLR0913  the columns of a run that begins
    tx: Connection,
    briefing: str,
    step: Step,
    *,
    at: datetime,
    day: date | None = None,
    late: bool = False,
    edition: str = "",
) -> int:
    """Record the start of a run and return its number; it counts as running until :func:`end`."""
    own = {"briefing": step.series(briefing), "step": step, "began": at, "figures": "{}"}
    return engine.insert_row(tx, RUN, **own, day=day, late=late, edition=edition)


def end(  # noqa: PLR0913  the columns of a run that ends
    tx: Connection,
    run: int,
    *,
    ending: Ending,
    at: datetime,
    words: str = "",
    figures: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Record how a run ended; later calls change nothing.

    ``words`` are stored as one line of at most 1,000 characters.
    """
    columns = {"ending": ending, "ended": at, "words": normalized(words)[:_LONGEST]}
    columns["figures"] = json.dumps(dict(figures))
    update_rows(tx, RUN, RUN.number == run, RUN.ended.is_(None), **columns)


def recent(
    tx: Connection,
    briefing: str,
    *,
    limit: int = 50,
    step: Step | None = None,
    until: datetime | None = None,
) -> tuple[Run, ...]:
    """Return the last runs, or those of one step, newest first.

    Runs that began after ``until``, by a clock that was ahead, are left out.
    """
    each = (_of(name, step=step, until=until) for name in series_of(briefing, step))
    rows = [row for query in each for row in tx.execute(query.order_by(*_NEWEST).limit(limit))]
    rows.sort(key=lambda row: (row.began, row.number), reverse=True)
    return tuple(map(_run, rows[:limit]))


def last(  # noqa: PLR0913  the conditions
    tx: Connection,
    briefing: str,
    step: Step,
    *,
    edition: str | None = None,
    ending: Ending | None = None,
    until: datetime | None = None,
) -> Run | None:
    """Return the newest run of a step, optionally of an edition, with an ending, up to a time."""
    query = _of(step.series(briefing), step=step, until=until)
    if edition is not None:
        query = query.where(RUN.edition == edition)
    if ending is not None:
        query = query.where(RUN.ending == ending)
    return engine.first(tx, query.order_by(*_NEWEST).limit(1), _run)


def get(tx: Connection, number: int) -> Run | None:
    """Return a run by its number; None if it does not exist."""
    return engine.first(tx, select(RUN).where(RUN.number == number), _run)


def newest(tx: Connection, briefing: str, step: Step) -> int:
    """Return the number of the run of a step that was recorded last; 0 if there is none."""
    own = RUN.briefing == step.series(briefing), RUN.step == step
    return tx.scalar(select(func.max(RUN.number)).where(*own)) or 0


def first(tx: Connection, briefing: str) -> Run | None:
    """Return the run recorded first, whatever its time."""
    return engine.first(tx, _of(briefing).order_by(RUN.number).limit(1), _run)


def since(tx: Connection, briefing: str, at: datetime) -> tuple[Run, ...]:
    """Return the runs that began at a time or later, oldest first."""
    own = RUN.briefing.in_(series_of(briefing))
    query = select(RUN).where(own, RUN.began >= at).order_by(*_OLDEST)
    return tuple(map(_run, tx.execute(query)))


def went_back(tx: Connection, run: Run, *, by: timedelta) -> bool:
    """Tell whether the clock was set back: a later run began earlier by more than ``by``."""
    own = RUN.briefing.in_(series_of(run.briefing)), RUN.number > run.id
    return engine.has_row(tx, *own, RUN.began < run.began - by)


def prune(tx: Connection, *, before: datetime) -> int:
    """Delete the runs of all briefings that began before a time; return how many."""
    return delete_rows(tx, RUN, RUN.began < before)


def series_of(briefing: str, step: Step | None = None) -> tuple[str, ...]:
    """Return the names under which the runs of a briefing, or of one step, are stored."""
    steps = tuple(Step) if step is None else (step,)
    return tuple(dict.fromkeys(each.series(briefing) for each in steps))


def _of(name: str, *, step: Step | None = None, until: datetime | None = None) -> Select[Any]:
    query = select(RUN).where(RUN.briefing == name)
    if step is not None:
        query = query.where(RUN.step == step)
    return query if until is None else query.where(RUN.began <= until)


def _run(row: AnyRow) -> Run:
    return Run(
        row.number,
        briefing_of(row.briefing),
        row.step,
        row.began,
        row.day,
        row.ended,
        Ending(row.ending) if row.ending else None,
        row.late,
        row.words,
        MappingProxyType(json.loads(row.figures)),
        row.edition,
    )


#: Longer than any pause and any ordinary clock adjustment.
_FAR = timedelta(days=2)
#: Longest plausible gap between two reports; a longer one means that a clock was wrong.
_APART = timedelta(days=8)


def set_right(tx: Connection, *, at: datetime) -> None:
    """Repair times set by a clock far ahead, so that reports are printed, fetched and sent."""
    far = at + _FAR
    is_cited = exists().where(CITED.version == VERSION.id)
    last = newest_report(tx, at=at)
    unprinted = update(VERSION).where(VERSION.collected > last, ~is_cited)
    # After every time from a clock that was not far ahead, since the present clock may be slow.
    after = at if last == at else last + timedelta(microseconds=1)
    tx.execute(unprinted.values(collected=after))
    update_rows(tx, DOCUMENT, DOCUMENT.due_at > far, due_at=at)
    for wrong in (SOURCE.retry_at > far, SOURCE.visited > at, HOST.retry_at > far):
        update_rows(tx, wrong.left.table, wrong, retry_at=None)
    # Expired only by the wrong clock.
    expired = DELIVERY.status == DeliveryStatus.EXPIRED, DELIVERY.done > at, DELIVERY.until > at
    update_rows(tx, DELIVERY, *expired, status=DeliveryStatus.DUE, done=None)


def newest_report(tx: Connection, *, at: datetime) -> datetime:
    """Return when the newest report was collected, even if that is after now; else now.

    A report far ahead of all others was collected by a wrong clock and does not count.

    New reports are dated after this time. Dated earlier, they could fall before the end of an
    edition that is being made or waits for its release, and would be in no edition.
    """
    collected, dated = VERSION.collected, at
    while True:
        near = select(collected).where(collected > dated, collected <= dated + _APART)
        later: datetime | None = tx.scalar(near.order_by(collected.desc()).limit(1))
        if later is None:
            return dated
        dated = later


def leaps(tx: Connection, *, to: datetime, at: datetime) -> bool:
    """Tell whether the clock was set forward, or the machine slept, for days before a time.

    If so, the last fetch before ``to`` is more than two days older than ``at``.
    """
    query = select(VISIT.at).where(VISIT.at < to).order_by(VISIT.at.desc()).limit(1)
    before: datetime | None = tx.scalar(query)
    return before is not None and at - before > _FAR


def is_trusted(tx: Connection, *, at: datetime, back: timedelta) -> bool:
    """Tell whether the clock is plausible enough to delete what is older than ``back``.

    It is if a source was fetched between then and a day ago, which a jump of the clock rules out.
    """
    recent = at - min(timedelta(days=1), back / 2)
    return engine.has_row(tx, VISIT.at > at - back, VISIT.at <= recent)
