"""PURE: where a redirect leads, and whether we follow."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from briefing.core.errors import FetchError
from briefing.core.model import Validators
from briefing.sources.web.address import URL_LIMIT, AddressRules, check_url, host_of, shown

#: Statuses that name another address to ask (RFC 9110, 15.4).
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Those that mean for good.
_FOR_GOOD = frozenset({301, 308})
#: Redirects that are followed: twice what http to https, to "www.", to a new path and to its
#: trailing slash take together.
MOST_REDIRECTS = 8


@dataclass(frozen=True, slots=True)
class Trail:
    """How far one request has come."""

    #: Address to ask now.
    url: httpx2.URL
    #: To ask it with.
    validators: Validators = Validators()
    #: Addresses asked before, in order.
    passed: tuple[httpx2.URL, ...] = ()
    #: Where permanent redirects led, as far as they came first.
    moved_to: str = ""


def follow(trail: Trail, location: str, *, status: int, rules: AddressRules) -> Trail:
    """Return the trail one redirect further.

    From https to http is followed, but neither for good nor with validators, for from there on
    anybody on the way may have spoken; nor do validators go to another host.

    Raises:
        FetchError: it leads nowhere, in a circle, too far, or where we may not ask.
    """
    url = _target(trail, location, rules=rules)
    passed = (*trail.passed, trail.url)
    if url in passed:
        raise FetchError("redirects in a circle", status=status)
    if len(passed) > MOST_REDIRECTS:
        raise FetchError(f"redirects more than {MOST_REDIRECTS} times", status=status)
    lowered = trail.url.scheme == "https" and url.scheme == "http"
    for_good = status in _FOR_GOOD and not lowered and trail.moved_to == _moved(trail)
    same_host = host_of(url) == host_of(trail.url)
    return Trail(
        url,
        validators=trail.validators if same_host and not lowered else Validators(),
        passed=passed,
        moved_to=str(url) if for_good else trail.moved_to,
    )


def _moved(trail: Trail) -> str:
    """Return what ``moved_to`` is as long as every redirect was for good."""
    return str(trail.url) if trail.passed else ""


def _target(trail: Trail, location: str, *, rules: AddressRules) -> httpx2.URL:
    if not location or len(location) > URL_LIMIT:
        raise FetchError("redirects to no address")
    try:
        url = str(trail.url.join(location))
    except (httpx2.InvalidURL, UnicodeError):
        raise FetchError(f"redirects to {shown(location)!r}, which is not an address") from None
    try:
        return check_url(url, rules=rules)
    except FetchError as error:
        raise FetchError(f"redirects to {error}") from None
