"""The first page of the administration: today's runs and results; the schedule, recent runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from starlette.exceptions import HTTPException
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
from briefing.core.model import MEMORY, DeliveryStatus, Ending, Ledger, Run, State, Step
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
from briefing.web.admin.acts import Confirmation, ask, begin
from briefing.web.admin.charts import Plot, Span, StepRow, row_summary, rows, timeline
from briefing.web.admin.frame import AdminSession, Times, times_in, view
from briefing.web.admin.results import (
    STEPS,
    RoundFacts,
    attention_items,
    came_of,
    figures_of,
    in_browser,
    stages,
    troubles,
)
from briefing.web.forms import sentence
from briefing.web.request import ONLY_ACT, SitePage

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
        return "A draft is made. It is sent to nobody until it is released."
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
    return f"Next edition: {times.moment(at)}" if at else "No time set: editions made by hand"


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


_AHEAD, _RUNS, _EDITIONS = 7, 60, 14
_WEEKDAYS = phrases("en").weekdays
_ENDINGS: Mapping[Ending, str] = MappingProxyType(
    {
        Ending.DONE: "Done",
        Ending.PART: "Done in part",
        Ending.EMPTY: "Nothing to print",
        Ending.BLIND: "Sources not read",
        Ending.BUSY: "Done by another process",
        Ending.FAILED: "Failed",
    }
)
_HOUR = 3600


def schedule(session: AdminSession) -> Response:
    """Show the next seven days, the settings and recent runs."""
    context, times = session.context, times_in(session.zone, now=session.request.at)
    with session.context.store.read() as tx:
        ran = runs.recent(tx, context.briefing, limit=_RUNS)
        stories = statistics.stories_by_section(tx, context.briefing, limit=_EDITIONS)
    return session.page(
        "schedule",
        place=place(session.zone),
        days=list(_days(context.timetable, times)) if context.timetable else (),
        rules=_settings(context.timetable, times) if context.timetable else {},
        running=context.requests is not None and context.has_round,
        runs=[_run_row(run, times, newer=ran[:number]) for number, run in enumerate(ran)],
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
                yield times.day(day), "", _why_not(timetable, day)


def _why_not(timetable: Timetable, day: date) -> str:
    if day in timetable.holidays:
        return "no edition: holiday"
    return f"no edition on {_WEEKDAYS[day.weekday()]}s"


def _settings(timetable: Timetable, times: Times) -> Mapping[str, str]:
    """Return the schedule settings in words."""
    off = sorted(day for day in timetable.holidays if day >= times.today)
    days, week = timetable.days, timetable.week
    return {
        "Page": f"{timetable.at:%H:%M}, {place(timetable.zone)}",
        "Days": "every day" if len(days) == 7 else ", ".join(_WEEKDAYS[day] for day in days),
        "Days without": ", ".join(map(times.day, off)) or "none ahead",
        "Week in review": f"{_WEEKDAYS[week.days[0]]}, {week.at:%H:%M}" if week else "made by hand",
        "Sources": f"collected every {_length(timetable.collect_every)}",
        "Late": f"an edition is made up to {_length(timetable.patience)} late",
    }


def _length(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds >= _HOUR and seconds % _HOUR == 0:
        return counted(seconds // _HOUR, "hour")
    if seconds >= 60:
        return counted(seconds // 60, "minute")
    return counted(seconds, "second")


def _run_row(run: Run, times: Times, *, newer: Sequence[Run]) -> dict[str, object]:
    """Return a table row of a run; one without an end that another followed was interrupted."""
    cut = run.ended is None and any(later.step is run.step for later in newer)
    ending = _ENDINGS[run.ending] if run.ending else "Interrupted" if cut else "Running"
    return {
        "step": STEPS[run.step],
        "began": times.moment(run.began),
        "late": run.late,
        "took": _length(run.ended - run.began) if run.ended else "",
        "day": times.day(run.day) if run.day else "",
        "ending": ending,
        "bad": cut or run.ending in {Ending.FAILED, Ending.BLIND},
        "well": run.ending is Ending.DONE,
        "words": in_browser(run.words),
        "figures": figures_of(run),
    }


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
    SitePage("/admin/round", view(order, posts=True), ONLY_ACT),
    SitePage("/admin/schedule", view(schedule)),
)
