"""Completes listed entries to documents, with the page if the listing has only part of a report."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from briefing.core.errors import FetchError, InputError, OverloadError
from briefing.core.frozen import frozen
from briefing.core.model import Document, Entry, Item, Mark, Source, TextFrom
from briefing.core.ports import Answer, Gateway, Parse
from briefing.sources import language as languages
from briefing.sources.entries import (
    FEWEST_OWN_WORDS,
    FEWEST_WORDS,
    from_document,
    is_blurb,
    with_blurb,
    words,
)
from briefing.sources.extract import extract, extract_pdf, is_pdf
from briefing.sources.keys import (
    Listed,
    host_name,
    is_front_page,
    is_same_site,
    keys,
    listed,
    owner_of,
    text_key,
    url_key,
)
from briefing.sources.records import make_id, web_address

#: Wait before a failed page without Retry-After is fetched again: by then most server failures are
#: over, but the morning's run is not.
RETRY = timedelta(hours=1)
#: Kinds whose listing contains the full report, with no page behind it.
_WHOLE = frozenset({"page", "folder", "mailbox"})


def wants_page(entry: Entry, *, source: Source) -> bool:
    """Tell whether the page of an entry must be read to get the full report."""
    if source.kind in _WHOLE or source.text is TextFrom.FEED:
        return False
    if not entry.url or is_front_page(entry.url):
        return False
    return source.text is TextFrom.PAGE or is_blurb(entry.text)


async def complete(entry: Entry, *, source: Source, gateway: Gateway, now: datetime) -> Item:
    """Return the item of a single entry, by :func:`with_page` or :func:`whole`."""
    report = Listed(entry, keys(entry, source=source), frozenset(), listed(entry))
    if wants_page(entry, source=source):
        return await with_page(report, source=source, gateway=gateway, now=now)
    return await asyncio.to_thread(whole, report, source=source, now=now)


def whole(report: Listed, *, source: Source, now: datetime) -> Item:
    """Return the item of a report with the text of the listing.

    Do not call it in an event loop, since detecting the language may take milliseconds.
    """
    item = _item(report.entry, report.keys, None, source=source, use_page=False, now=now)
    return _as_listed(item, report, retry=None)


async def with_page(report: Listed, *, source: Source, gateway: Gateway, now: datetime) -> Item:
    """Return the item of a report with the text of its page, if that can be read and is better.

    No report is lost: without its page, the item has the text of the listing, which may be empty.
    """
    entry, page, retry = report.entry, None, None
    try:
        page = await read_page(entry.url, gateway=gateway)
    except FetchError as error:
        if error.passing:
            until = error.retry_at
            retry = until if until is not None and until > now else now + RETRY
    except OverloadError:
        retry = now + RETRY
    use_page = page is not None and _is_better(page.document, entry, source=source)
    item = await asyncio.to_thread(
        _item, entry, report.keys, page, source=source, use_page=use_page, now=now
    )
    return _as_listed(item, report, retry=retry)


def _as_listed(item: Item, report: Listed, *, retry: datetime | None) -> Item:
    return replace(
        item, listed=report.digest, retry_page=retry, beside=report.beside, file=report.entry.file
    )


async def reread(document: Document, *, source: Source, gateway: Gateway, now: datetime) -> Item:
    """Return the current item of a page that was read or missed before.

    The page's text replaces a longer one only if it is not a teaser and the document is not a
    blurb, or if the source is set to use its pages. ``listed`` is empty, since the listing was not
    fetched.

    FetchError: the page cannot be fetched, or is not a report.
    """
    page = await read_page(document.url, gateway=gateway)
    entry, current = from_document(document), page.document
    is_teaser = Mark.PAYWALL in current.marks or is_blurb(current.text, fewest=FEWEST_OWN_WORDS)
    use_page = (
        words(current.text) == words(document.text)
        or _is_better(current, entry, source=source)
        or (not is_teaser and Mark.BLURB not in document.marks)
    )
    own = keys(entry, source=source)
    return await asyncio.to_thread(
        _item, entry, own, page, source=source, use_page=use_page, now=now
    )


def _is_better(page: Document, entry: Entry, *, source: Source) -> bool:
    """Tell whether a page's text is used instead of the listing's."""
    return source.text is TextFrom.PAGE or len(words(page.text)) > len(words(entry.text))


def _item(  # noqa: PLR0913  the parts of an item
    entry: Entry,
    entry_keys: Iterable[str],
    web_page: WebPage | None,
    *,
    source: Source,
    use_page: bool,
    now: datetime,
) -> Item:
    """Return the item of an entry and, if it was read, its page; the text is from one of them."""
    page = web_page.document if web_page else Document(id="", title="", text="")
    used, other = (page, entry) if use_page else (entry, page)
    title = entry.title or page.title
    url = page.url or entry.url
    # The entry's time, or the page's; a bare date only if neither has a time of day
    dates = [(part.published, part.timed) for part in (entry, page) if part.published]
    exact = [date for date in dates if date[1]]
    published, timed = next(iter(exact or dates), (None, True))
    # BLURB only if it applies to the text used.
    is_whole = use_page or source.kind in _WHOLE
    fewest = FEWEST_OWN_WORDS if is_whole else FEWEST_WORDS
    blurb = Mark.BLURB in used.marks or is_blurb(used.text, fewest=fewest)
    declared = (Mark(source.genre),) if source.genre else ()
    document = Document(
        # Without a text, the address distinguishes reports with the same title.
        id=make_id(title=title, text=used.text or url),
        title=title,
        text=used.text,
        published=published,
        timed=timed,
        publisher=source.name or entry.publisher or page.publisher or host_name(url),
        url=url,
        language=(
            source.language or used.language or other.language or languages.detect(used.text)
        ),
        owner=owner_of(source, url=url),
        author=entry.author or page.author,
        collected=now,
        marks=with_blurb((*entry.marks, *page.marks, *declared), blurb=blurb),
    )
    all_keys = [*entry_keys, *url_key(web_page.answered if web_page else "")]
    if document.url != entry.url:
        all_keys += url_key(document.url)
    if use_page:
        all_keys += text_key(from_document(document), source)
    from_page = use_page or source.kind == "page"
    return Item(document, tuple(dict.fromkeys(all_keys)), from_page=from_page)


#: Start of an HTML page; XHTML may have a declaration and comments first.
_HTML = re.compile(
    rb"(?i)(?:\xef\xbb\xbf)?\s*(?:<!--[^>]{0,2000}-->\s*)?(?:<!doctype\s+html|<html|<head|<body)"
)
_XHTML = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*<\?xml")
#: Number of bytes in which a page with an XML declaration must have its html element.
_HEAD = 4_096
_NOTHING: Mapping[str, str] = MappingProxyType({})
#: Media types of pages; an empty one means unknown.
_PAGE_TYPES = ("", "text/html", "application/xhtml+xml")


@frozen
class WebPage:
    """The document at an address."""

    #: Its URL is the page's canonical address if that is on the same site.
    document: Document
    #: The address that responded.
    answered: str
    #: What had to be changed to read it.
    notes: tuple[str, ...] = ()


def is_html(body: bytes) -> bool:
    """Tell whether bytes begin like an HTML page."""
    head = body[:_HEAD]
    return bool(_HTML.match(head) or (_XHTML.match(head) and b"<html" in head.lower()))


def media_type(answer: Answer) -> str:
    """Return the media type of a response, without parameters, in lower case."""
    return answer.content_type.partition(";")[0].strip().lower()


def is_page(answer: Answer) -> bool:
    """Tell whether a response may be parsed as an HTML page."""
    return is_html(answer.body) or media_type(answer) in _PAGE_TYPES


def to_page(answer: Answer, *, parse: Parse) -> WebPage:
    """Return the document of a response; blocks until it is parsed.

    InputError: it is neither HTML nor PDF, or has no text.
    """
    url = answer.url
    if is_pdf(answer.body):
        parsed = extract_pdf(answer.body, parse=parse, url=url, where=url)
        return WebPage(parsed.document, url, parsed.notes)
    if not is_page(answer):
        kind = media_type(answer) if media_type(answer).isprintable() else "unknown"
        raise InputError(f"neither a web page nor a PDF but {kind[:80]}; give its page")
    result: dict[str, Any] = {}

    def recorded(task: str, body: bytes, *, about: Mapping[str, str] = _NOTHING) -> dict[str, Any]:
        result.update(parse(task, body, about=about))
        return result

    parsed = extract(
        answer.body, url=url, where=url, content_type=answer.content_type, parse=recorded
    )
    own = own_address(result.get("canonical"), answered=url)
    return WebPage(replace(parsed.document, url=own), url, parsed.notes)


def own_address(claimed: object, *, answered: str) -> str:
    """Return the address that a page claims as its own, or else the one that responded.

    A claim is accepted only within the same site, and not if it is a front page, which some sites
    claim on every page.
    """
    address = web_address(claimed) if isinstance(claimed, str) else ""
    if address and is_same_site(address, answered) and not is_front_page(address):
        return address
    return web_address(answered)


async def read_page(url: str, *, gateway: Gateway) -> WebPage:
    """Fetch an address and return the document there.

    FetchError: the address cannot be fetched, or is not a report.
    """
    answer = await gateway.fetch(url)
    if is_front_page(answer.url) and not is_front_page(url):
        raise FetchError("leads to the front page; the report is no longer there", status=404)
    try:
        return await asyncio.to_thread(to_page, answer, parse=gateway.parse)
    except InputError as error:
        raise FetchError(str(error), status=answer.status) from error
