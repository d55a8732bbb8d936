"""The task "feed": parses RSS, RDF, Atom and JSON Feed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser

from briefing.core.errors import InputError
from briefing.sources.decode import clean, one_line
from briefing.sources.sandbox import json_feeds
from briefing.sources.sandbox.bounds import without
from briefing.sources.sandbox.encoding import feed_text
from briefing.sources.sandbox.entries import (
    FEED_LIMIT,
    ITEM_LIMIT,
    RawEntry,
    RawFeed,
    answer,
    stamp_of,
)
from briefing.sources.sandbox.feed_bounds import bound, patch_feedparser

#: Most bytes of a feed before items are cut: 50,000 items with blurbs have 15 MB.
_RAW_LIMIT = 25_000_000
#: Characters in which the first element must begin, after comments and declarations.
_HEAD = 100_000
_HTML = re.compile(r"<!doctype\s{1,20}html", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})")
#: Root elements of feeds; XML with one of them is a feed even if it is empty.
_FEEDS = frozenset({"rss", "feed", "rdf:rdf", "channel"})
#: Root elements that no feed has; a feed may be wrapped in any other.
_PAGES = frozenset({"html", "head", "body", "title", "meta", "script", "div", "p", "a"})
#: Keys of an item's time of publication, in order of preference.
_STAMPS = ("published", "updated", "created")


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return what a feed lists.

    Keys: kind, title, link, language, entries, listed, notes; those of an entry: guid, url, title,
    text, author, publisher, published, timed, language, marks.

    Raises:
        InputError: it is not a feed, or too large.
    """
    if len(body) > _RAW_LIMIT:
        raise InputError(f"the feed is larger than {_RAW_LIMIT:,} bytes")
    text = feed_text(body, about=about).lstrip()
    if not text:
        raise InputError("not a feed but an empty answer")
    in_json = text.startswith(("{", "["))
    feed = json_feeds.read(_bounded(text)) if in_json else _read_xml(text)
    return answer(feed, base=about.get("url", ""))


def _read_xml(text: str) -> RawFeed:
    root = root_of(text)
    if root in _PAGES:
        raise InputError("not a feed but an HTML page")
    bounded = bound(text)
    # Sanitizing texts and resolving links in them would take most of the time; only words are used.
    # The feed's address is not passed, because it would be prepended to ids that are not addresses.
    patch_feedparser()
    parsed: Any = feedparser.parse(
        io.BytesIO(clean(bounded.text).encode()),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    # Missing if the feed is empty.
    version = parsed.get("version", "")
    if not parsed.entries and not version and root not in _FEEDS:
        raise InputError(f"not a feed but {f'XML with <{root}>' if root else 'something else'}")
    feed = parsed.feed
    author = _author(feed) if version.startswith("atom") else ()
    return RawFeed(
        kind=version or "unknown",
        title=_string(feed, "title"),
        link=_string(feed, "link"),
        language=_string(feed, "language"),
        entries=tuple(_entry(item, author=author) for item in parsed.entries[:ITEM_LIMIT]),
        listed=max(bounded.listed, len(parsed.entries)),
        notes=bounded.notes,
    )


def root_of(text: str) -> str:
    """Return the name of the root element in lower case; "html" if the doctype says so."""
    head = without(without(text[:_HEAD], "<!--", "-->"), "<?", "?>")
    match = _ROOT.search(head)
    root = one_line(match[1]).lower() if match else ""
    declared = root not in _FEEDS and _HTML.search(head)
    return "html" if declared else root


def _bounded(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > FEED_LIMIT:
        raise InputError(f"the feed is larger than {FEED_LIMIT:,} bytes")
    return text


def _entry(item: Any, *, author: tuple[str, ...]) -> RawEntry:  # noqa: ANN401  feedparser's
    title = item.get("title_detail") or {}
    source = item.get("source") or {}
    return RawEntry(
        guid=_string(item, "id"),
        url=_address(item),
        title=(_string(title, "type"), _string(item, "title")),
        texts=tuple(_texts(item)),
        authors=_author(item) or author,
        publisher=_string(source, "title") or _string(item, "publisher"),
        stamp=_stamp(item),
        language=_language(item),
        sections=tuple(_string(tag, "term") for tag in item.get("tags") or ()),
    )


def _string(held: Any, key: str) -> str:  # noqa: ANN401
    """Return a value if it is a string; ``dict.get`` bypasses feedparser's aliases."""
    value = dict.get(held, key) if isinstance(held, dict) else None
    return value if isinstance(value, str) else ""


def _address(item: Any) -> str:  # noqa: ANN401
    """Return the address of an item; the publisher's own is preferred to a tracking link."""
    address = _string(item, "feedburner_origlink") or _string(item, "link")
    if address:
        return address
    links = [link for link in item.get("links") or [] if _string(link, "rel") == "alternate"]
    return _string(links[0], "href") if links else ""


def _texts(item: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for content in item.get("content") or []:
        yield _string(content, "type"), _string(content, "value")
    kind = _string(item.get("summary_detail"), "type")
    yield kind or "text/html", _string(item, "summary")


def _author(held: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the authors of a feed or an item.

    When feedparser extracts a name from RSS's "address (name)", it may cut the address in the
    middle; then the unparsed value is returned.
    """
    names = (_string(author, "name") for author in held.get("authors") or ())
    named = tuple(name for name in names if name)
    whole = _string(held, "author")
    if named and whole.startswith(named[-1]):
        return named
    return (whole,) if whole else ()


def _language(item: Any) -> str:  # noqa: ANN401
    """Return the language of an item's own element or of its text."""
    parts = [
        item,
        *(item.get("content") or []),
        item.get("title_detail"),
        item.get("summary_detail"),
    ]
    languages = (_string(part, "language") for part in parts if isinstance(part, dict))
    return next((language for language in languages if language), "")


def _stamp(item: Any) -> tuple[str, bool]:  # noqa: ANN401
    for key in _STAMPS:
        raw, parsed = _string(item, key), dict.get(item, f"{key}_parsed")
        if isinstance(parsed, struct_time):
            stamp = stamp_of(datetime(*parsed[:6], tzinfo=UTC), raw=raw)
            if stamp[0]:
                return stamp
    return "", False
