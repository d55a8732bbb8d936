"""Names, states and addresses of sources in words, and their fields in forms."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath
from urllib.parse import urlsplit

from briefing.app.collect.sources import EDITABLE, faults_of
from briefing.core.counting import counted
from briefing.core.model import GENRES, GRADES, WEIGHTS, Source, SourceStatus, TextFrom
from briefing.web.admin.frame import AdminSession, Times
from briefing.web.forms import FieldError, capitalized

#: Days without a new report after which a source is silent.
DAYS = 14
_SILENT = timedelta(days=DAYS)
#: States, worst first; the first five need attention.
STATES = ("Failing", "Silent", "Unstable", "Moved", "Waiting", "New", "Paused", "OK")
LOOK = STATES[:5]
_SCHEME = re.compile("^https?://")
#: Characters of a digest that tell sources apart.
_KEY = 16
KINDS: Mapping[str, str] = {
    "feed": "feed",
    "pages": "page that lists reports",
    "page": "single page",
    "folder": "folder of files",
    "mailbox": "mails of a sender",
}


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


def state_of(status: SourceStatus, times: Times) -> tuple[str, str]:  # noqa: PLR0911  a state each
    """Return the state of a source and the reason."""
    if status.paused is not None:
        ends = times.moment(status.paused_until) or "resumed"
        return "Paused", f"since {times.moment(status.paused)}; not fetched until {ends}"
    if status.failing_since is not None:
        visits = counted(status.failures, "visit")
        return "Failing", f"{status.reason}; since {times.moment(status.failing_since)}, {visits}"
    if status.visited is None:
        return "New", "not fetched yet"
    if status.retry_at is not None and status.retry_at > times.now:
        return "Waiting", f"fetched again after {times.moment(status.retry_at)}"
    since = status.fresh_at or status.added
    if times.now - since > _SILENT:
        return "Silent", f"nothing new since {times.moment(since)}"
    if status.unstable and status.is_unstable(at=times.now):
        when = times.moment(status.unstable)
        return "Unstable", f"the text of a printed report keeps changing, last {when}"
    if status.moved_to:
        return "Moved", "to another address, which is now used"
    return "OK", ""


#: Characters of a field to show again.
_SHOWN = 300
#: Fields that are chosen from a list, with their values.
CHOICES: Mapping[str, Collection[str]] = {
    "text": [each.value for each in TextFrom],
    "weight": [f"{weight:g}" for weight in WEIGHTS],
    "grade": ["", *GRADES],
    "genre": ["", *GENRES],
}


def fields_of(source: Source) -> dict[str, str]:
    """Return the values of the form for a source."""
    values = {field.name: getattr(source, field.name) for field in EDITABLE.values()}
    return {name: str(value) for name, value in values.items()} | {"weight": f"{source.weight:g}"}


def read_fields(session: AdminSession, source: Source) -> tuple[tuple[FieldError, ...], Source]:
    """Return a source with what was sent, and what is wrong with it by field."""
    sent = {name: " ".join(session.field(name).split())[:_SHOWN] for name in fields_of(source)}
    wrong = tuple(
        FieldError(name, f"The {name} is none of the list.", "Choose one from the list")
        for name, known in CHOICES.items()
        if sent[name] not in known
    )
    sent["language"] = sent["language"].lower()
    kinds = {"text": TextFrom, "weight": float}
    known = {n: value for n, value in sent.items() if value in CHOICES.get(n, (value,))}
    source = replace(source, **{n: kinds.get(n, str)(value) for n, value in known.items()})
    return wrong or tuple(
        FieldError(name, f"The {name} is not valid.", capitalized(words))
        for name, words in faults_of(source).items()
    ), source
