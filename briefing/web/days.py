"""Days: previous and next editions, why a day has none, and the diary of announcements."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from starlette.responses import Response

from briefing.app.ledger import outcomes
from briefing.core.model import Ending, Step, digest, edition_of, path_of, place_of
from briefing.core.schedule import Timetable, next_edition, publish_at, zone
from briefing.press.wording import capitalized, long_date, say, short_date
from briefing.press.wording import translate as _
from briefing.store import Transaction, archive, editions, runs, sources, withdrawals
from briefing.web.context import WebContext
from briefing.web.request import WebRequest
from briefing.web.stored import anchors_in, cacheable, public_page

#: Most publish runs searched for a day.
_RUNS = 200
#: Why there is no edition, by how the last publish run ended.
_WHY = {
    Ending.EMPTY: "There was nothing to print.",
    Ending.BLIND: "The sources could not be read.",
    Ending.FAILED: "It could not be made.",
}


class Around(NamedTuple):
    """The editions before and after a day."""

    before: date | None
    after: date | None
    #: If there is no later edition yet: "Fri 13 March comes at 06:30"; may be empty.
    coming: str
    #: Prefix of their days in addresses.
    path: str = ""


class Coming(NamedTuple):
    """The next expected edition: its day, its local time, and whether that has passed."""

    day: date
    time: str
    overdue: bool


def around(tx: Transaction, context: WebContext, day: date, *, series: str = "") -> Around:
    """Return the editions before and after a day; ``series`` is empty for first editions."""
    if series:
        place = path_of(edition_of(series), day).removesuffix(f"{day}")
        return Around(*archive.neighbours(tx, series, day), "", place)
    before, after = archive.neighbours(tx, context.briefing, day)
    waited = None if after else coming(context.timetable, after=day, at=context.clock())
    if waited is None:
        return Around(before, after, "")
    return Around(before, after, _when(short_date(waited.day), waited))


def _when(which: str, waited: Coming) -> str:
    """Return when an edition comes or was due: "Today’s page comes at 06:30"."""
    words = _("{which} was due at {time}") if waited.overdue else _("{which} comes at {time}")
    return words.format(which=which, time=waited.time)


def coming(timetable: Timetable | None, *, after: date | None, at: datetime) -> Coming | None:
    """Return the next edition after a day, or after now if no day is given.

    An overdue edition is expected while it may still be made; after that, the next one is.
    """
    if timetable is None:
        return None
    upcoming = next_edition(timetable, after=at)
    if after is not None:
        midnight = datetime.combine(after, time.max, zone(timetable.zone) or UTC)
        first = next_edition(timetable, after=midnight)
        upcoming = first if first[1] + timetable.patience >= at else upcoming
    return awaited(timetable, upcoming[0], at=at)


def why_none(tx: Transaction, context: WebContext, day: date) -> str:
    """Return one sentence on why a day has no edition."""
    table = context.timetable
    if withdrawals.on(tx, context.briefing, day):
        return _("It was withdrawn.")
    if table and day in table.holidays:
        return _("It is a holiday.")
    if table and day.weekday() not in table.days:
        return _("There is no edition on {weekday}s.", weekday=say().day(day, "{weekday}"))
    ended = publishing_ended(tx, context, day)
    first = archive.neighbours(tx, context.briefing, day)[0]
    if ended in _WHY:
        return _(_WHY[ended])
    return _("No edition was published that day.") if first else _("The first edition came later.")


def publishing_ended(tx: Transaction, context: WebContext, day: date) -> Ending | None:
    """Return how the last publish run of a day ended; None if there was none or it is not over."""
    done = runs.recent(tx, context.briefing, limit=_RUNS, step=Step.PUBLISH)
    return next((run.ending for run in done if run.day == day and run.ending), None)


def awaited(table: Timetable | None, day: date, *, at: datetime) -> Coming | None:
    """Return when the edition of a day comes, if it may still come."""
    due = publish_at(table, day) if table else None
    if table is None or due is None or due + table.patience < at:
        return None
    local = due.astimezone(zone(table.zone) or UTC)
    return Coming(day, f"{local:%H:%M}", overdue=due <= at)


#: How far back to count collected reports when there is no earlier edition.
_FIRST = timedelta(hours=24)


def nothing_yet(request: WebRequest) -> Response:
    """Show that nothing was printed yet, and when the first page is due."""
    first = coming(request.context.timetable, after=None, at=request.at)
    return _awaited(request, first.day if first else request.context.today, first)


def on(request: WebRequest, day: date) -> Response:
    """Show when the edition of a day is due, or why there is none (404).

    It does not reveal whether a draft waits for its release.
    """
    context = request.context
    waited = awaited(context.timetable, day, at=request.at)
    with request.read() as tx:
        why, ended = why_none(tx, context, day), publishing_ended(tx, context, day)
    if waited is not None and ended is not Ending.EMPTY:
        return _awaited(request, day, waited, status=404)
    title = _("No edition for {day}", day=long_date(day))
    return _missing(request, day, state=_("No edition"), status=404, title=title, lede=why)


def withdrawn(request: WebRequest, withdrawal: withdrawals.Withdrawal) -> Response:
    """Show when and why the edition of a day was withdrawn (410)."""
    lede = _(
        "It was withdrawn on {day}.",
        day=long_date(withdrawal.at.astimezone(request.context.clocks).date()),
    )
    if withdrawal.reason:
        lede = f"{lede.removesuffix('.')}{say().colon}{withdrawal.reason}"
    title = _("The edition of {day} was withdrawn", day=long_date(withdrawal.day))
    state = _("Withdrawn")
    return _missing(request, withdrawal.day, state=state, status=410, title=title, lede=lede)


def _awaited(
    request: WebRequest, day: date, waited: Coming | None, *, status: int = 200
) -> Response:
    """Show when a page comes; with status 200, it is the very first."""
    context, is_first = request.context, status == 200
    collected = request.look(_collected, context, at=request.at)
    title = _("No page yet")
    if waited:
        is_today = waited.day == context.today
        which = _("The edition of {day}", day=short_date(waited.day))
        title = _when(_("Today’s page") if is_today else which, waited)
    what = _(
        "This site will publish one page of news a day. Every sentence on it is printed word for "
        "word from the source it cites, and one click leads to that source."
    )
    links = ((("/subscribe", _("Get it by mail")),) if context.signs_up else ()) + (
        (("/about", _("How an edition is made")),) if is_first else ()
    )
    words = {"lede": what, "note": collected} if is_first else {"lede": collected}
    about = {"state": _("No edition yet"), "status": status, "title": title, "current": "today"}
    return _missing(request, day, links, **about, **words)


def _missing(
    request: WebRequest,
    day: date,
    links: tuple[tuple[str, str], ...] = (),
    **about: Any,  # noqa: ANN401  what the page shows
) -> Response:
    context = request.context
    near = request.look(around, context, day)
    beside = (there for there in (near.before, near.after) if there is not None)
    how = say().weekday_date
    own = ((f"/{day}", _("Read {day}", day=say().day(day, how))) for day in beside)
    links = (*own, *(links or (("/archive", _("Archive")),)))
    return request.site.page(
        "missing", day=capitalized(long_date(day)), links=links, **{"note": "", **about}
    )


def _collected(tx: Transaction, context: WebContext, *, at: datetime) -> str:
    """Describe what was collected since the last edition."""
    last = editions.current(tx, context.briefing, context.today)
    since = last.until if last else at - _FIRST
    done = [run for run in runs.since(tx, context.briefing, since) if run.step is Step.COLLECT]
    complete = [run for run in done if run.figures.get("sources")]
    if not complete:
        begun = done and sources.active(tx)
        return _("Collecting has begun.") if begun else _("Nothing has been collected for it yet.")
    fresh = sum(run.figures.get("fresh", 0) for run in complete)
    asked, failing = (complete[-1].figures.get(name, 0) for name in ("sources", "failing"))
    first, newest = (run.began.astimezone(context.clocks) for run in (complete[0], complete[-1]))
    began = f"{short_date(first.date())}, {first:%H:%M}"
    return _(
        "Collected since {began}: {reports}. At {time}, {answered} of {sources} answered.",
        began=began,
        reports=say().counted(fresh, "report"),
        time=f"{newest:%H:%M}",
        answered=asked - failing,
        sources=say().counted(asked, "feed"),
    )


#: How long announcements are kept, and how long past days are shown.
_REMEMBERED, _PAST = timedelta(days=365), timedelta(days=14)


def page(request: WebRequest) -> Response:
    """Show the days ahead, then the days just past."""
    context = request.context
    entries, paths = _entries(context)
    with request.read() as tx:
        became = outcomes(tx, context.briefing, entries, today=context.today)
        names = {brief.edition for brief in became.values() if brief}
        records = editions.records_of(tx, names)

    days = [(day, list(group)) for day, group in groupby(entries, key=lambda entry: entry.day)]
    return public_page(
        request,
        "diary",
        current="diary",
        days=days,
        paths=paths,
        # For a past day: the edition that reported the event, if any.
        became={
            entry: brief and (brief, _path(records, brief.edition, brief.brief))
            for entry, brief in became.items()
        },
    )


def feed(request: WebRequest) -> Response:
    """Return the same as a calendar (RFC 5545), each announcement as an all-day event."""
    # Importing it takes half a second.
    from icalendar import Calendar, Event  # noqa: PLC0415

    context = request.context
    entries, paths = _entries(context)
    calendar = Calendar()
    calendar.add("prodid", "-//Briefing//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _clean(context.name))
    for entry in entries:
        event = Event()
        # A stable id, so that calendars do not show an event twice.
        same = digest(f"{entry.day} {entry.words}")[:32]
        event.add("uid", f"{same}@{context.briefing}")
        event.add("dtstamp", entry.made)
        event.add("dtstart", entry.day)
        event.add("transp", "TRANSPARENT")
        event.add("summary", _clean(entry.words))
        event.add("description", _clean("; ".join((entry.headline, *entry.publishers))))
        event.add("url", f"{context.web}{paths[entry]}")
        calendar.add_component(event)
    kind = {"Content-Type": "text/calendar; charset=utf-8"}
    return cacheable(request, Response(calendar.to_ical(), headers=kind))


def _entries(
    context: WebContext,
) -> tuple[Sequence[archive.Announcement], Mapping[archive.Announcement, str]]:
    """Return the announcements by day, and where each is printed."""
    today = context.today
    with context.store.read() as tx:
        every = archive.announced(tx, context.briefing, since=today - _REMEMBERED, upto=today)
        entries = [entry for entry in every if entry.day >= today - _PAST]
        records = editions.records_of(tx, {entry.edition for entry in entries})
    return entries, {entry: _path(records, entry.edition, entry.brief) for entry in entries}


def _path(records: Mapping[str, str], edition: str, brief: int) -> str:
    anchors = anchors_in(records[edition], edition)
    return f"/{place_of(edition)}{f'#{anchors[brief]}' if brief < len(anchors) else ''}"


def _clean(text: str) -> str:
    """Return a text on one line, without control characters and unencodable characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
