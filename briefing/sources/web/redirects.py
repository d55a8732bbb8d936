"""PURE: where a redirect leads, and whether it is followed."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from briefing.core.errors import FetchError
from briefing.core.model import Validators
from briefing.sources.web.address import URL_LIMIT, AddressRules, check_url, host_of, printable

#: Statuses of redirects (RFC 9110, 15.4).
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Statuses of permanent redirects.
_PERMANENT = frozenset({301, 308})
#: Redirects that are followed: twice those from http to https, to "www.", to a new path and to its
#: trailing slash together.
MOST_REDIRECTS = 8


@dataclass(frozen=True, slots=True)
class Trail:
    """The redirects of one request so far."""

    #: Address to request now.
    url: httpx2.URL
    #: Validators to send to it.
    validators: Validators = Validators()
    #: Addresses requested before, in order.
    passed: tuple[httpx2.URL, ...] = ()
    #: Where permanent redirects led, up to the first temporary one.
    moved_to: str = ""


def follow(trail: Trail, location: str, *, status: int, rules: AddressRules) -> Trail:
    """Return the trail extended by one redirect.

    A redirect from https to http is followed, but never counts as permanent and drops validators,
    since an unencrypted response can be forged; validators are not sent to another host either.

    Raises:
        FetchError: it has no valid target, is a loop, is one too many, or its target is not
            allowed.
    """
    url = _target(trail, location, rules=rules)
    passed = (*trail.passed, trail.url)
    if url in passed:
        raise FetchError("redirects in a circle", status=status)
    if len(passed) > MOST_REDIRECTS:
        raise FetchError(f"redirects more than {MOST_REDIRECTS} times", status=status)
    lowered = trail.url.scheme == "https" and url.scheme == "http"
    permanent = status in _PERMANENT and not lowered and trail.moved_to == _moved(trail)
    same_host = host_of(url) == host_of(trail.url)
    return Trail(
        url,
        validators=trail.validators if same_host and not lowered else Validators(),
        passed=passed,
        moved_to=str(url) if permanent else trail.moved_to,
    )


def _moved(trail: Trail) -> str:
    """Return the value of ``moved_to`` if every redirect so far was permanent."""
    return str(trail.url) if trail.passed else ""


def _target(trail: Trail, location: str, *, rules: AddressRules) -> httpx2.URL:
    if not location or len(location) > URL_LIMIT:
        raise FetchError("redirects without a valid address")
    try:
        url = str(trail.url.join(location))
    except (httpx2.InvalidURL, UnicodeError):
        raise FetchError(f"redirects to {printable(location)!r}, which is not an address") from None
    try:
        return check_url(url, rules=rules)
    except FetchError as error:
        raise FetchError(f"redirects to {error}") from None
