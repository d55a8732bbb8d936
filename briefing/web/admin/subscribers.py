"""The list of subscribers: search, pages, what was done with many, and a form to add one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from briefing.app.readers import bulk
from briefing.app.readers.administration import add as add_agreed
from briefing.app.readers.administration import invite
from briefing.app.readers.preferences import page_words
from briefing.core.counting import counted
from briefing.core.errors import UsageError
from briefing.core.model import BulkAction, Delivery, DeliveryStatus, State, Subscriber
from briefing.press.wording import often
from briefing.store import reader_list, statistics, subscribers
from briefing.store.bulk import UNDO, Bulk
from briefing.store.reader_list import Matching, ReaderOrder
from briefing.web.admin.agreeing import WrittenAgreement, written_agreement
from briefing.web.admin.charts import Column, Plot, columns
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.listing import Head, Listing
from briefing.web.admin.subscriber import STATES, STATUSES
from briefing.web.admin.times import Times, times_in
from briefing.web.forms import FieldError, read_address
from briefing.web.page import ONLY_ACT, SitePage

PATH = "/admin/subscribers"
#: Rows per page, days of the plot, and bulk actions shown.
_PAGE, _DAYS, _DONE = 50, 30, 10
#: Messages shown once, by key.
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "asked": "A confirmation mail was sent. Nothing else is sent until they confirm.",
        "added": "Added. The next edition is sent.",
        "pause": "Paused. It takes effect at once, even for a mail due this minute.",
        "resume": "Resumed. The next edition is sent.",
        "remove": "Removed. Nothing is sent any more.",
        "undone": "Undone, except for those who changed in the meantime.",
        "settled": "Nothing has changed: it was undone already, or is too long ago.",
        "nobody": "Nothing has changed: nobody was selected.",
        "moved": "Nothing has changed: the list changed in the meantime, or nobody selected is in "
        "a state that allows it. Look at the list and select again.",
    }
)
_DID: Mapping[BulkAction, str] = MappingProxyType(
    {
        BulkAction.PAUSE: "Paused",
        BulkAction.RESUME: "Resumed",
        BulkAction.REMOVE: "Removed",
    }
)
#: Columns that can be sorted by.
_SORTS: Mapping[ReaderOrder, str] = MappingProxyType(
    {ReaderOrder.ADDRESS: "Address", ReaderOrder.SINCE: "Since"}
)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was typed into the form that adds one."""

    mail: str = ""
    #: "ask" or "agreed".
    how: str = "ask"
    agreement: WrittenAgreement = field(default_factory=WrittenAgreement)
    wrong: tuple[FieldError, ...] = ()


def csv(session: AdminSession) -> Response:
    """Show the requested subscribers."""
    return _list(session)


def add(session: AdminSession) -> Response:
    """Add somebody who has agreed, or send a confirmation mail, as the public form does."""
    how = "agreed" if session.field("how") == "agreed" else "ask"
    if how == "ask" and not session.context.signs_up:
        return session.request.site.error(503)
    mail, address, wrong = read_address(session.request.fields)
    agreement = written_agreement(session, needed=how == "agreed")
    written = _Written(mail, how, agreement, (*wrong, *agreement.wrong))
    if written.wrong:
        return _list(session, written)
    try:
        if how == "ask":
            context = session.context
            session.change(invite, address, preferences=context.usual, limits=context.limits)
        else:
            new = Subscriber(0, address, preferences=session.context.usual)
            session.change(add_agreed, new, agreement=agreement.read)
    except UsageError as error:
        reason = str(error).removeprefix(f"{address}: ")
        refused = FieldError("mail", f"This address {reason}.", "Nothing was sent")
        return _list(session, replace(written, wrong=(refused,)))
    message = "asked" if how == "ask" else "added"
    return session.request.site.send_mail_after(session.back(PATH, message=message))


