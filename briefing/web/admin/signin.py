"""Sign in with name and password, locked after too many wrong ones; sign out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.readers.wording import moment
from briefing.core.errors import BusyError
from briefing.core.model import Operator
from briefing.setup.passwords import hashed, is_outdated, matches, tries_at, tries_from
from briefing.store import operators
from briefing.web.admin import session
from briefing.web.admin.device import known_device, remember
from briefing.web.admin.frame import SIGN_IN, SIGN_OUT, AdminSession, lead_to, local, view
from briefing.web.admin.lockout import (
    FOR_ALL,
    FOR_NAME,
    FOR_NETWORK,
    MEMORY,
    TryLimit,
    locked_until,
)
from briefing.web.forms import first
from briefing.web.limits import is_own_post, is_plain
from briefing.web.page import ACT, ONLY_ACT, SitePage
from briefing.web.request import WebRequest

#: Characters of a name that are looked at, and shown again.
_LONGEST = 60
#: Seconds until a browser may try again when too many sign in at once.
_SOON = "60"
_WRONG = "Name or password is wrong."
_BUSY = "Too many sign in at this moment. Try again in a minute."
#: Who stands in the audit log for a name that nobody has: what was typed may be a password.
_NOBODY = "unknown"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Try:
    """One password that is to be looked at."""

    #: Who has the name.
    operator: Operator | None
    #: Whether it comes from a device on which the operator has signed in before.
    known: bool
    #: Under what it counts, with the limit of each.
    counts: Mapping[bytes, TryLimit]


def sign_in(request: WebRequest) -> Response:
    """Show the form; open a session for the right name and password."""
    web = request.site.context.web
    if not web.startswith("https://") and not is_plain(web):
        return _only_encrypted(request)
    if not request.posts:
        to = local(request.query.get("to", ""))
        return lead_to(request, to) if session.current(request) else _form(request, to=to)
    # A mail program may act for its reader from anywhere, but not here.
    if not is_own_post(request.headers, web=web):
        raise HTTPException(403)
    typed = "".join(filter(str.isprintable, first(request.fields, "name")))
    return _tried(request, name=typed.strip().lower()[:_LONGEST])


def sign_out(request: WebRequest) -> Response:
    """End the session, if there is one still."""
    return _end(request) if session.current(request) else lead_to(request, SIGN_IN)


def _tried(request: WebRequest, *, name: str) -> Response:
    to = local(first(request.fields, "to"))
    until, tried = _admitted(request, name)
    if until is not None:
        return _locked(request, name, until, to=to)
    password, found = first(request.fields, "password"), tried.operator
    try:
        good = matches(password, kept=found.hash if found else None, known=tried.known)
    except BusyError:
        _forget(request, tried)
        headers = {"Retry-After": _SOON}
        return _form(request, to=to, status=503, name=name, wrong=_BUSY, headers=headers)
    value = _opened(request, found, password, tried=tried) if found is not None and good else ""
    if found is not None and value:
        answer = session.give(lead_to(request, to), value, web=request.site.context.web)
        return remember(answer, request, found)
    with request.site.context.store.write() as tx:
        actor = request.actor(found.name if found else _NOBODY)
        actor.note(tx, "sign-in refused", at=request.at)
    return _form(request, to=to, status=422, name=name, wrong=_WRONG)


def _admitted(request: WebRequest, name: str) -> tuple[datetime | None, _Try]:
    """Return until when nothing is tried, if so; else the try.

    A try counts as a wrong one before it is looked at, so that many at once are no more than many.
    """
    with request.site.context.store.write() as tx:
        operator = operators.get(tx, name)
        device = known_device(request, operator)
        tried = _Try(operator, bool(device), _counts(request, name, device=device))
        for key, limit in tried.counts.items():
            failed = operators.failures(tx, key, since=request.at - MEMORY)
            until = locked_until(failed, limit=limit)
            if until is not None and request.at < until:
                return until, tried
        for key in tried.counts:
            operators.note_failure(tx, key, at=request.at)
        return None, tried


def _counts(request: WebRequest, name: str, *, device: str) -> Mapping[bytes, TryLimit]:
    """Return the counts of a try: a device that is known has its own, which no stranger fills."""
    if device:
        return {tries_at(name, place=f"device {device}"): FOR_NAME}
    return {
        tries_at(name, place=request.network): FOR_NAME,
        tries_from(request.network): FOR_NETWORK,
        tries_at(name): FOR_ALL,
    }


def _forget(request: WebRequest, tried: _Try) -> None:
    """Count a try no more: its password was not looked at."""
    with request.site.context.store.write() as tx:
        for key in tried.counts:
            operators.forget_failure(tx, key, at=request.at)


def _opened(request: WebRequest, operator: Operator, password: str, *, tried: _Try) -> str:
    """Open a session and return its cookie; empty when the operator has changed meanwhile."""
    renewed = hashed(password) if is_outdated(operator.hash) else operator.hash
    with request.site.context.store.write() as tx:
        if operators.get(tx, operator.name) != operator:
            return ""
        if renewed != operator.hash:
            operators.keep(tx, replace(operator, hash=renewed))
        for key, limit in tried.counts.items():
            # Of the counts that others share it takes this one try alone.
            operators.forget_failure(tx, key, at=request.at)
            if limit is FOR_NAME:
                operators.clear_failures(tx, key)
        operators.prune_sessions(tx, before=request.at)
        operators.prune_failures(tx, before=request.at - MEMORY)
        session.end(tx, request)
        request.actor(operator.name).note(tx, "sign in", at=request.at)
        return session.begin(tx, operator.name, at=request.at)


def _close(signed_in: AdminSession) -> Response:
    with signed_in.context.store.write() as tx:
        session.end(tx, signed_in.request)
        signed_in.note(tx, "sign out")
    return session.take(lead_to(signed_in.request, SIGN_IN), web=signed_in.context.web)


def _locked(request: WebRequest, name: str, until: datetime, *, to: str) -> Response:
    timetable = request.site.context.timetable
    said = moment(until, zone=timetable.zone if timetable else "UTC")
    return _form(
        request,
        to=to,
        status=429,
        name=name,
        wrong=f"Too many tries. Nothing is tried again before {said}.",
        headers={"Retry-After": str(int((until - request.at).total_seconds()) + 1)},
    )


def _form(  # noqa: PLR0913  what the page shows
    request: WebRequest,
    *,
    to: str,
    status: int = 200,
    name: str = "",
    wrong: str = "",
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Response:
    with request.site.context.store.read() as tx:
        nobody = not operators.listed(tx)
    return request.site.page(
        "admin/signin",
        status=status,
        headers=headers,
        **dict.fromkeys(("operator", "form_token", "folio", "next", "said"), ""),
        rooms=(),
        to=to,
        name=name,
        wrong=wrong,
        nobody=nobody,
    )


def _only_encrypted(request: WebRequest) -> Response:
    return request.site.notice(
        "Only with https",
        "A password must not cross a network in the clear. Nobody can sign in at this address.",
        status=403,
        note="Put https before the pages and set address under [web] to it; or open them on the "
        "machine itself, at http://localhost.",
    )


_end = view(_close, posts=True)

PAGES = (SitePage(SIGN_IN, sign_in, ACT), SitePage(SIGN_OUT, sign_out, ONLY_ACT))
