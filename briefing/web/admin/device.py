"""Devices on which an operator has signed in before, each known by a signed cookie.

Failed sign-ins from unknown devices lock out only unknown devices: a known one has its own count.

References:
    OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from starlette.responses import Response

from briefing.core.model import Operator
from briefing.web.admin.session import cookie_name
from briefing.web.limits import is_plain
from briefing.web.request import WebRequest

#: How long a device is known after its last sign-in; browsers keep no cookie for longer than 400
#: days (RFC 6265bis, section 5.5).
LIFE = timedelta(days=365)
_BYTES = 16
_VALUE = re.compile(r"([\w-]{22})\.([0-9a-f]{1,12})\.([0-9a-f]{64})", re.ASCII)


def known_device(request: WebRequest, operator: Operator | None) -> str:
    """Return the id of the device if the operator has signed in on it; empty for all others."""
    match = _VALUE.fullmatch(request.cookies.get(_name(request.site.context.web), ""))
    if operator is None or match is None:
        return ""
    device, until, check = match.groups()
    right = (_check(key, operator, device, until) for key in request.site.context.secrets)
    signed = any(hmac.compare_digest(check, expected) for expected in right)
    return device if signed and request.at.timestamp() < int(until, 16) else ""


def remember(answer: Response, request: WebRequest, operator: Operator) -> Response:
    """Set the cookie of a device, keeping its id if it has one."""
    context = request.site.context
    device = known_device(request, operator) or secrets.token_urlsafe(_BYTES)
    until = f"{int((request.at + LIFE).timestamp()):x}"
    answer.set_cookie(
        _name(context.web),
        f"{device}.{until}.{_check(context.secrets[-1], operator, device, until)}",
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=not is_plain(context.web),
        httponly=True,
        samesite="lax",
    )
    return answer


def _name(web: str) -> str:
    # No path of a briefing has a dot in the name of its cookie.
    return f"{cookie_name(web)}.device"


def _check(key: bytes, operator: Operator, device: str, until: str) -> str:
    """Sign a device for one operator; a later operator of the same name is another one."""
    text = f"briefing device {operator.name} {operator.since.timestamp():.0f} {device} {until}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
