"""The page on which somebody confirms that the address is theirs and wants the mail."""

from __future__ import annotations

from starlette.responses import Response

from briefing.mail.tokens import Purpose
from briefing.model import Subscriber
from briefing.subscribe import Found, Seen, look
from briefing.subscribe import confirm as confirm_it
from briefing.subscribe.decide import decide_confirm
from briefing.subscribe.words import moment, next_mail, often
from briefing.web.links import Opened, ended, expired, not_pressed, opened, path_to
from briefing.web.visit import Visit

_WHY = (
    "Why a button: some mail systems open every link to look for viruses. A button makes sure "
    "that it was you."
)


def confirm(visit: Visit) -> Response:
    """Ask with a button; begin the subscription when it is pressed."""
    link = opened(visit, Purpose.CONFIRM)
    seen = look(visit.site.desk.store, link.token)
    found = decide_confirm(link.token, seen)
    if found is Found.OVER or seen.subscriber is None:
        return ended(visit)
    if found is Found.DONE:
        return _already(visit, link, seen, seen.subscriber)
    if link.expired:
        return expired(visit, link, seen)
    if visit.does == "confirm":
        return _confirmed(visit, link, seen.subscriber)
    if visit.posts:
        return not_pressed(visit, link, label="Confirm", do="confirm")
    return _question(visit, link, seen.subscriber)


def _confirmed(visit: Visit, link: Opened, one: Subscriber) -> Response:
    desk = visit.site.desk
    words = f"Confirm that this address wants {desk.name} {often(one.wishes)}."
    outcome = confirm_it(desk.store, link.token, by=visit.by(words), clock=desk.clock)
    if outcome.found is Found.OVER or outcome.seen.subscriber is None:
        return ended(visit)
    wishes = path_to(Purpose.WISHES, visit, token=link.token, epoch=outcome.seen.epoch)
    return visit.site.notice(
        "You are subscribed",
        f"The first mail is due on {next_mail(one.wishes, now=visit.at)}.",
        links=(("/", "Read the last page"), (wishes, "Preferences")),
    )


def _question(visit: Visit, link: Opened, one: Subscriber) -> Response:
    return visit.site.page(
        "confirm",
        address=one.address,
        when=often(one.wishes),
        action=link.action("confirm", "Confirm"),
        why=_WHY,
    )


def _already(visit: Visit, link: Opened, seen: Seen, one: Subscriber) -> Response:
    since = seen.confirmed or one.since or visit.at
    own = path_to(Purpose.WISHES, visit, token=link.token, epoch=seen.epoch)
    return visit.site.notice(
        "Already confirmed",
        f"Already confirmed since {moment(since, zone=one.wishes.zone)}.",
        links=(
            ("/", "Read the last page"),
            ("/preferences" if link.expired else own, "Preferences"),
        ),
    )
