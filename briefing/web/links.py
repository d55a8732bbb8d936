"""What the pages behind a token have in common: the token read, its end told, a new one sent."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.readers import Subscription
from briefing.app.readers.links import PATHS
from briefing.core.counting import counted
from briefing.mail.tokens import Expired, LinkToken, Purpose, make, read
from briefing.press.wording import moment
from briefing.store.signups import Wish
from briefing.web.request import WebRequest
from briefing.web.site import TokenButton

_SUBSCRIBE = ("/subscribe", "Subscribe")


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that was good at least once."""

    token: LinkToken
    expired: bool
    #: As it stands in the address.
    text: str

    @property
    def path(self) -> str:
        """Path of its page."""
        return f"{PATHS[self.token.purpose]}/{self.text}"

    def action(self, do: str, label: str, *, primary: bool = True) -> TokenButton:
        """Return a button that sends the token to its page."""
        return TokenButton(self.path, self.text, do, label, primary)


def opened(request: WebRequest, purpose: Purpose) -> Opened:
    """Return the token in the address.

    Raises:
        HTTPException: it is none of ours for this purpose (404).
    """
    text, secrets = request.path["token"], request.site.context.secrets
    result = read(purpose, token=text, secrets=secrets, at=request.at)
    if result is None:
        raise HTTPException(404)
    if isinstance(result, Expired):
        return Opened(result.token, expired=True, text=text)
    return Opened(result, expired=False, text=text)


def path_to(purpose: Purpose, request: WebRequest, *, token: LinkToken, epoch: int) -> str:
    """Return the path of another page of the same subscription.

    Its token counts as made with the one that was shown: an old mail opens no more than it did.
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
    """Say until when a link was good; a button sends a new one."""
    if request.does == "renew":
        return _renewed(request, link)
    zone = subscription.subscriber.preferences.zone if subscription.subscriber else "UTC"
    until = moment(link.token.until or request.at, zone=zone)
    days = (link.token.purpose.life or request.at - request.at).days
    return request.site.message_page(
        "This link has expired",
        f"It was good for {counted(days, 'day')}, until {until}. Nothing has changed.",
        status=410,
        note="A new link goes to the address to which this one was sent.",
        action=link.action("renew", "Send a new link"),
        links=(_SUBSCRIBE,),
    )


def ended(request: WebRequest) -> Response:
    """Say that the subscription of a link is over."""
    return request.site.message_page(
        "This link has ended",
        "The subscription that it belongs to has ended, or has begun anew since. Nothing has "
        "changed.",
        status=410,
        note="A newer mail has a newer link. You can also have the link of your preferences sent.",
        links=(("/preferences", "Send me my link"), _SUBSCRIBE),
    )


def not_pressed(request: WebRequest, link: Opened, *, label: str, do: str) -> Response:
    """Say that something was sent without the token that the button sends."""
    return request.site.message_page(
        "Nothing has changed",
        "What was sent does not come from the button of this page. Press it here.",
        status=422,
        action=link.action(do, label),
    )


def _renewed(request: WebRequest, link: Opened) -> Response:
    context = request.site.context
    if context.sender is None:
        return request.site.error(503)
    number = link.token.subscriber
    if not request.admits(Wish.RENEW, subscriber=number, words="Send a new link"):
        return request.site.error(429)
    page = request.site.message_page(
        "Check your mail",
        "A mail with a new link is on its way to the address to which the old one was sent.",
        note="At most one such mail an hour goes to an address.",
    )
    return request.site.send_mail_after(page)
