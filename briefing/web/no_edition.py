"""Pages of days without an edition: when it is due, or why there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.model import Ending, Step
from briefing.core.schedule import zone
from briefing.press.dates import long_date, short_date
from briefing.store import Transaction, editions, runs, sources
from briefing.store.withdrawals import Withdrawal
from briefing.web.context import WebContext
from briefing.web.days import Around, Coming, around, awaited, coming, publishing_ended, why_none
from briefing.web.request import WebRequest
from briefing.web.stored import zone_of

_MAIL = ("/subscribe", "Get it by mail")
_HOW = ("/about", "How this page is made")
_WHAT = (
    "This site will publish one page of news a day. Every sentence on it is printed word for word "
    "from the source it cites, and one click leads to that source."
)
#: How far back to count collected reports when there is no earlier edition.
_FIRST = timedelta(hours=24)


def nothing_yet(request: WebRequest) -> Response:
    """Show that nothing was printed yet, and when the first page is due."""
    context = request.site.context
    first = coming(context.timetable, after=None, at=request.at)
    day = first.day if first else request.at.astimezone(zone(zone_of(context))).date()
    return _awaited(request, day, first, status=200, what=_WHAT)


def on(request: WebRequest, day: date) -> Response:
    """Show when the edition of a day is due, or why there is none (404): nothing is out of order.

    Whether a draft of it waits for its release is not told.
    """
    context = request.site.context
    waited = awaited(context.timetable, day, at=request.at)
    with context.store.read() as tx:
        near, why = around(tx, context, day), why_none(tx, context, day)
        is_empty = publishing_ended(tx, context, day) is Ending.EMPTY
    if waited is not None and not is_empty:
        return _awaited(request, day, waited, status=404)
    return request.site.page(
        "missing",
        status=404,
        title=f"No page for {long_date(day)}",
        lede=why,
        note="",
        day=long_date(day),
        state="No edition",
        links=(*_beside(near), ("/archive", "Archive")),
    )


def withdrawn(request: WebRequest, withdrawal: Withdrawal) -> Response:
    """Show when and why the edition of a day was withdrawn (410)."""
    context = request.site.context
    with context.store.read() as tx:
        near = around(tx, context, withdrawal.day)
    when = withdrawal.at.astimezone(zone(zone_of(context)) or UTC).date()
    why = f": {withdrawal.reason}" if withdrawal.reason else "."
    return request.site.page(
        "missing",
        status=410,
        title=f"The page of {long_date(withdrawal.day)} was withdrawn",
        lede=f"It was withdrawn on {long_date(when)}{why}",
        note="",
        day=long_date(withdrawal.day),
        state="Withdrawn",
        links=(*_beside(near), ("/archive", "Archive")),
    )


def _awaited(
    request: WebRequest, day: date, waited: Coming | None, *, status: int, what: str = ""
) -> Response:
    context = request.site.context
    with context.store.read() as tx:
        collected = _collected(tx, context, at=request.at)
        near = around(tx, context, day)
    return request.site.page(
        "missing",
        status=status,
        current="today",
        title=_title(context, waited, at=request.at),
        lede=what or collected,
        note=collected if what else "",
        day=long_date(day),
        state="No edition yet",
        links=(
            *_beside(near),
            *((_MAIL,) if context.signs_up else ()),
            *((_HOW,) if what else ()),
        ),
    )


def _title(context: WebContext, waited: Coming | None, *, at: datetime) -> str:
    if waited is None:
        return "No page yet"
    today = at.astimezone(zone(zone_of(context))).date()
    verb = "was due" if waited.overdue else "comes"
    if waited.day == today:
        return f"Today’s page {verb} at {waited.time}"
    return f"The page of {short_date(waited.day)} {verb} at {waited.time}"


def _beside(near: Around) -> tuple[tuple[str, str], ...]:
    days = (day for day in (near.before, near.after) if day is not None)
    return tuple((f"/{day}", f"Read {day:%A} {day.day} {day:%B}") for day in days)


def _collected(tx: Transaction, context: WebContext, *, at: datetime) -> str:
    """Describe what was collected since the last edition."""
    last = editions.current(tx, context.briefing, context.today)
    since = last.until if last else at - _FIRST
    done = [run for run in runs.since(tx, context.briefing, since) if run.step is Step.COLLECT]
    complete = [run for run in done if run.figures.get("sources")]
    if not complete:
        begun = done and sources.active(tx)
        return "Collecting has begun." if begun else "Nothing has been collected for it yet."
    fresh = sum(run.figures.get("fresh", 0) for run in complete)
    asked, failing = (complete[-1].figures.get(name, 0) for name in ("sources", "failing"))
    there = zone(zone_of(context)) or UTC
    first, newest = complete[0].began.astimezone(there), complete[-1].began.astimezone(there)
    began = f"{short_date(first.date())}, {first:%H:%M}"
    return (
        f"Collected since {began}: {counted(fresh, 'report')}. At {newest:%H:%M}, "
        f"{asked - failing} of {counted(asked, 'source')} answered."
    )
