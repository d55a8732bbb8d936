"""A day without an edition: when it comes, or why there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.model import Step
from briefing.core.schedule import zone
from briefing.press.view import long_date, short_date
from briefing.store import Transaction, editions, runs
from briefing.store.withdrawals import Withdrawal
from briefing.web.context import WebContext
from briefing.web.days import Around, Coming, around, awaited, coming, seconds_until, why_none
from briefing.web.request import WebRequest
from briefing.web.stored import zone_of

_MAIL = ("/subscribe", "Have it mailed")
_HOW = ("/about", "How this page is made")
_WHAT = (
    "Here will be one page of news a day. Every sentence on it is printed word for word from the "
    "source it cites, and one click leads to that source."
)
#: Nobody waits longer for a page that is asked for by its day: further on there is none yet.
_SOON = timedelta(days=7)
#: How far back is counted what was collected when there is no edition before.
_FIRST = timedelta(hours=24)


def nothing_yet(visit: WebRequest) -> Response:
    """Say that nothing was printed yet, and when the first page comes."""
    desk = visit.site.desk
    first = coming(desk.timetable, after=None, at=visit.at)
    day = first.day if first else visit.at.astimezone(zone(zone_of(desk))).date()
    return _awaited(visit, day, first, status=200, what=_WHAT)


def on(visit: WebRequest, day: date) -> Response:
    """Say when the edition of a day comes, or why there is none."""
    desk = visit.site.desk
    waited = awaited(desk.timetable, day, at=visit.at)
    if waited is not None:
        soon = waited.at - visit.at <= _SOON
        return _awaited(visit, day, waited, status=503 if soon else 404)
    with desk.store.read() as tx:
        near, why = around(tx, desk, day), why_none(tx, desk, day)
    return visit.site.page(
        "missing",
        status=404,
        title=f"No page for {long_date(day)}",
        lede=why,
        note="",
        day=long_date(day),
        state="No edition",
        links=(*_beside(near), ("/archive", "Archive")),
    )


def withdrawn(visit: WebRequest, one: Withdrawal) -> Response:
    """Say that the edition of a day was withdrawn, when and why (410)."""
    desk = visit.site.desk
    with desk.store.read() as tx:
        near = around(tx, desk, one.day)
    when = one.at.astimezone(zone(zone_of(desk)) or UTC).date()
    why = f": {one.reason}" if one.reason else "."
    return visit.site.page(
        "missing",
        status=410,
        title=f"The page of {long_date(one.day)} was withdrawn",
        lede=f"It was withdrawn on {long_date(when)}{why}",
        note="",
        day=long_date(one.day),
        state="Withdrawn",
        links=(*_beside(near), ("/archive", "Archive")),
    )


def _awaited(
    visit: WebRequest, day: date, waited: Coming | None, *, status: int, what: str = ""
) -> Response:
    desk = visit.site.desk
    again = {"Retry-After": str(seconds_until(waited, at=visit.at))} if status == 503 else {}
    with desk.store.read() as tx:
        said = _collected(tx, desk, at=visit.at)
        near = around(tx, desk, day)
    return visit.site.page(
        "missing",
        status=status,
        headers=again,
        current="today",
        title=_title(desk, waited, at=visit.at),
        lede=what or said,
        note=said if what else "",
        day=long_date(day),
        state="No edition yet",
        links=(*_beside(near), *((_MAIL,) if desk.office else ()), *((_HOW,) if what else ())),
    )


def _title(desk: WebContext, waited: Coming | None, *, at: datetime) -> str:
    if waited is None:
        return "No page yet"
    today = at.astimezone(zone(zone_of(desk))).date()
    verb = "was due" if waited.overdue else "comes"
    if waited.day == today:
        return f"Today’s page {verb} at {waited.time}"
    return f"The page of {short_date(waited.day)} {verb} at {waited.time}"


def _beside(near: Around) -> tuple[tuple[str, str], ...]:
    days = (day for day in (near.before, near.after) if day is not None)
    return tuple((f"/{day}", f"Read {day:%A} {day.day} {day:%B}") for day in days)


def _collected(tx: Transaction, desk: WebContext, *, at: datetime) -> str:
    """Say what was collected since the last edition."""
    last = editions.current(tx, desk.briefing, desk.today)
    since = last.until if last else at - _FIRST
    done = [run for run in runs.since(tx, desk.briefing, since) if run.step is Step.COLLECT]
    told = [run for run in done if run.figures]
    if not told:
        return "Nothing has been collected for it yet." if not done else "Collecting has begun."
    fresh = sum(run.figures.get("fresh", 0) for run in told)
    asked, failing = (told[-1].figures.get(name, 0) for name in ("sources", "failing"))
    there = zone(zone_of(desk)) or UTC
    first, newest = told[0].began.astimezone(there), told[-1].began.astimezone(there)
    began = f"{short_date(first.date())}, {first:%H:%M}"
    return (
        f"Collected since {began}: {counted(fresh, 'report')}. At {newest:%H:%M}, "
        f"{asked - failing} of {counted(asked, 'source')} answered."
    )
