"""Watch-lists that readers may choose: what editions printed of each, by day, proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.watch_lists import ProvedStory, WatchSummary, show, summaries
from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.press.wording import short_date
from briefing.web.request import WebRequest
from briefing.web.saga import page_asked
from briefing.web.stored import ASK_AGAIN, cacheable

#: Entries whose counts are shown, the most often named ones.
_MOST_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class WatchedStoryView:
    """A story that names entries, with its address."""

    story: ProvedStory
    #: Empty for readers: what a list says is the desk's own.
    entries: str
    #: Path of the story in the edition.
    path: str
    #: Its section as printed, or "Also today".
    section: str


@dataclass(frozen=True, slots=True)
class WatchedDay:
    """The stories of one day."""

    #: "Thu 12 March 2026".
    words: str
    day: date
    stories: tuple[WatchedStoryView, ...]


def listed(request: WebRequest) -> Response:
    """List the watch-lists that readers may choose."""
    rows = [row for row in counted_lists(request) if row[0].name in request.site.context.lists]
    answer = request.site.page("watch", current="archive", lists=rows)
    return cacheable(request, answer, keep=ASK_AGAIN)


def counted_lists(request: WebRequest) -> tuple[tuple[WatchSummary, str, str], ...]:
    """Return all lists, with their counts and their last day in words."""
    context = request.site.context
    with context.store.read() as tx:
        found = summaries(tx, context.briefing, context.watch, today=context.today)
    return tuple((one, _counts(one), _day(one.last) if one.last else "") for one in found)


def page(request: WebRequest) -> Response:
    """Show what editions printed of a list that readers may choose, by day."""
    if request.path["name"] not in request.site.context.lists:
        raise HTTPException(404)
    answer = request.site.page("watched", current="archive", **named_by_day(request, "/watch"))
    return cacheable(request, answer, keep=ASK_AGAIN)


def named_by_day(request: WebRequest, lists: str, *, private: bool = False) -> dict[str, Any]:
    """Return what the page of a list shows.

    Args:
        request: names the list in its path.
        lists: path of all lists.
        private: whether it shows the entries as well.

    Raises:
        HTTPException: there is no such list (404).
    """
    context, name = request.site.context, request.path["name"]
    asked = page_asked(request, f"{lists}/{name}")
    with context.store.read() as tx:
        try:
            shown = show(
                tx,
                context.briefing,
                name,
                lists=context.watch,
                today=context.today,
                limit=asked.limit,
                offset=asked.offset,
            )
        except InputError as error:
            raise HTTPException(404) from error
    days = groupby(shown.stories, key=lambda one: one.story.day)
    named = [(entry, count) for entry, count in shown.entries.items() if count]
    return {
        "lists": lists,
        "summary": shown.summary,
        "counts": _counts(shown.summary),
        "entries": named[:_MOST_ENTRIES] if private else (),
        "silent": sum(not count for count in shown.entries.values()),
        "days": tuple(
            WatchedDay(_day(day), day, tuple(_story(request, one, private=private) for one in own))
            for day, own in days
        ),
        "pages": asked.others(shown.days),
    }


def _day(day: date) -> str:
    return f"{short_date(day)} {day.year}"


def _counts(one: WatchSummary) -> str:
    return f"{counted(one.week, 'story')} in 7 days, {one.month} in 30"


def _story(request: WebRequest, proved: ProvedStory, *, private: bool) -> WatchedStoryView:
    story = proved.story
    heading = request.site.context.heading(story.section) if story.section else ""
    return WatchedStoryView(
        proved,
        ", ".join(story.entries) if private else "",
        f"/{story.day}#watched-{story.story}",
        "Also today" if story.named else heading,
    )
