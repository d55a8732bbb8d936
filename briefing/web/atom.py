"""The last editions as an Atom feed (RFC 4287), each with all its briefs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

from briefing.core.errors import InputError
from briefing.core.model import Edition
from briefing.press.dates import long_date
from briefing.press.lines import xml_text
from briefing.press.screen import Checks
from briefing.press.view import view
from briefing.store import editions
from briefing.store.editions import PublishedEdition
from briefing.web.cached import ASK_AGAIN, cacheable
from briefing.web.edition import permanent
from briefing.web.failures import log_failure
from briefing.web.request import WebRequest
from briefing.web.site import Site
from briefing.web.stored import read

#: Editions in the feed.
_MOST = 20
_SPACE = "http://www.w3.org/2005/Atom"
#: When a feed without an entry was last changed.
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def feed(request: WebRequest) -> Response:
    """Give the feed; it has no entry before the first edition."""
    context = request.site.context
    with context.store.read() as tx:
        last = editions.published(tx, context.briefing, upto=context.today, most=_MOST)
    content = tostring(_feed(request, last), encoding="utf-8", xml_declaration=True)
    answer = Response(content, headers={"Content-Type": "application/atom+xml; charset=utf-8"})
    return cacheable(request, answer, keep=ASK_AGAIN)


def _feed(request: WebRequest, last: Sequence[PublishedEdition]) -> Element:
    context = request.site.context
    root = feed_of(
        context.name,
        own=f"{context.web}/feed",
        page=f"{context.web}/",
        name=context.name,
        updated=last[0].made if last else _NEVER,
    )
    for stored in last:
        try:
            edition = read(stored.record, stored.id).edition
        except InputError as error:
            # Its page says so, and the others are still read.
            log_failure(error, at="feed")
            continue
        root.append(_entry(request, stored, edition))
    return root


def feed_of(title: str, *, own: str, page: str, name: str, updated: datetime) -> Element:
    """Return a feed without entries, by its own address, that of its page, and its briefing."""
    root = Element("feed", {"xmlns": _SPACE, "xml:lang": "en"})
    _add(root, "id", own)
    _add(root, "title", title)
    _add(root, "subtitle", "Every sentence is printed word for word from the source it cites.")
    _add(root, "updated", _moment(updated))
    _link(root, "self", own, "application/atom+xml")
    _link(root, "alternate", page, "text/html")
    _add(SubElement(root, "author"), "name", name)
    return root


def entry_of(address: str, *, title: str, made: datetime) -> Element:
    """Return an entry of a feed, known by its address."""
    entry = Element("entry")
    _add(entry, "id", address)
    _add(entry, "title", title)
    _add(entry, "published", _moment(made))
    _add(entry, "updated", _moment(made))
    _link(entry, "alternate", address, "text/html")
    return entry


def add_text(entry: Element, summary: str) -> None:
    """Add the text of an entry."""
    _add(entry, "summary", summary)


def add_related(entry: Element, address: str) -> None:
    """Add the address of a page that may be on the same story."""
    _link(entry, "related", address, "text/html")


def _entry(request: WebRequest, stored: PublishedEdition, edition: Edition) -> Element:
    address = permanent(request, f"{stored.day}")
    headlines = _headlines(edition)
    day = long_date(stored.day)
    title = f"{day}: {headlines[0]}" if headlines else day
    entry = entry_of(address, title=title, made=stored.made)
    if stored.pdf_bytes:
        size = str(stored.pdf_bytes)
        _link(entry, "enclosure", f"{address}.pdf", "application/pdf", length=size)
    add_text(entry, " · ".join(headlines) or f"The page of {day}.")
    _add(entry, "content", _content(request.site, edition, address)).set("type", "html")
    return entry


def _content(site: Site, edition: Edition, address: str) -> str:
    page = view(edition)
    template = site.templates.get_template("web/entry.html")
    return template.render(page=page, checks=Checks(page, edition), address=address)


def _headlines(edition: Edition) -> tuple[str, ...]:
    """Return the headlines in printed order, the top story's first, each once."""
    briefs = sorted(edition.briefs(), key=lambda brief: not brief.top)
    return tuple(dict.fromkeys(brief.headline for brief in briefs if brief.headline))


def _add(parent: Element, tag: str, text: str) -> Element:
    added = SubElement(parent, tag)
    added.text = xml_text(text)
    return added


def _link(parent: Element, rel: str, href: str, kind: str, **more: str) -> None:
    SubElement(parent, "link", {"rel": rel, "type": kind, "href": href, **more})


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
