"""What all pages of the administration share: access, sessions, navigation, short times."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import compile_path

from briefing.app import access
from briefing.app.keys import digest_key
from briefing.core.errors import InputError, RoleError, UsageError
from briefing.core.messages import Translatable
from briefing.core.model import Role, Session, least_role
from briefing.press.catalog import _, shown
from briefing.press.wording import dated, short_date
from briefing.store import Transaction, operators
from briefing.store.audit import Actor
from briefing.web.forms import first, sentence
from briefing.web.guard import SCRIPTED
from briefing.web.request import ACT, ASK, ONLY_ACT, PLAIN, Intake, SitePage, View, WebRequest

T = TypeVar("T")


class Place(NamedTuple):
    """An entry of the navigation."""

    path: str
    #: Marked for translation here, translated where it is shown.
    label: str
    #: Page and section of the documentation about it.
    help: str
    #: Path of the parent entry; empty for the five at the top.
    of: str = ""


SIGN_IN, SIGN_OUT = "/admin/sign-in", "/admin/sign-out"
SECOND_FACTOR = "/admin/second-factor"
_TOMORROW, _SETTINGS = "/admin/tomorrow", "/admin/settings"
#: The navigation, in order.
PLACES = (
    Place("/admin", Translatable("Today"), "editors.md#today"),
    Place("/admin/deliveries", Translatable("Deliveries"), "editors.md#deliveries", "/admin"),
    Place("/admin/acts", Translatable("Requests"), "editors.md#a-minute-to-undo", "/admin"),
    Place(_TOMORROW, Translatable("Tomorrow"), "editors.md#the-draft"),
    Place("/admin/release", Translatable("Release"), "editors.md#releasing-an-edition", _TOMORROW),
    Place("/admin/sagas", Translatable("Sagas"), "editors.md#stories-that-continue", _TOMORROW),
    Place("/admin/sources", Translatable("Sources"), "editors.md#sources-and-sections"),
    Place(
        "/admin/sources/ledger",
        Translatable("Ledger"),
        "editors.md#sources-and-sections",
        "/admin/sources",
    ),
    Place("/admin/subscribers", Translatable("Readers"), "editors.md#readers"),
    Place(
        "/admin/deliveries",
        Translatable("Deliveries"),
        "editors.md#deliveries",
        "/admin/subscribers",
    ),
    Place(_SETTINGS, Translatable("Settings"), "settings.md#in-a-browser"),
    Place(
        "/admin/settings/lists/sections",
        Translatable("Sections"),
        "settings.md#sections-of-your-own",
        _SETTINGS,
    ),
    Place("/admin/schedule", Translatable("Schedule"), "editors.md#the-schedule", _SETTINGS),
    Place(
        "/admin/settings/lists/watch",
        Translatable("Watch-lists"),
        "editors.md#watch-lists",
        _SETTINGS,
    ),
    Place(
        "/admin/operators", Translatable("Operators"), "operations.md#who-can-see-what", _SETTINGS
    ),
    Place("/admin/sessions", Translatable("Sessions"), "operations.md#sessions", _SETTINGS),
    Place(SECOND_FACTOR, Translatable("Second factor"), "operations.md#second-factor", _SETTINGS),
    Place("/admin/password", Translatable("Password"), "operations.md#who-can-see-what", _SETTINGS),
    Place("/admin/morning", Translatable("First morning"), "first-morning.md", _SETTINGS),
    Place("/admin/log", Translatable("Log"), "operations.md#the-log", _SETTINGS),
)
#: Names of the roles within a sentence.
_ROLES = {
    Role.READER: Translatable("viewer"),
    Role.EDITOR: Translatable("editor"),
    Role.PUBLISHER: Translatable("publisher"),
    Role.ADMINISTRATOR: Translatable("administrator"),
}
#: What operators can still do who lack a required second factor.
_BARE = (SECOND_FACTOR, SIGN_OUT)
#: Paths of the administration with a query; no empty segment, no "..", nothing on another host.
_LOCAL = re.compile(r"/admin(?:/\w[\w.~@-]*)*(?:\?[\w=&%.~+:@-]*)?", re.ASCII)
#: What changes something: forms, their buttons except those that only show a state, and their
#: fields; headings of forms and links to forms have the class "edits".
_FORM = re.compile(r'<form method="post".*?</form>', re.DOTALL)
_BUTTON = re.compile(r'<button(?![^>]*aria-pressed="true").*?</button>', re.DOTALL)
_FIELD = re.compile(r"<(?:button|input|select|textarea)(?= )")
_EDITS = re.compile(
    r'<h2 class="[^"]*\bedits".*?</form>|<a (?:data-act="[^"]*" )?class="[^"]*\bedits".*?</a>',
    re.DOTALL,
)
#: What a form, a link or a button is for: a named act, or else the target of the form or link.
_NEEDS = re.compile(r'<(?:form|a|button)[^>]* data-act="([^"]*)"')
_LEADS = re.compile(r'<(?:form|a)[^>]* (?:action|href)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSession(WebRequest):
    """A request of a signed-in operator."""

    #: Name of the operator.
    operator: str
    #: Every form must send this as "form_token".
    form_token: str
    #: The operator's current role in the store.
    role: Role
    #: Whether the operator may do anything that the forms of the page are for.
    may_act: bool

    @property
    def briefing(self) -> str:
        """Id of the briefing in the store."""
        return self.context.briefing

    @property
    def zone(self) -> str:
        """IANA name of the zone in which times are shown."""
        return self.context.settings.schedule.zone

    @property
    def times(self) -> Times:
        """The time of the request, in the zone in which times are shown."""
        return Times(self.context.clocks, self.at)

    @property
    def key(self) -> bytes:
        """The key of the session in the store."""
        return digest_key(self.cookie())

    def asked(self, name: str) -> str:
        """Return a query parameter; empty if it is missing."""
        return self.query.get(name, "")

    @property
    def do(self) -> str:
        """The button that was pressed; empty for none."""
        return self.field("do")

    def values(self, name: str) -> Sequence[str]:
        """Return all values of a field of the form."""
        return self.fields.get(name, ())

    def field(self, name: str) -> str:
        """Return the first value of a field of the form; empty if it has none."""
        return first(self.fields, name)

    def write(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction."""
        return self.context.store.write()

    def run(self, use_case: Callable[..., T], *given: object, **named: object) -> T:
        """Run a use case in its own transaction, now unless ``at`` is given."""
        actor = replace(self.actor, at=cast(datetime, named.pop("at", self.at)))
        with self.write() as tx:
            return use_case(tx, *given, actor=actor, **named)

    def change(self, use_case: Callable[..., T], *given: object, **named: object) -> T:
        """Run a use case in its own transaction; respond 404 if its object does not exist."""
        try:
            return self.run(use_case, *given, **named)
        except InputError as error:
            raise HTTPException(404) from error

    def note(self, what: str, about: str = "") -> None:
        """Record an act that changes nothing else; RoleError if the role does not allow it."""
        self.context.store.apply(self.actor.note, what, about)

    def submit(
        self,
        path: str,
        use_case: Callable[..., object],
        *given: object,
        done: str,
        refused: str,
        **named: object,
    ) -> Response:
        """Run a use case, and redirect to a path with the message of success or refusal."""
        try:
            self.change(use_case, *given, **named)
        except UsageError:
            return self.back(path, message=refused)
        return self.back(path, message=done)

    def page(self, template: str, *, status: int = 0, **about: object) -> Response:
        """Return a page.

        ``template`` is its file under ``web/admin/``, without the suffix. Of its variables,
        "message" appears below the heading, as a failure if "bad" is set; "times" formats moments;
        "reload" is the number of seconds until the page reloads.
        """
        message = self.message(template, self.asked("message"))
        variables = dict[str, Any](message=message, bad=False) | about
        answer = self.site.page(
            f"admin/{template}",
            status=status,
            places=PLACES,
            spot=place_of(self.address),
            operator=self.operator,
            may_act=self.may_act,
            may=self.role.may,
            form_token=self.form_token,
            times=self.times,
            **variables,
        )
        if self.role is not Role.ADMINISTRATOR:
            head, main, page = bytes(answer.body).decode().partition("<main")
            page = _FORM.sub(self._form, _EDITS.sub(self._edits, page))
            answer = HTMLResponse(f"{head}{main}{page}", answer.status_code)
        if about.get("reload"):
            answer.headers["Content-Security-Policy"] = SCRIPTED
        return answer

    def require(self, act: str) -> None:
        """Refuse an act that is done later or only announced; its use case checks the role again.

        Raises RoleError if the operator's role does not allow it.
        """
        if not self.role.may(act):
            role = least_role(act)
            raise RoleError(
                Translatable(
                    "{operator}: {act} needs the role {role}",
                    operator=self.operator,
                    act=act,
                    role=_ROLES[role],
                )
            )

    def _edits(self, markup: re.Match[str]) -> str:
        return markup[0] if self._allows(markup[0]) else ""

    def _form(self, form: re.Match[str]) -> str:
        if self._allows(form[0]):
            return _BUTTON.sub(self._edits, form[0])
        return _FIELD.sub(r"\g<0> disabled", _BUTTON.sub("", form[0]))

    def _allows(self, markup: str) -> bool:
        """Return whether the operator may do what a form, a button or a link is for."""
        if named := _NEEDS.match(markup):
            return self.role.may(named[1])
        leads = None if markup.startswith("<button") else _LEADS.search(markup)
        if leads is None:
            return markup.startswith("<button") or self.may_act
        path = leads[1].partition("#")[0].removeprefix(self.context.base)
        return may_send(self.role, path) if path else self.may_act

    def refused(self, why: str) -> Response:
        """Refuse what the operator may not do."""
        note = _("An administrator can change your role, under Settings, Operators.")
        lede = f"{why} {_('Nothing has changed.')}"
        return self.site.message_page(_("Not allowed"), lede, status=403, note=note)

    def message(self, template: str, key: str) -> str:
        """Return the message shown once after an act; empty for an unknown key."""
        known = self.site.localized.get_template("web/admin/messages.html").module
        words: str = vars(known).get(template, {}).get(key, "")
        return words

    def back(self, path: str, *, message: str = "") -> Response:
        """Redirect to a page of the administration, so that a reload does not send the form again.

        User input in the path must be quoted; the page shows the message of the key once.
        """
        if message:
            path = f"{path}{'&' if '?' in path else '?'}message={message}"
        return redirect(self, path)

    @property
    def actor(self) -> Actor:
        """The operator acting now, as use cases expect it."""
        return self.acting(self.operator)


