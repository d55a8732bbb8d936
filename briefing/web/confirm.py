"""The page on which a new subscriber confirms the address."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from starlette.responses import RedirectResponse, Response

from briefing.app.readers import (
    ActionOutcome,
    By,
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
from briefing.core.model import DeliveryStatus, Subscriber
from briefing.mail.tokens import LinkToken, Purpose
from briefing.press.dates import long_date
from briefing.press.wording import moment, next_mail, often
from briefing.store import Transaction
from briefing.web.context import WebContext
from briefing.web.links import Opened, act, ended, expired, not_pressed, opened, path_to
from briefing.web.request import WebRequest

_WHY = (
    "Why a button? Some mail systems open every link to scan it. The button makes sure it was you."
)


def confirm(request: WebRequest) -> Response:
    """Show the button; start the subscription when it is pressed."""
    link = opened(request, Purpose.CONFIRM)
    subscription = look(request.site.context.store, link.token)
    result = decide_confirm(link.token, subscription)
    if result is TokenResult.OVER or subscription.subscriber is None:
        return ended(request)
    if result is TokenResult.DONE:
        sends = request.does == "send" and not link.expired
        return (
            _sent(request, link)
            if sends
            else _already(request, link, subscription, subscription.subscriber)
        )
    if link.expired:
        return expired(request, link, subscription)
    if request.does == "confirm":
        return _confirmed(request, link, subscription.subscriber)
    if request.posts:
        return not_pressed(request, link, label="Confirm", do="confirm")
    return _question(request, link, subscription.subscriber)


def _confirmed(request: WebRequest, link: Opened, subscriber: Subscriber) -> Response:
    context = request.site.context
    consent = f"Confirm that this address wants {context.name} {often(subscriber.preferences)}."
    outcome = act(request, link, partial(_begin, context), by=request.by(consent))
    if outcome.result is TokenResult.OVER or outcome.subscription.subscriber is None:
        return ended(request)
    _wake(context)
    return _subscribed(
        request,
        link,
        outcome.subscription,
        title="You are subscribed",
        lede=f"The first mail is due on {next_mail(subscriber.preferences, now=request.at)}.",
    )


def _begin(
    context: WebContext, tx: Transaction, token: LinkToken, *, by: By, at: datetime
) -> ActionOutcome:
    outcome = confirm_it(tx, token, by=by, at=at)
    new = outcome.subscription.subscriber
    if outcome.result is TokenResult.GOOD and new is not None:
        release_to(tx, new, briefing=context.briefing, life=context.life, at=at)
    return outcome


def _sent(request: WebRequest, link: Opened) -> Response:
    """Queue the latest edition for this subscriber, and redirect back to the page."""
    context = request.site.context
    with context.store.write() as tx:
        at = context.clock()
        send_last(tx, link.token, briefing=context.briefing, life=context.life, at=at)
    _wake(context)
    return RedirectResponse(f"{context.base}{link.path}", 303)


def _wake(context: WebContext) -> None:
    """Wake the round to send what is due."""
    if context.requests is not None:
        context.requests.wake()


def _question(request: WebRequest, link: Opened, subscriber: Subscriber) -> Response:
    return request.site.page(
        "confirm",
        address=subscriber.address,
        when=often(subscriber.preferences),
        action=link.action("confirm", "Confirm"),
        why=_WHY,
    )


def _already(
    request: WebRequest, link: Opened, subscription: Subscription, subscriber: Subscriber
) -> Response:
    since = subscription.confirmed or subscriber.since or request.at
    return _subscribed(
        request,
        link,
        subscription,
        title="Already confirmed",
        lede=f"Already confirmed since {moment(since, zone=subscriber.preferences.zone)}.",
    )


def _subscribed(
    request: WebRequest, link: Opened, subscription: Subscription, *, title: str, lede: str
) -> Response:
    """Show that the subscription is active, and offer the latest edition online and by mail."""
    context = request.site.context
    own = path_to(Purpose.PREFERENCES, request, token=link.token, epoch=subscription.epoch)
    last = last_edition(
        context.store, link.token, briefing=context.briefing, life=context.life, at=request.at
    )
    read = (("/", "Read the latest page"),) if last else ()
    printed = (("/last.pdf", "PDF, one page"),) if last and "pdf" in last.stored.files else ()
    offered = last is not None and last.offered and not link.expired
    return request.site.message_page(
        title,
        lede,
        note=_last_edition_note(last, at=request.at) if last and not link.expired else "",
        action=link.action("send", "Mail it to me now") if offered else None,
        links=(*read, *printed, ("/preferences" if link.expired else own, "Preferences")),
    )


def _last_edition_note(last: LastEdition, *, at: datetime) -> str:
    """Describe the latest edition and whether it was mailed."""
    page, delivery = f"The latest page is that of {long_date(last.stored.day)}", last.delivery
    if delivery is None or last.offered:
        return f"{page}."
    if delivery.status is DeliveryStatus.SENT:
        return f"{page}. It was mailed to you."
    comes = delivery.status in {DeliveryStatus.DUE, DeliveryStatus.CLAIMED} and delivery.until > at
    return f"{page}. It is on its way to you by mail." if comes else f"{page}."
