"""The task "feed": parses RSS, RDF, Atom and JSON Feed, cut to a thousand items."""

import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser

from briefing.core.errors import InputError
from briefing.sources.decode import clean, feed_text, one_line
from briefing.sources.sandbox import entries
from briefing.sources.sandbox.entries import (
    FEED_LIMIT,
    ITEM_LIMIT,
    RawFeed,
    answer,
    stamp_of,
    string,
)

#: Most bytes of a feed before items are cut: 50,000 items with blurbs have 15 MB.
_RAW_LIMIT = 25_000_000
#: Characters in which the first element must begin, after comments and declarations.
_HEAD = 20_000
_ASIDES = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
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

    InputError: it is not a feed, or too large.
    """
    if len(body) > _RAW_LIMIT:
        raise InputError(f"the feed is larger than {_RAW_LIMIT:,} bytes")
    text = feed_text(body, about=about).lstrip()
    if not text:
        raise InputError("not a feed but an empty answer")
    if not text.startswith(("{", "[")):
        head = _ASIDES.sub("", text[:_HEAD])
        match = _ROOT.search(head)
        root = one_line(match[1]).lower() if match else ""
        root = "html" if (root not in _FEEDS and _HTML.search(head)) else root
        if root in _PAGES:
            raise InputError("not a feed but an HTML page")
        bounded, count, notes = cut_items(_NESTED.sub("", text))
        # Sanitizing texts and resolving links in them would take most of the time; only words are
        # used. The feed's address is not passed, because it would be prepended to ids that are not
        # addresses.
        parsed: Any = feedparser.parse(
            io.BytesIO(clean(bounded).encode()),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        # Missing if the feed is empty.
        version = parsed.get("version", "")
        if not parsed.entries and not version and root not in _FEEDS:
            raise InputError(f"not a feed but {f'XML with <{root}>' if root else 'something else'}")
        author = _author(parsed.feed) if version.startswith("atom") else ()
        feed = RawFeed(
            kind=version or "unknown",
            title=string(parsed.feed, "title"),
            link=string(parsed.feed, "link"),
            language=string(parsed.feed, "language"),
            entries=[_entry(item, author=author) for item in parsed.entries[:ITEM_LIMIT]],
            listed=max(count, len(parsed.entries)),
            notes=notes,
        )
    elif len(text.encode("utf-8", "replace")) > FEED_LIMIT:
        raise InputError(f"the feed is larger than {FEED_LIMIT:,} bytes")
    else:
        feed = entries.read(text)
    return answer(feed, base=about.get("url", ""))


def _entry(item: Any, *, author: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401  feedparser's
    title = item.get("title_detail") or {}
    # The language of the item's own element, or of its text.
    parts = [item, *(item.get("content") or []), title, item.get("summary_detail")]
    # The publisher's own address is preferred to a tracking link.
    links = (link for link in item.get("links") or [] if string(link, "rel") == "alternate")
    address = string(item, "feedburner_origlink") or string(item, "link")
    return entries.entry(
        guid=string(item, "id"),
        url=address or string(next(links, None), "href"),
        title=(string(title, "type"), string(item, "title")),
        texts=_texts(item),
        authors=_author(item) or author,
        publisher=string(item.get("source"), "title") or string(item, "publisher"),
        stamp=_stamp(item),
        language=next(filter(None, (string(part, "language") for part in parts)), ""),
        sections=tuple(string(tag, "term") for tag in item.get("tags") or ()),
    )


def _texts(item: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for content in item.get("content") or []:
        yield string(content, "type"), string(content, "value")
    yield string(item.get("summary_detail"), "type") or "text/html", string(item, "summary")


def _author(held: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the authors of a feed or an item.

    When feedparser extracts a name from RSS's "address (name)", it may cut the address in the
    middle; then the unparsed value is returned.
    """
    names = (string(author, "name") for author in held.get("authors") or ())
    named = tuple(name for name in names if name)
    whole = string(held, "author")
    if named and whole.startswith(named[-1]):
        return named
    return (whole,) if whole else ()


def _stamp(item: Any) -> tuple[str, bool]:  # noqa: ANN401
    for key in _STAMPS:
        raw, parsed = string(item, key), dict.get(item, f"{key}_parsed")
        if isinstance(parsed, struct_time):
            stamp = stamp_of(datetime(*parsed[:6], tzinfo=UTC), raw=raw)
            if stamp[0]:
                return stamp
    return "", False


_ITEM_END = re.compile(r"</(?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry)\s{0,20}>", re.IGNORECASE)
#: An entity that expands to others, as in entity bombs; character references do not match.
_NESTED = re.compile(r"<!ENTITY[^<>&]{0,200}&(?!#)[^<>]{0,2000}>")
#: Characters after the last item, such as closing tags, that are kept when items are cut.
_END = 1_000


def cut_items(text: str) -> tuple[str, int, tuple[str, ...]]:
    """Return a feed without the items beyond the limits of number and size.

    With it come the number of items in the whole feed if some are not read, else 0, and a note if
    it was cut in the middle of its first item. A short end is kept, so that the XML stays
    well-formed.
    """
    count = first = last = 0
    for match in _ITEM_END.finditer(text):
        count, last = count + 1, match.end()
        if count <= ITEM_LIMIT and last <= FEED_LIMIT:
            first = last
    if first == last and len(text) <= FEED_LIMIT:
        return text, 0, ()
    if first:
        return text[:first] + (text[last:] if len(text) - last < _END else ""), count, ()
    note = f"feed too large; cut after {FEED_LIMIT:,} of {len(text):,} characters"
    return text[:FEED_LIMIT], count, (note,)
