"""The page on which a subscriber leaves, with one question, one button, and a day to undo it."""

from __future__ import annotations

from starlette.responses import Response

from briefing.app.readers import UNDO, Subscription, TokenResult, come_back, look
from briefing.app.readers import leave as leave_it
from briefing.app.readers.decide import decide_leave, decide_return
from briefing.app.readers.wording import next_mail
from briefing.core.counting import counted
from briefing.mail.tokens import LinkToken, Purpose
from briefing.web.links import Opened, ended, not_pressed, opened, path_to
from briefing.web.request import WebRequest

_ANYONE = "this address"


def unsubscribe(visit: WebRequest) -> Response:
    """Ask; end the subscription when the button is pressed or a mail program says so."""
    desk = visit.site.desk
    link = opened(visit, Purpose.LEAVE)
    if not visit.posts:
        return _question(visit, link)
    if visit.one_click or visit.does == "leave":
        by = visit.by(how="one-click" if visit.one_click else "form")
        outcome = leave_it(desk.store, link.token, by=by, clock=desk.clock)
        return (
            ended(visit) if outcome.found is TokenResult.OVER else _left(visit, link, outcome.seen)
        )
    if visit.does == "undo":
        return _undone(visit, link)
    return not_pressed(visit, link, label="Unsubscribe", do="leave")


def _question(visit: WebRequest, link: Opened) -> Response:
    seen = look(visit.site.desk.store, link.token)
    found = decide_leave(link.token, seen)
    if found is TokenResult.OVER:
        return ended(visit)
    if found is TokenResult.DONE:
        return _left(visit, link, seen)
    young = _is_young(link.token, visit)
    wishes = path_to(Purpose.WISHES, visit, token=link.token, epoch=seen.epoch)
    return visit.site.page(
        "leave",
        address=_address(visit, link.token, seen),
        action=link.action("leave", "Unsubscribe"),
        wishes=wishes if young else "/preferences",
    )


def _left(visit: WebRequest, link: Opened, seen: Subscription) -> Response:
    undo = decide_return(link.token, seen, at=visit.at) is TokenResult.GOOD
    return visit.site.page(
        "left",
        address=_address(visit, link.token, seen),
        undo=link.action("undo", "Undo", primary=False) if undo else None,
    )


def _undone(visit: WebRequest, link: Opened) -> Response:
    desk = visit.site.desk
    outcome = come_back(desk.store, link.token, by=visit.by("Undo"), clock=desk.clock)
    one = outcome.seen.subscriber
    if outcome.found is TokenResult.OVER or one is None:
        hours = int(UNDO.total_seconds() // 3600)
        return visit.site.notice(
            "Too late to undo",
            f"Leaving could be undone for {counted(hours, 'hour')}. You can subscribe again.",
            status=410,
            links=(("/subscribe", "Subscribe"),),
        )
    young = _is_young(link.token, visit)
    wishes = path_to(Purpose.WISHES, visit, token=link.token, epoch=outcome.seen.epoch)
    return visit.site.notice(
        "You are subscribed again",
        "All is as it was. The next mail is due on " + next_mail(one.wishes, now=visit.at) + ".",
        links=(("/", "Read the last page"), (wishes if young else "/preferences", "Preferences")),
    )


def _is_young(token: LinkToken, visit: WebRequest) -> bool:
    """Tell whether a mail is so new that its link to the preferences is good too.

    A mail that was passed on long ago still ends its subscription, but shows no address.
    """
    life = Purpose.WISHES.life
    return life is not None and visit.at <= token.made + life


def _address(visit: WebRequest, token: LinkToken, seen: Subscription) -> str:
    one = seen.subscriber
    return one.address if one and _is_young(token, visit) else _ANYONE
