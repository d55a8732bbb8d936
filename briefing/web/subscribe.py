"""The subscribe page, and the page to request a preferences link."""

from __future__ import annotations

from starlette.responses import Response

from briefing.app.readers.preferences import Chosen, Offered, choices
from briefing.store.signups import SignupKind
from briefing.web.forms import FieldError, as_fields, problems, read_address, read_chosen
from briefing.web.request import WebRequest
from briefing.web.zones import zone_groups

#: Fields of the form; days and language can be chosen later.
ASKED = frozenset({"sections", "lists", "at", "zone", "form"})


def subscribe(request: WebRequest) -> Response:
    """Show and accept the form; the response is the same for every address."""
    context = request.site.context
    if not context.signs_up:
        return request.site.error(503)
    offered = offered_by(request)
    usual = choices(context.usual, sections=offered.sections)
    if not request.posts:
        return _form(request, usual)
    written, address, wrong = read_address(request.fields)
    chosen = read_chosen(request.fields, usual=usual, asked=ASKED)
    wrong += problems(chosen, offered=offered)
    if wrong:
        return _form(request, chosen, written=written, wrong=wrong)
    consent, preferences = agreement(context.name), chosen.preferences(offered)
    if not request.admits(
        SignupKind.SUBSCRIBE, address=address, preferences=preferences, words=consent
    ):
        return request.site.error(429)
    again = [("mail", written), *as_fields(chosen)]
    page = request.site.page(
        "check", current="subscribe", address=written, again=again, to="/subscribe", link=False
    )
    return request.site.send_mail_after(page)


def link(request: WebRequest) -> Response:
    """Show and accept the form that requests a preferences link."""
    context = request.site.context
    if not context.signs_up:
        return request.site.error(503)
    if not request.posts:
        return request.site.page("link", written="", wrong=())
    written, address, wrong = read_address(request.fields)
    if wrong:
        return request.site.page("link", status=422, written=written, wrong=wrong)
    if not request.admits(SignupKind.LINK, address=address):
        return request.site.error(429)
    page = request.site.page(
        "check", address=written, again=[("mail", written)], to="/preferences", link=True
    )
    return request.site.send_mail_after(page)


def agreement(name: str) -> str:
    """Return the consent text beside the button, which is stored in the consent log."""
    return (
        f"You are subscribing to {name} by mail. We store your address, these choices, and when "
        "and from which network you subscribe, confirm and unsubscribe; nothing else. No tracking "
        "pixels, no tracked links. Every mail has an unsubscribe link."
    )


def offered_by(request: WebRequest, *, own: str = "") -> Offered:
    """Return the available options, including the subscriber's own zone."""
    context = request.site.context
    zones = context.zones if not own or own in context.zones else (own, *context.zones)
    return Offered(context.sections, zones, tuple(context.languages), context.lists)


def times(at: str) -> list[str]:
    """Return the times to choose from: each half hour, and the chosen one."""
    halves = [f"{hour:02}:{minute}" for hour in range(24) for minute in ("00", "30")]
    return sorted({*halves, at})


def _form(
    request: WebRequest, chosen: Chosen, *, written: str = "", wrong: tuple[FieldError, ...] = ()
) -> Response:
    offered = offered_by(request)
    return request.site.page(
        "subscribe",
        status=422 if wrong else 200,
        current="subscribe",
        written=written,
        chosen=chosen,
        wrong=wrong,
        offered=offered,
        groups=zone_groups(offered.zones, at=request.at),
        times=times(chosen.at),
        agreement=agreement(request.site.context.name),
    )
