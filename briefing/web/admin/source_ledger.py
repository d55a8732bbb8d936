"""The ledger of sources: what each publisher brought within a month or a year, counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.store import publishers
from briefing.store.publishers import PublisherCount
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.listing import Listing
from briefing.web.page import SitePage

_PATH = "/admin/sources/ledger"
#: Rows per page.
_PAGE = 50
#: Days to count, by the value of the field, and its label.
_SPANS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"": (30, "30 days"), "year": (365, "A year")}
)
#: Column label and sort key; the first is the default. Most comes first.
_SORTS: Mapping[str, tuple[str, Callable[[PublisherCount], Any]]] = MappingProxyType(
    {
        "reports": ("Reports", lambda one: (-one.reports, one.name.casefold())),
        "name": ("Publisher", lambda one: one.name.casefold()),
        "printed": ("Printed", lambda one: -one.printed),
        "corrected": ("Corrected", lambda one: -one.corrected),
        "first": ("First", lambda one: -one.first),
        "silent": ("Silent days", lambda one: -one.silent),
    }
)


def ledger(session: AdminSession) -> Response:
    """Show the counts of all publishers, or of those with the words asked for in their names."""
    today = session.request.at.astimezone(UTC).date()
    listing = Listing(_PATH, session.request.query, keys=("q", "span", "sort", "order"))
    span = listing.asked("span") if listing.asked("span") in _SPANS else ""
    since = today - timedelta(days=_SPANS[span][0] - 1)
    with session.context.store.read() as tx:
        counts = publishers.counts(tx, session.context.briefing, since=since, until=today)
    words = listing.asked("q").casefold()
    matching = [one for one in counts if words in one.name.casefold()]
    sort, ordered = listing.ordered(matching, {key: by for key, (_, by) in _SORTS.items()})
    first = (listing.page - 1) * _PAGE
    # A new order begins on the first page.
    heads = Listing(_PATH, session.request.query, keys=("q", "span"))
    return session.page(
        "source_ledger",
        listing=listing,
        heads={key: heads.head(key, label, sort=sort) for key, (label, _) in _SORTS.items()},
        spans={key: label for key, (_, label) in _SPANS.items()},
        span=span,
        known=len(counts),
        summary=f"{counted(len(counts), 'publisher')} since {since.day} {since:%B %Y}.",
        rows=ordered[first : first + _PAGE],
        begins=first + 1,
        total=len(matching),
        pages=listing.pages(len(matching), size=_PAGE),
    )


PAGES = (SitePage(_PATH, view(ledger)),)
