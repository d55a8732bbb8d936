"""Shared parts of the pages behind a token: reading, expiry and renewal."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.readers import ActionOutcome, By, LinkAction, Subscription
from briefing.app.readers.links import PATHS
from briefing.core.counting import counted
from briefing.mail.tokens import Expired, LinkToken, Purpose, make, read
from briefing.press.wording import moment
from briefing.store.signups import SignupKind
from briefing.web.request import WebRequest
from briefing.web.site import TokenButton

_SUBSCRIBE = ("/subscribe", "Subscribe")


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that is valid or was valid once."""

    token: LinkToken
    expired: bool
    #: As it stands in the address.
    text: str

    @property
    def path(self) -> str:
        """Path of its page."""
        return f"{PATHS[self.token.purpose]}/{self.text}"

    def action(self, do: str, label: str, *, primary: bool = True) -> TokenButton:
        """Return a button that posts the token to its page."""
        return TokenButton(self.path, self.text, do, label, primary)


def opened(request: WebRequest, purpose: Purpose) -> Opened:
    """Return the token in the address.

    Raises:
        HTTPException: the token is not valid for this purpose (404).
    """
    text, secrets = request.path["token"], request.site.context.secrets
    result = read(purpose, token=text, secrets=secrets, at=request.at)
    if result is None:
        raise HTTPException(404)
    if isinstance(result, Expired):
        return Opened(result.token, expired=True, text=text)
    return Opened(result, expired=False, text=text)


def act(request: WebRequest, link: Opened, action: LinkAction, *, by: By) -> ActionOutcome:
    """Do what the bearer of a token asks."""
    context = request.site.context
    with context.store.write() as tx:
        return action(tx, link.token, by=by, at=context.clock())


def path_to(purpose: Purpose, request: WebRequest, *, token: LinkToken, epoch: int) -> str:
    """Return the path of another page of the same subscription.

    Its token has the age of the given one, so an old mail gives no new access.
    """
    text = make(
        purpose,
        subscriber=token.subscriber,
        epoch=epoch,
        secrets=request.site.context.secrets,
        at=token.made,
    )
    return f"{PATHS[purpose]}/{text}"


def expired(request: WebRequest, link: Opened, subscription: Subscription) -> Response:
    """Show when the link expired, with a button to request a new one."""
    if request.does == "renew":
        return _renewed(request, link)
    zone = subscription.subscriber.preferences.zone if subscription.subscriber else "UTC"
    until = moment(link.token.until or request.at, zone=zone)
    days = (link.token.purpose.life or request.at - request.at).days
    return request.site.message_page(
        "This link has expired",
        f"It was valid for {counted(days, 'day')}, until {until}. Nothing has changed.",
        status=410,
        note="The new link is sent to the same address.",
        action=link.action("renew", "Send a new link"),
        links=(_SUBSCRIBE,),
    )


def ended(request: WebRequest) -> Response:
    """Show that the subscription of a link has ended."""
    return request.site.message_page(
        "This link is no longer valid",
        "Its subscription has ended or was started again later. Nothing has changed.",
        status=410,
        note="Use the link in a newer mail, or request a link to your preferences.",
        links=(("/preferences", "Send me my link"), _SUBSCRIBE),
    )


def not_pressed(request: WebRequest, link: Opened, *, label: str, do: str) -> Response:
    """Show that a form lacked the token of its button."""
    return request.site.message_page(
        "Nothing has changed",
        "The request did not come from the button on this page. Press it here.",
        status=422,
        action=link.action(do, label),
    )


def _renewed(request: WebRequest, link: Opened) -> Response:
    context = request.site.context
    if not context.signs_up:
        return request.site.error(503)
    number = link.token.subscriber
    if not request.admits(SignupKind.RENEW, subscriber=number, words="Send a new link"):
        return request.site.error(429)
    page = request.site.message_page(
        "Check your mail",
        "A new link is on its way to the same address as the old one.",
        note="Each address gets at most one such mail an hour.",
    )
    return request.site.send_mail_after(page)
