"""The deliveries of an edition: sent, failed, held and bounced; and the form that withdraws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.deliver.administration import (
    Resend,
    decide_held,
    last_test,
    not_sent,
    note_test,
    send_again,
    send_all_again,
)
from briefing.app.editions import Withdraw, hold_mails, published, withdraw
from briefing.app.readers.letters import READERS_MAILS, send_mail_again
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, UsageError
from briefing.core.model import AuditEvent, BounceKind, Delivery, DeliveryStatus
from briefing.press.wording import long_date
from briefing.store import Transaction, deliveries, editions, statistics, subscribers, withdrawals
from briefing.store.editions import StoredEdition
from briefing.store.statistics import CameBack, DeliveryCount
from briefing.store.withdrawals import Withdrawal
from briefing.web.admin.acts import Confirmation, ask
from briefing.web.admin.charts import Column, Figures, Plot, columns, figures, over_time
from briefing.web.admin.frame import AdminSession, Times, times_in, view
from briefing.web.admin.subscriber import MAILS, STATUSES
from briefing.web.context import WAIT
from briefing.web.forms import FieldError, read_address, read_day
from briefing.web.guard import without_addresses
from briefing.web.request import ONLY_ACT, SitePage

_EDITIONS, _BOUNCES, _SHOWN = 14, 20, 100
#: Waiting deliveries to search for ones that were already tried.
_LOOKED = 5_000
#: Statuses that need attention, most urgent first.
_TROUBLE = (DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)
_KINDS: Mapping[BounceKind, str] = MappingProxyType(
    {
        BounceKind.HARD: "Permanent",
        BounceKind.SOFT: "Temporary",
        BounceKind.COMPLAINT: "Spam complaint",
    }
)
#: Maximum digits of a subscriber id.
_DIGITS = 19
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "none": "Nothing has changed: no mail is held any more.",
        "gone": "Nothing has changed: it was already withdrawn.",
        "again": "It will be sent with the next run, with new links.",
        "settled": "Nothing has changed: this mail cannot be sent again.",
    }
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Facts about one edition and recent ones."""

    statuses: Mapping[DeliveryStatus, int]
    next_due: datetime | None
    minutes: tuple[tuple[datetime, int], ...]
    trouble: tuple[Delivery, ...]
    losses: tuple[deliveries.Loss, ...]
    #: Those that belong to no edition.
    mails: tuple[Delivery, ...]
    by_edition: tuple[DeliveryCount, ...]
    bounces: tuple[CameBack, ...]
    withdrawn: tuple[Withdrawal, ...]
    test: AuditEvent | None


def board(session: AdminSession) -> Response:
    """Show the deliveries of an edition, by default the latest."""
    return _board(session, session.request.query.get("day", ""))


def held(session: AdminSession) -> Response:
    """Send or drop the held mails of an edition."""
    do = session.field("do")
    if do not in {"send", "never"}:
        return session.back("/admin/deliveries")
    context, actor, send = session.context, session.actor, do == "send"
    with context.store.read() as tx:
        edition = _edition(tx, context.briefing, session.field("day"), today=context.today)
        if edition is None:
            raise HTTPException(404)
        count = deliveries.audience(tx, edition.id).counts.get(DeliveryStatus.HELD, 0)
    back = f"/admin/deliveries?day={edition.day}"
    if not count:
        return session.back(back, message="none")

    def decide(at: datetime) -> str:
        with context.store.write() as tx:
            decided = decide_held(tx, edition.id, send=send, life=context.life, actor=actor, at=at)
        return f"{counted(decided, 'mail')} will {'' if send else 'not '}be sent."

    mails = f"{counted(count, 'held mail')} of {long_date(edition.day)}"
    question = Confirmation(
        f"Send {mails}" if send else f"Discard {mails}",
        "Send" if send else "Discard",
        ("A held mail may have arrived: if resent, it may arrive twice; if not, perhaps never.",),
        back,
        (("The edition", f"/{edition.day}"),),
    )
    return ask(session, question, decide)


def resend(session: AdminSession) -> Response:
    """Queue one held, refused or expired mail again, or all that failed for one cause."""
    with session.context.store.write() as tx:
        edition = _edition(
            tx, session.context.briefing, session.field("day"), today=session.context.today
        )
        number = session.field("subscriber")
        is_number = number.isascii() and number.isdigit() and len(number) < _DIGITS
        to = subscribers.get(tx, int(number)) if is_number else None
        if edition and (to or session.field("cause")):
            back = f"/admin/deliveries?day={edition.day}"
        else:
            raise HTTPException(404)
        if to:
            message = "again"
            try:
                asked = Resend(edition.id, to, life=session.context.life)
                send_again(tx, asked, actor=session.actor, at=session.request.at)
            except UsageError:
                message = "settled"
            return session.back(back, message=message)
    return _resend_all(session, edition, back=back)


