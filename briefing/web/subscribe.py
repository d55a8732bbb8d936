"""The page on which somebody asks for the mail, and the one on which they ask for their link."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from briefing.app.readers import admit, ask, ask_for_link
from briefing.web.forms import (
    Chosen,
    FieldError,
    Offered,
    problems,
    read_address,
    read_chosen,
    shown,
)
from briefing.web.request import WebRequest
from briefing.web.zones import zone_groups

#: What the form asks for; days and language can be chosen later.
ASKED = frozenset({"sections", "at", "zone", "form"})


def subscribe(visit: WebRequest) -> Response:
    """Show the form; take what it sends, and say the same whoever the address belongs to."""
    desk = visit.site.desk
    if desk.office is None:
        return visit.site.error(503)
    offered = offered_by(visit)
    usual = shown(desk.usual, offered=offered)
    if not visit.posts:
        return _form(visit, usual)
    written, address, wrong = read_address(visit.fields)
    chosen = read_chosen(visit.fields, usual=usual, asked=ASKED)
    wrong += problems(chosen, offered=offered)
    if wrong:
        return _form(visit, chosen, written=written, wrong=wrong)
    if admit(desk.store, visit.network, clock=desk.clock, limits=desk.limits):
        return visit.site.error(429)
    work = partial(
        ask,
        desk.store,
        address,
        wishes=chosen.wishes(offered),
        by=visit.by(agreement(desk.name)),
        clock=desk.clock,
        limits=desk.limits,
    )
    again = [("mail", written), *chosen.fields()]
    page = visit.site.page(
        "check", current="subscribe", address=written, again=again, to="/subscribe", link=False
    )
    return visit.site.errands.after(page, work)


def link(visit: WebRequest) -> Response:
    """Show the form that asks for the link of one's own preferences; take what it sends."""
    desk = visit.site.desk
    if desk.office is None:
        return visit.site.error(503)
    if not visit.posts:
        return visit.site.page("link", written="", wrong=())
    written, address, wrong = read_address(visit.fields)
    if wrong:
        return visit.site.page("link", status=422, written=written, wrong=wrong)
    if admit(desk.store, visit.network, clock=desk.clock, limits=desk.limits):
        return visit.site.error(429)
    work = partial(ask_for_link, desk.store, address, clock=desk.clock, limits=desk.limits)
    page = visit.site.page(
        "check", address=written, again=[("mail", written)], to="/preferences", link=True
    )
    return visit.site.errands.after(page, work)


def agreement(name: str) -> str:
    """Return the words beside the button, which the consent log keeps."""
    return (
        f"You ask for {name} by mail. We store the address and these choices, and when and from "
        "which network you asked, confirmed and left; nothing else. No pictures that report back, "
        "no counted links. Every mail has a link that ends it."
    )


def offered_by(visit: WebRequest, *, own: str = "") -> Offered:
    """Return what can be chosen, a zone of one's own among it."""
    desk = visit.site.desk
    zones = desk.zones if not own or own in desk.zones else (own, *desk.zones)
    return Offered(desk.sections, zones, tuple(desk.languages))


def times(at: str) -> list[str]:
    """Return the times to choose from: each half hour, and the one that is chosen."""
    halves = [f"{hour:02}:{minute}" for hour in range(24) for minute in ("00", "30")]
    return sorted({*halves, at})


def _form(
    visit: WebRequest, chosen: Chosen, *, written: str = "", wrong: tuple[FieldError, ...] = ()
) -> Response:
    offered = offered_by(visit)
    return visit.site.page(
        "subscribe",
        status=422 if wrong else 200,
        current="subscribe",
        written=written,
        chosen=chosen,
        wrong=wrong,
        offered=offered,
        groups=zone_groups(offered.zones, at=visit.at),
        times=times(chosen.at),
        agreement=agreement(visit.site.desk.name),
    )