def _list(session: AdminSession, written: _Written | None = None) -> Response:
    times = times_in(session.zone, now=session.request.at)
    asked = session.request.query
    listing = Listing(PATH, asked, keys=("q", "state"))
    paged = Listing(PATH, asked, keys=("q", "state", "sort", "order"))
    matching = matching_of(listing.asked("q"), listing.asked("state"))
    order = next(
        (one for one in ReaderOrder if one.value == paged.asked("sort")), ReaderOrder.ADDED
    )
    with session.context.store.read() as tx:
        counts = subscribers.counts(tx)
        offset = (listing.page - 1) * _PAGE
        where: dict[str, Any] = {
            "order": order,
            "down": listing.down,
            "offset": offset,
            "limit": _PAGE,
        }
        if matching.text:
            people, total = reader_list.search(tx, matching, **where)
        else:
            people = reader_list.page(tx, matching, **where)
            total = _total(matching, counts)
        last = reader_list.last_deliveries(tx, [one.id for one in people])
        done = bulk.recent(tx, at=session.request.at, limit=_DONE)
    written = written or _Written(agreement=WrittenAgreement(since=f"{times.today}"))
    return session.page(
        "subscribers",
        status=422 if written.wrong else 200,
        listing=listing,
        paged=paged,
        heads=_heads(listing, order),
        states={state: f"{STATES[state]}, {counts[state]}" for state in State if state in counts},
        everybody=sum(counts.values()),
        total=total,
        first=offset + 1,
        rows=[_row(session, one, last.get(one.id), times) for one in people],
        pages=paged.pages(total, size=_PAGE),
        done=[_done_line(one, times) for one in done],
        can_ask=session.context.signs_up,
        written=written,
        wrong=written.wrong,
        today=f"{times.today}",
        usual_when=often(session.context.usual),
    )


def active(session: AdminSession) -> Response:
    """Show how many were active on each of the last days: a page of its own, since it counts."""
    with session.context.store.read() as tx:
        today = session.request.at.astimezone(UTC).date()
        by_day = statistics.subscribers_by_day(tx, days=_DAYS, until=today)
    plot = _plot(by_day) if any(number for _, number in by_day) else None
    return session.page("subscribers_active", plot=plot)


def matching_of(text: str, state: str) -> Matching:
    """Return which subscribers the address of a list asks for; an unknown state means any."""
    known = next((one for one in State if one.value == state), None)
    return Matching(text, known)


def _total(matching: Matching, counts: Mapping[State, int]) -> int:
    return sum(counts.values()) if matching.state is None else counts.get(matching.state, 0)


def _heads(listing: Listing, order: ReaderOrder) -> dict[str, Head]:
    return {key.value: listing.head(key, label, sort=order) for key, label in _SORTS.items()}


def _row(
    session: AdminSession, subscriber: Subscriber, last: Delivery | None, times: Times
) -> dict[str, object]:
    return {
        "id": subscriber.id,
        "address": subscriber.address,
        "name": subscriber.name,
        "state": STATES[subscriber.state],
        "bad": subscriber.state in {State.BOUNCED, State.COMPLAINED},
        "reason": subscriber.reason,
        "when": often(subscriber.preferences),
        "sections": page_words(subscriber.preferences, label=session.context.heading, every="all"),
        "since": times.moment(subscriber.since),
        "last": _last_text(last, times),
    }


def _last_text(last: Delivery | None, times: Times) -> str:
    if last is None:
        return "nothing yet"
    at = last.due if last.status is DeliveryStatus.DUE else last.done
    return f"{STATUSES[last.status]} {times.moment(at)}".strip()


def _done_line(done: Bulk, times: Times) -> dict[str, object]:
    until = times.moment(done.at + UNDO)
    after = f"can be undone until {until}"
    if done.action is BulkAction.REMOVE:
        after += "; then what is stored of them is deleted"
    if done.undone is not None:
        left = done.readers - done.restored
        after = f"undone {times.moment(done.undone)} by {done.undone_by}"
        after += f"; {left} had changed in the meantime and stay as they are" if left else ""
    what = f"{_DID[done.action]} {counted(done.readers, 'subscriber')}"
    return {
        "number": done.number,
        "what": what,
        "when": f"{times.moment(done.at)}, by {done.who}",
        "after": after,
        "open": done.undone is None,
    }


def _plot(by_day: Sequence[tuple[date, int]]) -> Plot:
    numbers = [number for _, number in by_day]
    title = f"{counted(numbers[0], 'active subscriber')} {_DAYS} days ago, {numbers[-1]} now."
    drawn = [Column(f"{day.day} {day:%b}", number) for day, number in by_day]
    return columns(drawn, title=title, step=20, every=7)


PAGES = (
    SitePage(PATH, view(csv, messages=_MESSAGES)),
    SitePage(f"{PATH}/active", view(active)),
    SitePage(f"{PATH}/add", view(add, posts=True), ONLY_ACT),
)
