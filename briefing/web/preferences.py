"""The pages on which readers change preferences, choose other briefings, and unsubscribe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from briefing.app.readers import (
    UNDO,
    ActionOutcome,
    By,
    LinkAction,
    Subscription,
    TokenResult,
    change,
    come_back,
    leave,
    look,
    pause,
    resume,
)
from briefing.app.readers.actions import Joining, Membership, join, membership, quit_briefing
from briefing.app.readers.decide import decide_leave, decide_preferences, decide_return
from briefing.app.readers.fields import Chosen, choices
from briefing.core.counting import counted
from briefing.core.errors import BriefingError
from briefing.core.model import Preferences, State, Subscriber
from briefing.mail.tokens import LinkToken, Purpose
from briefing.press.wording import day, next_mail, phrases
from briefing.web.context import WebContext
from briefing.web.forms import FieldError, problems, read_chosen, zone_groups
from briefing.web.guard import log_failure
from briefing.web.request import WebRequest
from briefing.web.subscribe import (
    Opened,
    act,
    ended,
    expired,
    not_pressed,
    offered_by,
    opened,
    path_to,
    times,
)

#: What is said beside a name, by what the address is there.
_WORDS = {
    Membership.ACTIVE: "",
    Membership.NONE: "",
    Membership.PAUSED: "paused",
    Membership.CLOSED: "you reported a mail as spam; none is sent again",
}
_UNREACHABLE = "cannot be reached now"


@dataclass(frozen=True, slots=True)
class OtherBriefing:
    """A briefing beside the one of the page, and what the reader is to it."""

    id: str
    name: str
    is_chosen: bool
    #: Whether it cannot be chosen now, as the words say.
    is_closed: bool
    words: str


def other_briefings(request: WebRequest, subscriber: Subscriber) -> tuple[OtherBriefing, ...]:
    """Return the other briefings that anybody can subscribe to, for who has proven an address."""
    return tuple(_other(context, subscriber.address) for context in _offered(request))


def save_briefings(request: WebRequest, link: Opened, subscriber: Subscriber) -> Response:
    """Subscribe and unsubscribe as ticked, each briefing by itself; then back to the page.

    Only what was changed on the form counts: what another page did since it was shown stays.
    """
    before, after = (set(request.fields.get(name, ())) for name in ("was", "briefing"))
    failed = []
    for context in _offered(request):
        wanted = context.briefing in after
        is_changed = wanted != (context.briefing in before)
        if is_changed and not _change(request, context, subscriber, wanted=wanted):
            failed.append(context.briefing)
    query = urlencode({"saved": "briefings"} | ({"failed": ",".join(failed)} if failed else {}))
    return RedirectResponse(f"{request.site.context.base}{link.path}?{query}", 303)


def leave_all(request: WebRequest, link: Opened, subscriber: Subscriber) -> Response:
    """Unsubscribe from every briefing; from the one of the page last, since its link then ends."""
    own = request.site.context
    left: list[str] = []
    failed: list[str] = []
    for context in (*_offered(request), own):
        done = _change(request, context, subscriber, wanted=False)
        (left if done else failed).append(context.name)
    if own.name in failed:
        return _back_from_all(request, link, failed)
    undo = path_to(
        Purpose.LEAVE,
        request,
        token=link.token,
        epoch=look(own.store, link.token).epoch,
    )
    note = f"Not reached, and still active: {', '.join(failed)}. Each of their mails has a link."
    return request.site.message_page(
        "You are unsubscribed",
        f"Nothing more is sent to {subscriber.address} by: {', '.join(sorted(left))}.",
        note=note if failed else "",
        links=((undo, f"Undo for {own.name}"),),
    )


def _back_from_all(request: WebRequest, link: Opened, failed: Sequence[str]) -> Response:
    ids = (context.briefing for context in _all(request) if context.name in failed)
    query = urlencode({"saved": "briefings", "failed": ",".join(ids)})
    return RedirectResponse(f"{request.site.context.base}{link.path}?{query}", 303)


def failed_names(request: WebRequest) -> tuple[str, ...]:
    """Return the names of the briefings that could not be changed, as the address says."""
    asked = request.query.get("failed", "").split(",")
    return tuple(context.name for context in _all(request) if context.briefing in asked)


def _all(request: WebRequest) -> Iterator[WebContext]:
    yield request.site.context
    yield from _offered(request)


def _offered(request: WebRequest) -> Iterator[WebContext]:
    return (context for context in request.site.others if context.signs_up)


def _other(context: WebContext, address: str) -> OtherBriefing:
    try:
        with context.store.read() as tx:
            found = membership(tx, address)
    except BriefingError as error:
        log_failure(error, at="other_briefings")
        return OtherBriefing(
            context.briefing, context.name, is_chosen=False, is_closed=True, words=_UNREACHABLE
        )
    return OtherBriefing(
        context.briefing,
        context.name,
        is_chosen=found in {Membership.ACTIVE, Membership.PAUSED},
        is_closed=found is Membership.CLOSED,
        words=_WORDS[found],
    )


def _change(
    request: WebRequest, context: WebContext, subscriber: Subscriber, *, wanted: bool
) -> bool:
    """Do what the reader wants in one briefing; False, and nothing changed, if it failed."""
    by = _by(request, f"{'Subscribe to' if wanted else 'Unsubscribe from'} {context.name}")
    own = subscriber.preferences
    work = partial(quit_briefing, address=subscriber.address, by=by)
    if wanted:
        joining = Joining(context.briefing, _preferences(context, own), context.life)
        work = partial(join, person=subscriber, to=joining, by=by)
    try:
        with context.store.write() as tx:
            work(tx, at=context.clock())
    except BriefingError as error:
        log_failure(error, at="save_briefings")
        return False
    if wanted and context.requests is not None:
        context.requests.wake()
    return True


def _by(request: WebRequest, what: str) -> By:
    here = request.site.context
    return request.by(f"{what}: on the preferences page of {here.name}, {here.web}/preferences")


def _preferences(context: WebContext, own: Preferences) -> Preferences:
    """Return the preferences of another briefing for a new reader: all sections, no list."""
    known = own.language in context.languages
    return replace(
        own, sections=(), lists=(), language=own.language if known else context.usual.language
    )


_TURNS: Mapping[str, LinkAction] = MappingProxyType({"pause": pause, "resume": resume})

#: What is done in the other briefings too.
_OF_ALL = MappingProxyType({"briefings": save_briefings, "leave-all": leave_all})


def preferences(request: WebRequest) -> Response:
    """Show the preferences; save submitted ones and redirect back to the page."""
    link = opened(request, Purpose.PREFERENCES)
    subscription = look(request.site.context.store, link.token)
    if (
        decide_preferences(link.token, subscription) is TokenResult.OVER
        or subscription.subscriber is None
    ):
        return ended(request)
    if link.expired:
        return expired(request, link, subscription)
    if not request.posts:
        return _form(request, link, subscription, subscription.subscriber)
    return _done(request, link, subscription, subscription.subscriber)


def _done(
    request: WebRequest, link: Opened, subscription: Subscription, subscriber: Subscriber
) -> Response:
    """Do what the pressed button says."""
    if request.does in _TURNS:
        return _back(request, link, act(request, link, _TURNS[request.does], by=request.by()))
    if request.does in _OF_ALL:
        return _OF_ALL[request.does](request, link, subscriber)
    if request.does != "save":
        return not_pressed(request, link, label="Pause", do="pause")
    return _saved(request, link, subscription, subscriber)


def _saved(
    request: WebRequest, link: Opened, subscription: Subscription, subscriber: Subscriber
) -> Response:
    offered = offered_by(request, own=subscriber.preferences.zone)
    usual = choices(subscriber.preferences, sections=offered.sections, lists=offered.lists)
    chosen = read_chosen(request.fields, usual=usual, asked=asked_of(request))
    wrong = problems(chosen, offered=offered)
    if wrong:
        return _form(request, link, subscription, subscriber, chosen=chosen, wrong=wrong)
    save = partial(change, preferences=chosen.preferences(offered))
    return _back(request, link, act(request, link, save, by=request.by()))


def day_of_week(request: WebRequest) -> str:
    """Return the weekday on which weeks in review are mailed; empty: none is scheduled."""
    timetable = request.site.context.timetable
    week = timetable.week if timetable else None
    return phrases("en").weekdays[week.days[0]] if week else ""


def asked_of(request: WebRequest) -> set[str]:
    """Return the fields of the form; the language is asked for where there are several."""
    asked = {"sections", "lists", "days", "at", "zone", "form"}
    return asked | {"language"} if len(request.site.context.languages) > 1 else asked


def _back(request: WebRequest, link: Opened, outcome: ActionOutcome) -> Response:
    """Redirect back to the page, so that a reload does not submit again."""
    if outcome.result is not TokenResult.GOOD:
        return ended(request)
    return RedirectResponse(f"{request.site.context.base}{link.path}?saved=1", 303)


def _form(  # noqa: PLR0913  what the page shows
    request: WebRequest,
    link: Opened,
    subscription: Subscription,
    subscriber: Subscriber,
    *,
    chosen: Chosen | None = None,
    wrong: tuple[FieldError, ...] = (),
) -> Response:
    zone = subscriber.preferences.zone
    offered = offered_by(request, own=zone)
    chosen = chosen or choices(
        subscriber.preferences, sections=offered.sections, lists=offered.lists
    )
    paused = subscriber.state is State.PAUSED
    return request.site.page(
        "preferences",
        status=422 if wrong else 200,
        address=subscriber.address,
        since=day(subscription.confirmed or subscriber.since or request.at, zone=zone),
        paused=day(subscriber.since or request.at, zone=zone) if paused else "",
        next_mail=next_mail(subscriber.preferences, now=request.at),
        saved="saved" in request.query and not wrong,
        chosen=chosen,
        wrong=wrong,
        offered=offered,
        days=phrases("en").weekdays,
        week=day_of_week(request),
        groups=zone_groups(offered.zones, at=request.at),
        times=times(chosen.at),
        save=link.action("save", "Save"),
        turn=link.action("resume", "Resume", primary=False)
        if paused
        else link.action("pause", "Pause", primary=False),
        briefings=other_briefings(request, subscriber),
        failed=failed_names(request),
        choose=link.action("briefings", "Save briefings", primary=False),
        leave_all=link.action("leave-all", "Unsubscribe from all", primary=False),
        leave=path_to(Purpose.LEAVE, request, token=link.token, epoch=subscription.epoch),
    )


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
            ("/", "Read the latest edition"),
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
