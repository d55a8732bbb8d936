"""The first page of the administration: today's runs, their results and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.doctor import Level, line
from briefing.app.editors import next_to_print
from briefing.app.release import waiting
from briefing.app.rounds.alerts import AGAIN
from briefing.app.rounds.requests import order as note_order
from briefing.app.rounds.settled import expected, settled
from briefing.core import record
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, InputError, StoreError
from briefing.core.model import MEMORY, DeliveryStatus, Ledger, Run, State, Step
from briefing.core.schedule import Due, Timetable, dated_ahead, latest
from briefing.press.dates import long_date
from briefing.press.wording import place
from briefing.store import (
    Transaction,
    archive,
    deliveries,
    editions,
    jobs,
    runs,
    sources,
    subscribers,
)
from briefing.store.editions import StoredEdition
from briefing.web.admin.acts import Confirmation, ask, begin
from briefing.web.admin.attention import STEPS, RoundFacts, attention_items, troubles
from briefing.web.admin.charts import Plot, Span, StepRow, row_summary, timeline
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.ledger_table import stages
from briefing.web.admin.run_results import came_of, in_browser
from briefing.web.admin.times import Times, times_in
from briefing.web.page import ONLY_ACT, SitePage
from briefing.web.sentences import sentence

#: Path of the review of this week as it would be printed now.
WEEK_PDF = "/admin/week.pdf"
#: Steps that can be requested, with the labels of their buttons.
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
        _, coming = next_to_print(tx, context.briefing, timetable=context.timetable, at=times.now)
    facts = replace(day.facts, broken=tuple(in_browser(line(finding)) for finding in broken))
    lanes = _lanes(day.runs, now=times.now)
    return session.page(
        "round",
        folio=_folio(times, session.zone, day.last),
        next=_next(coming, times),
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
    step = next((step for step in _REQUESTS if step.value == session.field("step")), None)
    return request_run(session, step, back="/admin")


def request_run(session: AdminSession, step: Step | None, *, back: str) -> Response:
    """Ask before a run by which something leaves, and request it; to collect is not asked."""
    context, actor = session.context, session.actor
    requests = context.requests
    if requests is None or step is None:
        return session.back(back)

    def give(at: datetime) -> str:
        with context.store.write() as tx:
            note_order(tx, step, timetable=context.timetable, actor=actor, at=at)
        requests.give(step)
        return ""

    if step is Step.COLLECT:
        return begin(session, "Collect", give, back=back, step=step, wait=timedelta())
    return ask(session, _question(session, step, back=back), give, step=step)


def _question(session: AdminSession, step: Step, *, back: str) -> Confirmation:
    """Say what a run sends to whom."""
    context, day = session.context, session.context.today
    with context.store.read() as tx:
        goes: tuple[str, ...] = (what_leaves(session, tx, day, week=step is Step.WEEK),)
        if step is Step.DELIVER:
            last = editions.current(tx, context.briefing, day)
            waiting = deliveries.audience(tx, last.id).counts if last else {}
            due = counted(waiting.get(DeliveryStatus.DUE, 0), "mail")
            goes = (f"{due} of the last edition wait; those whose time has come are sent.",)
        elif step is Step.WEEK:
            first = day - MEMORY + timedelta(days=1)
            made_of = counted(
                len(archive.days(tx, context.briefing, first=first, last=day)), "edition"
            )
            goes = (f"It reviews {made_of}, {long_date(first)} to {long_date(day)}.", *goes)
        elif editions.on(tx, context.briefing, day):
            goes = ("It is published already: nothing is printed again.",)
    return {
        Step.PUBLISH: Confirmation(
            f"Publish the edition of {long_date(day)}",
            "Publish it",
            goes,
            back,
            (("Preview", "/admin/tomorrow"),),
        ),
        Step.WEEK: Confirmation(
            f"Review the week to {long_date(day)}",
            "Publish the review",
            goes,
            back,
            (("Preview as PDF", WEEK_PDF),) if context.review else (),
        ),
        Step.DELIVER: Confirmation(
            "Deliver now", "Deliver", goes, back, (("Deliveries", "/admin/deliveries"),)
        ),
    }[step]


def what_leaves(session: AdminSession, tx: Transaction, day: date, *, week: bool = False) -> str:
    """Say to how many readers an edition goes that is published now, or why to nobody."""
    context = session.context
    table = (context.timetable and (context.timetable.week if week else None)) or context.timetable
    if table and table.release.by:
        return "A draft is made. It goes to nobody until it is released."
    return to_readers(session, tx, day)


def to_readers(session: AdminSession, tx: Transaction, day: date) -> str:
    """Say to how many readers what is published for a day is mailed."""
    active = subscribers.listed(tx, state=State.ACTIVE)
    count = counted(sum(day.weekday() in one.preferences.days for one in active), "reader")
    lists = session.context.lists.values()
    chosen = f" They may have chosen watch-lists: {', '.join(lists)}." if lists else ""
    if session.context.sender is None:
        return "It is shown on the site. No mail is sent: no sender is set."
    return f"It is shown on the site and mailed to {count}, each at their own time.{chosen}"


def week_pdf(session: AdminSession) -> Response:
    """Return the review of this week as it would be printed now."""
    review = session.context.review
    if review is None:
        raise HTTPException(404)
    try:
        return Response(review(session.context.today), media_type="application/pdf")
    except BriefingError as error:
        site = session.request.site
        return site.message_page("No week in review", sentence(str(error)), status=409)


def _look(tx: Transaction, briefing: str, *, timetable: Timetable | None, times: Times) -> _Day:
    last, ledger, damage = _last(tx, briefing, today=times.today)
    last_runs = [runs.last(tx, briefing, step, until=times.now) for step in Step]
    facts = RoundFacts(
        source_statuses=sources.active(tx),
        last_runs=tuple(run for run in last_runs if run is not None),
        statuses=deliveries.audience(tx, last.id).counts if last else None,
        losses=deliveries.losses(tx, since=times.now - AGAIN),
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
        if expected(tx, briefing, due, timetable=slot):
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


def _next(at: datetime | None, times: Times) -> str:
    return f"Next page: {times.moment(at)}" if at else "No time is set: pages are made by hand"


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
    SitePage("/admin", view(today)),
    SitePage(WEEK_PDF, view(week_pdf)),
    SitePage("/admin/round", view(order, posts=True), ONLY_ACT),
)
