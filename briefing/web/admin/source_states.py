"""PURE: names and states of sources in words, and the key of a source in addresses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePath
from types import MappingProxyType
from urllib.parse import urlsplit

from briefing.core.counting import counted
from briefing.core.model import Source, SourceStatus
from briefing.web.admin.times import Times

#: Days without a new report after which a source is silent.
DAYS = 14
_SILENT = timedelta(days=DAYS)
#: States, worst first; the first five need attention.
STATES = ("Failing", "Silent", "Unstable", "Moved", "Waiting", "New", "Paused", "Well")
LOOK = STATES[:5]
_SCHEME = re.compile("^https?://")
#: Characters of a digest that tell sources apart.
_KEY = 16
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "feed": "feed",
        "pages": "page that lists reports",
        "page": "single page",
        "folder": "folder of files",
    }
)


def key_of(url: str) -> str:
    """Return the part of an address that names a source: its own may hold a key, and slashes."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY]


def path_of(url: str) -> str:
    """Return the path of the page of a source."""
    return f"/admin/sources/{key_of(url)}"


def address_of(url: str) -> str:
    """Return an address without its scheme, and without the query, which may hold a key."""
    return _SCHEME.sub("", url.partition("?")[0])


def title_of(source: Source) -> str:
    """Return the name of a source; without one its host, or the name of its folder."""
    return source.name or site_of(source.url)


def site_of(url: str) -> str:
    """Return the host of an address without "www.", or the last part of a path."""
    try:
        host = urlsplit(url).hostname if "://" in url else ""
    except ValueError:
        host = ""
    if host:
        return host.removeprefix("www.")
    return PurePath(url.partition("?")[0]).name or address_of(url)


def state_of(status: SourceStatus, times: Times) -> tuple[str, str]:
    """Return the state of a source and the reason."""
    if status.paused is not None:
        return "Paused", f"since {times.moment(status.paused)}; not asked until it is resumed"
    if status.failing_since is not None:
        visits = counted(status.failures, "visit")
        return "Failing", f"{status.reason}; since {times.moment(status.failing_since)}, {visits}"
    if status.visited is None:
        return "New", "not fetched yet"
    if status.retry_at is not None and status.retry_at > times.now:
        return "Waiting", f"asked us to wait until {times.moment(status.retry_at)}"
    return _state_of_answers(status, times)


def _state_of_answers(status: SourceStatus, times: Times) -> tuple[str, str]:
    since = status.fresh_at or status.added
    if times.now - since > _SILENT:
        return "Silent", f"nothing new since {times.moment(since)}"
    if status.unstable and status.is_unstable(at=times.now):
        when = times.moment(status.unstable)
        return "Unstable", f"the text of a printed report keeps changing, last {when}"
    if status.moved_to:
        return "Moved", "to another address, which is now used"
    return "Well", ""
