"""What all pages of the administration share: access, session cookie, tables, short times."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from briefing.app import access
from briefing.app.access import digest_key
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Session
from briefing.core.schedule import zone
from briefing.store import Transaction, operators
from briefing.store.audit import Actor
from briefing.web.context import WebContext
from briefing.web.forms import first
from briefing.web.guard import SCRIPTED, cookie_name, is_plain
from briefing.web.request import View, WebRequest
from briefing.web.stored import zone_of

T = TypeVar("T")


class Place(NamedTuple):
    """An entry of the navigation."""

    path: str
    label: str
    #: Page and paragraph of the documentation about it.
    help: str
    #: Path of the place that it is inside of; empty for the five.
    of: str = ""


#: The navigation, in order.
PLACES = (
    Place("/admin", "Today", "editors.md#today"),
    Place("/admin/deliveries", "Deliveries", "editors.md#deliveries", "/admin"),
    Place("/admin/acts", "Requests", "editors.md#a-minute-to-undo", "/admin"),
    Place("/admin/tomorrow", "Tomorrow", "editors.md#the-draft"),
    Place("/admin/release", "Release", "editors.md#releasing-an-edition", "/admin/tomorrow"),
    Place("/admin/sagas", "Sagas", "editors.md#stories-that-continue", "/admin/tomorrow"),
    Place("/admin/sources", "Sources", "editors.md#sources-and-sections"),
    Place("/admin/sources/ledger", "Ledger", "editors.md#sources-and-sections", "/admin/sources"),
    Place("/admin/subscribers", "Readers", "editors.md#readers"),
    Place("/admin/deliveries", "Deliveries", "editors.md#deliveries", "/admin/subscribers"),
    Place("/admin/settings", "Settings", "settings.md#in-a-browser"),
    Place("/admin/sections", "Sections", "settings.md#sections-of-your-own", "/admin/settings"),
    Place("/admin/schedule", "Schedule", "editors.md#the-schedule", "/admin/settings"),
    Place("/admin/settings/watch", "Watch-lists", "editors.md#watch-lists", "/admin/settings"),
    Place("/admin/operators", "Operators", "operations.md#who-can-see-what", "/admin/settings"),
    Place("/admin/password", "Password", "operations.md#who-can-see-what", "/admin/settings"),
    Place("/admin/morning", "First morning", "first-morning.md", "/admin/settings"),
    Place("/admin/log", "Log", "operations.md#the-log", "/admin/settings"),
)
SIGN_IN, SIGN_OUT = "/admin/sign-in", "/admin/sign-out"
#: What also operators do who may only look.
_OWN = (SIGN_OUT, "/admin/password")
#: Paths of the administration with a question; no empty part, no "..", nothing of another host.
_LOCAL = re.compile(r"/admin(?:/\w[\w.~@-]*)*(?:\?[\w=&%.~+:@-]*)?", re.ASCII)
#: What changes something: forms, and within them the buttons, but for those that say what is so,
#: and fields; headings of forms and links to them have the class "edits".
_FORM = re.compile(r'<form method="post".*?</form>', re.DOTALL)
_BUTTON = re.compile(r'<button(?![^>]*aria-pressed="true").*?</button>', re.DOTALL)
_FIELD = re.compile(r"<(?:button|input|select|textarea)(?= )")
_EDITS = re.compile(r'<h2 class="[^"]*\bedits".*?</form>|<a class="[^"]*\bedits".*?</a>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class AdminSession:
    """A request of a signed-in operator."""

    request: WebRequest
    #: Name of the operator.
    operator: str
    #: Every form must send it as "form_token".
    form_token: str
    #: What the operator may do.
    right: str
    #: Whether they may change what the page is about, or only look at it.
    may_act: bool

    @property
    def context(self) -> WebContext:
        """The web context."""
        return self.request.context

    @property
    def briefing(self) -> str:
        """Id of the briefing in the store."""
        return self.context.briefing

    @property
    def zone(self) -> str:
        """IANA name of the zone in which times are shown."""
        return zone_of(self.context)

    @property
    def times(self) -> Times:
        """The moment of the request, in the zone in which times are shown."""
        return Times(zone(self.zone) or UTC, self.request.at)

    @property
    def key(self) -> bytes:
        """Under what the session is kept."""
        return digest_key(value_of(self.request))

    def field(self, name: str) -> str:
        """Return the first value that the form sent under a name; empty without any."""
        return first(self.request.fields, name)

    def read(self) -> AbstractContextManager[Transaction]:
        """Begin to read the store."""
        return self.request.read()

    def write(self) -> AbstractContextManager[Transaction]:
        """Begin to write to the store."""
        return self.context.store.write()

    def run(self, use_case: Callable[..., T], *given: object, **named: object) -> T:
        """Run a use case in a transaction of its own; now, unless ``at`` is named."""
        actor = replace(self.actor, at=cast(datetime, named.pop("at", self.request.at)))
        with self.write() as tx:
            return use_case(tx, *given, actor=actor, **named)

    def change(self, use_case: Callable[..., T], *given: object, **named: object) -> T:
        """Run a use case in a transaction of its own; what does not exist is not found (404)."""
        try:
            return self.run(use_case, *given, **named)
        except InputError as error:
            raise HTTPException(404) from error

    def submit(
        self,
        path: str,
        use_case: Callable[..., object],
        *given: object,
        done: str,
        refused: str,
        **named: object,
    ) -> Response:
        """Run a use case, and go back to a path with the message of its success or refusal."""
        try:
            self.change(use_case, *given, **named)
        except UsageError:
            return self.back(path, message=refused)
        return self.back(path, message=done)

    def page(self, template: str, *, status: int = 0, **about: object) -> Response:
        """Return a page.

        ``template`` is its file under ``web/admin/``, without the ending. Of its variables
        "message" appears below the heading, as that of a failure if it is "bad"; "times" puts
        moments in words; with "reload" it is shown again after so many seconds.
        """
        message = self.message(template, self.request.query.get("message", ""))
        variables = dict[str, Any](message=message, bad=False) | about
        answer = self.request.site.page(
            f"admin/{template}",
            status=status,
            places=PLACES,
            spot=place_of(self.request.address),
            operator=self.operator,
            may_act=self.may_act,
            form_token=self.form_token,
            times=self.times,
            **variables,
        )
        if not self.may_act:
            head, main, page = bytes(answer.body).decode().partition("<main")
            page = _FORM.sub(
                lambda form: _FIELD.sub(r"\g<0> disabled", _BUTTON.sub("", form[0])),
                _EDITS.sub("", page),
            )
            answer = HTMLResponse(f"{head}{main}{page}", answer.status_code)
        if about.get("reload"):
            answer.headers["Content-Security-Policy"] = SCRIPTED
        return answer

    def refused(self, why: str) -> Response:
        """Refuse what the operator may not do."""
        note = "An operator who may manage can change your rights, under Settings, Operators."
        return self.request.site.message_page(
            "Not allowed", f"{why} Nothing has changed.", status=403, note=note
        )

    def message(self, template: str, key: str) -> str:
        """Return what a page says once after something was done; empty for an unknown key."""
        known = self.request.site.templates.get_template("web/admin/messages.html").module
        words: str = vars(known).get(template, {}).get(key, "")
        return words

    def back(self, path: str, *, message: str = "") -> Response:
        """Redirect to a page of the administration, so that a reload does not send the form again.

        User input in the path must be quoted; the page shows the message of a key once.
        """
        if message:
            path = f"{path}{'&' if '?' in path else '?'}message={message}"
        return redirect(self.request, path)

    @property
    def actor(self) -> Actor:
        """The operator, now, as use cases take it."""
        return self.request.actor(self.operator)


def view(handler: Callable[[AdminSession], Response]) -> View:
    """Return a view that only operators can open.

    Without a session it redirects to the sign-in page. A form sent without a session, or without
    its form token, is refused (403) before the handler runs.
    """

    def answer(request: WebRequest) -> Response:
        request.context.acts.settle(request.at)
        stored = current(request)
        if stored is None and not request.posts:
            return redirect(request, f"{SIGN_IN}?to={quote(local(request.address), safe='/')}")
        sent = first(request.fields, "form_token").encode("utf-8", "replace")
        if stored is None or (
            request.posts and not hmac.compare_digest(sent, stored.form_token.encode())
        ):
            raise HTTPException(403)
        with request.read() as tx:
            operator = required(operators.get(tx, stored.operator))
        may_act = operator.may_act or request.address.partition("?")[0] in _OWN
        session = AdminSession(request, operator.name, stored.form_token, operator.right, may_act)
        if request.posts and not may_act:
            return session.refused("You may look at everything here, but not change it.")
        return handler(session)

    answer.__name__ = handler.__name__
    return answer


def local(address: str) -> str:
    """Return a path of the administration unchanged; its first page for any other address."""
    is_local = _LOCAL.fullmatch(address) is not None and not address.startswith((SIGN_IN, SIGN_OUT))
    return address if is_local else PLACES[0].path


def required(value: T | None) -> T:
    """Return what is there; else the page is not found."""
    if value is None:
        raise HTTPException(404)
    return value


def day_of(session: AdminSession) -> date:
    """Return the day that a form names; anything else is not found."""
    try:
        return date.fromisoformat(session.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error


def redirect(request: WebRequest, path: str) -> Response:
    """Redirect to a path of this briefing (303)."""
    return RedirectResponse(f"{request.context.base}{path}", 303)


def place_of(address: str) -> Place:
    """Return the innermost entry of the navigation to which an address belongs."""
    path = f"{address.partition('?')[0]}/"
    around = (place for place in PLACES if path.startswith(f"{place.path}/"))
    return max(around, key=lambda place: len(place.path))


def value_of(request: WebRequest) -> str:
    """Return the value of the cookie; empty without one."""
    return request.cookies.get(cookie_name(request.context.web), "")


def current(request: WebRequest) -> Session | None:
    """Return the session of a request; None if there is none."""
    return access.use_session(request.context.store, value_of(request), at=request.at)


def is_signed_in(request: WebRequest) -> bool:
    """Tell whether a request has a session: who may send a large form."""
    return current(request) is not None


def delete_cookie(answer: Response, *, web: str) -> Response:
    """Delete the cookie of the session."""
    answer.delete_cookie(cookie_name(web), secure=not is_plain(web), httponly=True)
    return answer


class Times(NamedTuple):
    """A zone and the current time."""

    zone: tzinfo
    #: Aware.
    now: datetime

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()

    @property
    def midnight(self) -> datetime:
        """When today began there, aware UTC."""
        return datetime.combine(self.today, time(), self.zone).astimezone(UTC)

    def clock(self, at: datetime) -> str:
        """Format as "05:34"."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def day(self, day: date) -> str:
        """Format as "Thu 12 March", with the year if it is another one."""
        year = f" {day.year}" if day.year != self.today.year else ""
        return f"{day:%a} {day.day} {day:%B}{year}"

    def moment(self, at: datetime | None) -> str:
        """Format as "today, 05:34" or "Tue 10 March, 05:34"; empty for None."""
        if at is None:
            return ""
        there = at.astimezone(self.zone)
        near = {self.today: "today", self.today - timedelta(days=1): "yesterday"}
        return f"{near.get(there.date()) or self.day(there.date())}, {there:%H:%M}"
