"""Who is signed in: a random value in a cookie, of which the store keeps only the digest."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from starlette.responses import Response

from briefing.core.model import Session
from briefing.store import Transaction, operators
from briefing.web.limits import is_plain
from briefing.web.request import WebRequest

#: A session ends when it is not used for so long, and at the latest so long after it began.
IDLE, LIFE = timedelta(hours=12), timedelta(days=7)
#: A use is noted at most so often.
_NOTED = timedelta(minutes=5)
#: Bytes of a cookie and of a form token: nobody guesses them.
_BYTES = 32
_COOKIE = "briefing"


def cookie_name(web: str) -> str:
    """Return the name of the cookie; its prefix keeps other hosts and plain http from setting it.

    Pages that a browser reaches by plain http on its own machine cannot have the prefix. With it
    the path must be "/", so briefings under several paths of one host differ by their names.
    """
    path = web.partition("://")[2].partition("/")[2]
    name = "-".join((_COOKIE, *re.findall(r"\w+", path, re.ASCII)))
    return name if is_plain(web) else f"__Host-{name}"


def begin(tx: Transaction, operator: str, *, at: datetime) -> str:
    """Open a session for an operator and return the value of its cookie."""
    value = secrets.token_urlsafe(_BYTES)
    session = Session(operator, secrets.token_urlsafe(_BYTES), since=at, until=at + IDLE)
    operators.open_session(tx, _key(value), session)
    return value


def current(request: WebRequest) -> Session | None:
    """Return the session of a visit, kept open by being used; None when there is none any more."""
    value = _value(request)
    if not value:
        return None
    store, key = request.site.context.store, _key(value)
    with store.read() as tx:
        found = operators.session(tx, key, at=request.at)
    if found is None or request.at >= found.since + LIFE:
        return None
    until = min(request.at + IDLE, found.since + LIFE)
    if until - found.until >= _NOTED:
        with store.write() as tx:
            operators.prolong(tx, key, until=until)
    return found


def end(tx: Transaction, request: WebRequest) -> None:
    """Close the session of a visit, if there is one."""
    value = _value(request)
    if value:
        operators.close_session(tx, _key(value))


def give(answer: Response, value: str, *, web: str) -> Response:
    """Add a cookie to an answer; it lives no longer than the session can."""
    answer.set_cookie(
        cookie_name(web),
        value,
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=not is_plain(web),
        httponly=True,
        samesite="lax",
    )
    return answer


def take(answer: Response, *, web: str) -> Response:
    """Let a browser forget the cookie."""
    answer.delete_cookie(
        cookie_name(web), path="/", secure=not is_plain(web), httponly=True, samesite="lax"
    )
    return answer


def _value(request: WebRequest) -> str:
    return request.cookies.get(cookie_name(request.site.context.web), "")


def _key(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
