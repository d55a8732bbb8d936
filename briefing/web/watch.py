"""Watch-lists that readers may choose: what editions printed of each, by day, proved."""

from itertools import groupby
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.watch_lists import ProvedStory, WatchSummary, show, summaries
from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.web.context import WebContext
from briefing.web.request import WebRequest
from briefing.web.saga import dated, page_asked
from briefing.web.stored import ASK_AGAIN, cacheable

#: Entries whose counts are shown, the most often named ones.
_MOST_ENTRIES = 20


def listed(request: WebRequest) -> Response:
    """List the watch-lists that readers may choose."""
    rows = [row for row in counted_lists(request) if row[0].name in request.site.context.lists]
    answer = request.site.page("watch", current="archive", lists=rows)
    return cacheable(request, answer, keep=ASK_AGAIN)


def counted_lists(request: WebRequest) -> list[tuple[WatchSummary, str, str]]:
    """Return all lists, with their counts and their last day in words."""
    context = request.site.context
    with context.store.read() as tx:
        lists = summaries(tx, context.briefing, context.watch, today=context.today)
    return [(row, _counts(row), dated(row.last) if row.last else "") for row in lists]


def _counts(summary: WatchSummary) -> str:
    return f"{counted(summary.week, 'story')} in 7 days, {summary.month} in 30"


def page(request: WebRequest) -> Response:
    """Show what editions printed of a list that readers may choose, by day."""
    if request.path["name"] not in request.site.context.lists:
        raise HTTPException(404)
    answer = request.site.page("watched", current="archive", **named_by_day(request, "/watch"))
    return cacheable(request, answer, keep=ASK_AGAIN)


def named_by_day(request: WebRequest, lists: str, *, private: bool = False) -> dict[str, Any]:
    """Return what the page of the list in the address shows; its entries only if it is private.

    ``lists`` is the path of all lists.

    Raises:
        HTTPException: there is no such list (404).
    """
    context, name = request.site.context, request.path["name"]
    asked = page_asked(request, f"{lists}/{name}")
    try:
        with context.store.read() as tx:
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
    named = [(entry, count) for entry, count in shown.entries.items() if count]
    return {
        "lists": lists,
        "summary": shown.summary,
        "counts": _counts(shown.summary),
        "entries": named[:_MOST_ENTRIES] if private else (),
        "silent": len(shown.entries) - len(named),
        "days": [
            {
                "words": dated(day),
                "day": day,
                "stories": [
                    {
                        "story": proved,
                        # What a list says is the desk's own.
                        "entries": ", ".join(proved.story.entries) if private else "",
                        "path": f"/{day}#watched-{proved.story.story}",
                        "section": _section(context, proved),
                    }
                    for proved in stories
                ],
            }
            for day, stories in groupby(shown.stories, key=lambda proved: proved.story.day)
        ],
        "pages": asked.others(shown.days),
    }


def _section(context: WebContext, proved: ProvedStory) -> str:
    """Return the section of a story as printed, or "Also today"."""
    section = "" if proved.story.named else proved.story.section
    return "Also today" if proved.story.named else context.heading(section) if section else ""
