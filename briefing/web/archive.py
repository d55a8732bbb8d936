"""The archive page: full-text search in printed editions, and a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from itertools import groupby

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.schedule import zone
from briefing.press.dates import short_date
from briefing.store import Transaction, editions
from briefing.store import archive as printed
from briefing.store.archive import Hit, PassageKind, words_of
from briefing.web.cached import ASK_AGAIN, cacheable
from briefing.web.context import WebContext
from briefing.web.dates import near
from briefing.web.month import month_of
from briefing.web.request import WebRequest
from briefing.web.search_query import (
    ON_A_PAGE,
    ArchiveQuery,
    marked,
    nothing_found,
    read_question,
    wider,
)
from briefing.web.stored import anchors_in, zone_of

#: Number of wider searches to suggest.
_WIDER = 2
_STATUSES = ("new", "undated", "developing", "continuing")


@dataclass(frozen=True, slots=True)
class HitView:
    """A search result, formatted."""

    hit: Hit
    #: Of its story on the page of its day; empty if the record does not tell.
    anchor: str
    headline: tuple[tuple[str, bool], ...]
    sentence: tuple[tuple[str, bool], ...]
    #: Which kind of passage beside the news; empty for a sentence of the brief.
    kind: str
    beside: tuple[tuple[str, bool], ...]
    publishers: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class ArchiveDay:
    """The results of one edition, in printed order, the top story first."""

    day: date
    #: "Thu 12 March 2026".
    words: str
    number: int
    hits: tuple[HitView, ...]


def search(request: WebRequest) -> Response:
    """Show what was printed, newest first."""
    context, asked = request.site.context, read_question(request.query)
    today = _today(request)
    with context.store.read() as tx:
        start = (asked.page - 1) * ON_A_PAGE
        results = printed.SearchPage(0, ())
        if not asked.problems:
            results = printed.search(
                tx, context.briefing, asked.question, limit=ON_A_PAGE, offset=start
            )
        more = () if results.total or asked.problems else tuple(_wider(tx, context, asked))
        month = month_of(tx, context, _first(tx, context, asked, today=today), today=today)
        names = printed.publishers(tx, context.briefing)
        records = editions.records_of(tx, (hit.edition for hit in results.hits))
    words = words_of(asked.question.words)
    answer = request.site.page(
        "archive",
        status=422 if asked.problems else 200,
        current="archive",
        asked=asked,
        found=results,
        days=tuple(_days(results.hits, words, records)),
        title=_title(results.total, asked),
        nothing=nothing_found(asked, heading=context.heading),
        shown=_range_text(results.total, start, len(results.hits)),
        wider=more,
        pages=_pages(asked, results.total),
        month=month,
        publishers=_with(names, asked.question.publisher),
        sections=_with(context.sections, asked.question.section),
        statuses=_STATUSES,
    )
    if asked.problems:
        return answer
    return cacheable(request, answer, keep=ASK_AGAIN, often=not request.query)


def _first(tx: Transaction, context: WebContext, asked: ArchiveQuery, *, today: date) -> date:
    """Return a day of the month to show: the one asked for, else that of the last edition."""
    last, _ = printed.neighbours(tx, context.briefing, today + timedelta(days=1))
    return near(asked.month or asked.question.until or last or today)


def _with(names: Iterable[str], chosen: str) -> tuple[str, ...]:
    """Return the options, including the chosen one even if it is unknown."""
    return tuple(dict.fromkeys([*names, *filter(None, [chosen])]))


def _today(request: WebRequest) -> date:
    return request.at.astimezone(zone(zone_of(request.site.context)) or UTC).date()


def _title(total: int, asked: ArchiveQuery) -> str:
    if total:
        return counted(total, "story")
    return "Nothing printed yet" if asked.empty else "Nothing found"


def _range_text(total: int, start: int, many: int) -> str:
    if not many:
        return ""
    if many == total:
        return f"All {total} shown, newest first."
    return f"{start + 1} to {start + many} of {total}, newest first."


def _days(
    hits: Sequence[Hit], words: tuple[str, ...], records: Mapping[str, str]
) -> Iterator[ArchiveDay]:
    """Group results, which come by day, by their edition."""
    for name, group in groupby(hits, key=lambda hit: hit.edition):
        own = tuple(group)
        anchors = anchors_in(records[name], name)
        yield ArchiveDay(
            own[0].day,
            f"{short_date(own[0].day)} {own[0].day.year}",
            own[0].number,
            tuple(_hit(hit, words, anchors) for hit in own),
        )


def _hit(hit: Hit, words: tuple[str, ...], anchors: Sequence[str]) -> HitView:
    return HitView(
        hit,
        anchors[hit.brief] if hit.brief < len(anchors) else "",
        marked(hit.headline, words),
        marked(hit.sentence, words),
        "" if hit.kind is PassageKind.SENTENCE else hit.kind.value,
        marked(hit.beside, words),
        marked(", ".join(hit.publishers), words),
    )


def _wider(tx: Transaction, context: WebContext, asked: ArchiveQuery) -> Iterator[tuple[str, str]]:
    """Yield label and path of the first wider searches that have results."""
    left = _WIDER
    for label, question, path in wider(asked):
        total = printed.search(tx, context.briefing, question, limit=1).total if left else 0
        if total:
            left -= 1
            yield f"{label}: {counted(total, 'story')}", path


def _pages(asked: ArchiveQuery, total: int) -> tuple[tuple[str, str], ...]:
    """Return label and path of the pages before and after."""
    last = -(-total // ON_A_PAGE)
    beside = []
    if asked.page > 1 and total:
        beside.append(("Newer", asked.path(page=str(min(asked.page - 1, last)))))
    if asked.page < last:
        beside.append(("Older", asked.path(page=str(asked.page + 1))))
    return tuple(beside)
