"""The unsubscribe page: one question, one button, and a day to undo it."""

from __future__ import annotations

from starlette.responses import Response

from briefing.app.readers import UNDO, Subscription, TokenResult, come_back, leave, look
from briefing.app.readers.decide import decide_leave, decide_return
from briefing.core.counting import counted
from briefing.mail.tokens import LinkToken, Purpose
from briefing.press.wording import next_mail
from briefing.web.links import Opened, act, ended, not_pressed, opened, path_to
from briefing.web.request import WebRequest

_NO_ADDRESS = "this address"


def unsubscribe(request: WebRequest) -> Response:
    """Ask; unsubscribe when the button is pressed or on a one-click request."""
    link = opened(request, Purpose.LEAVE)
    if not request.posts:
        return _question(request, link)
    if request.one_click or request.does == "leave":
        by = request.by(how="one-click" if request.one_click else "form")
        outcome = act(request, link, leave, by=by)
        return (
            ended(request)
            if outcome.result is TokenResult.OVER
            else _left(request, link, outcome.subscription)
        )
    if request.does == "undo":
        return _undone(request, link)
    return not_pressed(request, link, label="Unsubscribe", do="leave")


def _question(request: WebRequest, link: Opened) -> Response:
    subscription = look(request.site.context.store, link.token)
    result = decide_leave(link.token, subscription)
    if result is TokenResult.OVER:
        return ended(request)
    if result is TokenResult.DONE:
        return _left(request, link, subscription)
    young = _is_young(link.token, request)
    preferences = path_to(Purpose.PREFERENCES, request, token=link.token, epoch=subscription.epoch)
    return request.site.page(
        "leave",
        address=_address(request, link.token, subscription),
        action=link.action("leave", "Unsubscribe"),
        preferences=preferences if young else "/preferences",
    )


def _left(request: WebRequest, link: Opened, subscription: Subscription) -> Response:
    undo = decide_return(link.token, subscription, at=request.at) is TokenResult.GOOD
    return request.site.page(
        "left",
        address=_address(request, link.token, subscription),
        undo=link.action("undo", "Undo", primary=False) if undo else None,
    )


def _undone(request: WebRequest, link: Opened) -> Response:
    outcome = act(request, link, come_back, by=request.by("Undo"))
    subscriber = outcome.subscription.subscriber
    if outcome.result is TokenResult.OVER or subscriber is None:
        hours = int(UNDO.total_seconds() // 3600)
        return request.site.message_page(
            "Too late to undo",
            f"Unsubscribing can be undone for {counted(hours, 'hour')}. You can subscribe again.",
            status=410,
            links=(("/subscribe", "Subscribe"),),
        )
    young = _is_young(link.token, request)
    preferences = path_to(
        Purpose.PREFERENCES, request, token=link.token, epoch=outcome.subscription.epoch
    )
    return request.site.message_page(
        "You are subscribed again",
        "Your preferences are unchanged. The next mail is due on "
        + next_mail(subscriber.preferences, now=request.at)
        + ".",
        links=(
            ("/", "Read the latest page"),
            (preferences if young else "/preferences", "Preferences"),
        ),
    )


def _is_young(token: LinkToken, request: WebRequest) -> bool:
    """Tell whether a mail is recent enough for its preferences link to be valid too.

    An old forwarded mail can still unsubscribe, but its page shows no address.
    """
    life = Purpose.PREFERENCES.life
    return life is not None and request.at <= token.made + life


def _address(request: WebRequest, token: LinkToken, subscription: Subscription) -> str:
    subscriber = subscription.subscriber
    return subscriber.address if subscriber and _is_young(token, request) else _NO_ADDRESS
