"""The list of subscribers: search, pages, and a form to invite one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from itertools import islice
from types import MappingProxyType

from starlette.responses import Response

from briefing.app.readers.administration import invite
from briefing.core.counting import counted
from briefing.core.errors import UsageError
from briefing.core.model import Delivery, DeliveryStatus, State, Subscriber
from briefing.press.wording import often
from briefing.store import Transaction, histories, statistics, subscribers
from briefing.web.admin.charts import Column, Plot, columns
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.listing import Listing
from briefing.web.admin.subscriber import STATES, STATUSES
from briefing.web.admin.times import Times, times_in
from briefing.web.forms import FieldError, read_address
from briefing.web.page import ONLY_ACT, SitePage

#: Rows per page, and days of the plot.
_PAGE, _DAYS = 50, 30
#: Messages shown once, by key.
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "asked": "A confirmation mail was sent. Nothing else is sent until they confirm.",
        "forgotten": "Removed. The address is no longer stored.",
    }
)


@dataclass(frozen=True, slots=True)
class _ResultPage:
    """One page of matching subscribers."""

    rows: tuple[tuple[Subscriber, Delivery | None], ...]
    #: Number of matches on all pages.
    total: int


def csv(session: AdminSession) -> Response:
    """Show the requested subscribers."""
    return _list(session)


def add(session: AdminSession) -> Response:
    """Send a confirmation mail, as the public form does."""
    context = session.context
    if context.sender is None:
        return session.request.site.error(503)
    written, address, wrong = read_address(session.request.fields)
    if wrong:
        return _list(session, written=written, wrong=wrong)
    try:
        session.change(invite, address, preferences=context.usual, limits=context.limits)
    except UsageError as error:
        refused = FieldError("mail", f"This address {error}.", "Nothing was sent")
        return _list(session, written=written, wrong=(refused,))
    return session.request.site.send_mail_after(session.back("/admin/subscribers", message="asked"))


def _list(
    session: AdminSession, *, written: str = "", wrong: tuple[FieldError, ...] = ()
) -> Response:
    times = times_in(session.zone, now=session.request.at)
    listing = Listing("/admin/subscribers", session.request.query, keys=("q", "state"))
    with session.context.store.read() as tx:
        counts = subscribers.counts(tx)
        results = _matching(tx, listing, counts)
        today = times.now.astimezone(UTC).date()
        by_day = statistics.subscribers_by_day(tx, days=_DAYS, until=today)
    return session.page(
        "subscribers",
        status=422 if wrong else 200,
        listing=listing,
        states={state: f"{STATES[state]}, {counts[state]}" for state in State if state in counts},
        everybody=sum(counts.values()),
        total=results.total,
        first=(listing.page - 1) * _PAGE + 1,
        rows=[_row(subscriber, last, times) for subscriber, last in results.rows],
        pages=_pages(listing, results.total),
        plot=_plot(times, by_day) if any(number for _, number in by_day) else None,
        can_add=session.context.sender is not None,
        written=written,
        wrong=wrong,
    )


def _matching(tx: Transaction, listing: Listing, counts: Mapping[State, int]) -> _ResultPage:
    state = next((state for state in State if state.value == listing.asked("state")), None)
    text = listing.asked("q").casefold()
    rows, first = subscribers.rows(tx, state=state), (listing.page - 1) * _PAGE
    if not text:
        page = list(islice(rows, first, first + _PAGE))
        total = sum(counts.values()) if state is None else counts.get(state, 0)
    else:
        matching = (row for row in rows if text in f"{row.address} {row.name}".casefold())
        page, total = [], 0
        for row in matching:
            if first <= total < first + _PAGE:
                page.append(row)
            total += 1
    return _ResultPage(tuple(_with_last(tx, map(subscribers.subscriber_of, page))), total)


def _with_last(
    tx: Transaction, people: Iterator[Subscriber]
) -> Iterator[tuple[Subscriber, Delivery | None]]:
    for subscriber in people:
        yield subscriber, next(iter(histories.last_deliveries(tx, subscriber.id, limit=1)), None)


def _row(subscriber: Subscriber, last: Delivery | None, times: Times) -> dict[str, object]:
    return {
        "id": subscriber.id,
        "address": subscriber.address,
        "name": subscriber.name,
        "state": STATES[subscriber.state],
        "bad": subscriber.state in {State.BOUNCED, State.COMPLAINED},
        "reason": subscriber.reason,
        "when": often(subscriber.preferences),
        "sections": ", ".join(subscriber.preferences.sections) or "all",
        "since": times.moment(subscriber.since),
        "last": _last_text(last, times),
    }


def _last_text(last: Delivery | None, times: Times) -> str:
    if last is None:
        return "nothing yet"
    at = last.due if last.status is DeliveryStatus.DUE else last.done
    return f"{STATUSES[last.status]} {times.moment(at)}".strip()


def _pages(listing: Listing, total: int) -> Sequence[tuple[str, str]]:
    """Return the links to the page before and the page after, where there are any."""
    before = [("Previous", listing.to(page=str(listing.page - 1)))] if listing.page > 1 else []
    more = listing.page * _PAGE < total
    return before + ([("Next", listing.to(page=str(listing.page + 1)))] if more else [])


def _plot(times: Times, by_day: Sequence[tuple[date, int]]) -> Plot:
    numbers = [number for _, number in by_day]
    title = f"{counted(numbers[0], 'active subscriber')} {_DAYS} days ago, {numbers[-1]} now."
    drawn = [Column(f"{day.day} {day:%b}", number) for day, number in by_day]
    return columns(drawn, title=title, step=20, every=7)


PAGES = (
    SitePage("/admin/subscribers", view(csv, messages=_MESSAGES)),
    SitePage("/admin/subscribers/add", view(add, posts=True), ONLY_ACT),
)
