"""Days: editions before and after, why one has none, and the diary of what was announced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from starlette.responses import Response

from briefing.app.ledger import outcomes
from briefing.core.counting import counted
from briefing.core.model import Ending, Step
from briefing.core.schedule import Timetable, next_edition, publish_at, zone
from briefing.press.wording import long_date, short_date
from briefing.store import Transaction, archive, editions, runs, sources, withdrawals
from briefing.store.archive import Announcement, PrintedBrief
from briefing.store.withdrawals import Withdrawal
from briefing.web.context import WebContext
from briefing.web.request import WebRequest
from briefing.web.stored import ASK_AGAIN, anchors_in, cacheable, zone_of

#: Publish runs to search for a day.
_RUNS = 200
#: Why there is no edition, by how publishing ended last.
_WHY = {
    Ending.EMPTY: "There was nothing to print.",
    Ending.BLIND: "The sources could not be read.",
    Ending.FAILED: "It could not be made.",
}


@dataclass(frozen=True, slots=True)
class Around:
    """The editions next to a day."""

    before: date | None
    after: date | None
    #: What comes when there is none after it yet: "Fri 13 March comes at 06:30"; may be empty.
    coming: str
    #: What stands before their days in addresses.
    path: str = ""

    @property
    def before_words(self) -> str:
        """The day before in words; empty for none."""
        return self._words(self.before)

    @property
    def after_words(self) -> str:
        """The day after in words; empty for none."""
        return self._words(self.after)

    def _words(self, day: date | None) -> str:
        if day is None:
            return ""
        return f"Week to {day.day} {day:%B}" if self.path else short_date(day)


@dataclass(frozen=True, slots=True)
class Coming:
    """The next expected edition."""

    day: date
    #: Aware UTC.
    at: datetime
    #: As its clock shows it: "06:30".
    time: str
    #: Whether its time has passed.
    overdue: bool


def around(tx: Transaction, context: WebContext, day: date, *, series: str = "") -> Around:
    """Return the editions next to a day; the weeks in review next to one have a series."""
    if series:
        return Around(*archive.neighbours(tx, series, day), "", "week/")
    before, after = archive.neighbours(tx, context.briefing, day)
    waited = None if after else coming(context.timetable, after=day, at=context.clock())
    if waited is None:
        return Around(before, after, "")
    verb = "was due at" if waited.overdue else "comes at"
    return Around(before, after, f"{short_date(waited.day)} {verb} {waited.time}")


def coming(timetable: Timetable | None, *, after: date | None, at: datetime) -> Coming | None:
    """Return the next edition after a day, or after now if no day is given.

    An overdue edition is expected as long as it may still be made; after that, the next one.
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
        return "It was withdrawn."
    if table and day in table.holidays:
        return "It is a holiday."
    if table and day.weekday() not in table.days:
        return f"There is no edition on {day:%A}s."
    ended = publishing_ended(tx, context, day)
    first, _ = archive.neighbours(tx, context.briefing, day)
    if ended in _WHY:
        return _WHY[ended]
    return "No edition was published that day." if first else "The first edition came later."


def publishing_ended(tx: Transaction, context: WebContext, day: date) -> Ending | None:
    """Return how publishing ended last for a day; None: it was not tried, or has not ended."""
    done = runs.recent(tx, context.briefing, limit=_RUNS, step=Step.PUBLISH)
    return next((run.ending for run in done if run.day == day and run.ending), None)


def awaited(table: Timetable | None, day: date, *, at: datetime) -> Coming | None:
    """Return when the edition of a day comes, if it may still come."""
    due = publish_at(table, day) if table else None
    if table is None or due is None or due + table.patience < at:
        return None
    local = due.astimezone(zone(table.zone) or UTC)
    return Coming(day, due, f"{local:%H:%M}", overdue=due <= at)


_MAIL = ("/subscribe", "Get it by mail")
_HOW = ("/about", "How an edition is made")
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
        title=f"No edition for {long_date(day)}",
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
        title=f"The edition of {long_date(withdrawal.day)} was withdrawn",
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
    return f"The edition of {short_date(waited.day)} {verb} at {waited.time}"


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


#: For how long an announcement is remembered, and a day that has come is shown.
_REMEMBERED, _PAST = timedelta(days=365), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DiaryEntryView:
    """An announcement, with the address of its story."""

    entry: Announcement
    path: str
    #: When it was printed: "Thu 12 March".
    printed: str
    #: Of a day that is over: when an edition told it, where, and how it headed it; "", if none did.
    told: str | None = None
    told_path: str = ""
    told_headline: str = ""


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """What was announced for one day."""

    #: "Mon 23 March 2026".
    words: str
    entries: tuple[DiaryEntryView, ...]


