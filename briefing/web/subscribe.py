"""The subscribe and confirmation pages, and the shared parts of pages behind a token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from briefing.app import access, readers
from briefing.app.readers import TokenResult
from briefing.app.readers import confirm as confirm_it
from briefing.app.readers.decide import decide_confirm
from briefing.app.readers.fields import FIELDS, Chosen, choices, preferences_of
from briefing.app.readers.letters import PATHS
from briefing.core.model import FIRST, WEEK, DeliveryStatus, Offered, Preferences
from briefing.core.schedule import zone
from briefing.mail.tokens import Expired, LinkToken, Purpose, make, read
from briefing.press.wording import _, long_date, moment, next_mail, often, say
from briefing.store import Transaction
from briefing.store.subscribers import SignupKind
from briefing.web import forms
from briefing.web.context import WebContext
from briefing.web.doors import remember
from briefing.web.request import WebRequest
from briefing.web.stored import latest

#: Fields of the form; days can be chosen later.
ASKED = frozenset(wish.name for wish in FIELDS) - {"days"}
_COMING = {DeliveryStatus.DUE, DeliveryStatus.CLAIMED}


def subscribe(request: WebRequest) -> Response:
    """Show and accept the form; the response is the same for every address."""
    context = request.context
    if not context.signs_up:
        return request.site.error(503)
    if context.sign_up.how == "closed":
        lede = _("Its readers are added by those who make this briefing.")
        status = 403 if request.posts else 200
        return request.site.message_page(_("Sign-up is closed"), lede, status=status)
    here = replace(context.settings.usual, language=request.site.language)
    offered, usual = chosen_by(request, here)
    if context.closed:
        # Which lists exist is shown only to confirmed readers.
        offered = replace(offered, lists={})
    if not request.posts:
        return _form(request, usual, offered)
    written, address, wrong = forms.read_address(request.fields)
    chosen = forms.read_chosen(request.fields, usual=usual, asked=ASKED)
    if address and not context.sign_up.takes(address):
        # Depends on the domain alone, so it does not reveal whether the address is known.
        wrong = (forms.FieldError("mail", _only(context), _("Enter another address")),)
    wrong += forms.problems(chosen, offered=offered)
    if wrong:
        return _form(request, chosen, offered, written=written, wrong=wrong)
    consent, preferences = agreement(context.settings.name), preferences_of(chosen, offered)
    if not request.admits(
        SignupKind.SUBSCRIBE, address=address, preferences=preferences, words=consent
    ):
        return request.site.error(429)
    again = [("mail", written), *forms.as_fields(chosen)]
    page = request.site.page(
        "check", current="subscribe", address=written, again=again, to="/subscribe", link=False
    )
    return request.site.send_mail_after(page)


def link(request: WebRequest) -> Response:
    """Show and accept the form that requests a preferences link."""
    context = request.context
    if not context.signs_up:
        return request.site.error(503)
    if not request.posts:
        return request.site.page("link", written="", wrong=(), closed=False)
    written, address, wrong = forms.read_address(request.fields)
    if wrong:
        return request.site.page("link", written=written, wrong=wrong, closed=False)
    if not request.admits(SignupKind.LINK, address=address):
        return request.site.error(429)
    page = request.site.page(
        "check", address=written, again=[("mail", written)], to="/preferences", link=True
    )
    return request.site.send_mail_after(page)


def agreement(name: str) -> str:
    """Return the consent text beside the button, which is stored in the consent log."""
    return _(
        "You are subscribing to {name} by mail. We store your address, these choices, and when "
        "and from which network you subscribe, confirm and unsubscribe; nothing else. No tracking "
        "pixels, no tracked links. Every mail has an unsubscribe link.",
        name=name,
    )


def chosen_by(request: WebRequest, preferences: Preferences) -> tuple[Offered, Chosen]:
    """Return the available options and the chosen ones."""
    offered = request.context.settings.offered
    return offered, choices(preferences, offered)


def options(request: WebRequest, chosen: Chosen, offered: Offered) -> dict[str, Any]:
    """Return what the fields of preferences show."""
    names, timetable = say().weekdays, request.context.timetable
    # The reader's own zone may be an old name that is not offered otherwise.
    own = (chosen["zone"],) if zone(chosen["zone"]) else ()
    zones = dict.fromkeys((*request.context.zones, *own))
    week = timetable.week
    slots = sorted((timetable, *timetable.others), key=lambda slot: slot.at)
    editions = {slot.edition or FIRST: (slot.edition, f"{slot.at:%H:%M}") for slot in slots}
    if week:
        editions[WEEK] = WEEK, f"{names[week.days[0]]}, {week.at:%H:%M}"
    return {
        "chosen": chosen,
        "offered": offered,
        "groups": forms.zone_groups(zones, at=request.at),
        "days": names,
        # Day on which weeks in review are mailed.
        "week": names[week.days[0]] if week else "",
        # Name and time of each edition that may be chosen, if there are several.
        "editions": editions if len(editions) > 1 else {},
    }


def _form(
    request: WebRequest,
    chosen: Chosen,
    offered: Offered,
    *,
    written: str = "",
    wrong: forms.FieldErrors = (),
) -> Response:
    return request.site.page(
        "subscribe",
        current="subscribe",
        written=written,
        wrong=wrong,
        last=None if request.context.closed else latest(request),
        only=_only(request.context),
        **options(request, chosen, offered),
        agreement=agreement(request.context.settings.name),
    )


def _only(context: WebContext) -> str:
    """Return who may sign up, in words; empty if everybody may."""
    if context.sign_up.how == "approval":
        return _(
            "Once you have confirmed, the desk reviews your request. "
            "You get a mail when it is approved."
        )
    domains = ", ".join(context.sign_up.domains)
    limited = context.sign_up.how == "domain"
    return _("Only addresses of {domains} can sign up.", domains=domains) if limited else ""


def confirm(request: WebRequest) -> Response:  # noqa: PLR0911  each state has its answer
    """Show the button; start the subscription when it is pressed."""
    link = opened(request, Purpose.CONFIRM)
    context, subscription = link.context, link.subscription
    result, subscriber = decide_confirm(link.token, subscription), subscription.subscriber
    if result is TokenResult.OVER or subscriber is None:
        return ended(link)
    if result is TokenResult.DONE:
        if link.does != "send" or link.expired:
            since = subscription.confirmed or subscriber.since or link.at
            since_words = moment(since, zone=subscriber.preferences.zone)
            lede = _("Already confirmed since {moment}.", moment=since_words)
            return _subscribed(link, subscription, _("Already confirmed"), lede)
        # The latest edition is queued for this subscriber.
        with context.store.write() as tx:
            at, briefing = context.clock(), context.briefing
            readers.send_last(tx, link.token, briefing=briefing, life=context.settings.life, at=at)
        context.wake_round()
        return RedirectResponse(f"{link.site.base}{link.place}", 303)
    if result is TokenResult.WAITS:
        return _waits(link)
    if link.expired:
        return expired(link)
    often_words = often(subscriber.preferences)
    if link.does == "confirm":
        consent = _(
            "Confirm that this address wants {name} {when}.",
            name=context.settings.name,
            when=often_words,
        )
        outcome = link.act(partial(_begin, context), by=link.by(consent))
        if outcome.result is TokenResult.OVER or outcome.subscription.subscriber is None:
            return ended(link)
        if outcome.subscription.waits:
            return link.site.send_mail_after(_waits(link))
        context.wake_round()
        first = next_mail(subscriber.preferences, now=link.at, timetable=context.timetable)
        lede = _("The first mail is due on {when}.", when=first)
        page = _subscribed(link, outcome.subscription, _("You are subscribed"), lede)
        return remember(page, link, outcome.subscription)
    if link.posts:
        return not_pressed(link, label=_("Confirm"), do="confirm")
    return link.site.page(
        "confirm",
        address=subscriber.address,
        when=often_words,
        action=link.action("confirm", _("Confirm")),
    )


def _waits(request: WebRequest) -> Response:
    """Show that an operator has to approve the reader."""
    lede = _(
        "The address is confirmed. You get a mail when your request is approved; "
        "nothing is sent before that."
    )
    return request.site.message_page(_("Your request is waiting"), lede)


def _subscribed(
    link: LinkRequest, subscription: readers.Subscription, title: str, lede: str
) -> Response:
    """Show that the subscription is active, and offer the latest edition online and by mail."""
    context, preferences = link.context, "/preferences"
    if not link.expired:
        preferences = link.path_to(Purpose.PREFERENCES, epoch=subscription.epoch)
    last = context.store.look(
        readers.last_edition,
        link.token,
        briefing=context.briefing,
        life=context.settings.life,
        at=link.at,
    )
    offered, note, links = False, "", [(preferences, _("Preferences"))]
    shown = last and context.settings.web.readers != "nobody"
    if last and shown and "pdf" in last.stored.files:
        links.insert(0, ("/last.pdf", _("PDF, one page")))
    if shown:
        links.insert(0, ("/", _("Read the latest edition")))
    if last and not link.expired:
        offered, delivery = last.offered, last.delivery
        note = _("The latest edition is that of {day}.", day=long_date(last.stored.day))
        status = delivery.status if delivery and not offered else None
        if status is DeliveryStatus.SENT:
            note = f"{note} {_('It was mailed to you.')}"
        elif delivery and status in _COMING and delivery.until > link.at:
            note = f"{note} {_('It is on its way to you by mail.')}"
    action = link.action("send", _("Mail it to me now")) if offered else None
    return link.site.message_page(title, lede, note=note, action=action, links=tuple(links))


def _begin(
    context: WebContext, tx: Transaction, token: LinkToken, *, by: readers.By
) -> readers.ActionOutcome:
    outcome = confirm_it(tx, token, by=by, sign_up=context.sign_up)
    new = outcome.subscription.subscriber
    if outcome.result is TokenResult.GOOD and new is not None:
        if outcome.subscription.waits:
            access.ask_operators(tx, new.id, at=by.at)
        else:
            readers.release_to(
                tx, new, briefing=context.briefing, life=context.settings.life, at=by.at
            )
    return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest(WebRequest):
    """A request by a link whose token is valid or was valid once."""

    token: LinkToken
    expired: bool
    #: As it is before the request.
    subscription: readers.Subscription

    @property
    def text(self) -> str:
        """The token as in the address."""
        return self.path["token"]

    @property
    def place(self) -> str:
        """Path of its page."""
        return f"{PATHS[self.token.purpose]}/{self.text}"

    def action(self, do: str, label: str, *, primary: bool = True) -> dict[str, object]:
        """Return a button that posts the token to its page; at most one on a page is primary."""
        button = {"path": self.place, "token": self.text}
        return {**button, "do": do, "label": label, "primary": primary}

    def act(self, action: readers.LinkAction, *, by: readers.By) -> readers.ActionOutcome:
        """Do what the bearer of the token asks."""
        return self.context.store.apply(action, self.token, by=by)

    def path_to(self, purpose: Purpose, *, epoch: int) -> str:
        """Return the path of another page of the same subscription.

        Its token is as old as the given one, so an old mail gives no new access.
        """
        to, secrets, at = self.token.subscriber, self.context.secrets, self.token.made
        text = make(purpose, subscriber=to, epoch=epoch, secrets=secrets, at=at)
        return f"{PATHS[purpose]}/{text}"


def opened(request: WebRequest, purpose: Purpose) -> LinkRequest:
    """Return the request with its token; 404 if that is not valid for this purpose."""
    context = request.context
    result = read(purpose, token=request.path["token"], secrets=context.secrets, at=request.at)
    if result is None:
        raise HTTPException(404)
    expired = isinstance(result, Expired)
    token = result.token if isinstance(result, Expired) else result
    subscription = readers.look(context.store, token)
    return request.further(LinkRequest, token=token, expired=expired, subscription=subscription)


def expired(link: LinkRequest) -> Response:
    """Show when the link expired, with a button to request a new one."""
    context, subscriber = link.context, link.subscription.subscriber
    if link.does == "renew":
        if not context.signs_up:
            return link.site.error(503)
        number = link.token.subscriber
        if not link.admits(SignupKind.RENEW, subscriber=number, words="Send a new link"):
            return link.site.error(429)
        page = link.site.message_page(
            _("Check your mail"),
            _("A new link is on its way to the same address as the old one."),
            note=_("Each address gets at most one such mail an hour."),
        )
        return link.site.send_mail_after(page)
    zone = subscriber.preferences.zone if subscriber else "UTC"
    until = moment(link.token.until or link.at, zone=zone)
    days = (link.token.purpose.life or link.at - link.at).days
    return link.site.message_page(
        _("This link has expired"),
        _(
            "It was valid for {days}, until {until}. Nothing has changed.",
            days=say().counted(days, "day"),
            until=until,
        ),
        status=410,
        note=_("The new link is sent to the same address."),
        action=link.action("renew", _("Send a new link")),
        links=(("/subscribe", _("Subscribe")),),
    )


def ended(request: WebRequest) -> Response:
    """Show that the subscription of a link has ended."""
    return request.site.message_page(
        _("This link is no longer valid"),
        _("Its subscription has ended or was started again later. Nothing has changed."),
        status=410,
        note=_("Use the link in a newer mail, or request a link to your preferences."),
        links=(("/preferences", _("Mail me my link")), ("/subscribe", _("Subscribe"))),
    )


def not_pressed(link: LinkRequest, *, label: str, do: str) -> Response:
    """Show that a form lacked the token of its button."""
    return link.site.message_page(
        _("Nothing has changed"),
        _("The request did not come from the button on this page. Press it here."),
        status=422,
        action=link.action(do, label),
    )
