"""How the morning went, reports by publisher, today's runs; the schedule and recent runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta
from functools import partial
from typing import NamedTuple
from urllib.parse import quote

from starlette.responses import Response

from briefing.app.doctor import Level, line
from briefing.app.editors import next_to_print
from briefing.app.release import waiting
from briefing.app.rounds.alerts import AGAIN
from briefing.app.rounds.days import expected, settled
from briefing.core.errors import BriefingError, InputError, StoreError
from briefing.core.messages import Translatable
from briefing.core.model import (
    NO_SECTION,
    Audience,
    DeliveryStatus,
    Edition,
    EditionId,
    Ending,
    Ledger,
    SourceStatus,
    Step,
    by_edition,
    edition_of,
)
from briefing.core.model.document import OTHER
from briefing.core.schedule import Timetable, ahead_words, dated_ahead, latest, publish_at
from briefing.press.catalog import _, ngettext, shown
from briefing.press.wording import place, say, short_day, worded_in
from briefing.store import (
    Transaction,
    archive,
    deliveries,
    editions,
    jobs,
    runs,
    sources,
    statistics,
    withdrawals,
)
from briefing.store.editions import StoredEdition
from briefing.web.admin.acts import (
    STEPS,
    WEEK_PDF,
    came_of,
    figures_of,
    in_browser,
    meaning_of,
    request_run,
)
from briefing.web.admin.charts import Column, Plot, columns, dot, figures, silent_days, sparkline
from briefing.web.admin.frame import AdminSession, Times, admin_page, admin_post, required
from briefing.web.admin.sources import title_of
from briefing.web.forms import sentence
from briefing.web.stored import online_page, read

#: Steps that can be requested, with the labels of their buttons.
_REQUESTS = {
    Step.COLLECT: Translatable("Collect again"),
    Step.PUBLISH: Translatable("Publish now"),
    Step.DELIVER: Translatable("Deliver now"),
    Step.WEEK: Translatable("Review the week"),
}
#: Steps that have a row even if they have not run today.
_DAILY = frozenset({Step.COLLECT, Step.PUBLISH, Step.DELIVER})
#: Seconds between automatic reloads, if requested.
_RELOAD = 30
#: Publishers shown initially.
_DOZEN = 12
#: Up to this number of failing sources are named; more are only counted.
_NAMED = 3
_DAY = timedelta(days=1)
#: What needs attention: words, a path and its label.
Matters = Iterator[tuple[str, str, str]]


class PublisherRow(NamedTuple):
    """Reports of a publisher."""

    name: str
    #: Reports in the edition by section; those in none count as the other section.
    counts: Counter[str]
    chart: Plot
    #: Reports of 14 days.
    total: int
    #: The first day without a report, if the silence is longer than any before.
    silent: date | None


def today(session: AdminSession) -> Response:
    """Show how the morning went, what needs attention, and the last edition."""
    context, times, briefing = session.context, session.times, session.briefing
    until = times.now.date()
    with session.read() as tx:
        last, edition, damage = _last(tx, briefing, times.today)
        slots = context.timetable.slots
        drafts = ((slot, waiting(tx, slot.series(briefing), timetable=slot)) for slot in slots)
        waits = [(slot, day) for slot, day in drafts if day is not None]
        brought = statistics.publisher_days(tx, since=until - (_EDITIONS - 1) * _DAY, until=until)
        reports = _reports(tx, edition)
        publishers = _publishers(reports, brought, until=until)
        by_edition = statistics.deliveries_by_edition(tx, briefing, limit=_EDITIONS)
        sent = figures(deliveries.audience(tx, last.id).counts if last else {})
        sent_at = statistics.last_sent(tx, last.id if last else "")
        next_due = deliveries.next_due(tx)
        backlog = jobs.backlog(tx, briefing)
        mails = _mails(tx, by_edition)
        ran = runs.since(tx, briefing, times.midnight)
        _, coming = next_to_print(tx, briefing, timetable=context.timetable, at=times.now)
        gone = withdrawals.on(tx, briefing, times.today)
        matters = [
            *_of_page(session, tx, damage=damage, waits=waits),
            *_of_runs(session, tx),
            *_of_mail(times, deliveries.losses(tx, since=times.now - AGAIN)),
            *_of_sources(times, sources.active(tx), publishers),
        ]
    return session.page(
        "today",
        gone=gone,
        waits=(context.timetable, times.today) in waits,
        made=next((run for run in reversed(ran) if run.step is Step.PUBLISH), None),
        due=publish_at(context.timetable, times.today),
        coming=coming,
        matters=matters,
        sections=dict.fromkeys((*edition.offered, OTHER)) if edition and reports else (),
        publishers=publishers,
        most=_DOZEN,
        dot=partial(dot, most=max((max(each.values()) for each in reports.values()), default=1)),
        lanes=[
            (STEPS[step], its, backlog.get(step))
            for step in Step
            for its in [[run for run in ran if run.step is step]]
            if step in _DAILY or (step is Step.WEEK and its)
        ],
        came_of=came_of,
        last=last,
        edition=edition,
        figures=sent,
        sent_at=sent_at,
        next_due=next_due,
        proof=online_page(session, last) if last and edition else None,
        mails=mails,
        requests=_REQUESTS if context.requests is not None else {},
        reload=_RELOAD if session.asked("refresh") == "1" else 0,
    )


def _of_page(
    session: AdminSession, tx: Transaction, *, damage: str, waits: Sequence[tuple[Timetable, date]]
) -> Matters:
    """Yield what needs attention about the edition, with a path and its label."""
    times, table, briefing = session.times, session.context.timetable, session.briefing
    for finding in session.context.preflight():
        # Failing sources and dates ahead are listed individually.
        if finding.mark is Level.BROKEN and finding.name not in {"sources", "editions"}:
            yield in_browser(line(finding)), "/admin", _("Check again")
    if damage:
        yield _("The last edition cannot be read: {why}", why=_ended(damage)), *_see_runs()
    for slot in table.slots if not damage else ():
        due = latest(slot, now=times.now)
        last = settled(tx, briefing, timetable=slot, now=times.now)
        is_over = due is None or not due.late or (last is not None and due.day <= last)
        if due and not is_over and expected(tx, briefing, due, timetable=slot):
            about = {"day": times.day(due.day), "when": times.moment(due.at)}
            message = by_edition(edition_of(slot.series(briefing)), **_MISSING)
            yield _(message, edition=slot.edition, **about), *_see_runs()
    for slot, day in waits:
        which = edition_of(slot.series(briefing))
        message = _(by_edition(which, **_WAITING), edition=which, day=times.day(day))
        yield message, f"/admin/release{f'?edition={which}' if which else ''}", _("View the draft")
    later = archive.days(tx, briefing, first=times.now.date(), last=date.max)
    for ahead in dated_ahead(table, later, now=times.now):
        yield sentence(ahead_words(ahead)), f"/admin/deliveries?day={ahead}", _("Withdraw it")


#: What is said of a missing edition, and of a draft that waits.
_MISSING = {
    "first": Translatable("The edition of {day} was due {when} and is missing."),
    "further": Translatable("The {edition} edition of {day} was due {when} and is missing."),
    "week": Translatable("The week in review to {day} was due {when} and is missing."),
}
_WAITING = {
    "first": Translatable("The draft of the edition of {day} is awaiting release."),
    "further": Translatable("The draft of the {edition} edition of {day} is awaiting release."),
    "week": Translatable("The draft of the week in review to {day} is awaiting release."),
}


def _see_runs() -> tuple[str, str]:
    return "/admin/schedule", _("View the runs")


def _of_runs(session: AdminSession, tx: Transaction) -> Matters:
    """Yield the same for the last run of each step."""
    times, see_sources = session.times, ("/admin/sources", _("View the sources"))
    for step in Step:
        run = runs.last(tx, session.briefing, step, until=times.now)
        words = in_browser(run.words) if run else ""
        if run and run.ending is Ending.FAILED:
            why, when = _ended(words or _("no reason given")), times.moment(run.began)
            failed = _("{step} failed, {when}: {why}", step=STEPS[step], when=when, why=why)
            yield failed, *_see_runs()
        elif not run or run.day != times.today:
            continue
        elif run.ending is Ending.EMPTY and step is Step.WEEK:
            yield _("No week in review today: {why}", why=_ended(words)), *_see_runs()
        elif run.ending is Ending.EMPTY and step is Step.PUBLISH:
            why = _ended(words or _("nothing to print"))
            yield _("No edition today: {why}", why=why), *see_sources
        elif run.ending is Ending.BLIND:
            yield _("No edition today: {why}", why=_ended(words)), *see_sources


def _of_mail(times: Times, losses: Sequence[deliveries.Loss]) -> Matters:
    """Yield the same for mails that editions of the last day lost, by cause."""
    lost = Counter[tuple[str, bool, str]]()
    for loss in losses:
        is_held = loss.status is DeliveryStatus.HELD
        meaning = meaning_of(loss.status, loss.cause)
        lost[loss.edition, is_held, meaning] += loss.number
    for (edition, is_held, meaning), number in lost.items():
        day = EditionId.parse(edition).day
        about = {"day": times.day(day), "meaning": meaning}
        message = ngettext(
            "{n} reader did not receive the edition of {day}: {meaning}.",
            "{n} readers did not receive the edition of {day}: {meaning}.",
            number,
            **about,
        )
        if is_held:
            message = ngettext(
                "{n} reader may not have received the edition of {day}: {meaning}.",
                "{n} readers may not have received the edition of {day}: {meaning}.",
                number,
                **about,
            )
        label = _("Decide") if is_held else _("View the reasons")
        yield message, f"/admin/deliveries?day={day}", label


def _of_sources(
    times: Times, statuses: Sequence[SourceStatus], publishers: Sequence[PublisherRow]
) -> Matters:
    """Yield the same for failing sources, the longest failing first, and for silent publishers."""
    failing = [(each.failing_since, each) for each in statuses if each.failing_since]
    failing.sort(key=lambda pair: (pair[0], pair[1].source.url))
    if len(failing) > _NAMED:
        first = times.moment(failing[0][0])
        message = ngettext(
            "{n} source does not respond, the first since {when}.",
            "{n} sources do not respond, the first since {when}.",
            len(failing),
            when=first,
        )
        yield message, "/admin/sources", _("View the sources")
    names = [title_of(status.source) for _since, status in failing]
    for name, (since, _status) in (
        zip(names, failing, strict=True) if len(failing) <= _NAMED else ()
    ):
        message = _("{name} has not responded since {when}.", name=name, when=times.moment(since))
        yield message, "/admin/sources", _("View the source")
    for row in publishers:
        if row.silent and row.name not in names:
            name = row.name or _("A publisher without a name")
            message = _("{name} has been silent since {day}.", name=name, day=times.day(row.silent))
            yield message, f"/admin/sources?q={quote(row.name)}", _("View its sources")


def _ended(text: str) -> str:
    """Add a full stop to a text without end punctuation."""
    return text if text.endswith((".", "?")) else f"{text}."


def _last(
    tx: Transaction, briefing: str, today: date
) -> tuple[StoredEdition | None, Edition | None, str]:
    """Return the last edition as stored and as parsed, or why it cannot be read."""
    try:
        last = editions.current(tx, briefing, today)
        return last, read(last.record, last.id).edition if last else None, ""
    except (StoreError, InputError) as error:
        return None, None, str(shown(error))


def _reports(tx: Transaction, edition: Edition | None) -> dict[str, Counter[str]]:
    """Count the reports of an edition by publisher and section."""
    ledger = edition.ledger if edition else Ledger()
    section = dict.fromkeys((document for document, _ in ledger.drops), OTHER) | {
        document: OTHER if story.why == NO_SECTION else story.section
        for story in ledger.ranked
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
    rows = []
    for name in {**reports, **brought}:
        own, days = reports.get(name, Counter[str]()), brought.get(name, {})
        counts = [days.get(until - back * _DAY, 0) for back in range(_EDITIONS - 1, -1, -1)]
        silent = silent_days(counts)
        failed = [False] * (_EDITIONS - silent) + [True] * silent
        bars = [None if fails else count for count, fails in zip(counts, failed, strict=True)]
        title = ngettext(
            "{n} report in {days} days, {today} today",
            "{n} reports in {days} days, {today} today",
            sum(counts),
            days=_EDITIONS,
            today=counts[-1],
        )
        rows.append(
            PublisherRow(
                name,
                own,
                sparkline(bars, failed=failed, title=title),
                sum(counts),
                until - (silent - 1) * _DAY if silent else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.counts.total(), -row.total, row.name))


def _mails(tx: Transaction, by_edition: Sequence[Audience]) -> tuple[Plot, str] | None:
    """Draw the mails of editions, and name the main cause of the worst day; None if none."""
    counts = [figures(each.counts) for each in by_edition]
    if not any(it["sent"] + it["lost"] for it in counts):
        return None
    drawn = [
        Column(short_day(each.day), it["sent"] + it["lost"], it["lost"])
        for each, it in zip(by_edition, counts, strict=True)
    ]
    worst = max(range(len(drawn)), key=lambda place: drawn[place].failed)
    losses = deliveries.losses(tx, edition=by_edition[worst].edition)
    most = max(losses, key=lambda loss: loss.number, default=None)
    meaning = meaning_of(most.status, most.cause) if most else ""
    value = f"{shown(meaning)} ({most.number})" if most else ""
    note = _("{name}: {value}", name=drawn[worst].label, value=value) if most else ""
    lost = sum(column.failed for column in drawn)
    editions = ngettext("{n} edition", "{n} editions", len(drawn))
    title = _("Mails of {editions}; {n} not delivered, shown in red.", editions=editions, n=lost)
    title = f"{title} {note}"
    return columns(drawn, title=title.strip(), step=19, note=note), editions


def order(session: AdminSession) -> Response:
    """Request a run now."""
    step = next((step for step in _REQUESTS if step.value == session.field("step")), None)
    return request_run(session, step, back="/admin")


def week_pdf(session: AdminSession) -> Response:
    """Return this week's review as it would be printed now."""
    review = required(session.context.review)
    try:
        with worded_in(""):  # a file is in one language
            pdf = review(session.context.today)
        return Response(pdf, media_type="application/pdf")
    except BriefingError as error:
        return session.site.message_page(_("No week in review"), sentence(error), status=409)


_AHEAD, _RUNS, _EDITIONS = 7, 60, 14


def schedule(session: AdminSession) -> Response:
    """Show the next seven days, the settings and recent runs."""
    times, table = session.times, session.context.timetable
    ran = session.look(runs.recent, session.briefing, limit=_RUNS)
    return session.page(
        "schedule",
        place=place(session.zone),
        days=[
            (day, slot, publish_at(slot, day))
            for day in (times.today + ahead * _DAY for ahead in range(_AHEAD))
            for slot in sorted(table.slots, key=lambda each: each.at)
        ],
        utc=UTC,
        weekdays=say().weekdays,
        off=sorted(day for day in table.holidays if day >= times.today),
        runs=[
            (run, run.ended is None and any(later.step is run.step for later in ran[:number]))
            for number, run in enumerate(ran)
        ],
        steps=STEPS,
        in_browser=in_browser,
        figures_of=figures_of,
    )


PAGES = (
    admin_page("/admin", today),
    admin_page(WEEK_PDF, week_pdf),
    admin_post("/admin/round", order, "order collect", "order publish"),
    admin_page("/admin/schedule", schedule),
)
