"""The sources page: status and yield of each, failing ones first, and forms to add some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.model import SourceStatus, Step
from briefing.store import Transaction, sources, statistics
from briefing.web.admin.charts import Plot, sparkline
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.listing import Head, Listing
from briefing.web.admin.round import request_run
from briefing.web.admin.source_states import (
    DAYS,
    LOOK,
    STATES,
    address_of,
    path_of,
    site_of,
    state_of,
    title_of,
)
from briefing.web.admin.times import Times, times_in
from briefing.web.forms import FieldError
from briefing.web.page import ONLY_ACT, SitePage

#: Rows per page.
_PAGE = 50
#: Filters: key and label.
_SHOW: Mapping[str, str] = MappingProxyType(
    {"": "All", "look": "With problems", "well": "Well", "paused": "Paused"}
)
#: Messages shown once, by key.
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "imported": "The sources of the list are added. They are asked when sources are next read.",
        "over": "That preview is over: it is kept for an hour. Nothing has changed.",
        "gone": "This source no longer exists. Nothing has changed.",
    }
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A table row of a source."""

    name: str
    #: What identifies it.
    url: str
    state: str
    why: str
    answered: datetime | None
    #: New reports of today (UTC), and of all days; counted of all sources only to sort by them.
    today: int
    all: int = 0

    @property
    def address(self) -> str:
        """Its address as it may be shown."""
        return address_of(self.url)

    def below(self, *, alone: bool) -> str:
        """Return what tells it from others, below its name: its site, or if that does not, all."""
        if not alone:
            return self.address
        site = site_of(self.url)
        return "" if site in self.name else site


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Column label and sort key; the first is the default.
_SORTS: Mapping[str, tuple[str, Callable[[SourceRow], Any]]] = MappingProxyType(
    {
        "state": ("State", lambda row: (STATES.index(row.state), row.name.casefold())),
        "name": ("Source", lambda row: row.name.casefold()),
        "answer": ("Last answer", lambda row: row.answered or _LONG_AGO),
        "today": ("Today", lambda row: row.today),
        "all": (f"{DAYS} days", lambda row: row.all),
    }
)


def health(session: AdminSession) -> Response:
    """Show all or the requested sources."""
    return list_page(session)


def collect(session: AdminSession) -> Response:
    """Ask the round to read all sources now."""
    return request_run(session, Step.COLLECT, back="/admin/sources")


def list_page(
    session: AdminSession, *, written: str = "", wrong: tuple[FieldError, ...] = ()
) -> Response:
    """Show the page, with what is wrong in one of its forms."""
    times = times_in(session.zone, now=session.request.at)
    today = session.request.at.astimezone(UTC).date()
    listing = Listing("/admin/sources", session.request.query, keys=("q", "show", "sort", "order"))
    with session.context.store.read() as tx:
        rows = _rows(tx, times, today=today, sort=listing.asked("sort"))
        matching = _asked(rows, words=listing.asked("q"), show=listing.asked("show"))
        sort, ordered = listing.ordered(matching, {key: by for key, (_, by) in _SORTS.items()})
        first = (listing.page - 1) * _PAGE
        lines = _lines(tx, ordered[first : first + _PAGE], times, today=today)
    return session.page(
        "sources",
        status=422 if wrong else 200,
        listing=listing,
        heads=_heads(session, sort),
        summary=_summary(rows),
        show=_SHOW,
        known=len(rows),
        lines=lines,
        first=first + 1,
        total=len(matching),
        pages=listing.pages(len(matching), size=_PAGE),
        span=f"{_short(today - timedelta(days=DAYS - 1))} to {_short(today)}",
        today=sum(row.today for row in rows),
        can_try=session.context.trials is not None,
        can_collect=session.context.requests is not None,
        written=written,
        wrong=wrong,
    )


def _rows(tx: Transaction, times: Times, *, today: date, sort: str) -> list[SourceRow]:
    midnight = datetime.combine(today, time(), UTC)
    fresh_today, first = statistics.fresh_since(tx, midnight), timedelta(days=DAYS - 1)
    fresh = statistics.fresh_since(tx, midnight - first) if sort == "all" else {}
    return [
        _row(status, times, today=fresh_today, days=fresh) for status in sources.source_statuses(tx)
    ]


def _row(
    status: SourceStatus, times: Times, *, today: Mapping[str, int], days: Mapping[str, int]
) -> SourceRow:
    url = status.source.url
    state, why = state_of(status, times)
    return SourceRow(
        name=title_of(status.source),
        url=url,
        state=state,
        why=why,
        answered=status.answered,
        today=today.get(url, 0),
        all=days.get(url, 0),
    )


def _lines(
    tx: Transaction, rows: Sequence[SourceRow], times: Times, *, today: date
) -> list[dict[str, object]]:
    alike = Counter((row.name, site_of(row.url)) for row in rows)
    days = [statistics.source_days(tx, row.url, days=DAYS, until=today) for row in rows]
    return [
        {
            "row": row,
            "below": row.below(alone=alike[row.name, site_of(row.url)] == 1),
            "path": path_of(row.url),
            "answered": times.moment(row.answered),
            "all": sum(day.fresh or 0 for day in brought),
            "chart": _chart(row, brought),
        }
        for row, brought in zip(rows, days, strict=True)
    ]


def _asked(rows: Sequence[SourceRow], *, words: str, show: str) -> list[SourceRow]:
    text = words.casefold()
    return [
        row
        for row in rows
        if text in f"{row.name} {row.address}".casefold() and _is_shown(row, show)
    ]


def _is_shown(row: SourceRow, show: str) -> bool:
    if show == "paused":
        return row.state == "Paused"
    return show not in _SHOW or not show or (row.state in LOOK) == (show == "look")


def _summary(rows: Sequence[SourceRow]) -> str:
    look = sum(row.state in LOOK for row in rows)
    new, paused = (sum(row.state == state for row in rows) for state in ("New", "Paused"))
    well = len(rows) - look - new - paused
    counts = {"well": well, "with problems": look, "not fetched yet": new, "paused": paused}
    words = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    return f"{counted(len(rows), 'source')}: {words if well < len(rows) else 'all well'}."


def _heads(session: AdminSession, sort: str) -> dict[str, Head]:
    # A new order begins on the first page.
    listing = Listing("/admin/sources", session.request.query, keys=("q", "show"))
    return {key: listing.head(key, label, sort=sort) for key, (label, _) in _SORTS.items()}


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _chart(row: SourceRow, days: Sequence[statistics.SourceDay]) -> Plot | None:
    if row.answered is None and not any(day.failed for day in days):
        return None
    failed = [day.failed for day in days]
    number = sum(day.fresh or 0 for day in days)
    title = f"{counted(number, 'new report')} in {DAYS} days, {row.today} today"
    if any(failed):
        title = f"{title}; {counted(sum(failed), 'day')} without an answer"
    return sparkline([day.fresh for day in days], failed=failed, title=f"{title}.")


PAGES = (
    SitePage("/admin/sources", view(health, messages=MESSAGES)),
    SitePage("/admin/sources/collect", view(collect, posts=True), ONLY_ACT),
)
