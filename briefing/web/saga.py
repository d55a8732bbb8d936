"""A saga: what each edition told of it, compared with the stored text; and its Atom feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import tostring

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.sagas import ProvedEntry, ShownProposal, ShownSaga, show
from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.press.wording import short_date
from briefing.store import Transaction, sagas
from briefing.store.sagas import SagaSummary
from briefing.web.edition import add_related, add_text, entry_of, feed_of
from briefing.web.request import WebRequest
from briefing.web.stored import ASK_AGAIN, anchors_in, cacheable, read

#: Sagas on a page of the list, and pages that may be asked for.
_MOST, _MOST_PAGES = 30, 10_000


@dataclass(frozen=True, slots=True)
class SagaEntryView:
    """One edition of a timeline, with its addresses."""

    #: "Thu 12 March 2026", and which day of the saga it was.
    words: str
    day: date
    number: int
    headline: str
    text: str
    publisher: str
    #: Path of its brief, and of the check of its sentence, in the edition.
    path: str
    check: str
    proved: bool
    #: When its edition was made, aware UTC.
    made: datetime
    #: Stories of its edition that are of the saga.
    strands: int
    #: Ids of other sagas that may be one with this, as its story shows.
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SagaView:
    """A saga for the template."""

    id: str
    title: str
    since: str
    #: The number of its last day, and of the editions that told it.
    day: int
    editions: int
    joined: tuple[str, ...]
    parted: str
    #: The newest first.
    entries: tuple[SagaEntryView, ...]
    #: Of each other saga that may be one with it: the story that shows it, the id of the other, and
    #: whether the story is of this one.
    proposals: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class ListedSaga:
    """A saga in the list."""

    id: str
    #: Its newest headline.
    title: str
    #: When it was told last: "Thu 12 March 2026".
    last: str
    #: "Day 9, 5 editions".
    facts: str


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
    saga = _asked(request)
    if saga.id != request.path["id"]:
        return Response(status_code=308, headers={"Location": f"{_base(request)}/saga/{saga.id}"})
    answer = request.site.page("saga", current="archive", saga=saga)
    return cacheable(request, answer, keep=ASK_AGAIN)


def feed(request: WebRequest) -> Response:
    """Give what editions told of a saga as an Atom feed (RFC 4287), the newest first."""
    saga = _asked(request)
    web, context = request.site.context.web, request.site.context
    own = f"{web}/saga/{saga.id}"
    root = feed_of(
        f"{context.name}: {saga.title}",
        own=f"{own}/feed",
        page=own,
        name=context.name,
        updated=saga.entries[0].made,
    )
    for one in saga.entries:
        title = f"Day {one.number}: {one.headline}"
        entry = entry_of(f"{web}{one.path}", title=title, made=one.made)
        add_text(entry, one.text)
        for other in one.also:
            add_related(entry, f"{web}/saga/{other}")
        root.append(entry)
    content = tostring(root, encoding="utf-8", xml_declaration=True)
    answer = Response(content, headers={"Content-Type": "application/atom+xml; charset=utf-8"})
    return cacheable(request, answer, keep=ASK_AGAIN)


def listed(request: WebRequest) -> Response:
    """List the sagas, those told last first."""
    context, asked = request.site.context, page_asked(request, "/sagas")
    with context.store.read() as tx:
        total, found = sagas.newest(tx, context.briefing, limit=asked.limit, offset=asked.offset)
    answer = request.site.page(
        "sagas",
        current="archive",
        sagas=tuple(map(_line, found)),
        total=total,
        pages=asked.others(total),
    )
    return cacheable(request, answer, keep=ASK_AGAIN)


def _line(one: SagaSummary) -> ListedSaga:
    day = (one.last - one.since).days + 1
    return ListedSaga(
        one.id,
        one.headline or one.id,
        f"{short_date(one.last)} {one.last.year}",
        f"Day {day}, {counted(one.editions, 'edition')}",
    )


def page_asked(request: WebRequest, path: str) -> ListPage:
    """Return the page of a list that an address asks for; the first if it names none."""
    given = request.query.get("page", "")
    known = given.isascii() and given.isdecimal() and len(given) < len(str(_MOST_PAGES))
    return ListPage(path, max(1, int(given)) if known else 1)


def _asked(request: WebRequest) -> SagaView:
    context = request.site.context
    try:
        with context.store.read() as tx:
            return _view(tx, show(tx, context.briefing, request.path["id"]))
    except InputError as error:
        raise HTTPException(404) from error


def _view(tx: Transaction, shown: ShownSaga) -> SagaView:
    saga = shown.saga
    entries = tuple(_entries(tx, shown))[::-1]
    return SagaView(
        id=saga.id,
        title=shown.last.headline or saga.id,
        since=f"{short_date(saga.since)} {saga.since.year}",
        day=entries[0].number,
        editions=len({one.entry.edition for one in shown.entries}),
        joined=saga.joined,
        parted=saga.parted,
        entries=entries,
        proposals=tuple(_proposed(one, saga.id) for one in shown.proposals),
    )


def _proposed(one: ShownProposal, id: str) -> tuple[str, str, bool]:
    it = one.proposal
    told = f"“{it.headline or it.story}” of {short_date(it.day)} {it.day.year}"
    return told, it.other if it.saga == id else it.saga, it.saga == id


def _entries(tx: Transaction, shown: ShownSaga) -> Iterator[SagaEntryView]:
    strands = Counter(one.entry.edition for one in shown.entries)
    stored = sagas.records_of(tx, {one.entry.edition for one in shown.entries})
    for one in shown.entries:
        entry, (text, made) = one.entry, stored[one.entry.edition]
        anchor = _anchor(text, one)
        yield SagaEntryView(
            words=f"{short_date(entry.day)} {entry.day.year}",
            day=entry.day,
            number=(entry.day - shown.saga.since).days + 1,
            headline=entry.headline,
            text=entry.sentence.text,
            publisher=one.source.publisher if one.source else "",
            path=f"/{entry.day}{'#' if anchor else ''}{anchor}",
            check=f"/{entry.day}#{anchor.replace('story', 'c')}" if anchor else "",
            proved=one.proved,
            made=made,
            strands=strands[entry.edition],
            also=tuple(
                each.proposal.other
                for each in shown.proposals
                if (each.proposal.edition, each.proposal.story) == (entry.edition, entry.story)
            ),
        )


def _anchor(text: str, one: ProvedEntry) -> str:
    """Return the id of the brief on the page of its edition; empty if that cannot be read."""
    anchors = anchors_in(text, one.entry.edition)
    if not anchors:
        return ""
    briefs = read(text, one.entry.edition).edition.briefs()
    stories = [brief.story for brief in briefs]
    return anchors[stories.index(one.entry.story)] if one.entry.story in stories else ""


def _base(request: WebRequest) -> str:
    return request.site.context.base
