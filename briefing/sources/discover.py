"""Finds what can be asked again and again at an address: its feeds, else the page itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from briefing.core.errors import FetchError, InputError
from briefing.core.model import Source
from briefing.core.ports import Answer, Gateway, Parse, SourceListing
from briefing.sources.addresses import canonical
from briefing.sources.decode import one_line
from briefing.sources.kinds import feed, pages
from briefing.sources.records import web_address
from briefing.sources.web_page import is_html, is_page

#: Where sites keep feeds to which no page links; the first that answers with a feed ends the
#: search, so a site is asked at most so often.
_COMMON = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
#: Feeds of a page that are looked at; newspapers link to one for each section.
_MOST_FEEDS = 8
#: Links to reports that make a page a list of reports.
_FEWEST_LINKS = 5


async def discover(url: str, *, gateway: Gateway) -> tuple[Source, ...]:
    """Return the sources at an address, best first.

    A path that exists is a folder. Else they are the address itself when it is a feed; the feeds
    its page links to, without those of comments and those that list the same again; a feed at one
    of the common places; the page when it links to at least five reports. They bear the name that
    the site gives itself on its page, else the feed's own.

    Raises:
        InputError: nothing was found, and what was tried; or it does not answer (FetchError).
    """
    if _is_path(url):
        return (Source(str(Path(url).resolve()), kind="folder"),)
    asked = _completed(url)
    answer = await gateway.fetch(asked)
    here = Source(answer.moved_to or asked)
    if not is_html(answer.body):
        listing = await _listed(answer, gateway=gateway)
        if listing is not None:
            return (replace(here, name=listing.title),)
        if not is_page(answer):
            said = one_line(answer.content_type, limit=80) or "of no known type"
            raise InputError(f"neither a feed nor a web page but {said}: give a page of the site")
    found = await _links(answer, gateway=gateway)
    return await _at_page(here, answer, found, gateway=gateway)


def _is_path(said: str) -> bool:
    try:
        return bool(said) and "://" not in said and Path(said).exists()
    except (OSError, ValueError):
        return False


def _completed(url: str) -> str:
    """Return a whole address for one as people say it, such as "news.example"."""
    said = url.strip()
    address = web_address(said if "://" in said else f"https://{said}")
    if not address:
        raise InputError(
            f"no web address: {one_line(url, limit=80)}; give one that begins https://"
        )
    return address


async def _listed(answer: Answer, *, gateway: Gateway) -> SourceListing | None:
    """Return what a feed lists, or None when it is none."""
    return await asyncio.to_thread(_tried, answer, parse=gateway.parse)


def _tried(answer: Answer, *, parse: Parse) -> SourceListing | None:
    try:
        return feed.read(answer, parse=parse)
    except InputError:
        return None


async def _links(answer: Answer, *, gateway: Gateway) -> Mapping[str, Any]:
    about = {"url": answer.url, "content_type": answer.content_type}
    return await asyncio.to_thread(gateway.parse, "links", answer.body, about=about)


async def _at_page(
    here: Source, answer: Answer, found: Mapping[str, Any], *, gateway: Gateway
) -> tuple[Source, ...]:
    linked = _feeds(found.get("feeds"))
    feeds = await _distinct(linked, gateway=gateway)
    if not feeds:
        common = (urljoin(answer.url, place) for place in _COMMON)
        feeds = await _distinct(common, gateway=gateway, most=1)
    site = found.get("site")
    name = one_line(site) if isinstance(site, str) else ""
    if feeds:
        return tuple(replace(one, name=name or one.name) for one in feeds)
    reports = pages.reports(found.get("links"), page=answer.url)
    if len(reports) >= _FEWEST_LINKS:
        return (Source(here.url, kind="pages", name=name),)
    raise InputError(
        f"no feed found: the page links to {len(linked)}, none of which can be read, nothing at "
        f"{' '.join(_COMMON)}, and only {len(reports)} links to reports; "
        "give the address of a feed or of a page that lists reports, or say --kind page"
    )


def _feeds(linked: object) -> tuple[str, ...]:
    """Return the feeds that a page links to, each once, without those of comments."""
    links = linked if isinstance(linked, list) else []
    addresses = {
        web_address(str(link.get("url", ""))): None
        for link in links
        if isinstance(link, Mapping)
        and "comment" not in f"{link.get('url', '')} {link.get('title', '')}".lower()
    }
    return tuple(address for address in addresses if address)


async def _distinct(
    addresses: Iterable[str], *, gateway: Gateway, most: int = _MOST_FEEDS
) -> tuple[Source, ...]:
    """Return the feeds among some addresses that list what none before them lists."""
    found: list[Source] = []
    seen: set[str] = set()
    for address in islice(addresses, _MOST_FEEDS):
        try:
            answer = await gateway.fetch(address)
        except FetchError:
            continue
        listing = await _listed(answer, gateway=gateway)
        if listing is None:
            continue
        listed = {canonical(entry.url) or entry.guid for entry in listing.entries}
        if not found or not listed <= seen:
            found.append(Source(answer.moved_to or address, name=listing.title))
        seen |= listed
        if len(found) == most:
            break
    return tuple(found)
