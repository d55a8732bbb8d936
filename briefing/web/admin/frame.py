"""Access control of the administration: sessions, form tokens and navigation."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from briefing.app.actor import Actor
from briefing.app.operators.sessions import session_key
from briefing.core.errors import InputError
from briefing.web.admin import session
from briefing.web.context import WebContext
from briefing.web.forms import first
from briefing.web.request import View, WebRequest

T = TypeVar("T")

#: Navigation entries in order: path and label.
ROOMS = (
    ("/admin", "Round"),
    ("/admin/tomorrow", "Tomorrow"),
    ("/admin/sources", "Sources"),
    ("/admin/sections", "Sections"),
    ("/admin/subscribers", "Subscribers"),
    ("/admin/deliveries", "Deliveries"),
    ("/admin/schedule", "Schedule"),
    ("/admin/settings", "Settings"),
    ("/admin/log", "Log"),
)
SIGN_IN, SIGN_OUT = "/admin/sign-in", "/admin/sign-out"
#: Paths of the administration with a question; no empty part, no "..", nothing of another host.
_LOCAL = re.compile(r"/admin(?:/\w[\w.~@-]*)*(?:\?[\w=&%.~+:@-]*)?", re.ASCII)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AdminSession:
    """A request of a signed-in operator."""

    request: WebRequest
    #: Name of the operator.
    operator: str
    #: Every form must send it as "form_token".
    form_token: str
    #: Messages of this page, shown once after an action, by the key in the address.
    messages: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def context(self) -> WebContext:
        """The web context."""
        return self.request.site.context

    @property
    def zone(self) -> str:
        """IANA name of the zone in which times are shown."""
        return self.context.timetable.zone if self.context.timetable else "UTC"

    @property
    def key(self) -> bytes:
        """Under what the session is kept."""
        return session_key(session.value_of(self.request))

    def field(self, name: str) -> str:
        """Return the first value that the form sent under a name; empty without any."""
        return first(self.request.fields, name)

    def change(self, use_case: Callable[..., T], *given: object, **named: object) -> T:
        """Run a use case in a transaction of its own.

        Raises:
            HTTPException: what it is about does not exist (404).
        """
        try:
            with self.context.store.write() as tx:
                return use_case(tx, *given, **named, actor=self.actor, at=self.request.at)
        except InputError as error:
            raise HTTPException(404) from error

    def page(self, template: str, *, status: int = 200, **about: object) -> Response:
        """Return a page.

        Args:
            template: its file under ``web/admin/``, without the ending.
            status: HTTP status.
            about: template variables; "folio" and "next" appear in the folio line, "message" as
                that of a failure if it is "bad".
        """
        variables = {"folio": "", "next": "", "message": self._message(), "bad": False, **about}
        return self.request.site.page(
            f"admin/{template}",
            status=status,
            headers=_NOTHING,
            rooms=ROOMS,
            current=room_of(self.request.address),
            operator=self.operator,
            form_token=self.form_token,
            **variables,
        )

    def back(self, path: str, *, message: str = "") -> Response:
        """Redirect to a page of the administration, so that a reload does not send the form again.

        Args:
            path: without the base path; user input in it must be quoted.
            message: key of the message that the page shows once.
        """
        return redirect(
            self.request,
            f"{path}{'&' if '?' in path else '?'}message={message}" if message else path,
        )

    @property
    def actor(self) -> Actor:
        """The operator as the audit log records it."""
        return self.request.actor(self.operator)

    def _message(self) -> str:
        return self.messages.get(self.request.query.get("message", ""), "")


def view(
    handler: Callable[[AdminSession], Response],
    *,
    posts: bool = False,
    messages: Mapping[str, str] = _NOTHING,
) -> View:
    """Return a view that only operators can open.

    Without a session it redirects to the sign-in page. A form sent without a session, or without
    its form token, is refused (403) before the handler runs. ``messages`` are shown once after a
    redirect, by key.
    """

    def answer(request: WebRequest) -> Response:
        request.site.context.acts.settle(request.at)
        session = _session_of(request, messages)
        if session is None and not request.posts:
            return redirect(request, f"{SIGN_IN}?to={quote(local(request.address), safe='/')}")
        if request.posts and not posts:
            raise HTTPException(405)
        if session is None or (request.posts and not _has_token(session)):
            raise HTTPException(403)
        return handler(session)

    answer.__name__ = handler.__name__
    return answer


def local(address: str) -> str:
    """Return a path of the administration unchanged; its first page for any other address."""
    is_local = _LOCAL.fullmatch(address) is not None and not address.startswith((SIGN_IN, SIGN_OUT))
    return address if is_local else ROOMS[0][0]


def redirect(request: WebRequest, path: str) -> Response:
    """Redirect to a path of this briefing (303)."""
    return RedirectResponse(f"{request.site.context.base}{path}", 303)


def room_of(address: str) -> str:
    """Return the entry of the navigation to which an address belongs; empty for none."""
    path = address.partition("?")[0]
    inner = next((room for room, _ in ROOMS[1:] if f"{path}/".startswith(f"{room}/")), "")
    return inner or (ROOMS[0][0] if path == ROOMS[0][0] else "")


def _session_of(request: WebRequest, messages: Mapping[str, str]) -> AdminSession | None:
    stored = session.current(request)
    if stored is None:
        return None
    return AdminSession(request, stored.operator, stored.form_token, messages)


def _has_token(session: AdminSession) -> bool:
    sent = session.field("form_token").encode("utf-8", "replace")
    return hmac.compare_digest(sent, session.form_token.encode())
