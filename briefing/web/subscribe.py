"""The subscribe and confirmation pages, and the shared parts of pages behind a token."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

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
from briefing.press.wording import long_date, moment, next_mail, often, say
from briefing.press.wording import translate as _
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
    here = replace(context.usual, language=request.site.language)
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
    consent, preferences = agreement(context.name), preferences_of(chosen, offered)
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
    offered = request.context.offered
    return offered, choices(preferences, offered)


def options(request: WebRequest, chosen: Chosen, offered: Offered) -> dict[str, Any]:
    """Return what the fields of preferences show."""
    names, timetable = say().weekdays, request.context.timetable
    # The reader's own zone may be an old name that is not offered otherwise.
    own = (chosen["zone"],) if zone(chosen["zone"]) else ()
    zones = dict.fromkeys((*request.context.zones, *own))
    week = timetable.week if timetable else None
    slots = sorted((timetable, *timetable.others), key=lambda slot: slot.at) if timetable else ()
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
        agreement=agreement(request.context.name),
    )


def _only(context: WebContext) -> str:
    """Return who may sign up, in words; empty if everybody may."""
    if context.sign_up.how == "approval":
        return _(
            "Once you have confirmed, somebody decides, and you get a mail when you are let in."
        )
    domains = ", ".join(context.sign_up.domains)
    limited = context.sign_up.how == "domain"
    return _("Only addresses of {domains} can sign up.", domains=domains) if limited else ""


def confirm(request: WebRequest) -> Response:  # noqa: PLR0911  each state has its answer
    """Show the button; start the subscription when it is pressed."""
    link, context = opened(request, Purpose.CONFIRM), request.context
    subscription = readers.look(context.store, link.token)
    result, subscriber = decide_confirm(link.token, subscription), subscription.subscriber
    if result is TokenResult.OVER or subscriber is None:
        return ended(request)
    if result is TokenResult.DONE:
        if request.does != "send" or link.expired:
            since = subscription.confirmed or subscriber.since or request.at
            since_words = moment(since, zone=subscriber.preferences.zone)
            lede = _("Already confirmed since {moment}.", moment=since_words)
            return _subscribed(request, link, subscription, _("Already confirmed"), lede)
        # The latest edition is queued for this subscriber.
        with context.store.write() as tx:
            at, briefing = context.clock(), context.briefing
            readers.send_last(tx, link.token, briefing=briefing, life=context.life, at=at)
        context.wake_round()
        return RedirectResponse(f"{request.site.base}{link.path}", 303)
    if result is TokenResult.WAITS:
        return _waits(request)
    if link.expired:
        return expired(request, link, subscription)
    often_words = often(subscriber.preferences)
    if request.does == "confirm":
        consent = _(
            "Confirm that this address wants {name} {when}.", name=context.name, when=often_words
        )
        outcome = act(request, link, partial(_begin, context), by=request.by(consent))
        if outcome.result is TokenResult.OVER or outcome.subscription.subscriber is None:
            return ended(request)
        if outcome.subscription.waits:
            return request.site.send_mail_after(_waits(request))
        context.wake_round()
        table = context.timetable
        first = next_mail(subscriber.preferences, now=request.at, timetable=table)
        lede = _("The first mail is due on {when}.", when=first)
        page = _subscribed(request, link, outcome.subscription, _("You are subscribed"), lede)
        return remember(page, request, outcome.subscription)
    if request.posts:
        return not_pressed(request, link, label=_("Confirm"), do="confirm")
    return request.site.page(
        "confirm",
        address=subscriber.address,
        when=often_words,
        action=link.action("confirm", _("Confirm")),
    )


def _waits(request: WebRequest) -> Response:
    """Show that an operator has to approve the reader."""
    lede = _(
        "The address is confirmed. You get a mail when you are let in; nothing is sent before."
    )
    return request.site.message_page(_("Your request is waiting"), lede)


def _subscribed(
    request: WebRequest, link: Opened, subscription: readers.Subscription, title: str, lede: str
) -> Response:
    """Show that the subscription is active, and offer the latest edition online and by mail."""
    context = request.context
    own, epoch = Purpose.PREFERENCES, subscription.epoch
    preferences = "/preferences"
    if not link.expired:
        preferences = path_to(own, request, token=link.token, epoch=epoch)
    last = context.store.look(
        readers.last_edition,
        link.token,
        briefing=context.briefing,
        life=context.life,
        at=request.at,
    )
    offered, note, links = False, "", [(preferences, _("Preferences"))]
    shown = last and context.readers != "nobody"
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
        elif delivery and status in _COMING and delivery.until > request.at:
            note = f"{note} {_('It is on its way to you by mail.')}"
    action = link.action("send", _("Mail it to me now")) if offered else None
    return request.site.message_page(title, lede, note=note, action=action, links=tuple(links))


def _begin(
    context: WebContext, tx: Transaction, token: LinkToken, *, by: readers.By
) -> readers.ActionOutcome:
    outcome = confirm_it(tx, token, by=by, sign_up=context.sign_up)
    new = outcome.subscription.subscriber
    if outcome.result is TokenResult.GOOD and new is not None:
        if outcome.subscription.waits:
            access.ask_operators(tx, new.id, at=by.at)
            return outcome
        readers.release_to(tx, new, briefing=context.briefing, life=context.life, at=by.at)
    return outcome


class Opened(NamedTuple):
    """A token that is valid or was valid once."""

    token: LinkToken
    expired: bool
    #: As in the address.
    text: str

    @property
    def path(self) -> str:
        """Path of its page."""
        return f"{PATHS[self.token.purpose]}/{self.text}"

    def action(self, do: str, label: str, *, primary: bool = True) -> dict[str, object]:
        """Return a button that posts the token to its page; at most one on a page is primary."""
        button = {"path": self.path, "token": self.text}
        return {**button, "do": do, "label": label, "primary": primary}


def opened(request: WebRequest, purpose: Purpose) -> Opened:
    """Return the token in the address; 404 if it is not valid for this purpose."""
    text, secrets = request.path["token"], request.context.secrets
    result = read(purpose, token=text, secrets=secrets, at=request.at)
    if result is None:
        raise HTTPException(404)
    if isinstance(result, Expired):
        return Opened(result.token, expired=True, text=text)
    return Opened(result, expired=False, text=text)


def act(
    request: WebRequest, link: Opened, action: readers.LinkAction, *, by: readers.By
) -> readers.ActionOutcome:
    """Do what the bearer of a token asks."""
    context = request.context
    with context.store.write() as tx:
        return action(tx, link.token, by=by)


def path_to(purpose: Purpose, request: WebRequest, *, token: LinkToken, epoch: int) -> str:
    """Return the path of another page of the same subscription.

    Its token is as old as the given one, so an old mail gives no new access.
    """
    text = make(
        purpose,
        subscriber=token.subscriber,
        epoch=epoch,
        secrets=request.context.secrets,
        at=token.made,
    )
    return f"{PATHS[purpose]}/{text}"


def expired(request: WebRequest, link: Opened, subscription: readers.Subscription) -> Response:
    """Show when the link expired, with a button to request a new one."""
    if request.does == "renew":
        context = request.context
        if not context.signs_up:
            return request.site.error(503)
        number = link.token.subscriber
        if not request.admits(SignupKind.RENEW, subscriber=number, words="Send a new link"):
            return request.site.error(429)
        page = request.site.message_page(
            _("Check your mail"),
            _("A new link is on its way to the same address as the old one."),
            note=_("Each address gets at most one such mail an hour."),
        )
        return request.site.send_mail_after(page)
    zone = subscription.subscriber.preferences.zone if subscription.subscriber else "UTC"
    until = moment(link.token.until or request.at, zone=zone)
    days = (link.token.purpose.life or request.at - request.at).days
    return request.site.message_page(
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


def not_pressed(request: WebRequest, link: Opened, *, label: str, do: str) -> Response:
    """Show that a form lacked the token of its button."""
    return request.site.message_page(
        _("Nothing has changed"),
        _("The request did not come from the button on this page. Press it here."),
        status=422,
        action=link.action(do, label),
    )
