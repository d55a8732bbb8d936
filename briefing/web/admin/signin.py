"""Sign in with name and password, locked after too many wrong ones; known devices; sign out.

Failed sign-ins from unknown devices lock out only unknown devices: a known one has its own count.

References:
    OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.responses import Response

from briefing.app.access import admit
from briefing.app.access import sign_in as open_session
from briefing.app.access import sign_out as end_session
from briefing.core.errors import BusyError
from briefing.core.model import Operator
from briefing.press.wording import moment
from briefing.store import operators
from briefing.web.admin import frame
from briefing.web.admin.frame import (
    SIGN_IN,
    SIGN_OUT,
    AdminSession,
    local,
    redirect,
    view,
)
from briefing.web.forms import first
from briefing.web.guard import cookie_name, is_plain, set_cookie
from briefing.web.request import ACT, ONLY_ACT, SitePage, WebRequest
from briefing.web.stored import zone_of

#: Characters of a name that are read and shown again.
_LONGEST = 60
_BUSY = "Too many sign-ins at the moment. Try again in a minute."


def sign_in(request: WebRequest) -> Response:
    """Show the form; open a session for the right name and password."""
    refused = unless_encrypted(request)
    if refused is not None:
        return refused
    if not request.posts:
        to = local(request.query.get("to", ""))
        return redirect(request, to) if frame.current(request) else _form(request, to=to)
    typed = "".join(filter(str.isprintable, first(request.fields, "name")))
    return _attempt(request, name=typed.strip().lower()[:_LONGEST])


def sign_out(request: WebRequest) -> Response:
    """End the session, if there is one."""
    return view(_close)(request) if frame.current(request) else redirect(request, SIGN_IN)


def _attempt(request: WebRequest, *, name: str) -> Response:
    to, context = local(first(request.fields, "to")), request.context
    form = partial(_form, request, to=to, name=name)
    with context.store.write() as tx:
        device_of = partial(known_device, request)
        until, tried = admit(tx, name, device_of=device_of, network=request.network, at=request.at)
    if until is not None:
        wrong = f"Too many attempts. Try again after {moment(until, zone=zone_of(context))}."
        seconds = int((until - request.at).total_seconds()) + 1
        return form(status=429, wrong=wrong, headers={"Retry-After": str(seconds)})
    password, code = first(request.fields, "password"), first(request.fields, "code")
    known, browser = context.secrets, frame.browser_of(request)
    try:
        value = open_session(
            context.store, tried, password, code[:_LONGEST], secrets=known, browser=browser
        )
    except BusyError:
        return form(status=503, wrong=_BUSY, headers={"Retry-After": "60"})
    if tried.operator is None or not value:
        return form(status=422, wrong="Name, password or code is wrong.")
    answer = set_cookie(redirect(request, to), value, web=context.web)
    return remember(answer, request, tried.operator)


def _close(session: AdminSession) -> Response:
    session.change(end_session, frame.value_of(session.request))
    return frame.delete_cookie(redirect(session.request, SIGN_IN), web=session.context.web)


def _form(request: WebRequest, *, name: str = "", wrong: str = "", **about: Any) -> Response:  # noqa: ANN401
    with request.read() as tx:
        nobody = not operators.listed(tx)
        coded = request.context.second_factor != "off" or operators.with_factor(tx)
    return open_page(request, "signin", name=name, wrong=wrong, nobody=nobody, coded=coded, **about)


def open_page(request: WebRequest, template: str, **about: Any) -> Response:  # noqa: ANN401  as Site.page
    """Return a page of the administration for who is not signed in."""
    nobody: dict[str, Any] = dict.fromkeys(("operator", "form_token", "message"), "")
    return request.site.page(f"admin/{template}", places=(), **nobody, **about)


def unless_encrypted(request: WebRequest) -> Response | None:
    """Return a page that refuses passwords; None if they are encrypted or stay on this machine."""
    web = request.context.web
    if request.secure and (web.startswith("https://") or is_plain(web)):
        return None
    return request.site.message_page(
        "HTTPS required",
        "Passwords must not be sent unencrypted, so nobody can sign in at this address.",
        status=403,
        note="Serve the pages over https and set address under [web]; or open them on the machine "
        "itself, at http://localhost. A proxy that speaks TLS must set X-Forwarded-Proto, and "
        "FORWARDED_ALLOW_IPS must name its address unless it is 127.0.0.1.",
    )


PAGES = (SitePage(SIGN_IN, sign_in, ACT), SitePage(SIGN_OUT, sign_out, ONLY_ACT))


#: How long a device is known after its last sign-in; browsers keep no cookie for longer than 400
#: days (RFC 6265bis, section 5.5).
LIFE = timedelta(days=365)
_BYTES = 16
_VALUE = re.compile(r"([\w-]{22})\.([0-9a-f]{1,12})\.([0-9a-f]{64})", re.ASCII)


def known_device(request: WebRequest, operator: Operator | None) -> str:
    """Return the id of the device if the operator has signed in on it; empty for all others."""
    match = _VALUE.fullmatch(request.cookies.get(_name(request.context.web), ""))
    if operator is None or match is None:
        return ""
    device, until, check = match.groups()
    right = (_check(key, operator, device, until) for key in request.context.secrets)
    signed = any(hmac.compare_digest(check, expected) for expected in right)
    return device if signed and request.at.timestamp() < int(until, 16) else ""


def remember(answer: Response, request: WebRequest, operator: Operator) -> Response:
    """Set the cookie of a device, keeping its id if it has one."""
    web, key = request.context.web, request.context.secrets[-1]
    device = known_device(request, operator) or secrets.token_urlsafe(_BYTES)
    until = f"{int((request.at + LIFE).timestamp()):x}"
    value = f"{device}.{until}.{_check(key, operator, device, until)}"
    return set_cookie(answer, value, web=web, name=_name(web), life=LIFE)


def _name(web: str) -> str:
    # No path of a briefing has a dot in the name of its cookie.
    return f"{cookie_name(web)}.device"


def _check(key: bytes, operator: Operator, device: str, until: str) -> str:
    """Sign a device for one operator; a later operator of the same name is another one."""
    text = f"briefing device {operator.name} {operator.since.timestamp():.0f} {device} {until}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
