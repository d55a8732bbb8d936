"""The first page of the administration: today's runs, their results and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from starlette.responses import Response

from briefing.app.doctor import Level, line
from briefing.app.release import waiting
from briefing.app.rounds.requests import order as note_order
from briefing.app.rounds.settled import settled
from briefing.core import record
from briefing.core.errors import InputError, StoreError
from briefing.core.model import Ledger, Run, Step
from briefing.core.schedule import Due, Timetable, dated_ahead, latest, next_edition
from briefing.press.dates import long_date
from briefing.press.wording import place
from briefing.store import Transaction, archive, deliveries, editions, jobs, runs, sources
from briefing.store.editions import StoredEdition
from briefing.web.admin.attention import STEPS, RoundFacts, attention_items, troubles
from briefing.web.admin.charts import Plot, Span, StepRow, row_summary, timeline
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.ledger_table import stages
from briefing.web.admin.run_results import came_of, in_browser
from briefing.web.admin.times import Times, times_in
from briefing.web.page import ONLY_ACT, SitePage

#: Steps that can be requested, with the labels of their buttons.
_MESSAGES: Mapping[str, str] = MappingProxyType({"ordered": "Requested. It starts in a moment."})
_REQUESTS: Mapping[Step, str] = MappingProxyType(
    {
        Step.COLLECT: "Collect again",
        Step.PUBLISH: "Publish now",
        Step.DELIVER: "Deliver now",
        Step.WEEK: "Review the week",
    }
)
#: Steps with a row even if they have not run today.
_DAILY = frozenset({Step.COLLECT, Step.PUBLISH, Step.DELIVER})
#: Seconds between automatic reloads, if requested.
_RELOAD = 30


@dataclass(frozen=True, slots=True)
class _Day:
    """Everything the page shows, read in one transaction."""

    last: StoredEdition | None
    ledger: Ledger | None
    #: Since midnight, oldest first.
    runs: tuple[Run, ...]
    facts: RoundFacts


def today(session: AdminSession) -> Response:
    """Show the round of today."""
    context, times = session.context, times_in(session.zone, now=session.request.at)
    # Failing sources are listed one by one.
    broken = [
        finding
        for finding in context.preflight()
        if finding.mark is Level.BROKEN and finding.name != "sources"
    ]
    with context.store.read() as tx:
        day = _look(tx, context.briefing, timetable=context.timetable, times=times)
    facts = replace(day.facts, broken=tuple(in_browser(line(finding)) for finding in broken))
    lanes = _lanes(day.runs, now=times.now)
    return session.page(
        "round",
        folio=_folio(times, session.zone, day.last),
        next=_next(context.timetable, times),
        matters=attention_items(facts, times=times),
        troubles=[
            (trouble, times.moment(trouble.since)) for trouble in troubles(facts, times=times)
        ],
        plot=_plot(lanes, times),
        lanes=[
            (*row_summary(lane, clock=times.clock).split(": ", 1), _words(lane)) for lane in lanes
        ],
        last=day.last,
        last_day=times.day(day.last.day) if day.last else "",
        stages=stages(day.ledger) if day.ledger else (),
        requests=_REQUESTS if context.requests is not None else {},
        reload=_RELOAD if session.request.query.get("refresh") == "1" else 0,
    )


def order(session: AdminSession) -> Response:
    """Request a run now."""
    requests = session.context.requests
    step = next((step for step in _REQUESTS if step.value == session.field("step")), None)
    if requests is None or step is None:
        return session.back("/admin")
    session.change(note_order, step, timetable=session.context.timetable)
    requests.give(step)
    return session.back("/admin", message="ordered")


def _look(tx: Transaction, briefing: str, *, timetable: Timetable | None, times: Times) -> _Day:
    last, ledger, damage = _last(tx, briefing, today=times.today)
    last_runs = [runs.last(tx, briefing, step, until=times.now) for step in Step]
    facts = RoundFacts(
        source_statuses=sources.active(tx),
        last_runs=tuple(run for run in last_runs if run is not None),
        statuses=deliveries.audience(tx, last.id).counts if last else None,
        next_due=deliveries.next_due(tx),
        missing=() if damage else _missing(tx, briefing, timetable, now=times.now),
        waits=_waiting(tx, briefing, timetable),
        ahead=_ahead(tx, briefing, timetable, now=times.now),
        damage=damage,
        backlog=jobs.backlog(tx, briefing),
    )
    return _Day(last, ledger, runs.since(tx, briefing, times.midnight), facts)


def _last(
    tx: Transaction, briefing: str, *, today: date
) -> tuple[StoredEdition | None, Ledger | None, str]:
    """Return the last edition with its ledger, or why it cannot be read."""
    try:
        last = editions.current(tx, briefing, today)
        ledger = record.read(last.record, name=last.id).edition.ledger if last else None
    except (StoreError, InputError) as error:
        return None, None, str(error)
    return last, ledger, ""


def _missing(
    tx: Transaction, briefing: str, timetable: Timetable | None, *, now: datetime
) -> tuple[tuple[Step, Due], ...]:
    """Return the last due edition, and week in review, if it is late and missing."""
    found = []
    for slot in timetable.slots if timetable else ():
        due, last = latest(slot, now=now), settled(tx, briefing, timetable=slot, now=now)
        if due is None or not due.late or (last is not None and due.day <= last):
            continue
        # Before the first week in review none was expected.
        if slot.step is Step.PUBLISH or runs.last(tx, briefing, slot.step, until=due.at):
            found.append((slot.step, due))
    return tuple(found)


def _waiting(
    tx: Transaction, briefing: str, timetable: Timetable | None
) -> tuple[tuple[Step, date], ...]:
    """Return the drafts that wait for their release."""
    slots = timetable.slots if timetable else ()
    days = ((one.step, waiting(tx, one.step.series(briefing), timetable=one)) for one in slots)
    return tuple((step, day) for step, day in days if day)


def _ahead(
    tx: Transaction, briefing: str, timetable: Timetable | None, *, now: datetime
) -> tuple[date, ...]:
    days = archive.days(tx, briefing, first=now.date(), last=date.max)
    return dated_ahead(timetable, days, now=now) if timetable else ()


def _folio(times: Times, zone: str, last: StoredEdition | None) -> str:
    edition = f", edition {last.number}" if last else ""
    return f"{long_date(times.today)}, {times.clock(times.now)}, {place(zone)}{edition}"


def _next(timetable: Timetable | None, times: Times) -> str:
    if timetable is None:
        return "No time is set: pages are made by hand"
    _, at = next_edition(timetable, after=times.now)
    return f"Next page: {times.moment(at)}"


def _lanes(ran: Sequence[Run], *, now: datetime) -> tuple[StepRow, ...]:
    return tuple(
        StepRow(STEPS[step], _spans([run for run in ran if run.step is step], now=now))
        for step in Step
        if step in _DAILY or (step is Step.WEEK and any(run.step is step for run in ran))
    )


def _spans(ran: Sequence[Run], *, now: datetime) -> tuple[Span, ...]:
    """Return the runs of a step; one without an end that another followed was interrupted."""
    return tuple(
        Span(
            run.began,
            run.ended or (now if run is ran[-1] else run.began),
            failed=run.ending == "failed" or (run.ended is None and run is not ran[-1]),
            words=_came(run, running=run is ran[-1]),
        )
        for run in ran
    )


def _came(run: Run, *, running: bool) -> str:
    if run.ended is None:
        return "running" if running else "interrupted"
    return came_of(run)


def _words(lane: StepRow) -> str:
    return lane.spans[-1].words if lane.spans else ""


def _plot(lanes: Sequence[StepRow], times: Times) -> Plot | None:
    if not any(lane.spans for lane in lanes):
        return None
    return timeline(lanes, now=times.now, midnight=times.midnight, clock=times.clock)


PAGES = (
    SitePage("/admin", view(today, messages=_MESSAGES)),
    SitePage("/admin/round", view(order, posts=True), ONLY_ACT),
)
