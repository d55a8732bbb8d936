"""The preferences of one subscriber, changed by an operator whom they asked."""

from __future__ import annotations

from starlette.responses import Response

from briefing.app.readers import preferences_line
from briefing.app.readers.administration import CHANGEABLE, change
from briefing.app.readers.preferences import Chosen, Offered, choices
from briefing.core.errors import UsageError
from briefing.core.model import Subscriber
from briefing.press.phrases import phrases
from briefing.store import subscribers
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.subscriber import existing, number_of
from briefing.web.forms import FieldError, problems, read_chosen
from briefing.web.page import ACT, SitePage
from briefing.web.preferences import asked_of, day_of_week
from briefing.web.subscribe import offered_by, times
from briefing.web.zones import zone_groups


def change_choices(session: AdminSession) -> Response:
    """Show the preferences of a subscriber; save submitted ones and lead back to them."""
    request, number = session.request, number_of(session)
    back = f"/admin/subscribers/{number}"
    with session.context.store.read() as tx:
        person = existing(subscribers.get(tx, number))
    if person.state not in CHANGEABLE:
        return session.back(back, message="other")
    offered = offered_by(request, own=person.preferences.zone)
    usual = choices(person.preferences, sections=offered.sections, lists=offered.lists)
    if not request.posts:
        seen = preferences_line(person.preferences)
        return _form(session, person, usual, offered=offered, seen=seen)
    chosen = read_chosen(request.fields, usual=usual, asked=asked_of(request))
    seen, wrong = session.field("seen"), problems(chosen, offered=offered)
    if wrong:
        return _form(session, person, chosen, offered=offered, seen=seen, wrong=wrong)
    try:
        preferences = chosen.preferences(offered)
        session.change(change, number, preferences=preferences, seen=seen)
    except UsageError:
        return session.back(back, message="moved")
    return session.back(back, message="chosen")


def _form(  # noqa: PLR0913  what the page shows
    session: AdminSession,
    person: Subscriber,
    chosen: Chosen,
    *,
    offered: Offered,
    seen: str,
    wrong: tuple[FieldError, ...] = (),
) -> Response:
    return session.page(
        "choices",
        status=422 if wrong else 200,
        one=person,
        seen=seen,
        chosen=chosen,
        wrong=wrong,
        offered=offered,
        days=phrases("en").weekdays,
        week=day_of_week(session.request),
        groups=zone_groups(offered.zones, at=session.request.at),
        times=times(chosen.at),
    )


PAGES = (SitePage("/admin/subscribers/{number}/choices", view(change_choices, posts=True), ACT),)
