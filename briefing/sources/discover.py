"""Finds the sources at an address: its feeds, else the page itself."""

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

#: Common addresses of feeds that no page links to; the first feed ends the search, so a site gets
#: at most this many requests.
_COMMON = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
#: Most feeds of a page that are tried; newspapers link to one for each section.
_MOST_FEEDS = 8
#: Least links to reports on a section page.
_FEWEST_LINKS = 5


async def discover(url: str, *, gateway: Gateway) -> tuple[Source, ...]:
    """Return the sources at an address, best first.

    A path that exists is a folder. Otherwise, in this order: the address itself if it is a feed;
    the feeds its page links to, without comment feeds and duplicates; a feed at one of the common
    addresses; the page if it links to at least five reports. They are named as the site names
    itself on its page, else as the feed does.

    Raises:
        InputError: nothing was found (the message says what was tried), or the address cannot be
            fetched (FetchError).
    """
    if _is_path(url):
        return (Source(str(Path(url).resolve()), kind="folder"),)
    address = _completed(url)
    answer = await gateway.fetch(address)
    here = Source(answer.moved_to or address)
    if not is_html(answer.body):
        listing = await _listed(answer, gateway=gateway)
        if listing is not None:
            return (replace(here, name=listing.title),)
        if not is_page(answer):
            kind = one_line(answer.content_type, limit=80) or "an unknown type"
            raise InputError(f"neither a feed nor a web page but {kind}: give a page of the site")
    links = await _links(answer, gateway=gateway)
    return await _at_page(here, answer, links, gateway=gateway)


def _is_path(text: str) -> bool:
    try:
        return bool(text) and "://" not in text and Path(text).exists()
    except (OSError, ValueError):
        return False


def _completed(url: str) -> str:
    """Return the full address for one without a scheme, such as "news.example"."""
    text = url.strip()
    address = web_address(text if "://" in text else f"https://{text}")
    if not address:
        raise InputError(
            f"not a web address: {one_line(url, limit=80)}; give one that begins with https://"
        )
    return address


async def _listed(answer: Answer, *, gateway: Gateway) -> SourceListing | None:
    """Return the entries of a feed, or None if it is not a feed."""
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
    here: Source, answer: Answer, links: Mapping[str, Any], *, gateway: Gateway
) -> tuple[Source, ...]:
    linked = _feeds(links.get("feeds"))
    feeds = await _distinct(linked, gateway=gateway)
    if not feeds:
        common = (urljoin(answer.url, path) for path in _COMMON)
        feeds = await _distinct(common, gateway=gateway, most=1)
    site = links.get("site")
    name = one_line(site) if isinstance(site, str) else ""
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
    """Return the feeds among some addresses that list something no earlier one lists."""
    sources: list[Source] = []
    earlier: set[str] = set()
    for address in islice(addresses, _MOST_FEEDS):
        try:
            answer = await gateway.fetch(address)
        except FetchError:
            continue
        listing = await _listed(answer, gateway=gateway)
        if listing is None:
            continue
        listed = {canonical(entry.url) or entry.guid for entry in listing.entries}
        if not sources or not listed <= earlier:
            sources.append(Source(answer.moved_to or address, name=listing.title))
        earlier |= listed
        if len(sources) == most:
            break
    return tuple(sources)
