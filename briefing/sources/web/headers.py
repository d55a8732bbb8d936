"""PURE: headers of a request and of a response."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from briefing.core.model import Validators

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
        ("If-None-Match", _validator(validators.etag)),
        ("If-Modified-Since", _validator(validators.modified)),
    ]
    return [(name, value) for name, value in headers if value]


def validators_of(headers: httpx2.Headers) -> Validators:
    """Return the validators of a response, for the next request."""
    return Validators(
        etag=_validator(headers.get("etag", "")),
        modified=_validator(headers.get("last-modified", "")),
    )


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
        wait = min(_parse_date(value, default=now) - now, LONGEST_WAIT)
    return now + wait if wait > timedelta(0) else None


def _parse_date(value: str, *, default: datetime) -> datetime:
    """Parse a date in the mail format; one without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return default


def _validator(value: str) -> str:
    return _line(value, limit=_VALIDATOR_LIMIT)


def _line(value: str, *, limit: int) -> str:
    """Return a header's value if it is short, printable ASCII, else ""."""
    value = value.strip()
    return value if len(value) <= limit and value.isascii() and value.isprintable() else ""
