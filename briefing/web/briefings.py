"""The other briefings of this server, chosen on the preferences page of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from briefing.app.readers import By, look
from briefing.app.readers.sharing import Joining, Membership, join, membership, quit_briefing
from briefing.core.errors import BriefingError
from briefing.core.model import Preferences, Subscriber
from briefing.mail.tokens import Purpose
from briefing.web.context import WebContext
from briefing.web.failures import log_failure
from briefing.web.links import Opened, path_to
from briefing.web.request import WebRequest

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
    note = f"Could not be reached, and go on: {', '.join(failed)}. Each of their mails has a link."
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
