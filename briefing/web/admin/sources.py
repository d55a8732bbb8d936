"""The sources page: status and yield of each, failing ones first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.model import SourceStatus
from briefing.store import Transaction, sources, statistics
from briefing.web.admin.attention import name_of
from briefing.web.admin.charts import Plot, sparkline
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.listing import Head, Listing
from briefing.web.admin.times import Times, times_in
from briefing.web.page import SitePage

_SCHEME = re.compile("^https?://")
#: Days of the sparklines.
_DAYS = 14
_SILENT = timedelta(days=_DAYS)
#: States, worst first; see :data:`_LOOK` for those that need attention.
_STATES = ("Failing", "Silent", "Moved", "Waiting", "New", "Well")
_LOOK = _STATES[:4]
#: Filters: key and label.
_SHOW: Mapping[str, str] = MappingProxyType({"": "All", "look": "With problems", "well": "Well"})


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A table row of a source."""

    name: str
    #: Without the query, which may hold a key.
    address: str
    state: str
    why: str
    answered: datetime | None
    #: Seconds of the last fetch; None before the first.
    seconds: float | None
    #: New reports a day, oldest first; None: no answer.
    days: tuple[int | None, ...]

    @property
    def today(self) -> int:
        """New reports of today."""
        return self.days[-1] or 0

    @property
    def all(self) -> int:
        """New reports of all days."""
        return sum(day or 0 for day in self.days)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Column label and sort key; the first is the default.
_SORTS: Mapping[str, tuple[str, Callable[[SourceRow], Any]]] = MappingProxyType(
    {
        "state": ("State", lambda row: (_STATES.index(row.state), row.name.casefold())),
        "name": ("Source", lambda row: row.name.casefold()),
        "answer": ("Last answer", lambda row: row.answered or _LONG_AGO),
        "today": ("Today", lambda row: row.today),
        "all": (f"{_DAYS} days", lambda row: row.all),
    }
)


def health(session: AdminSession) -> Response:
    """Show all or the requested sources."""
    times = times_in(session.zone, now=session.request.at)
    today = session.request.at.astimezone(UTC).date()
    with session.context.store.read() as tx:
        rows = [_line(tx, status, times, today=today) for status in sources.source_statuses(tx)]
    listing = Listing("/admin/sources", session.request.query, keys=("q", "show"))
    matching = _asked(rows, words=listing.asked("q"), show=listing.asked("show"))
    sort, lines = listing.ordered(matching, {key: by for key, (_, by) in _SORTS.items()})
    return session.page(
        "sources",
        listing=listing,
        heads=_heads(listing, sort),
        summary=_summary(rows),
        show=_SHOW,
        known=len(rows),
        lines=[(row, times.moment(row.answered), _chart(row)) for row in lines],
        span=f"{_short(today - timedelta(days=_DAYS - 1))} to {_short(today)}",
    )


def _line(tx: Transaction, status: SourceStatus, times: Times, *, today: date) -> SourceRow:
    url = status.source.url
    last = sources.visits(tx, url, limit=1)
    state, why = _state(status, times)
    return SourceRow(
        name=name_of(status.source),
        address=_SCHEME.sub("", url.partition("?")[0]),
        state=state,
        why=why,
        answered=status.answered,
        seconds=last[0].seconds if last else None,
        days=statistics.source_days(tx, url, days=_DAYS, until=today),
    )


def _state(status: SourceStatus, times: Times) -> tuple[str, str]:
    """Return the state of a source and the reason."""
    if status.failing_since is not None:
        visits = counted(status.failures, "visit")
        return "Failing", f"{status.reason}; since {times.moment(status.failing_since)}, {visits}"
    if status.visited is None:
        return "New", "not asked yet"
    if status.retry_at is not None and status.retry_at > times.now:
        return "Waiting", f"asked us to wait until {times.moment(status.retry_at)}"
    if times.now - (status.fresh_at or status.added) > _SILENT:
        return "Silent", f"nothing new since {times.moment(status.fresh_at or status.added)}"
    if status.moved_to:
        return "Moved", "to another address, which is now used"
    return "Well", ""


def _asked(rows: Sequence[SourceRow], *, words: str, show: str) -> list[SourceRow]:
    text = words.casefold()
    return [
        row
        for row in rows
        if text in f"{row.name} {row.address}".casefold()
        and (show not in {"look", "well"} or (row.state in _LOOK) == (show == "look"))
    ]


def _summary(rows: Sequence[SourceRow]) -> str:
    look = sum(row.state in _LOOK for row in rows)
    if not look:
        return f"{counted(len(rows), 'source')}: all well."
    return f"{counted(len(rows), 'source')}: {len(rows) - look} well, {look} with problems."


def _heads(listing: Listing, sort: str) -> dict[str, Head]:
    return {key: listing.head(key, label, sort=sort) for key, (label, _) in _SORTS.items()}


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _chart(row: SourceRow) -> Plot:
    silent = sum(day is None for day in row.days)
    title = f"{counted(row.all, 'new report')} in {_DAYS} days, {row.today} today"
    return sparkline(
        row.days,
        title=f"{title}; {counted(silent, 'day')} without an answer." if silent else f"{title}.",
    )


PAGES = (SitePage("/admin/sources", view(health)),)