def view(handler: Callable[[AdminSession], Response]) -> View:
    """Return a view that only operators can open.

    Without a session, it redirects to the sign-in page. A form without a session or without its
    form token is refused (403) before the handler runs.
    """

    def answer(request: WebRequest) -> Response:
        request.context.acts.settle(request.at)
        stored = current(request)
        if not stored and not request.posts:
            return redirect(request, f"{SIGN_IN}?to={quote(local(request.address), safe='/')}")
        sent = first(request.fields, "form_token").encode("utf-8", "replace")
        if not stored or (
            request.posts and not hmac.compare_digest(sent, stored.form_token.encode())
        ):
            raise HTTPException(403)
        with request.read() as tx:
            operator = required(operators.get(tx, stored.operator))
            path = request.address.partition("?")[0]
            bare = request.context.settings.web.second_factor == "demanded" and path not in _BARE
            lacks = bare and operators.factor_of(tx, operator.name) is None
        if lacks:
            return redirect(request, SECOND_FACTOR)
        may_act = may_send(operator.role, request.address)
        session = request.further(
            AdminSession,
            operator=operator.name,
            form_token=stored.form_token,
            role=operator.role,
            may_act=may_act,
        )
        needed = least_role(acts[0]) if (acts := acts_of(request.address)) else Role.READER
        why = _(
            "Your role is {role}; this needs the role {needed}.",
            role=shown(_ROLES[operator.role]),
            needed=shown(_ROLES[needed]),
        )
        if request.posts and not may_act:
            return session.refused(why)
        try:
            return handler(session)
        except RoleError as error:
            return session.refused(sentence(error))

    answer.__name__ = handler.__name__
    return answer


