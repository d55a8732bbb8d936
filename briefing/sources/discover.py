"""Finds the sources at an address, and checks a source for ``sources check``."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urljoin

from briefing.core.errors import FetchError, InputError, UnknownNameError
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model import Entry, FetchRecord, Outcome, Source, TextFrom
from briefing.core.ports import Answer, Gateway, Parse, SourceKind, SourceListing
from briefing.sources.articles import is_html, is_page, read_page, wants_page
from briefing.sources.decode import one_line
from briefing.sources.entries import is_blurb, name_of
from briefing.sources.keys import canonical
from briefing.sources.kinds import feed, mailbox, pages
from briefing.sources.records import web_address

#: Common addresses of feeds that no page links to. The search ends at the first feed, so that a
#: site gets at most this many requests.
_COMMON = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
#: Most feeds of a page that are tried; newspapers link to one for each section.
_MOST_FEEDS = 8
#: Fewest links to reports on a section page.
_FEWEST_LINKS = 5


async def discover(url: str, *, gateway: Gateway) -> tuple[Source, ...]:
    """Return the sources at an address, best first.

    An existing path is a folder, and "mailbox:" introduces the sender of mails. Otherwise, in this
    order: the address itself if it is a feed; the feeds that its page links to, without comment
    feeds and duplicates; a feed at one of the common addresses; the page if it links to at least
    five reports. Names are those of the site on its page, or else of the feeds.

    InputError: nothing was found (the message says what was tried), or the address cannot be
    fetched (FetchError).
    """
    try:
        if url and "://" not in url and Path(url).exists():
            return (Source(str(Path(url).resolve()), kind="folder"),)
    except (OSError, ValueError):
        pass
    text = url.strip()
    if text.startswith(mailbox.SCHEME):
        return (Source(text, kind="mailbox"),)
    address = web_address(text if "://" in text else f"https://{text}")
    if not address:
        raise InputError(
            f"not a web address: {one_line(url, limit=80)}; give one that begins with https://"
        )
    answer = await gateway.fetch(address)
    here = Source(answer.moved_to or address)
    if not is_html(answer.body):
        listing = await asyncio.to_thread(_listed, answer, parse=gateway.parse)
        if listing is not None:
            return (replace(here, name=listing.title),)
        if not is_page(answer):
            kind = one_line(answer.content_type, limit=80) or "an unknown type"
            raise InputError(f"neither a feed nor a web page but {kind}: give a page of the site")
    about = {"url": answer.url, "content_type": answer.content_type}
    links = await asyncio.to_thread(gateway.parse, "links", answer.body, about=about)
    listed = links.get("feeds")
    linked = {
        web_address(str(link.get("url", ""))): None
        for link in (listed if isinstance(listed, list) else ())
        if isinstance(link, Mapping)
        and "comment" not in f"{link.get('url', '')} {link.get('title', '')}".lower()
    }
    linked.pop("", None)
    feeds = await _distinct(linked, gateway=gateway)
    if not feeds:
        common = (urljoin(answer.url, path) for path in _COMMON)
        feeds = await _distinct(common, gateway=gateway, most=1)
    name = name_of(links, key="site")
    if feeds:
        return tuple(replace(source, name=name or source.name) for source in feeds)
    reports = pages.reports(links.get("links"), page=answer.url)
    if len(reports) >= _FEWEST_LINKS:
        return (Source(here.url, kind="pages", name=name),)
    raise InputError(
        f"no feed found: the page links to {len(linked)}, none of which can be read, nothing at "
        f"{' '.join(_COMMON)}, and only {len(reports)} links to reports; "
        "give the address of a feed or of a page that lists reports"
    )


def _listed(answer: Answer, *, parse: Parse) -> SourceListing | None:
    """Return the entries of a feed, or None if the response is not a feed."""
    try:
        return feed.read(answer, parse=parse)
    except InputError:
        return None


async def _distinct(
    addresses: Iterable[str], *, gateway: Gateway, most: int = _MOST_FEEDS
) -> tuple[Source, ...]:
    """Return the feeds among some addresses that list anything no earlier one lists."""
    sources: list[Source] = []
    earlier: set[str] = set()
    for address in islice(addresses, _MOST_FEEDS):
        try:
            answer = await gateway.fetch(address)
        except FetchError:
            continue
        listing = await asyncio.to_thread(_listed, answer, parse=gateway.parse)
        if listing is None:
            continue
        listed = {canonical(entry.url) or entry.guid for entry in listing.entries}
        if not sources or not listed <= earlier:
            sources.append(Source(answer.moved_to or address, name=listing.title))
        earlier |= listed
        if len(sources) == most:
            break
    return tuple(sources)


#: Age of the newest item above which a source is reported as silent; allows for weeklies.
_SILENT = timedelta(days=14)
#: Items dated further ahead have a wrong date and do not count as the newest.
_AHEAD = timedelta(days=1)
#: Share of full texts, or of blurbs, from which a whole source is described as such.
_NEARLY_ALL = 0.9
#: Error message if robots.txt disallows an address.
_REFUSAL = re.compile(r"robots\.txt of \S+ does not allow")
#: Error message if an address is not a feed.
_OTHER_KIND = re.compile(r"\bnot a feed\b")
#: Status codes below 500 that ask to try again later.
_LATER = frozenset({408, 425, 429})


@frozen
class Health:
    """The current state of one source."""

    source: Source
    #: Whether it responded.
    reachable: bool
    #: The kind found there: the source's own, another one, or "" if unknown.
    kind: str = ""
    #: Number of items it lists.
    items: int = 0
    #: Publication time of its newest item, if known; aware UTC.
    newest: datetime | None = None
    #: Texts of its items: "full text", "blurbs only" or "mixed"; empty if it has no items.
    texts: str = ""
    #: Whether robots.txt allows the source and its newest report: "allowed", "refused", or "" if it
    #: does not apply.
    robots: str = ""
    #: Why it, or its newest report, cannot be read; empty if they can.
    reason: str = ""
    #: What to do, on one line; empty if nothing.
    advice: str = ""


async def check(
    source: Source, *, gateway: Gateway, now: datetime, kind: Callable[[str], SourceKind]
) -> Health:
    """Fetch a source and, if its reports are on pages of their own, the first of these.

    Nothing is raised: a bad source is a result, not an error. ``kind`` returns the reader of a
    kind.
    """
    try:
        listing = await kind(source.kind)(source, gateway=gateway)
    except UnknownNameError as error:
        advice = "set another kind, or install the plug-in"
        return Health(source, reachable=False, reason=str(error), advice=advice)
    except FetchError as error:
        return Health(
            source,
            reachable=False,
            robots="refused" if _is_refusal(error) else "",
            reason=str(error),
            advice=_advice_on(str(error), gone=error.gone, passing=error.passing),
        )
    except InputError as error:
        health = Health(source, reachable=source.kind != "folder", reason=str(error))
        if source.kind not in {"feed", "pages"}:
            return replace(
                health, advice=Translatable("give another address, or remove the source")
            )
        try:
            other = (await discover(source.url, gateway=gateway))[0]
        except InputError:
            advice = Translatable("give the address of a feed, or remove the source")
            return replace(health, robots="allowed", advice=advice)
        same = other.url == source.url
        return replace(
            health,
            kind=other.kind if same else "page",
            robots="allowed",
            advice=Translatable("set its kind to {kind}", kind=other.kind)
            if same
            else Translatable("{kind} found: use {address}", kind=other.kind, address=other.url),
        )
    times = [entry.published for entry in listing.entries if entry.published]
    newest = max((time for time in times if time <= now + _AHEAD), default=None)
    fault = await _fault_of_page(source, listing.entries, gateway=gateway)
    refused = fault is not None and _is_refusal(fault)
    return Health(
        source,
        reachable=True,
        kind=source.kind,
        items=len(listing.entries),
        newest=newest,
        texts=_texts(listing.entries),
        robots="" if listing.answer is None else "refused" if refused else "allowed",
        reason="" if fault is None else f"its newest page: {fault}",
        advice=_advice(source, listing, newest=newest, fault=fault, now=now),
    )


#: The client's message for a host that does not exist.
_NOWHERE = "no such host"


def _advice_on(reason: str, *, gone: bool, passing: bool) -> str:
    if _REFUSAL.search(reason):
        return "remove it, or ask the publisher for permission and add its host to ignore_robots"
    if gone:
        return "it is gone: find its new address by adding its site again"
    if _NOWHERE in reason:
        return "correct its address: there is no such site"
    if passing:
        return "check again later; it is retried automatically, and nothing is lost"
    return "open the address in a browser; remove the source if nothing is there"


def advice_after(visit: FetchRecord) -> str:
    """Return in one line what to do after a recorded fetch; empty if it did not fail."""
    if visit.outcome is not Outcome.FAILED:
        return ""
    if _OTHER_KIND.search(visit.reason):
        return Translatable(
            "it is not a feed: find the feed by adding its site again, then remove this source"
        )
    status = visit.status
    passing = status == 0 or status >= 500 or status in _LATER
    return _advice_on(visit.reason, gone=status in {404, 410}, passing=passing)


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
        return Translatable("blurbs only")
    return Translatable("full text") if share <= 1 - _NEARLY_ALL else Translatable("mixed")


def _advice(  # noqa: PLR0911  one return per case
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
        return Translatable("moved for good: use {address}", address=one_line(moved, limit=300))
    if not listing.entries:
        return Translatable("it lists nothing now; check again later")
    if source.kind != "folder" and newest is not None and now - newest > _SILENT:
        return Translatable(
            "silent since {date}: check whether it is still published", date=f"{newest:%Y-%m-%d}"
        )
    if fault is not None and _is_refusal(fault):
        return Translatable(
            "robots.txt disallows its pages: set its text to feed to print what it lists"
        )
    if fault is not None and not fault.passing:
        return Translatable("its pages cannot be read: open one in a browser")
    if source.text is TextFrom.FEED and _texts(listing.entries) == "blurbs only":
        return Translatable("only blurbs: set its text to auto to read its pages")
    return ""


def _is_refusal(error: FetchError) -> bool:
    return _REFUSAL.search(str(error)) is not None
