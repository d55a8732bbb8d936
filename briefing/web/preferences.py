"""The pages on which readers change preferences, choose other briefings, and unsubscribe."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.responses import RedirectResponse, Response

from briefing.app import keys, readers
from briefing.app.readers import TokenResult
from briefing.app.readers.actions import Membership, join, membership, quit_briefing
from briefing.app.readers.decide import decide_leave, decide_preferences, decide_return
from briefing.app.readers.fields import FIELDS, Chosen, mute_of, preferences_of
from briefing.core.errors import BriefingError
from briefing.core.model import SAGA, State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.press.wording import _, day, next_mail, path_in, say
from briefing.store import sagas
from briefing.web.context import WebContext
from briefing.web.doors import devices_of, key_of, remember
from briefing.web.forms import FieldErrors, problems, read_chosen
from briefing.web.guard import log_failure
from briefing.web.request import WebRequest
from briefing.web.subscribe import (
    LinkRequest,
    chosen_by,
    ended,
    expired,
    not_pressed,
    opened,
    options,
)

#: The path of an edition or an own page.
_PRINTED = re.compile(r"(?a)(?:week/|edition/[a-z][a-z0-9-]*/)?\d{4}-\d\d-\d\d(?:/[\w-]+)?")
#: Most sagas offered for muting, the latest printed first.
_SAGAS = 30
#: Actions of the buttons, except those that concern other briefings.
_WORK: Mapping[str, readers.LinkAction] = {
    "pause": readers.pause,
    "resume": readers.resume,
    "sign-out": readers.sign_out,
}
_HAS = {Membership.ACTIVE, Membership.PAUSED}


def save_briefings(link: LinkRequest, subscriber: Subscriber) -> Response:
    """Subscribe and unsubscribe as ticked, each briefing separately; then redirect to the page.

    Only changes made on the form count, so changes made elsewhere since it was shown are kept.
    """
    before, after = (set(link.fields.get(name, ())) for name in ("was", "briefing"))
    failed = []
    for context in _offered(link, subscriber):
        wanted = context.briefing in after
        is_changed = wanted != (context.briefing in before)
        if is_changed and not _change(link, context, subscriber, wanted=wanted):
            failed.append(context.briefing)
    return _back_with(link, failed)


def _back_with(link: LinkRequest, failed: list[str]) -> Response:
    """Redirect to the page, with the ids of the briefings that could not be changed."""
    query = urlencode({"saved": "briefings"} | ({"failed": ",".join(failed)} if failed else {}))
    return RedirectResponse(f"{link.site.base}{link.place}?{query}", 303)


def leave_all(link: LinkRequest, subscriber: Subscriber) -> Response:
    """Unsubscribe from every briefing; the page's own comes last, since its link then expires."""
    own, left, failed = link.context, list[str](), list[WebContext]()
    for context in (*_offered(link, subscriber), own):
        if _change(link, context, subscriber, wanted=False):
            left.append(context.settings.name)
        else:
            failed.append(context)
    if own in failed:
        return _back_with(link, [own.briefing, *(each.briefing for each in failed[:-1])])
    epoch = readers.look(own.store, link.token).epoch
    undo = link.path_to(Purpose.LEAVE, epoch=epoch)
    names = ", ".join(context.settings.name for context in failed)
    note = _(
        "Still active: {names}. To unsubscribe, use the link in any of their mails.", names=names
    )
    return link.site.message_page(
        _("You are unsubscribed"),
        _(
            "Nothing more is sent to {address} by: {names}.",
            address=subscriber.address,
            names=", ".join(sorted(left)),
        ),
        note=note if failed else "",
        links=((undo, _("Undo for {name}", name=own.settings.name)),),
    )


def _membership(context: WebContext, address: str) -> Membership | None:
    """Return the reader's state in another briefing; None if its store cannot be reached."""
    try:
        return context.store.look(membership, address)
    except BriefingError as error:
        log_failure(error, at="other_briefings")
    return None


def _offered(request: WebRequest, person: Subscriber) -> Iterator[WebContext]:
    """Yield the other briefings that the reader has or can join without approval."""
    for context in request.site.others:
        is_free = context.sign_up.lets_in(person.address)
        if context.signs_up and (is_free or _membership(context, person.address) in _HAS):
            yield context