def admin_page(
    path: str,
    handler: Callable[[AdminSession], Response],
    *acts: str,
    methods: Sequence[str] = ASK,
    intake: Intake = PLAIN,
) -> SitePage:
    """Return a page for operators only; ``acts`` are what its forms are for."""
    return SitePage(path, view(handler), (*methods,), intake, acts)


admin_form, admin_post = partial(admin_page, methods=ACT), partial(admin_page, methods=ONLY_ACT)


@cache
def _forms() -> Sequence[tuple[re.Pattern[str], tuple[str, ...]]]:
    from briefing.web import admin  # noqa: PLC0415  its modules import this one

    return [(compile_path(page.path)[0], page.acts) for page in admin.PAGES]


def acts_of(address: str) -> tuple[str, ...]:
    """Return what the forms of an address are for; empty if every operator may send them."""
    path = address.partition("?")[0]
    return next((acts for pattern, acts in _forms() if pattern.match(path)), ())


def may_send(role: Role, address: str) -> bool:
    """Return whether a role allows any of the acts that the forms of an address are for."""
    acts = acts_of(address)
    return not acts or any(role.may(act) for act in acts)


def local(address: str) -> str:
    """Return a path of the administration, or its first page for any other address."""
    is_local = _LOCAL.fullmatch(address) is not None and not address.startswith((SIGN_IN, SIGN_OUT))
    return address if is_local else PLACES[0].path


