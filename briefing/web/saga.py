"""Sagas and watch-lists: what each edition printed of them, verified; and the feed of a saga."""

from collections import Counter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app import watch_lists as lists_of
from briefing.app.sagas import ShownSaga, show
from briefing.core.errors import InputError
from briefing.core.model import place_of
from briefing.press.wording import _, say
from briefing.store import sagas
from briefing.web.edition import feed_of
from briefing.web.forms import Listing
from briefing.web.request import WebRequest
from briefing.web.stored import anchors_in, public_page, read

#: Sagas, or days of a list, per page.
MOST = 30


def page(request: WebRequest) -> Response:
    """Show a saga; redirect from a merged saga to the one that contains it."""
    shown, entries = _read(request)
    saga = shown.saga
    if saga.id != request.path["id"]:
        path = f"{request.context.base}/saga/{saga.id}"
        return Response(status_code=308, headers={"Location": path})
    return public_page(request, "saga", current="archive", shown=shown, saga=saga, entries=entries)


def feed(request: WebRequest) -> Response:
    """Return a saga's entries in editions as an Atom feed (RFC 4287), the newest first."""
    shown, entries = _read(request)
    web, saga = request.context.web, shown.saga.id
    for each in entries:
        printed, anchor = each["entry"], each["anchor"]
        day = say().saga_day.format(n=each["number"])
        each |= {
            "address": f"{web}/{place_of(printed.edition)}{'#' if anchor else ''}{anchor}",
            "title": f"{day}{say().colon}{printed.headline}",
            "pdf_bytes": 0,
            "summary": printed.sentence.text,
            "content": "",
        }
    own, title = (
        f"{web}/saga/{saga}",
        f"{request.context.settings.name}: {shown.last.headline or saga}",
    )
    updated = entries[0]["made"]
    return feed_of(request, title, own=f"{own}/feed", page=own, updated=updated, entries=entries)


def listed(request: WebRequest) -> Response:
    """List the sagas, the latest printed first."""
    return public_page(request, "sagas", current="archive", **page_of_sagas(request, "/sagas"))


def page_of_sagas(request: WebRequest, path: str) -> dict[str, Any]:
    """Return the requested page of sagas, the number of all, and the links to other pages."""
    context, listing = request.context, Listing(path, request.query)
    with request.read() as tx:
        offset = (listing.page - 1) * MOST
        total, newest = sagas.newest(tx, context.briefing, limit=MOST, offset=offset)
    pages = listing.pages(total, size=MOST, labels=(_("Newer"), _("Older")))
    return {"sagas": newest, "total": total, "pages": pages}


def _read(request: WebRequest) -> tuple[ShownSaga, list[dict[str, Any]]]:
    """Return a saga and its entries for the template, the newest first."""
    context = request.context
    try:
        with request.read() as tx:
            shown = show(tx, context.briefing, request.path["id"])
            stored = sagas.records_of(tx, {each.entry.edition for each in shown.entries})
    except InputError as error:
        raise HTTPException(404) from error
    strands = Counter(each.entry.edition for each in shown.entries)
    also: dict[tuple[str, str], list[str]] = {}
    for each in shown.proposals:
        it = each.proposal
        also.setdefault((it.edition, it.story), []).append(it.other)
    entries = []
    for proved in shown.entries:
        entry = proved.entry
        text, made = stored[entry.edition]
        # Empty for an edition that cannot be read; those after the briefs' are of named stories.
        anchors = anchors_in(text, entry.edition)
        briefs = read(text, entry.edition).edition.briefs() if anchors else ()
        own = (
            anchor
            for brief, anchor in zip(briefs, anchors, strict=False)
            if brief.story == entry.story
        )
        entries.append(
            {
                "told": proved,
                "entry": entry,
                "number": (entry.day - shown.saga.since).days + 1,
                # That of its brief in the edition.
                "anchor": next(own, ""),
                "made": made,
                # Stories of its edition that belong to the saga.
                "strands": strands[entry.edition],
                # Other sagas that may be the same, since its story belongs to both.
                "also": also.get((entry.edition, entry.story), []),
            }
        )
    return shown, entries[::-1]


#: Most entries whose counts are shown, the most frequently named ones.
_MOST_ENTRIES = 20


def watch_lists(request: WebRequest) -> Response:
    """List the watch-lists that readers may choose."""
    lists = [
        each
        for each in counted_lists(request)
        if each.name in request.context.settings.offered.lists
    ]
    return public_page(request, "watch", current="archive", lists=lists)


def counted_lists(request: WebRequest) -> tuple[lists_of.WatchSummary, ...]:
    """Return all lists, with their counts."""
    context = request.context
    return request.look(
        lists_of.summaries, context.briefing, context.settings.watched, today=context.today
    )


def watch_list(request: WebRequest) -> Response:
    """Show what editions printed for a list that readers may choose, by day."""
    if request.path["name"] not in request.context.settings.offered.lists:
        raise HTTPException(404)
    return public_page(request, "watched", current="archive", **named_by_day(request, "/watch"))


def named_by_day(request: WebRequest, lists: str, *, private: bool = False) -> dict[str, Any]:
    """Return what the page of a list shows; entries only if ``private``.

    ``lists`` is the path of the page of all lists.

    Raises:
        HTTPException: the list does not exist (404).
    """
    context, name = request.context, request.path["name"]
    listing = Listing(f"{lists}/{name}", request.query)
    try:
        shown = request.look(
            lists_of.show,
            context.briefing,
            name,
            lists=context.settings.watched,
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
        # The entries of a list are the desk's own.
        "private": private,
        "stories": shown.stories,
        "pages": listing.pages(shown.days, size=MOST, labels=(_("Newer"), _("Older"))),
    }
