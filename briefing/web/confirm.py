"""The page on which somebody confirms that the address is theirs and wants the mail."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from starlette.responses import RedirectResponse, Response

from briefing.app.readers import (
    LastEdition,
    Subscription,
    TokenResult,
    last_edition,
    look,
    release_to,
    send_last,
)
from briefing.app.readers import confirm as confirm_it
from briefing.app.readers.decide import decide_confirm
from briefing.app.readers.wording import moment, next_mail, often
from briefing.core.model import DeliveryStatus, Subscriber
from briefing.mail.tokens import Purpose
from briefing.press.view import long_date
from briefing.store import Transaction
from briefing.web.context import WebContext
from briefing.web.links import Opened, ended, expired, not_pressed, opened, path_to
from briefing.web.request import WebRequest

_WHY = (
    "Why a button: some mail systems open every link to look for viruses. A button makes sure "
    "that it was you."
)


def confirm(visit: WebRequest) -> Response:
    """Ask with a button; begin the subscription when it is pressed."""
    link = opened(visit, Purpose.CONFIRM)
    seen = look(visit.site.desk.store, link.token)
    found = decide_confirm(link.token, seen)
    if found is TokenResult.OVER or seen.subscriber is None:
        return ended(visit)
    if found is TokenResult.DONE:
        sends = visit.does == "send" and not link.expired
        return _sent(visit, link) if sends else _already(visit, link, seen, seen.subscriber)
    if link.expired:
        return expired(visit, link, seen)
    if visit.does == "confirm":
        return _confirmed(visit, link, seen.subscriber)
    if visit.posts:
        return not_pressed(visit, link, label="Confirm", do="confirm")
    return _question(visit, link, seen.subscriber)


def _confirmed(visit: WebRequest, link: Opened, one: Subscriber) -> Response:
    desk = visit.site.desk
    words = f"Confirm that this address wants {desk.name} {often(one.wishes)}."
    outcome = confirm_it(
        desk.store, link.token, by=visit.by(words), clock=desk.clock, begun=partial(_begun, desk)
    )
    if outcome.found is TokenResult.OVER or outcome.seen.subscriber is None:
        return ended(visit)
    _wake(desk)
    return _subscribed(
        visit,
        link,
        outcome.seen,
        title="You are subscribed",
        lede=f"The first mail is due on {next_mail(one.wishes, now=visit.at)}.",
    )


def _begun(desk: WebContext, tx: Transaction, new: Subscriber, at: datetime) -> None:
    release_to(tx, new, briefing=desk.briefing, life=desk.life, at=at)


def _sent(visit: WebRequest, link: Opened) -> Response:
    """Let the last edition be sent, and lead back to the page, which says so."""
    desk = visit.site.desk
    send_last(desk.store, link.token, briefing=desk.briefing, life=desk.life, clock=desk.clock)
    _wake(desk)
    return RedirectResponse(f"{desk.base}{link.path}", 303)


def _wake(desk: WebContext) -> None:
    """Let the round look at once what is due."""
    if desk.orders is not None:
        desk.orders.wake()


def _question(visit: WebRequest, link: Opened, one: Subscriber) -> Response:
    return visit.site.page(
        "confirm",
        address=one.address,
        when=often(one.wishes),
        action=link.action("confirm", "Confirm"),
        why=_WHY,
    )


def _already(visit: WebRequest, link: Opened, seen: Subscription, one: Subscriber) -> Response:
    since = seen.confirmed or one.since or visit.at
    return _subscribed(
        visit,
        link,
        seen,
        title="Already confirmed",
        lede=f"Already confirmed since {moment(since, zone=one.wishes.zone)}.",
    )


def _subscribed(
    visit: WebRequest, link: Opened, seen: Subscription, *, title: str, lede: str
) -> Response:
    """Say that somebody is subscribed, and offer the last edition: to read, and by mail."""
    desk = visit.site.desk
    own = path_to(Purpose.WISHES, visit, token=link.token, epoch=seen.epoch)
    last = last_edition(desk.store, link.token, briefing=desk.briefing, life=desk.life, at=visit.at)
    read = (("/", "Read the last page"),) if last else ()
    printed = (("/last.pdf", "PDF, one page"),) if last and "pdf" in last.stored.files else ()
    offered = last is not None and last.offered and not link.expired
    return visit.site.notice(
        title,
        lede,
        note=_of_last(last, at=visit.at) if last and not link.expired else "",
        action=link.action("send", "Mail it to me now") if offered else None,
        links=(*read, *printed, ("/preferences" if link.expired else own, "Preferences")),
    )


def _of_last(last: LastEdition, *, at: datetime) -> str:
    """Say where the last edition is."""
    page, delivery = f"The last page is that of {long_date(last.stored.day)}", last.delivery
    if delivery is None or last.offered:
        return f"{page}."
    if delivery.fate is DeliveryStatus.SENT:
        return f"{page}. It was mailed to you."
    comes = delivery.fate in {DeliveryStatus.DUE, DeliveryStatus.CLAIMED} and delivery.until > at
    return f"{page}. It is on its way to you by mail." if comes else f"{page}."
