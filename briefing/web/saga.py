"""A saga: what each edition told of it, compared with the stored text; and its Atom feed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.sagas import ShownSaga, show
from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.core.model import Brief
from briefing.press.wording import short_date
from briefing.store import sagas
from briefing.web.edition import add_related, add_text, entry_of, feed_answer, feed_of
from briefing.web.request import WebRequest
from briefing.web.stored import ASK_AGAIN, anchors_in, cacheable, read

#: Sagas on a page of the list, and pages that may be asked for.
_MOST, _MOST_PAGES = 30, 10_000


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list of sagas."""

    #: Of the list.
    path: str
    #: 1 for the first.
    number: int
    limit: int = _MOST

    @property
    def offset(self) -> int:
        """Sagas before it."""
        return (self.number - 1) * self.limit

    def others(self, total: int) -> list[tuple[str, str]]:
        """Return label and path of the pages beside it."""
        newer = [("Newer", f"{self.path}?page={self.number - 1}")] if self.number > 1 else []
        more = self.number * self.limit < total
        return newer + ([("Older", f"{self.path}?page={self.number + 1}")] if more else [])


def page(request: WebRequest) -> Response:
    """Show a saga; the address of one that was joined to another leads there."""
    shown, entries = _read(request)
    saga = shown.saga
    if saga.id != request.path["id"]:
        path = f"{request.site.context.base}/saga/{saga.id}"
        return Response(status_code=308, headers={"Location": path})
    proposals = [
        (
            f"“{it.headline or it.story}” of {dated(it.day)}",
            it.other if it.saga == saga.id else it.saga,
            it.saga == saga.id,
        )
        for it in (shown_proposal.proposal for shown_proposal in shown.proposals)
    ]
    view = {
        "id": saga.id,
        "title": shown.last.headline or saga.id,
        "since": dated(saga.since),
        "day": entries[0]["number"],
        "editions": len({each.entry.edition for each in shown.entries}),
        "joined": saga.joined,
        "parted": saga.parted,
        "entries": entries,
        # The story that shows the other saga, its id, and whether the story is of this one.
        "proposals": proposals,
    }
    answer = request.site.page("saga", current="archive", saga=view)
    return cacheable(request, answer, keep=ASK_AGAIN)


def feed(request: WebRequest) -> Response:
    """Give what editions told of a saga as an Atom feed (RFC 4287), the newest first."""
    shown, entries = _read(request)
    web, context = request.site.context.web, request.site.context
    own = f"{web}/saga/{shown.saga.id}"
    root = feed_of(
        f"{context.name}: {shown.last.headline or shown.saga.id}",
        own=f"{own}/feed",
        page=own,
        name=context.name,
        updated=entries[0]["made"],
    )
    for each in entries:
        title = f"Day {each['number']}: {each['headline']}"
        entry = entry_of(f"{web}{each['path']}", title=title, made=each["made"])
        add_text(entry, each["text"])
        for other in each["also"]:
            add_related(entry, f"{web}/saga/{other}")
        root.append(entry)
    return feed_answer(request, root)


def listed(request: WebRequest) -> Response:
    """List the sagas, those told last first."""
    context, asked = request.site.context, page_asked(request, "/sagas")
    with context.store.read() as tx:
        total, newest = sagas.newest(tx, context.briefing, limit=asked.limit, offset=asked.offset)
    rows = [
        {
            "id": saga.id,
            "title": saga.headline or saga.id,
            "last": dated(saga.last),
            "facts": f"Day {(saga.last - saga.since).days + 1}, "
            f"{counted(saga.editions, 'edition')}",
        }
        for saga in newest
    ]
    answer = request.site.page(
        "sagas", current="archive", sagas=rows, total=total, pages=asked.others(total)
    )
    return cacheable(request, answer, keep=ASK_AGAIN)


def dated(day: date) -> str:
    """Return a day such as "Thu 12 March 2026"."""
    return f"{short_date(day)} {day.year}"


def _read(request: WebRequest) -> tuple[ShownSaga, list[dict[str, Any]]]:
    """Return a saga and its entries for the template, the newest first."""
    context = request.site.context
    try:
        with context.store.read() as tx:
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
        stories = [brief.story for brief in _briefs(text, entry.edition)]
        anchor = ""
        if entry.story in stories:
            anchor = anchors_in(text, entry.edition)[stories.index(entry.story)]
        entries.append(
            {
                "words": dated(entry.day),
                "day": entry.day,
                "number": (entry.day - shown.saga.since).days + 1,
                "headline": entry.headline,
                "text": entry.sentence.text,
                "publisher": proved.source.publisher if proved.source else "",
                # Of its brief, and of the check of its sentence, in the edition.
                "path": f"/{entry.day}{'#' if anchor else ''}{anchor}",
                "check": f"/{entry.day}#{anchor.replace('story', 'c')}" if anchor else "",
                "proved": proved.proved,
                "made": made,
                # Stories of its edition that are of the saga.
                "strands": strands[entry.edition],
                # Other sagas that may be one with this, as its story shows.
                "also": also.get((entry.edition, entry.story), []),
            }
        )
    return shown, entries[::-1]


def _briefs(text: str, edition: str) -> Iterable[Brief]:
    """Return the briefs of an edition; none of one that cannot be read."""
    return read(text, edition).edition.briefs() if anchors_in(text, edition) else ()


def page_asked(request: WebRequest, path: str) -> ListPage:
    """Return the page of a list that an address asks for; the first if it names none."""
    given = request.query.get("page", "")
    known = given.isascii() and given.isdecimal() and len(given) < len(str(_MOST_PAGES))
    return ListPage(path, max(1, int(given)) if known else 1)
