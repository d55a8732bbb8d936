"""Around every page of the administration: who sits there, and that a form is that person's."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from briefing.app.actor import Actor
from briefing.web.admin import session
from briefing.web.context import WebContext
from briefing.web.forms import first
from briefing.web.request import View, WebRequest

#: The rooms in the order of the navigation: path and name.
ROOMS = (
    ("/admin", "Round"),
    ("/admin/tomorrow", "Tomorrow"),
    ("/admin/sources", "Sources"),
    ("/admin/subscribers", "Subscribers"),
    ("/admin/deliveries", "Deliveries"),
    ("/admin/schedule", "Schedule"),
    ("/admin/log", "Log"),
)
SIGN_IN, SIGN_OUT = "/admin/sign-in", "/admin/sign-out"
#: What a page says once after something was done, by the key in its address.
SAID: Mapping[str, str] = MappingProxyType(
    {
        "done": "Done.",
        "saved": "Saved.",
        "undone": "Undone.",
        "removed": "Removed.",
        "sent": "Sent.",
        "ordered": "Asked for. It begins in a moment.",
    }
)
#: Paths of the administration with a question; no empty part, no "..", nothing of another host.
_LOCAL = re.compile(r"/admin(?:/\w[\w.~@-]*)*(?:\?[\w=&%.~+:@-]*)?", re.ASCII)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AdminSession:
    """What a page of the administration is given: a visit, and who is signed in."""

    request: WebRequest
    #: Name of the operator.
    operator: str
    #: What every form sends as "form_token".
    form_token: str
    #: What this page may say once, by key, beside :data:`SAID`.
    words: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def context(self) -> WebContext:
        """What the pages are made with."""
        return self.request.site.context

    @property
    def zone(self) -> str:
        """IANA name of the zone in which moments are told."""
        return self.context.timetable.zone if self.context.timetable else "UTC"

    def field(self, name: str) -> str:
        """Return the first value that the form sent under a name; empty without any."""
        return first(self.request.fields, name)

    def page(self, template: str, *, status: int = 200, **about: object) -> Response:
        """Return a page.

        Args:
            template: its file under ``web/admin/``, without the ending.
            status: HTTP status, as the words say.
            about: what the template names; "folio" and "next" stand in the folio line.
        """
        told = {"folio": "", "next": "", "said": self._said(), **about}
        return self.request.site.page(
            f"admin/{template}",
            status=status,
            headers=_NOTHING,
            rooms=ROOMS,
            current=room_of(self.request.address),
            operator=self.operator,
            form_token=self.form_token,
            **told,
        )

    def back(self, path: str, *, said: str = "") -> Response:
        """Lead to a page of the administration, so that loading it again sends nothing again.

        Args:
            path: without the base of the desk; its parts from outside must be quoted.
            said: key of what that page says once.
        """
        return lead_to(
            self.request, f"{path}{'&' if '?' in path else '?'}said={said}" if said else path
        )

    @property
    def actor(self) -> Actor:
        """Who acts, for the logs."""
        return self.request.actor(self.operator)

    def _said(self) -> str:
        key = self.request.query.get("said", "")
        return self.words.get(key) or SAID.get(key, "")


def view(
    act: Callable[[AdminSession], Response],
    *,
    posts: bool = False,
    words: Mapping[str, str] = _NOTHING,
) -> View:
    """Return a page that only operators see.

    Without a session it leads to the sign-in; what is sent without one, or without the token of
    the session's forms, is refused before anything is done (403).

    Args:
        act: answers; asked with a seat.
        posts: whether it takes forms.
        words: what the page may say once, by key.
    """

    def answer(request: WebRequest) -> Response:
        session = _seat(request, words)
        if session is None and not request.posts:
            return lead_to(request, f"{SIGN_IN}?to={quote(local(request.address), safe='/')}")
        if request.posts and not posts:
            raise HTTPException(405)
        if session is None or (request.posts and not _is_ours(session)):
            raise HTTPException(403)
        return act(session)

    answer.__name__ = act.__name__
    return answer


def local(address: str) -> str:
    """Return a path of the administration as it is, and its first page for anything else."""
    ours = _LOCAL.fullmatch(address) is not None and not address.startswith((SIGN_IN, SIGN_OUT))
    return address if ours else ROOMS[0][0]


def lead_to(request: WebRequest, path: str) -> Response:
    """Lead to a path of this desk (303)."""
    return RedirectResponse(f"{request.site.context.base}{path}", 303)


def room_of(address: str) -> str:
    """Return the entry of the navigation to which an address belongs; empty for none."""
    path = address.partition("?")[0]
    inner = next((room for room, _ in ROOMS[1:] if f"{path}/".startswith(f"{room}/")), "")
    return inner or (ROOMS[0][0] if path == ROOMS[0][0] else "")


def _seat(request: WebRequest, words: Mapping[str, str]) -> AdminSession | None:
    found = session.current(request)
    return None if found is None else AdminSession(request, found.operator, found.form_token, words)


def _is_ours(session: AdminSession) -> bool:
    sent = session.field("form_token").encode("utf-8", "replace")
    return hmac.compare_digest(sent, session.form_token.encode())