def _change(
    request: WebRequest, context: WebContext, subscriber: Subscriber, *, wanted: bool
) -> bool:
    """Subscribe or unsubscribe in one briefing; return False if that failed and changed nothing."""
    here, own = request.context, subscriber.preferences
    what = f"{'Subscribe to' if wanted else 'Unsubscribe from'} {context.settings.name}"
    by = request.by(
        f"{what}: on the preferences page of {here.settings.name}, {here.web}/preferences"
    )
    work = partial(quit_briefing, address=subscriber.address, by=by)
    if wanted:
        # All sections, no list, no words and no mutes: these belong to one desk.
        preferences = replace(own, sections=(), lists=(), own_words=(), muted=())
        to = partial(join, briefing=context.briefing, life=context.settings.life)
        work = partial(to, person=subscriber, preferences=preferences, by=by)
    try:
        context.store.apply(work)
    except BriefingError as error:
        log_failure(error, at="save_briefings")
        return False
    if wanted:
        context.wake_round()
    return True


def preferences(request: WebRequest) -> Response:  # noqa: PLR0911  each state has its answer
    """Show the preferences; save submitted ones and redirect back to the page."""
    link, do = opened(request, Purpose.PREFERENCES), request.does
    context, subscription = link.context, link.subscription
    subscriber = subscription.subscriber
    if decide_preferences(link.token, subscription) is TokenResult.OVER or subscriber is None:
        return ended(request)
    if link.expired:
        return expired(link)
    to = request.query.get("read")
    if not request.posts and to is not None:
        # The target of a mail's link; anything else means the latest edition.
        path = f"/{to if _PRINTED.fullmatch(to) else ''}"
        return remember(RedirectResponse(f"{request.site.base}{path}", 303), request, subscription)
    if not request.posts:
        return _form(link)
    # Actions that also apply to the other briefings.
    of_all = {"briefings": save_briefings, "leave-all": leave_all}
    if do in of_all:
        return of_all[do](link, subscriber)
    if do.startswith("end-"):
        context.store.apply(keys.end_device, subscriber.id, do.removeprefix("end-"))
        return RedirectResponse(f"{request.site.base}{link.place}?saved=1", 303)
    wanted, work = subscriber.preferences, _WORK.get(do)
    if do == "save":
        offered, usual = chosen_by(request, subscriber.preferences)
        chosen = read_chosen(request.fields, usual=usual, asked={wish.name for wish in FIELDS})
        # Expired mutes stay if the form does not contain the field.
        asks = "muted" in request.fields
        today = _today(request, subscriber.preferences.zone) if asks else date.min
        if wrong := problems(chosen, offered=offered, today=today):
            return _form(link, chosen, wrong)
        wanted = preferences_of(chosen, offered)
        work = partial(readers.change, preferences=wanted)
    if work is None:
        return not_pressed(link, label=_("Pause"), do="pause")
    if link.act(work, by=request.by()).result is not TokenResult.GOOD:
        return ended(request)
    # Redirect, so that a reload does not submit again.
    base = context.base + path_in(wanted.language, usual=context.settings.language)
    return RedirectResponse(f"{base}{link.place}?saved=1", 303)


def _today(request: WebRequest, zone: str) -> date:
    return request.at.astimezone(ZoneInfo(zone)).date()


def _mutes(chosen: Chosen, *, today: date | None) -> Iterator[tuple[str, str]]:
    """Yield what is muted and until when; with a day, without expired mutes."""
    for mute in chosen["muted"]:
        what, end = mute_of(mute)
        if end is None or not today or end > today:
            yield what, f"{end or ''}"