def _resend_all(session: AdminSession, edition: StoredEdition, *, back: str) -> Response:
    context, actor = session.context, session.actor
    status, _, cause = session.field("cause").partition(" ")
    if status not in {one.value for one in DeliveryStatus}:
        raise HTTPException(404)

    def send(at: datetime) -> str:
        with context.store.write() as tx:
            count = send_all_again(
                *(tx, edition.id),
                status=DeliveryStatus(status),
                cause=cause,
                life=context.life,
                actor=actor,
                at=at,
            )
        return f"{counted(count, 'mail')} will be sent again, with new links."

    question = Confirmation(
        f"Send all mails of {long_date(edition.day)} again that failed for one cause",
        "Send",
        (f"Cause: {cause}.",),
        back,
        (("The edition", f"/{edition.day}"),),
    )
    return ask(session, question, send)


def resend_mail(session: AdminSession) -> Response:
    """Queue one mail that belongs to no edition again."""
    number = session.field("mail")
    if not (number.isascii() and number.isdigit() and len(number) < _DIGITS):
        raise HTTPException(404)
    try:
        session.change(send_mail_again, int(number))
    except UsageError:
        return session.back("/admin/deliveries", message="settled")
    again = session.back("/admin/deliveries", message="again")
    return session.request.site.send_mail_after(again)


def send_test(session: AdminSession) -> Response:
    """Send the latest edition to one address as a test."""
    send = session.context.send_test
    if send is None:
        return session.request.site.error(503)
    written, address, wrong = read_address(session.request.fields)
    if wrong:
        return _board(session, "", written=written, wrong=wrong)
    try:
        result = send(address)
    except (BriefingError, OSError) as error:
        refused = FieldError("mail", f"Nothing was sent: {error}.", "Nothing was sent")
        return _board(session, "", written=written, wrong=(refused,))
    # The audit log stores no addresses, so a removed subscriber leaves no trace there.
    session.change(note_test, without_addresses(result))
    # The first morning has the form of the relay, for who must correct it.
    path = "morning" if session.field("back") == "morning" else "deliveries"
    return session.back(f"/admin/{path}", message="tested")


def tested(session: AdminSession, test: AuditEvent | None) -> dict[str, object]:
    """Return the message about a test, on the page that is shown behind it."""
    if test is None or session.request.query.get("message") != "tested":
        return {}
    reason = not_sent(test)
    words = f"The test was not sent: {reason}" if reason else "The relay has accepted the test."
    return {"message": words, "bad": bool(reason)}


def _board(
    session: AdminSession, day: str, *, written: str = "", wrong: tuple[FieldError, ...] = ()
) -> Response:
    times = times_in(session.zone, now=session.request.at)
    with session.context.store.read() as tx:
        edition = _edition(tx, session.context.briefing, day, today=times.today)
        if edition is None and day:
            raise HTTPException(404)
        facts = _look(tx, session.context.briefing, edition)
    return session.page(
        "deliveries",
        status=422 if wrong else 200,
        edition=edition,
        edition_day=times.day(edition.day) if edition else "",
        withdrawn=[(times.day(item.day), times.moment(item.at), item) for item in facts.withdrawn],
        figures=figures(facts.statuses),
        next_due=times.moment(facts.next_due),
        minutes=_minutes(facts.minutes, times),
        by_edition=[_edition_row(count, times) for count in reversed(facts.by_edition)],
        plot=_by_edition(facts.by_edition) if facts.by_edition else None,
        trouble=[_delivery_row(delivery, times) for delivery in facts.trouble],
        losses=[(STATUSES[loss.status], loss) for loss in facts.losses],
        mails=[(MAILS[mail.kind], mail, _delivery_row(mail, times)) for mail in facts.mails],
        bounces=[_bounce_row(bounced, times) for bounced in facts.bounces],
        most=_SHOWN,
        can_test=session.context.send_test is not None,
        test=facts.test,
        tested=times.moment(facts.test.at) if facts.test else "",
        written=written,
        wrong=wrong,
        **tested(session, facts.test),
    )


def _edition(tx: Transaction, briefing: str, day: str, *, today: date) -> StoredEdition | None:
    """Return the edition of a day, by default the latest; None if there is none."""
    named = read_day(day)
    return published(tx, briefing, day=named, today=today) if named or not day else None


def _look(tx: Transaction, briefing: str, edition: StoredEdition | None) -> _Facts:
    return _Facts(
        statuses=deliveries.audience(tx, edition.id).counts if edition else {},
        next_due=deliveries.next_due(tx),
        minutes=statistics.minutes(tx, edition.id) if edition else (),
        trouble=tuple(islice(_trouble(tx, edition.id), _SHOWN)) if edition else (),
        losses=deliveries.losses(tx, edition=edition.id) if edition else (),
        mails=deliveries.unsent_mails(tx, kinds=READERS_MAILS, limit=_SHOWN),
        by_edition=statistics.deliveries_by_edition(tx, briefing, limit=_EDITIONS),
        bounces=statistics.bounces_recent(tx, limit=_BOUNCES),
        withdrawn=withdrawals.of(tx, briefing)[:_EDITIONS],
        test=last_test(tx),
    )


def _trouble(tx: Transaction, edition: str) -> Iterator[Delivery]:
    yield from chain.from_iterable(deliveries.of(tx, edition, status=status) for status in _TROUBLE)
    waiting = islice(deliveries.of(tx, edition, status=DeliveryStatus.DUE), _LOOKED)
    yield from (delivery for delivery in waiting if delivery.tries or delivery.reason)


