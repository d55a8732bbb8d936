"""The ledger of sources: what publishers brought, and what of it was printed."""

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from typing import Any

from starlette.responses import Response

from briefing.core.messages import Translatable
from briefing.press.wording import say
from briefing.store import statistics
from briefing.store.statistics import PublisherCount
from briefing.web.admin.frame import AdminSession, admin_page
from briefing.web.catalog import ngettext
from briefing.web.forms import Listing

_PATH = "/admin/sources/ledger"
#: Rows per page.
_PAGE = 50
#: Days to count, by the value of the field, and its label.
_SPANS: Mapping[str, tuple[int, str]] = {
    "": (30, Translatable("30 days")),
    "year": (365, Translatable("A year")),
}
#: Column label and sort key; the first is the default. Most comes first.
_LEDGER_SORTS: Mapping[str, tuple[str, Callable[[PublisherCount], Any]]] = {
    "reports": (Translatable("Reports"), lambda each: (-each.reports, each.name.casefold())),
    "name": (Translatable("Publisher"), lambda each: each.name.casefold()),
    "printed": (Translatable("Printed"), lambda each: -each.printed),
    "corrected": (Translatable("Corrected"), lambda each: -each.corrected),
    "first": (Translatable("First"), lambda each: -each.first),
    "silent": (Translatable("Silent days"), lambda each: -each.silent),
}


def ledger(session: AdminSession) -> Response:
    """Show the counts of all publishers, or of those with the words asked for in their names."""
    today = session.at.astimezone(UTC).date()
    listing = Listing(_PATH, session.request.query, keys=("q", "span", "sort", "order"))
    span = listing.asked("span") if listing.asked("span") in _SPANS else ""
    since = today - timedelta(days=_SPANS[span][0] - 1)
    counts = session.request.look(
        statistics.publisher_counts, session.briefing, since=since, until=today
    )
    words = listing.asked("q").casefold()
    matching = [each for each in counts if words in each.name.casefold()]
    return session.page(
        "source_ledger",
        **listing.table(matching, _LEDGER_SORTS, size=_PAGE),
        spans={key: label for key, (_, label) in _SPANS.items()},
        span=span,
        known=len(counts),
        summary=ngettext(
            "{n} publisher since {day}.",
            "{n} publishers since {day}.",
            len(counts),
            day=say().day(since, say().date_of_year),
        ),
    )


PAGES = (admin_page(_PATH, ledger),)