def _form(link: LinkRequest, chosen: Chosen | None = None, wrong: FieldErrors = ()) -> Response:
    subscription = link.subscription
    subscriber = subscription.subscriber
    assert subscriber  # noqa: S101  the link of the page is a reader's
    zone = subscriber.preferences.zone
    offered, usual = chosen_by(link, subscriber.preferences)
    paused = subscriber.state is State.PAUSED
    context, failed = link.context, link.query.get("failed", "").split(",")
    offered_too = (*_offered(link, subscriber),)
    _total, newest = context.store.look(sagas.newest, context.briefing, limit=_SAGAS)
    return link.site.page(
        "preferences",
        address=subscriber.address,
        since=day(subscription.confirmed or subscriber.since or link.at, zone=zone),
        paused=day(subscriber.since or link.at, zone=zone) if paused else "",
        next_mail=next_mail(subscriber.preferences, now=link.at, timetable=context.timetable),
        saved="saved" in link.query and not wrong,
        wrong=wrong,
        **options(link, chosen or usual, offered),
        muted=_mutes(chosen or usual, today=None if chosen else _today(link, zone)),
        sagas={f"{SAGA}{saga.id}": saga.headline for saga in newest},
        link=link,
        # Those that the reader has, or that anybody with a confirmed address may join.
        briefings=[(each, _membership(each, subscriber.address)) for each in offered_too],
        failed=[each.settings.name for each in (context, *offered_too) if each.briefing in failed],
        key=key_of(link, subscription, Purpose.FEED),
        devices=devices_of(link, subscriber.id),
        on=partial(day, zone=zone),
        leave=link.path_to(Purpose.LEAVE, epoch=subscription.epoch),
    )


def unsubscribe(request: WebRequest) -> Response:
    """Ask for confirmation; unsubscribe when the button is pressed or on a one-click request."""
    link = opened(request, Purpose.LEAVE)
    subscription = link.subscription
    result = decide_leave(link.token, subscription)
    if request.posts:
        if request.one_click or request.does == "leave":
            by = request.by(how="one-click" if request.one_click else "form")
            outcome = link.act(readers.leave, by=by)
            result, subscription = outcome.result, outcome.subscription
        elif request.does == "undo":
            return _undone(link)
        else:
            return not_pressed(link, label=_("Unsubscribe"), do="leave")
    if result is TokenResult.OVER:
        return ended(request)
    # An old forwarded mail can still unsubscribe, but its page shows no address.
    subscriber, address = subscription.subscriber, _("this address")
    if subscriber and _is_young(link):
        address = subscriber.address
    if not request.posts and result is not TokenResult.DONE:
        return request.site.page(
            "leave",
            address=address,
            action=link.action("leave", _("Unsubscribe")),
            preferences=_path_of_preferences(link, subscription.epoch),
        )
    can_return = decide_return(link.token, subscription, at=request.at) is TokenResult.GOOD
    undo = link.action("undo", _("Undo"), primary=False) if can_return else None
    return request.site.page("left", address=address, undo=undo)


def _undone(link: LinkRequest) -> Response:
    outcome = link.act(readers.come_back, by=link.by("Undo"))
    subscriber = outcome.subscription.subscriber
    if outcome.result is TokenResult.OVER or subscriber is None:
        hours = int(readers.UNDO.total_seconds() // 3600)
        return link.site.message_page(
            _("Too late to undo"),
            _(
                "Unsubscribing can be undone for {hours}. You can subscribe again.",
                hours=say().counted(hours, "hour"),
            ),
            status=410,
            links=(("/subscribe", _("Subscribe")),),
        )
    own = _path_of_preferences(link, outcome.subscription.epoch)
    due = next_mail(subscriber.preferences, now=link.at, timetable=link.context.timetable)
    return link.site.message_page(
        _("You are subscribed again"),
        _("Your preferences are unchanged. The next mail is due on {when}.", when=due),
        links=(("/", _("Read the latest edition")), (own, _("Preferences"))),
    )


def _path_of_preferences(link: LinkRequest, epoch: int) -> str:
    """Return the path of the preferences, or for an old mail that of requesting a new link."""
    if not _is_young(link):
        return "/preferences"
    return link.path_to(Purpose.PREFERENCES, epoch=epoch)


def _is_young(link: LinkRequest) -> bool:
    """Return whether a mail is recent enough for its preferences link to be valid too."""
    life = Purpose.PREFERENCES.life
    return life is not None and link.at <= link.token.made + life
