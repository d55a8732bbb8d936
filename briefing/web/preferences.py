"""The page on which a subscriber changes preferences, pauses and resumes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from starlette.responses import RedirectResponse, Response

from briefing.app.readers import (
    ActionOutcome,
    LinkAction,
    Subscription,
    TokenResult,
    change,
    look,
    pause,
    resume,
)
from briefing.app.readers.decide import decide_preferences
from briefing.app.readers.preferences import Chosen, choices
from briefing.core.model import State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.press.phrases import phrases
from briefing.press.wording import day, next_mail
from briefing.web.briefings import failed_names, leave_all, other_briefings, save_briefings
from briefing.web.forms import FieldError, problems, read_chosen
from briefing.web.links import Opened, act, ended, expired, not_pressed, opened, path_to
from briefing.web.request import WebRequest
from briefing.web.subscribe import offered_by, times
from briefing.web.zones import zone_groups

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
