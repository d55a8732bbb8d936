"""The page on which a subscriber chooses what comes when, pauses, and goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.responses import RedirectResponse, Response

from briefing.app.readers import (
    ActionOutcome,
    Subscription,
    TokenResult,
    change,
    look,
    pause,
    resume,
)
from briefing.app.readers.decide import decide_wishes
from briefing.app.readers.wording import day, next_mail
from briefing.core.model import State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.web.forms import Chosen, FieldError, problems, read_chosen, shown
from briefing.web.links import Opened, ended, expired, not_pressed, opened, path_to
from briefing.web.request import WebRequest
from briefing.web.subscribe import offered_by, times
from briefing.web.zones import zone_groups

_TURNS: Mapping[str, Callable[..., ActionOutcome]] = MappingProxyType(
    {"pause": pause, "resume": resume}
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def preferences(visit: WebRequest) -> Response:
    """Show what is chosen; keep what is sent, and lead back to the page."""
    link = opened(visit, Purpose.WISHES)
    seen = look(visit.site.desk.store, link.token)
    if decide_wishes(link.token, seen) is TokenResult.OVER or seen.subscriber is None:
        return ended(visit)
    if link.expired:
        return expired(visit, link, seen)
    if not visit.posts:
        return _form(visit, link, seen, seen.subscriber)
    if visit.does in _TURNS:
        return _turned(visit, link)
    if visit.does != "save":
        return not_pressed(visit, link, label="Pause", do="pause")
    return _saved(visit, link, seen, seen.subscriber)


def _saved(visit: WebRequest, link: Opened, seen: Subscription, one: Subscriber) -> Response:
    desk = visit.site.desk
    offered = offered_by(visit, own=one.wishes.zone)
    usual = shown(one.wishes, offered=offered)
    asked = {"sections", "days", "at", "zone", "form"}
    chosen = read_chosen(visit.fields, usual=usual, asked=asked | _asked_language(visit))
    wrong = problems(chosen, offered=offered)
    if wrong:
        return _form(visit, link, seen, one, chosen=chosen, wrong=wrong)
    wishes = chosen.wishes(offered)
    outcome = change(desk.store, link.token, wishes, by=visit.by(), clock=desk.clock)
    return _back(visit, link, outcome)


def _asked_language(visit: WebRequest) -> set[str]:
    return {"language"} if len(visit.site.desk.languages) > 1 else set()


def _turned(visit: WebRequest, link: Opened) -> Response:
    desk = visit.site.desk
    outcome = _TURNS[visit.does](desk.store, link.token, by=visit.by(), clock=desk.clock)
    return _back(visit, link, outcome)


def _back(visit: WebRequest, link: Opened, outcome: ActionOutcome) -> Response:
    """Lead back to the page, so that loading it again sends nothing again."""
    if outcome.found is not TokenResult.GOOD:
        return ended(visit)
    return RedirectResponse(f"{visit.site.desk.base}{link.path}?saved=1", 303)


def _form(  # noqa: PLR0913  what the page shows
    visit: WebRequest,
    link: Opened,
    seen: Subscription,
    one: Subscriber,
    *,
    chosen: Chosen | None = None,
    wrong: tuple[FieldError, ...] = (),
) -> Response:
    zone = one.wishes.zone
    offered = offered_by(visit, own=zone)
    chosen = chosen or shown(one.wishes, offered=offered)
    paused = one.state is State.PAUSED
    return visit.site.page(
        "preferences",
        status=422 if wrong else 200,
        address=one.address,
        since=day(seen.confirmed or one.since or visit.at, zone=zone),
        paused=day(one.since or visit.at, zone=zone) if paused else "",
        next_mail=next_mail(one.wishes, now=visit.at),
        saved="saved" in visit.query and not wrong,
        chosen=chosen,
        wrong=wrong,
        offered=offered,
        days=_DAYS,
        groups=zone_groups(offered.zones, at=visit.at),
        times=times(chosen.at),
        save=link.action("save", "Save"),
        turn=link.action("resume", "Resume", primary=False)
        if paused
        else link.action("pause", "Pause", primary=False),
        leave=path_to(Purpose.LEAVE, visit, token=link.token, epoch=seen.epoch),
    )
