"""Checks one source for ``sources check``: what it provides, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from briefing.core.errors import FetchError, InputError
from briefing.core.model import Entry, FetchRecord, Outcome, Source, TextFrom
from briefing.core.ports import Gateway, SourceKind, SourceListing
from briefing.sources.articles import wants_page
from briefing.sources.decode import one_line
from briefing.sources.discover import discover
from briefing.sources.entries import is_blurb
from briefing.sources.kinds import feed, folder, page, pages
from briefing.sources.web_page import read_page

#: Age of the newest item from which a source is reported as silent; a weekly is not.
_SILENT = timedelta(days=14)
#: Items dated further in the future have a wrong date and do not count as the newest.
_AHEAD = timedelta(days=1)
#: Share of full texts, or blurbs, from which the whole source is called so.
_NEARLY_ALL = 0.9
#: The error message if robots.txt disallows an address.
_REFUSAL = re.compile(r"robots\.txt of \S+ does not allow")
#: The error message if something else than a feed is there.
_OTHER_KIND = re.compile(r"\bnot a feed\b")
#: Statuses by which a server asks to be asked later, beside those from 500.
_LATER = frozenset({408, 425, 429})
#: The built-in kinds; others are passed in.
_KINDS: Mapping[str, SourceKind] = MappingProxyType(
    {"feed": feed.ask, "folder": folder.ask, "page": page.ask, "pages": pages.ask}
)


@dataclass(frozen=True, slots=True)
class Health:
    """The current state of one source."""

    source: Source
    #: Whether it responded.
    reachable: bool
    #: The kind found there: the source's own, another one, or "" if unknown.
    kind: str = ""
    #: Number of items it lists.
    items: int = 0
    #: Publication of its newest item, if known; aware UTC.
    newest: datetime | None = None
    #: Texts of its items: "full text", "blurbs only" or "mixed"; empty without items.
    texts: str = ""
    #: Whether robots.txt allows the source and its newest report: "allowed", "refused", or "" if it
    #: does not apply.
    robots: str = ""
    #: Why it, or its newest report, cannot be read; empty if they can.
    reason: str = ""
    #: What to do, on one line; empty if nothing.
    advice: str = ""


async def check(
    source: Source, *, gateway: Gateway, now: datetime, ask: SourceKind | None = None
) -> Health:
    """Fetch a source and, if its reports are on pages of their own, the first of these.

    A bad source is a result, not an error: nothing is raised.

    Args:
        source: the source.
        gateway: fetches and parses it.
        now: aware UTC; for "silent since".
        ask: reads a source of this kind; required for kinds from plug-ins.
    """
    kind = ask or _KINDS.get(source.kind)
    if kind is None:
        return Health(source, reachable=False, reason=f"unknown kind: {source.kind}", advice=_KNOWN)
    try:
        listing = await kind(source, gateway=gateway)
    except FetchError as error:
        return _unreachable(source, error)
    except InputError as error:
        return await _not_its_kind(source, error, gateway=gateway)
    return await _answered(source, listing, gateway=gateway, now=now)


_KNOWN = f"set its kind to one of: {', '.join(sorted(_KINDS))}, or install the plug-in"


def _unreachable(source: Source, error: FetchError) -> Health:
    advice = _advice_on(str(error), gone=error.gone, passing=error.passing)
    robots = "refused" if _is_refusal(error) else ""
    return Health(source, reachable=False, robots=robots, reason=str(error), advice=advice)


def _advice_on(reason: str, *, gone: bool, passing: bool) -> str:
    if _REFUSAL.search(reason):
        return "remove it, or ask the publisher for permission and add its host to ignore_robots"
    if gone:
        return "it is gone: find its new address by adding its site again"
    if passing:
        return "check again later; it is retried automatically, and nothing is lost"
    return "open the address in a browser; remove the source if nothing is there"


def advice_after(visit: FetchRecord) -> str:
    """Return what to do after a recorded fetch, on one line; empty if it did not fail."""
    if visit.outcome is not Outcome.FAILED:
        return ""
    if _OTHER_KIND.search(visit.reason):
        return "it is no feed: find the feed by adding its site again, then remove this source"
    status = visit.status
    passing = status == 0 or status >= 500 or status in _LATER
    return _advice_on(visit.reason, gone=status in {404, 410}, passing=passing)


async def _not_its_kind(source: Source, error: InputError, *, gateway: Gateway) -> Health:
    """Return what is there instead, if it can be found."""
    if source.kind not in {"feed", "pages"}:
        return Health(
            source,
            reachable=source.kind != "folder",
            reason=str(error),
            advice="give another address, or remove the source",
        )
    try:
        other = (await discover(source.url, gateway=gateway))[0]
    except InputError:
        advice = "give the address of a feed, or remove the source"
        return Health(source, reachable=True, robots="allowed", reason=str(error), advice=advice)
    same = other.url == source.url
    advice = f"set its kind to {other.kind}" if same else f"{other.kind} found: use {other.url}"
    return Health(
        source,
        reachable=True,
        kind=other.kind if same else "page",
        robots="allowed",
        reason=str(error),
        advice=advice,
    )


async def _answered(
    source: Source, listing: SourceListing, *, gateway: Gateway, now: datetime
) -> Health:
    times = [entry.published for entry in listing.entries if entry.published]
    newest = max((time for time in times if time <= now + _AHEAD), default=None)
    fault = await _fault_of_page(source, listing.entries, gateway=gateway)
    refused = fault is not None and _is_refusal(fault)
    robots = "" if listing.answer is None else "refused" if refused else "allowed"
    return Health(
        source,
        reachable=True,
        kind=source.kind,
        items=len(listing.entries),
        newest=newest,
        texts=_texts(listing.entries),
        robots=robots,
        reason="" if fault is None else f"its newest page: {fault}",
        advice=_advice(source, listing, newest=newest, fault=fault, now=now),
    )


async def _fault_of_page(
    source: Source, entries: Sequence[Entry], *, gateway: Gateway
) -> FetchError | None:
    """Return why the first report's page cannot be read; None if it can or is not needed."""
    wanted = next((entry for entry in entries if wants_page(entry, source=source)), None)
    if wanted is None:
        return None
    try:
        await read_page(wanted.url, gateway=gateway)
    except FetchError as error:
        return error
    return None


