"""PURE: what is said in the head of a request, and what the head of an answer says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from briefing.core.model import Validators

#: What we can read, the best first; everything else is taken too and told apart later.
_ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml,"
    " application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
#: What ``inflate`` undoes, but the old names.
_ENCODINGS = "gzip, deflate, br, zstd"
#: Characters of an ETag or a date that are kept: four times a SHA-256 in hexadecimal.
_VALIDATOR_LIMIT = 256
#: Characters of a content type that are kept: a longer one names nothing that we read.
_TYPE_LIMIT = 200
#: How long a server may send us away. Whoever means longer is closed, or wrong: a source must not
#: be lost for a year by one line, and asking once a week harms nobody.
LONGEST_WAIT = timedelta(days=7)
#: Characters of a Retry-After that are read: an HTTP date has 29.
_WAIT_LIMIT = 64


def request_headers(
    url: httpx2.URL, *, agent: str, validators: Validators
) -> list[tuple[str | bytes, str | bytes]]:
    """Return the head of a request; validators that cannot stand in it are left out."""
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
    """Return what an answer gives to ask with the next time."""
    return Validators(
        etag=_validator(headers.get("etag", "")),
        modified=_validator(headers.get("last-modified", "")),
    )


def content_type_of(headers: httpx2.Headers) -> str:
    """Return what an answer says it is; empty when that cannot be printed."""
    return _line(headers.get("content-type", ""), limit=_TYPE_LIMIT)


def length_of(headers: httpx2.Headers) -> int:
    """Return how many bytes are announced; 0 when nothing is."""
    told = headers.get("content-length", "")
    return int(told[:20]) if told.isascii() and told.isdecimal() else 0


def retry_at(headers: httpx2.Headers, *, now: datetime) -> datetime | None:
    """Return when a server wants to be asked again (RFC 9110, 10.2.3), at most in a week."""
    told = headers.get("retry-after", "").strip()[:_WAIT_LIMIT]
    if told.isascii() and told.isdecimal():
        wait = timedelta(seconds=min(int(told), LONGEST_WAIT.total_seconds()))
    else:
        wait = min(_moment(told, default=now) - now, LONGEST_WAIT)
    return now + wait if wait > timedelta(0) else None


def _moment(told: str, *, default: datetime) -> datetime:
    """Read a date of the mail format; one without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(told)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return default


def _validator(value: str) -> str:
    return _line(value, limit=_VALIDATOR_LIMIT)


def _line(value: str, *, limit: int) -> str:
    """Return a header's value when it is short, printable ASCII, else nothing."""
    value = value.strip()
    return value if len(value) <= limit and value.isascii() and value.isprintable() else ""
