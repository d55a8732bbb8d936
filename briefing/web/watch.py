"""Watch-lists that readers may choose: what editions printed of each, by day, proved."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.watch_lists import WatchSummary, show, summaries
from briefing.core.errors import InputError
from briefing.press.wording import translate as _
from briefing.web.forms import Listing
from briefing.web.request import WebRequest
from briefing.web.saga import MOST
from briefing.web.stored import public_page

#: Entries whose counts are shown, the most often named ones.
_MOST_ENTRIES = 20


def listed(request: WebRequest) -> Response:
    """List the watch-lists that readers may choose."""
    lists = [each for each in counted_lists(request) if each.name in request.context.lists]
    return public_page(request, "watch", current="archive", lists=lists)


def counted_lists(request: WebRequest) -> tuple[WatchSummary, ...]:
    """Return all lists, with their counts."""
    context = request.context
    with request.read() as tx:
        return summaries(tx, context.briefing, context.watch, today=context.today)


def page(request: WebRequest) -> Response:
    """Show what editions printed of a list that readers may choose, by day."""
    if request.path["name"] not in request.context.lists:
        raise HTTPException(404)
    return public_page(request, "watched", current="archive", **named_by_day(request, "/watch"))


def named_by_day(request: WebRequest, lists: str, *, private: bool = False) -> dict[str, Any]:
    """Return what the page of the list in the address shows; its entries only if it is private.

    ``lists`` is the path of all lists.

    Raises:
        HTTPException: there is no such list (404).
    """
    context, name = request.context, request.path["name"]
    listing = Listing(f"{lists}/{name}", request.query)
    try:
        with request.read() as tx:
            shown = show(
                tx,
                context.briefing,
                name,
                lists=context.watch,
                today=context.today,
                limit=MOST,
                offset=(listing.page - 1) * MOST,
            )
    except InputError as error:
        raise HTTPException(404) from error
    named = [(entry, count) for entry, count in shown.entries.items() if count]
    return {
        "lists": lists,
        "summary": shown.summary,
        "entries": named[:_MOST_ENTRIES] if private else (),
        "silent": len(shown.entries) - len(named),
        # What a list says is the desk's own.
        "private": private,
        "stories": shown.stories,
        "pages": listing.pages(shown.days, size=MOST, labels=(_("Newer"), _("Older"))),
    }