def _texts(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    share = sum(is_blurb(entry.text) for entry in entries) / len(entries)
    if share >= _NEARLY_ALL:
        return "blurbs only"
    return "full text" if share <= 1 - _NEARLY_ALL else "mixed"


def _advice(
    source: Source,
    listing: SourceListing,
    *,
    newest: datetime | None,
    fault: FetchError | None,
    now: datetime,
) -> str:
    """Return the most important advice."""
    moved = listing.answer.moved_to if listing.answer else ""
    if moved and moved != source.url:
        return f"moved for good: use {one_line(moved, limit=300)}"
    if not listing.entries:
        return "it lists nothing now; check again later"
    if source.kind != "folder" and newest is not None and now - newest > _SILENT:
        return f"silent since {newest:%Y-%m-%d}: check whether it is still published"
    return _advice_on_texts(source, listing.entries, fault=fault)


def _advice_on_texts(source: Source, entries: Sequence[Entry], *, fault: FetchError | None) -> str:
    if fault is not None and _is_refusal(fault):
        return "robots.txt disallows its pages: set its text to feed to print what it lists"
    if fault is not None and not fault.passing:
        return "its pages cannot be read: open one in a browser"
    if source.text is TextFrom.FEED and _texts(entries) == "blurbs only":
        return "only blurbs: set its text to auto to read its pages"
    return ""


def _is_refusal(error: FetchError) -> bool:
    return _REFUSAL.search(str(error)) is not None