def required(value: T | None) -> T:
    """Return a value; respond 404 if it is None."""
    if value is None:
        raise HTTPException(404)
    return value


def day_of(session: AdminSession) -> date:
    """Return the day in a form; respond 404 if it is not valid."""
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


def browser_of(request: WebRequest) -> access.Browser:
    """Return the browser that opens a session; the session that it has ends then."""
    device = "".join(filter(str.isprintable, request.headers.get("user-agent", "")))
    return access.Browser(device, request.network, request.cookie())


def begin_session(tx: Transaction, request: WebRequest, name: str) -> str:
    """Open a session for an operator in the request's browser; return its cookie."""
    return access.begin_session(tx, name, at=request.at, browser=browser_of(request))


def current(request: WebRequest) -> Session | None:
    """Return the session of a request; None if there is none."""
    return access.use_session(request.context.store, request.cookie(), at=request.at)


def is_signed_in(request: WebRequest) -> bool:
    """Return whether a request has a session, which large forms require."""
    return current(request) is not None


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
        """The start of the local day, aware UTC."""
        return datetime.combine(self.today, time(), self.zone).astimezone(UTC)

    def clock(self, at: datetime) -> str:
        """Format as "05:34"."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def day(self, day: date) -> str:
        """Format as "Thu 12 March", with the year if it is not the current one."""
        return (short_date if day.year == self.today.year else dated)(day)

    def moment(self, at: datetime | None) -> str:
        """Format as "today, 05:34" or "Tue 10 March, 05:34"; empty for None."""
        if not at:
            return ""
        there = at.astimezone(self.zone)
        near = {self.today: _("today"), self.today - timedelta(days=1): _("yesterday")}
        return f"{near.get(there.date()) or self.day(there.date())}, {there:%H:%M}"
