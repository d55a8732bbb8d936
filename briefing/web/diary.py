"""The diary: what editions announced for days to come, as a page and as a calendar feed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from starlette.responses import Response

from briefing.app.due import AnnouncementOutcome, outcomes
from briefing.press.dates import short_date
from briefing.store import diary, editions
from briefing.store.diary import Announcement
from briefing.web.cached import ASK_AGAIN, cacheable
from briefing.web.context import WebContext
from briefing.web.request import WebRequest
from briefing.web.stored import anchors_in

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
        every = diary.announced(tx, context.briefing, since=today - _REMEMBERED, upto=today)
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
    outcomes: Mapping[Announcement, AnnouncementOutcome]
    records: Mapping[str, str]

    def view(self, entry: Announcement) -> DiaryEntryView:
        """Return an announcement for the template."""
        plain = DiaryEntryView(entry, self.paths[entry], short_date(entry.printed))
        outcome = self.outcomes.get(entry)
        if outcome is None:
            return plain
        brief = outcome.brief
        if brief is None:
            return replace(plain, told="")
        path = f"/{brief.day}{_anchor(self.records[brief.edition], brief.edition, brief.brief)}"
        return replace(
            plain, told=short_date(brief.day), told_path=path, told_headline=brief.headline
        )


def _told(
    context: WebContext, entries: Iterable[Announcement]
) -> tuple[Mapping[Announcement, AnnouncementOutcome], Mapping[str, str]]:
    with context.store.read() as tx:
        found = outcomes(tx, context.briefing, entries, today=context.today)
        names = {one.brief.edition for one in found.values() if one.brief}
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