def _minutes(minutes: Sequence[tuple[datetime, int]], times: Times) -> tuple[str, Plot] | None:
    width, bars = over_time(minutes, clock=times.clock)
    if not bars:
        return None
    every = "minute" if width == 1 else f"{width} minutes"
    total = sum(bar.value for bar in bars)
    most = max(bars, key=lambda bar: bar.value)
    title = (
        f"{counted(total, 'mail')} accepted from {bars[0].label} on, a bar each {every}; "
        f"most at {most.label}: {most.value}."
    )
    return every, columns(bars, title=title)


def _by_edition(editions: Sequence[DeliveryCount]) -> Plot:
    drawn = []
    for edition in editions:
        numbers = figures(edition.counts)
        tried = numbers.sent + numbers.lost
        drawn.append(Column(f"{edition.day.day} {edition.day:%b}", tried, numbers.lost))
    lost = sum(column.failed for column in drawn)
    title = f"Mails of {counted(len(drawn), 'edition')}; {lost} not delivered, drawn in red."
    return columns(drawn, title=title, step=20)


def _edition_row(count: DeliveryCount, times: Times) -> tuple[date, str, Figures]:
    return count.day, times.day(count.day), figures(count.counts)


def _delivery_row(delivery: Delivery, times: Times) -> dict[str, object]:
    return {
        "subscriber": delivery.subscriber,
        "address": delivery.address,
        "status": STATUSES[delivery.status]
        if delivery.status is not DeliveryStatus.DUE
        else "Waiting",
        "bad": delivery.status is not DeliveryStatus.DUE,
        "reason": delivery.reason,
        "tries": delivery.tries,
        "at": times.moment(
            delivery.done or (delivery.due if delivery.status is not DeliveryStatus.DUE else None)
        ),
        "next": times.moment(delivery.due) if delivery.status is DeliveryStatus.DUE else "",
        "again": bool(delivery.address) and delivery.status is not DeliveryStatus.DUE,
    }


def _bounce_row(bounced: CameBack, times: Times) -> dict[str, object]:
    return {
        "subscriber": bounced.bounce.subscriber,
        "address": bounced.address,
        "kind": _KINDS[bounced.bounce.kind],
        "bad": bounced.bounce.kind is not BounceKind.SOFT,
        "status": bounced.bounce.status,
        "words": bounced.bounce.words,
        "at": times.moment(bounced.bounce.at),
    }


_BACK = "/admin/deliveries"


def withdraw_edition(session: AdminSession) -> Response:
    """Withdraw the edition of a day; its mails wait as soon as that is confirmed."""
    context, actor = session.context, session.actor
    try:
        day = date.fromisoformat(session.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error
    with context.store.read() as tx:
        stored = editions.on(tx, context.briefing, day)
        gone = withdrawals.on(tx, context.briefing, day)
        counts = deliveries.audience(tx, stored.id).counts if stored else {}
    if stored is None:
        if not gone:
            raise HTTPException(404)
        return session.back(_BACK, message="gone")
    tells = session.field("tell") == "1" and context.sender is not None
    asked = Withdraw(context.name, day, reason=session.field("reason"), tell_readers=tells)

    def take_back(at: datetime) -> str:
        with context.store.write() as tx:
            done = withdraw(tx, asked, actor=actor, at=at)
        return (
            f"The edition is withdrawn; {counted(done.canceled, 'mail')} canceled, "
            f"{counted(done.notices, 'notice')} mailed. Its reports can be used in the next one."
        )

    if session.field("sure") == "1":
        with context.store.write() as tx:
            hold_mails(tx, stored.id, until=session.request.at + WAIT)
    sent = counts.get(DeliveryStatus.SENT, 0)
    waiting = counts.get(DeliveryStatus.DUE, 0) + counts.get(DeliveryStatus.HELD, 0)
    lines = (
        f"It is no longer shown, and {counted(waiting, 'mail')} not sent yet will not be sent.",
        f"{counted(sent, 'mail')} accepted by the relay cannot be recalled.",
        "Its proof is kept, and its reports can be used in the next edition.",
    )
    previews = (("The edition", f"/{day}"),)
    title, back = f"Withdraw the edition of {long_date(day)}", f"{_BACK}?day={day}"
    return ask(
        session, Confirmation(title, "Withdraw it", lines, back, previews, reason=True), take_back
    )


PAGES = (
    SitePage("/admin/deliveries", view(board, messages=_MESSAGES)),
    SitePage("/admin/deliveries/held", view(held, posts=True), ONLY_ACT),
    SitePage("/admin/deliveries/again", view(resend, posts=True), ONLY_ACT),
    SitePage("/admin/deliveries/mail", view(resend_mail, posts=True), ONLY_ACT),
    SitePage("/admin/deliveries/test", view(send_test, posts=True), ONLY_ACT),
    SitePage(f"{_BACK}/withdraw", view(withdraw_edition, posts=True), ONLY_ACT),
)