def page(request: WebRequest) -> Response:
    """Show the days ahead, then those that have just come."""
    context = request.site.context
    entries, paths = _entries(context)
    known = _Known(paths, *_told(context, entries))
    days = [(day, list(group)) for day, group in groupby(entries, key=lambda entry: entry.day)]
    answer = request.site.page(
        "diary",
        current="diary",
        ahead=tuple(_view(day, group, known) for day, group in days if day >= context.today),
        past=tuple(_view(day, group, known) for day, group in days[::-1] if day < context.today),
    )
    return cacheable(request, answer, keep=ASK_AGAIN)


def feed(request: WebRequest) -> Response:
    """Give the same as a calendar (RFC 5545), each announcement an event of a whole day."""
    # Loading it takes half a second.
    from icalendar import Calendar, Event  # noqa: PLC0415

    context = request.site.context
    entries, paths = _entries(context)
    calendar = Calendar()
    calendar.add("prodid", "-//Briefing//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _clean(context.name))
    for entry in entries:
        event = Event()
        event.add("uid", _uid(entry, context.briefing))
        event.add("dtstamp", entry.made)
        event.add("dtstart", entry.day)
        event.add("transp", "TRANSPARENT")
        event.add("summary", _clean(entry.words))
        event.add("description", _clean("; ".join((entry.headline, *entry.publishers))))
        event.add("url", f"{context.web}{paths[entry]}")
        calendar.add_component(event)
    kind = {"Content-Type": "text/calendar; charset=utf-8"}
    return cacheable(request, Response(calendar.to_ical(), headers=kind), keep=ASK_AGAIN)


def _entries(context: WebContext) -> tuple[Sequence[Announcement], Mapping[Announcement, str]]:
    """Return the announcements by day, and where each is printed."""
    today = context.today
    with context.store.read() as tx:
        every = archive.announced(tx, context.briefing, since=today - _REMEMBERED, upto=today)
        entries = [entry for entry in every if entry.day >= today - _PAST]
        records = editions.records_of(tx, {entry.edition for entry in entries})
    return entries, dict(_paths(entries, records))


def _paths(
    entries: Iterable[Announcement], records: Mapping[str, str]
) -> Iterator[tuple[Announcement, str]]:
    for entry in entries:
        anchor = _anchor(records[entry.edition], entry.edition, entry.brief)
        yield entry, f"/{entry.printed}{anchor}"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of announcements."""

    #: Where each is printed.
    paths: Mapping[Announcement, str]
    #: What became of those whose day is over, and the records of the editions that tell it.
    outcomes: Mapping[Announcement, PrintedBrief | None]
    records: Mapping[str, str]

    def view(self, entry: Announcement) -> DiaryEntryView:
        """Return an announcement for the template."""
        plain = DiaryEntryView(entry, self.paths[entry], short_date(entry.printed))
        if entry not in self.outcomes:
            return plain
        brief = self.outcomes[entry]
        if brief is None:
            return replace(plain, told="")
        path = f"/{brief.day}{_anchor(self.records[brief.edition], brief.edition, brief.brief)}"
        return replace(
            plain, told=short_date(brief.day), told_path=path, told_headline=brief.headline
        )


def _told(
    context: WebContext, entries: Iterable[Announcement]
) -> tuple[Mapping[Announcement, PrintedBrief | None], Mapping[str, str]]:
    with context.store.read() as tx:
        found = outcomes(tx, context.briefing, entries, today=context.today)
        names = {brief.edition for brief in found.values() if brief}
        return found, editions.records_of(tx, names)


def _view(day: date, entries: Iterable[Announcement], known: _Known) -> DiaryDay:
    return DiaryDay(f"{short_date(day)} {day.year}", tuple(map(known.view, entries)))


def _anchor(text: str, edition: str, brief: int) -> str:
    anchors = anchors_in(text, edition)
    return f"#{anchors[brief]}" if brief < len(anchors) else ""


def _uid(entry: Announcement, briefing: str) -> str:
    """Return what stays the same when the feed is read again, so that no event comes twice."""
    content = f"{entry.day} {entry.words}".encode("utf-8", "surrogatepass")
    return f"{hashlib.sha256(content).hexdigest()[:32]}@{briefing}"


def _clean(text: str) -> str:
    """Return a text on one line, without control characters and what UTF-8 cannot hold."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
