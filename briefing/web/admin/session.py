"""The session cookie of operators."""

from __future__ import annotations

import re

from starlette.responses import Response

from briefing.app.operators import sessions
from briefing.core.model import Session
from briefing.web.limits import is_plain
from briefing.web.request import WebRequest

_COOKIE = "briefing"


def cookie_name(web: str) -> str:
    """Return the name of the cookie; its prefix keeps other hosts and plain http from setting it.

    Pages that a browser reaches by plain http on its own machine cannot have the prefix. With it
    the path must be "/", so briefings under several paths of one host differ by their names.
    """
    path = web.partition("://")[2].partition("/")[2]
    name = "-".join((_COOKIE, *re.findall(r"\w+", path, re.ASCII)))
    return name if is_plain(web) else f"__Host-{name}"


def value_of(request: WebRequest) -> str:
    """Return the value of the cookie; empty without one."""
    return request.cookies.get(cookie_name(request.site.context.web), "")


def current(request: WebRequest) -> Session | None:
    """Return the session of a request; None if there is none."""
    return sessions.use(request.site.context.store, value_of(request), at=request.at)


def is_signed_in(request: WebRequest) -> bool:
    """Tell whether a request has a session: who may send a large form."""
    return current(request) is not None


def set_cookie(answer: Response, value: str, *, web: str) -> Response:
    """Set the cookie; it lives no longer than the session can."""
    answer.set_cookie(
        cookie_name(web),
        value,
        max_age=int(sessions.LIFE.total_seconds()),
        path="/",
        secure=not is_plain(web),
        httponly=True,
        samesite="lax",
    )
    return answer


def delete_cookie(answer: Response, *, web: str) -> Response:
    """Delete the cookie."""
    answer.delete_cookie(
        cookie_name(web), path="/", secure=not is_plain(web), httponly=True, samesite="lax"
    )
    return answer
