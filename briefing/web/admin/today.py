"""How the morning went, who reported what, and today's runs; the schedule, recent runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.responses import Response

from briefing.app.doctor import Level, line
from briefing.app.editors import next_to_print
from briefing.app.release import waiting
from briefing.app.rounds.alerts import AGAIN
from briefing.app.rounds.days import expected, settled
from briefing.app.rounds.runs import request_run as note_order
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, InputError, StoreError
from briefing.core.model import (
    MEMORY,
    NO_SECTION,
    Audience,
    DeliveryStatus,
    Edition,
    Ending,
    Ledger,
    Run,
    State,
    Step,
)
from briefing.core.model.document import OTHER
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
    withdrawals,
)
from briefing.store.editions import StoredEdition
from briefing.web.admin import results
from briefing.web.admin.acts import ask, begin
from briefing.web.admin.charts import (
    Column,
    Plot,
    columns,
    dot,
    figures,
    silent_days,
    sparkline,
)
from briefing.web.admin.frame import AdminSession, Times, required, view
from briefing.web.admin.source_fields import title_of
from briefing.web.forms import sentence
from briefing.web.request import ONLY_ACT, SitePage
from briefing.web.stored import online_page, read

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
#: Publishers that are shown at once.
_DOZEN = 12
_DAY = timedelta(days=1)
#: Why there is no edition today, by how its run ended.
_ENDINGS: Mapping[Ending | None, str] = {
    None: "is being made",
    Ending.EMPTY: "was not made: nothing to print",
    Ending.BLIND: "was not made: the sources could not be read",
    Ending.FAILED: "could not be made",
}


def today(session: AdminSession) -> Response:
    """Show how the morning went, what needs attention, and the last edition."""
    context, times, briefing = session.context, session.times, session.briefing
    until = times.now.date()
    with session.read() as tx:
        last, edition, damage = _last(tx, briefing, times.today)
        facts = _facts(session, tx, damage=damage)
        brought = statistics.publisher_days(tx, since=until - (_EDITIONS - 1) * _DAY, until=until)
        reports = _reports(tx, edition)
        publishers = _publishers(reports, brought, until=until)
        by_edition = statistics.deliveries_by_edition(tx, briefing, limit=_EDITIONS)
        sent = figures(deliveries.audience(tx, last.id).counts if last else {})
        sent_at, next_due = (
            statistics.last_sent(tx, last.id if last else ""),
            deliveries.next_due(tx),
        )
        backlog = jobs.backlog(tx, briefing)
        mails = _mails(tx, by_edition)
        ran = runs.since(tx, briefing, times.midnight)
        _, coming = next_to_print(tx, briefing, timetable=context.timetable, at=times.now)
        heading = _heading(session, tx, last, ran=ran, waits=facts.waits)
    matters = list(results.attention_items(facts, times=times))
    failing = {title_of(status.source) for status, _ in results.failing(facts.source_statuses)}
    matters += [
        _silence(row, times) for row in publishers if row.silent and row.name not in failing
    ]
    return session.page(
        "today",
        heading=heading,
        coming=coming,
        matters=matters,
        sections=dict.fromkeys((*edition.offered, OTHER)) if edition and reports else (),
        publishers=publishers,
        foremost=_foremost(publishers),
        lanes=[
            (
                results.STEPS[step],
                *_lane([run for run in ran if run.step is step], times=times),
                backlog.get(step),
            )
            for step in Step
            if step in _DAILY or (step is Step.WEEK and any(run.step is step for run in ran))
        ],
        last=last,
        edition=edition,
        figures=sent,
        sent_at=sent_at,
        next_due=next_due,
        proof=online_page(session.request, last) if last and edition else None,
        mails=mails,
        stages=results.stages(edition.ledger) if edition else (),
        requests=_REQUESTS if context.requests is not None else {},
        reload=_RELOAD if session.request.query.get("refresh") == "1" else 0,
    )


def _facts(session: AdminSession, tx: Transaction, *, damage: str) -> results.RoundFacts:
    """Return what may need attention."""
    context, times, briefing = session.context, session.times, session.briefing
    table = context.timetable
    last_runs = [runs.last(tx, briefing, step, until=times.now) for step in Step]
    later = archive.days(tx, briefing, first=times.now.date(), last=date.max)
    slots = table.slots if table else ()
    waits = [(slot.step, waiting(tx, slot.step.series(briefing), timetable=slot)) for slot in slots]
    return results.RoundFacts(
        source_statuses=sources.active(tx),
        last_runs=tuple(run for run in last_runs if run is not None),
        losses=deliveries.losses(tx, since=times.now - AGAIN),
        missing=() if damage else _missing(tx, briefing, table, now=times.now),
        waits=tuple((step, day) for step, day in waits if day is not None),
        ahead=dated_ahead(table, later, now=times.now) if table else (),
        damage=damage,
        # Failing sources are listed each by itself.
        broken=tuple(
            results.in_browser(line(finding))
            for finding in context.preflight()
            if finding.mark is Level.BROKEN and finding.name != "sources"
        ),
    )


def _heading(
    session: AdminSession,
    tx: Transaction,
    last: StoredEdition | None,
    *,
    ran: Sequence[Run],
    waits: Sequence[tuple[Step, date]],
) -> str:
    """Say how the morning went."""
    times, table, day = session.times, session.context.timetable, session.times.today
    if last and last.day == day:
        went = "went out" if session.context.sender else "was published"
        return f"Today {went} at {times.clock(last.made)}"
    if gone := withdrawals.on(tx, session.briefing, day):
        return f"Today’s edition was withdrawn at {times.clock(gone[0].at)}"
    if (Step.PUBLISH, day) in waits:
        return "Today’s edition waits for its release"
    made = next((run for run in reversed(ran) if run.step is Step.PUBLISH), None)
    if made:
        return f"Today’s edition {_ENDINGS.get(made.ending, 'is not there')}"
    due = publish_at(table, day) if table else None
    if due is None:
        return "No edition today" if table else "No edition yet today"
    due_at = times.clock(due)
    return f"No edition yet: due at {due_at}" if due > times.now else f"Due at {due_at} and missing"


def _last(
    tx: Transaction, briefing: str, today: date
) -> tuple[StoredEdition | None, Edition | None, str]:
    """Return the last edition as stored and as its record tells it; or why it cannot be read."""
    try:
        last = editions.current(tx, briefing, today)
        return last, read(last.record, last.id).edition if last else None, ""
    except (StoreError, InputError) as error:
        return None, None, str(error)


class PublisherRow(NamedTuple):
    """What a publisher brought."""

    name: str
    #: Reports of the edition by section, those of none as the other one; and a dot for each.
    counts: Mapping[str, int]
    dots: Mapping[str, Plot]
    chart: Plot
    #: Reports of the edition, and of 14 days.
    reports: int
    total: int
    #: The first day without a report, if it has been silent for longer than before.
    silent: date | None


def _reports(tx: Transaction, edition: Edition | None) -> dict[str, Counter[str]]:
    """Count the reports of an edition by publisher and section."""
    ledger = edition.ledger if edition else Ledger()
    section = dict.fromkeys((document for document, _ in ledger.drops), OTHER) | {
        document: OTHER if story.why == NO_SECTION else story.section
        for story in ledger.found
        for document in story.documents
    }
    counts: dict[str, Counter[str]] = {}
    for document, report in sources.titles(tx, section).items():
        counts.setdefault(report.publisher, Counter())[section[document]] += 1
    return counts


def _publishers(
    reports: Mapping[str, Counter[str]], brought: Mapping[str, Mapping[date, int]], *, until: date
) -> list[PublisherRow]:
    """Return all publishers of the last days, those with most reports in the edition first."""
    most = max((number for counts in reports.values() for number in counts.values()), default=1)
    rows = []
    for name in {**reports, **brought}:
        own, days = reports.get(name, Counter[str]()), brought.get(name, {})
        counts = [days.get(until - back * _DAY, 0) for back in range(_EDITIONS - 1, -1, -1)]
        silent = silent_days(counts)
        failed = [False] * (_EDITIONS - silent) + [True] * silent
        bars = [None if fails else count for count, fails in zip(counts, failed, strict=True)]
        title = f"{counted(sum(counts), 'report')} in {_EDITIONS} days, {counts[-1]} today"
        rows.append(
            PublisherRow(
                name,
                own,
                {
                    section: dot(number, most=most, title=counted(number, "report"))
                    for section, number in own.items()
                },
                sparkline(bars, failed=failed, title=title),
                own.total(),
                sum(counts),
                until - (silent - 1) * _DAY if silent else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.reports, -row.total, row.name))


def _foremost(rows: Sequence[PublisherRow]) -> list[PublisherRow]:
    """Return a dozen publishers: those that are silent, and those with most reports before."""
    silent = [row for row in rows if row.silent][:_DOZEN]
    return [row for row in rows if not row.silent][: _DOZEN - len(silent)] + silent


def _silence(row: PublisherRow, times: Times) -> tuple[str, str, str]:
    name = row.name or "A publisher without a name"
    days = f"{name} has been silent since {times.day(row.silent or times.today)}."
    return days, f"/admin/sources?q={quote(row.name)}", "Look at its sources"


def _mails(tx: Transaction, by_edition: Sequence[Audience]) -> tuple[Plot, str] | None:
    """Draw the mails of editions, and name the most frequent cause of failures of the worst day."""
    if not by_edition:
        return None
    counts = [figures(each.counts) for each in by_edition]
    drawn = [
        Column(f"{each.day.day} {each.day:%b}", it["sent"] + it["lost"], it["lost"])
        for each, it in zip(by_edition, counts, strict=True)
    ]
    worst = max(range(len(drawn)), key=lambda place: drawn[place].failed)
    losses = deliveries.losses(tx, edition=by_edition[worst].edition)
    most = max(losses, key=lambda loss: loss.number, default=None)
    meaning = results.meaning_of(most.status, most.cause) if most else ""
    note = f"{drawn[worst].label}: {meaning} ({most.number})" if most else ""
    lost, editions = sum(column.failed for column in drawn), counted(len(drawn), "edition")
    title = f"Mails of {editions}; {lost} not delivered, drawn in red. {note}"
    return columns(drawn, title=title.strip(), step=19, note=note), editions


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
        goes = ["A draft is made. Nothing is sent until it is released."]
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


def _lane(ran: Sequence[Run], *, times: Times) -> tuple[str, str]:
    """Return when a step ran today and how often it failed, and what came of the last run.

    One without an end that another followed was interrupted.
    """
    if not ran:
        return "not yet", ""
    run = ran[-1]
    began, ended = times.clock(run.began), times.clock(run.ended or times.now)
    often = f"{len(ran)} times, last " if len(ran) > 1 else ""
    failed = sum(
        each.ending is Ending.FAILED or (each.ended is None and each is not run) for each in ran
    )
    when = began if began == ended else f"{began} to {ended}"
    words = results.came_of(run) if run.ended else "running"
    return often + when + (f", {failed} failed" if failed else ""), words


_AHEAD, _RUNS, _EDITIONS = 7, 60, 14
_WEEKDAYS = phrases("en").weekdays


def schedule(session: AdminSession) -> Response:
    """Show the next seven days, the settings and recent runs."""
    times, table = session.times, session.context.timetable
    with session.read() as tx:
        ran = runs.recent(tx, session.briefing, limit=_RUNS)
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


PAGES = (
    SitePage("/admin", view(today)),
    SitePage(WEEK_PDF, view(week_pdf)),
    SitePage("/admin/round", view(order), ONLY_ACT),
    SitePage("/admin/schedule", view(schedule)),
)
