"""PURE: headers of a request and a response, and where a redirect leads."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from briefing.core.errors import FetchError
from briefing.core.model import Validators
from briefing.sources.web.address import URL_LIMIT, AddressRules, check_url, host_of, printable

#: Formats we can read, the best first; anything else is accepted and identified later.
_ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml,"
    " application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
#: Encodings that ``inflate`` decodes, without their old names.
_ENCODINGS = "gzip, deflate, br, zstd"
#: Longest ETag or date stored, in characters: four times a SHA-256 in hexadecimal.
_VALIDATOR_LIMIT = 256
#: Longest content type stored, in characters: a longer one names nothing that we read.
_TYPE_LIMIT = 200
#: Longest wait that a server may ask for. A longer one is a mistake or a closed site: one header
#: must not silence a source for a year, and one request a week harms nobody.
LONGEST_WAIT = timedelta(days=7)
#: Longest Retry-After read, in characters: an HTTP date has 29.
_WAIT_LIMIT = 64


def request_headers(
    url: httpx2.URL, *, agent: str, validators: Validators
) -> list[tuple[str | bytes, str | bytes]]:
    """Return the headers of a request; validators that are not valid in a header are left out."""
    headers = [
        ("Host", url.netloc.decode("ascii")),
        ("User-Agent", agent),
        ("Accept", _ACCEPT),
        ("Accept-Encoding", _ENCODINGS),
        ("If-None-Match", _line(validators.etag)),
        ("If-Modified-Since", _line(validators.modified)),
    ]
    return [(name, value) for name, value in headers if value]


def validators_of(headers: httpx2.Headers) -> Validators:
    """Return the validators of a response, for the next request."""
    return Validators(_line(headers.get("etag", "")), _line(headers.get("last-modified", "")))


def content_type_of(headers: httpx2.Headers) -> str:
    """Return the content type of a response; empty when it is not printable."""
    return _line(headers.get("content-type", ""), limit=_TYPE_LIMIT)


def length_of(headers: httpx2.Headers) -> int:
    """Return the Content-Length; 0 when there is none."""
    value = headers.get("content-length", "")
    return int(value[:20]) if value.isascii() and value.isdecimal() else 0


def retry_at(headers: httpx2.Headers, *, now: datetime) -> datetime | None:
    """Return the time given by Retry-After (RFC 9110, 10.2.3), at most a week from now."""
    value = headers.get("retry-after", "").strip()[:_WAIT_LIMIT]
    if value.isascii() and value.isdecimal():
        wait = timedelta(seconds=min(int(value), LONGEST_WAIT.total_seconds()))
    else:
        try:
            moment = parsedate_to_datetime(value)
            # A date without a zone is UTC.
            wait = min(moment.replace(tzinfo=moment.tzinfo or UTC) - now, LONGEST_WAIT)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return now + wait if wait > timedelta(0) else None


def _line(value: str, *, limit: int = _VALIDATOR_LIMIT) -> str:
    """Return a header's value if it is short, printable ASCII, else ""."""
    value = value.strip()
    return value if len(value) <= limit and value.isascii() and value.isprintable() else ""


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
    # The value of ``moved_to`` if every redirect so far was permanent.
    moved = str(trail.url) if trail.passed else ""
    permanent = status in _PERMANENT and not lowered and trail.moved_to == moved
    same_host = host_of(url) == host_of(trail.url)
    return Trail(
        url,
        validators=trail.validators if same_host and not lowered else Validators(),
        passed=passed,
        moved_to=str(url) if permanent else trail.moved_to,
    )


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
