"""The first page of the administration: today's runs and results; the schedule, recent runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.responses import Response

from briefing.app.doctor import Level, line
from briefing.app.editors import next_to_print
from briefing.app.release import waiting
from briefing.app.rounds.alerts import AGAIN
from briefing.app.rounds.days import expected, settled
from briefing.app.rounds.runs import request_run as note_order
from briefing.core import record
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, InputError, StoreError
from briefing.core.model import MEMORY, DeliveryStatus, Ledger, Run, State, Step
from briefing.core.schedule import Due, Timetable, dated_ahead, latest, publish_at
from briefing.press.wording import long_date, phrases, place
from briefing.store import (
    Transaction,
    archive,
    deliveries,
    editions,
    jobs,
    runs,
    sources,
    statistics,
    subscribers,
)
from briefing.store.editions import StoredEdition
from briefing.web.admin import results
from briefing.web.admin.acts import ask, begin
from briefing.web.admin.charts import Plot, Span, row_summary, rows, timeline
from briefing.web.admin.frame import AdminSession, Times, required, view
from briefing.web.forms import sentence
from briefing.web.request import ONLY_ACT, SitePage

#: Path of the review of this week as it would be printed now.
WEEK_PDF = "/admin/week.pdf"
#: Steps that can be requested, with the labels of their buttons.
_REQUESTS: Mapping[Step, str] = {
    Step.COLLECT: "Collect again",
    Step.PUBLISH: "Publish now",
    Step.DELIVER: "Deliver now",
    Step.WEEK: "Review the week",
}
#: Steps with a row even if they have not run today.
_DAILY = frozenset({Step.COLLECT, Step.PUBLISH, Step.DELIVER})
#: Seconds between automatic reloads, if requested.
_RELOAD = 30


def today(session: AdminSession) -> Response:
    """Show the round of today."""
    context, times, briefing = session.context, session.times, session.briefing
    table = context.timetable
    with session.read() as tx:
        last, ledger, damage = _last(tx, briefing, times.today)
        last_runs = [runs.last(tx, briefing, step, until=times.now) for step in Step]
        later = archive.days(tx, briefing, first=times.now.date(), last=date.max)
        slots = table.slots if table else ()
        waits = [
            (slot.step, waiting(tx, slot.step.series(briefing), timetable=slot)) for slot in slots
        ]
        facts = results.RoundFacts(
            source_statuses=sources.active(tx),
            last_runs=tuple(run for run in last_runs if run is not None),
            statuses=deliveries.audience(tx, last.id).counts if last else None,
            losses=deliveries.losses(tx, since=times.now - AGAIN),
            next_due=deliveries.next_due(tx),
            missing=() if damage else _missing(tx, briefing, table, now=times.now),
            waits=tuple((step, day) for step, day in waits if day),
            ahead=dated_ahead(table, later, now=times.now) if table else (),
            damage=damage,
            # Failing sources are listed each by itself.
            broken=tuple(
                results.in_browser(line(finding))
                for finding in context.preflight()
                if finding.mark is Level.BROKEN and finding.name != "sources"
            ),
            backlog=jobs.backlog(tx, briefing),
        )
        ran = runs.since(tx, briefing, times.midnight)
        _, coming = next_to_print(tx, briefing, timetable=table, at=times.now)
    lanes = {
        results.STEPS[step]: _spans([run for run in ran if run.step is step], now=times.now)
        for step in Step
        if step in _DAILY or (step is Step.WEEK and any(run.step is step for run in ran))
    }
    clock, folio = times.clock, f"{long_date(times.today)}, {times.clock(times.now)}"
    number = f", edition {last.number}" if last else ""
    plot = None
    if any(lanes.values()):
        plot = timeline(lanes, now=times.now, midnight=times.midnight, clock=clock)
    unplanned = "No time set: editions made by hand"
    return session.page(
        "round",
        folio=f"{folio}, {place(session.zone)}{number}",
        next=f"Next edition: {times.moment(coming)}" if coming else unplanned,
        matters=list(results.attention_items(facts, times=times)),
        troubles=list(results.troubles(facts, times=times)),
        plot=plot,
        lanes=[
            (
                *row_summary(name, spans, clock=clock).split(": ", 1),
                spans[-1].words if spans else "",
            )
            for name, spans in lanes.items()
        ],
        last=last,
        stages=results.stages(ledger) if ledger else (),
        requests=_REQUESTS if context.requests is not None else {},
        reload=_RELOAD if session.request.query.get("refresh") == "1" else 0,
    )


def _last(
    tx: Transaction, briefing: str, today: date
) -> tuple[StoredEdition | None, Ledger | None, str]:
    """Return the last edition and its ledger; or why it cannot be read."""
    try:
        last = editions.current(tx, briefing, today)
        return last, record.read(last.record, name=last.id).edition.ledger if last else None, ""
    except (StoreError, InputError) as error:
        return None, None, str(error)


def order(session: AdminSession) -> Response:
    """Request a run now."""
    step = next((step for step in _REQUESTS if step.value == session.field("step")), None)
    return request_run(session, step, back="/admin")


def request_run(session: AdminSession, step: Step | None, *, back: str) -> Response:
    """Ask before a run by which something leaves, and request it; to collect is not asked."""
    context, requests = session.context, session.context.requests
    if requests is None or step is None:
        return session.back(back)

    def give(at: datetime) -> str:
        session.run(note_order, step, timetable=context.timetable, at=at)
        requests.give(step)
        return ""

    if step is Step.COLLECT:
        return begin(session, "Collect", give, back=back, step=step, wait=timedelta())
    return ask(session, give, step=step, back=back, **_question(session, step))


def _question(session: AdminSession, step: Step) -> dict[str, Any]:
    """Say what a run sends to whom."""
    context, day = session.context, session.context.today
    with session.read() as tx:
        table = context.timetable
        table = (table and step is Step.WEEK and table.week) or table
        goes = ["A draft is made. It is sent to nobody until it is released."]
        if not (table and table.release.by):
            goes = [to_readers(session, tx, day)]
        if step is Step.DELIVER:
            last = editions.current(tx, session.briefing, day)
            waiting = deliveries.audience(tx, last.id).counts if last else {}
            due = counted(waiting.get(DeliveryStatus.DUE, 0), "mail")
            return {
                "title": "Deliver now",
                "button": "Deliver",
                "lines": [f"{due} of the last edition wait; those whose time has come are sent."],
                "previews": [("Deliveries", "/admin/deliveries")],
            }
        if step is Step.WEEK:
            first = day - MEMORY + timedelta(days=1)
            printed = archive.days(tx, session.briefing, first=first, last=day)
            made_of = counted(len(printed), "edition")
            reviewed = f"It reviews {made_of}, {long_date(first)} to {long_date(day)}."
            return {
                "title": f"Review the week to {long_date(day)}",
                "button": "Publish the review",
                "lines": [reviewed, *goes],
                "previews": [("Preview as PDF", WEEK_PDF)] if context.review else [],
            }
        if editions.on(tx, session.briefing, day):
            goes = ["It is published already: nothing is printed again."]
    return {
        "title": f"Publish the edition of {long_date(day)}",
        "button": "Publish it",
        "lines": goes,
        "previews": [("Preview", "/admin/tomorrow")],
    }


def to_readers(session: AdminSession, tx: Transaction, day: date) -> str:
    """Say to how many readers what is published for a day is mailed."""
    active = subscribers.listed(tx, state=State.ACTIVE)
    count = counted(sum(day.weekday() in person.preferences.days for person in active), "reader")
    lists = session.context.lists.values()
    chosen = f" They may have chosen watch-lists: {', '.join(lists)}." if lists else ""
    if session.context.sender is None:
        return "It is shown on the site. No mail is sent: no sender is set."
    return f"It is shown on the site and mailed to {count}, each at their own time.{chosen}"


def week_pdf(session: AdminSession) -> Response:
    """Return the review of this week as it would be printed now."""
    review = required(session.context.review)
    try:
        return Response(review(session.context.today), media_type="application/pdf")
    except BriefingError as error:
        site = session.request.site
        return site.message_page("No week in review", sentence(str(error)), status=409)


def _missing(
    tx: Transaction, briefing: str, timetable: Timetable | None, *, now: datetime
) -> tuple[tuple[Step, Due], ...]:
    """Return the last due edition, and week in review, if it is late and missing."""
    missing = []
    for slot in timetable.slots if timetable else ():
        due, last = latest(slot, now=now), settled(tx, briefing, timetable=slot, now=now)
        is_over = due is None or not due.late or (last is not None and due.day <= last)
        if due and not is_over and expected(tx, briefing, due, timetable=slot):
            missing.append((slot.step, due))
    return tuple(missing)


def _spans(ran: Sequence[Run], *, now: datetime) -> tuple[Span, ...]:
    """Return the runs of a step; one without an end that another followed was interrupted."""
    spans = []
    for run in ran:
        is_last, end = run is ran[-1], run.ended or run.began
        failed = run.ending == "failed" or (run.ended is None and not is_last)
        words = results.came_of(run) if run.ended else "running" if is_last else "interrupted"
        ended = now if run.ended is None and is_last else end
        spans.append(Span(run.began, ended, failed=failed, words=words))
    return tuple(spans)


_AHEAD, _RUNS, _EDITIONS = 7, 60, 14
_WEEKDAYS = phrases("en").weekdays


def schedule(session: AdminSession) -> Response:
    """Show the next seven days, the settings and recent runs."""
    context, times, table = session.context, session.times, session.context.timetable
    with session.read() as tx:
        ran = runs.recent(tx, session.briefing, limit=_RUNS)
        stories = statistics.stories_by_section(tx, session.briefing, limit=_EDITIONS)
    return session.page(
        "schedule",
        place=place(session.zone),
        days=list(_days(table, times)) if table else (),
        weekdays=_WEEKDAYS,
        off=sorted(day for day in table.holidays if day >= times.today) if table else (),
        runs=[
            (run, run.ended is None and any(later.step is run.step for later in ran[:number]))
            for number, run in enumerate(ran)
        ],
        steps=results.STEPS,
        length=_length,
        in_browser=results.in_browser,
        figures_of=results.figures_of,
        plot=_stories(stories, times, heading=context.heading) if stories else None,
        editions=len(stories),
    )


def _days(timetable: Timetable, times: Times) -> Iterator[tuple[str, str, str]]:
    """Yield the next days with the time of their page, local and in UTC, or why there is none.

    A day on which a week ends has a second line, for its review.
    """
    for ahead in range(_AHEAD):
        day = times.today + timedelta(days=ahead)
        for slot in timetable.slots:
            at, of_week = publish_at(slot, day), slot.step is Step.WEEK
            if at is not None:
                passed = ", passed" if at <= times.now else ""
                utc = f"{at.astimezone(UTC):%H:%M} UTC{passed}"
                what = f"{utc}: week in review" if of_week else utc
                yield times.day(day), times.clock(at), what
            elif not of_week:
                is_off = day in timetable.holidays
                why = "holiday" if is_off else f"{_WEEKDAYS[day.weekday()]}s"
                yield times.day(day), "", f"no edition: {why}" if is_off else f"no edition on {why}"


def _length(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds >= 3600 and seconds % 3600 == 0:
        return counted(seconds // 3600, "hour")
    return counted(seconds // 60, "minute") if seconds >= 60 else counted(seconds, "second")


def _stories(
    stories: Sequence[tuple[date, Mapping[str, int]]],
    times: Times,
    *,
    heading: Callable[[str], str],
) -> Plot:
    names = list(dict.fromkeys(name for _, counts in reversed(stories) for name in counts))
    drawn = {heading(name): [counts.get(name, 0) for _, counts in stories] for name in names}
    last = ", ".join(f"{stories[-1][1].get(name, 0)} {name}" for name in names)
    title = f"Stories by section in {counted(len(stories), 'edition')}; in the last: {last}."
    first_day, last_day = times.day(stories[0][0]), times.day(stories[-1][0])
    return rows(drawn, title=title, first=first_day if len(stories) > 8 else "", last=last_day)


PAGES = (
    SitePage("/admin", view(today)),
    SitePage(WEEK_PDF, view(week_pdf)),
    SitePage("/admin/round", view(order), ONLY_ACT),
    SitePage("/admin/schedule", view(schedule)),
)
