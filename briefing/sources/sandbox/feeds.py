"""The task "feed": parses RSS, RDF, Atom and JSON Feed, cut to what parses in a second or two."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin

from briefing.core.errors import InputError
from briefing.sources.decode import clean, feed_text, one_line
from briefing.sources.sandbox import entries
from briefing.sources.sandbox.entries import (
    FEED_LIMIT,
    ITEM_LIMIT,
    RawEntry,
    RawFeed,
    answer,
    stamp_of,
)
from briefing.sources.sandbox.markup import (
    MANY_ATTRIBUTES,
    place_of,
    place_of_tag,
    with_few_attributes,
    without,
    without_open_ends,
)

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
    feed = entries.read(_bounded(text)) if in_json else _read_xml(text)
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


#: Most tags and entities outside of CDATA; feedparser takes up to 30 µs for a tag. A
#: feed of 300 items with 25 elements each has 15,000 tags.
_TAGS = 40_000
_ENTITIES = 400_000
#: Most characters before the first element, and declarations in them. feedparser searches from
#: each declaration to the end of them.
_PROLOG = 100_000
_DECLARATIONS = 1_000
#: Characters of an author in which feedparser searches for a mail address, in quadratic time.
_AUTHOR = 1_000
#: Most tags of one item; feedparser compares each with all before it.
_ITEM_TAGS = 200

_ITEM_END = re.compile(r"</(?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry)\s{0,20}>", re.IGNORECASE)
#: An entity that expands to others, as in entity bombs; character references do not match.
_NESTED = re.compile(r"<!ENTITY[^<>&]{0,200}&(?!#)[^<>]{0,2000}>")
_SPACES = re.compile(r"\s+")
_ELEMENT = re.compile(r"<[A-Za-z_]")


@dataclass(frozen=True, slots=True)
class Bounded:
    """The part of a feed that is parsed."""

    text: str
    #: Number of items in the whole feed if some are not read; else 0.
    listed: int = 0
    #: Descriptions of other cuts than whole items.
    notes: tuple[str, ...] = ()


def bound(text: str) -> Bounded:
    """Return an XML feed without what would take feedparser longer than a second or two."""
    cut = cut_items(text)
    start, prolog = _prolog(cut.text)
    rest, many = with_few_attributes(without_open_ends(cut.text[start:]))
    notes = (*cut.notes, MANY_ATTRIBUTES) if many else cut.notes
    return Bounded(prolog + rest, cut.listed, notes)


def cut_items(text: str) -> Bounded:
    """Return a feed without the items beyond the limits of number and size.

    The text after the last item is kept, so that the XML stays well-formed. A feed whose first
    item is too large is cut in the middle of it.
    """
    tags, entities = place_of_tag(text, _TAGS), place_of(text, "&", number=_ENTITIES)
    most = min(FEED_LIMIT, tags, entities)
    count = first = last = 0
    for match in _ITEM_END.finditer(text):
        count, last = count + 1, match.end()
        if count <= ITEM_LIMIT and last <= most:
            first = last
    if first == last and len(text) <= most:
        return Bounded(text)
    if first:
        return Bounded(text[:first] + _tail(text[last:]), count)
    note = f"feed too large; cut after {most:,} of {len(text):,} characters"
    return Bounded(text[:most], count, (note,))


def _tail(rest: str) -> str:
    """Return the end of a feed, or "" if it is more than closing tags."""
    return rest if len(rest) < _PROLOG and rest.count("<") < _DECLARATIONS else ""


def _prolog(text: str) -> tuple[int, str]:
    """Return where the first element begins, and the text before it in short.

    If no element begins in the first characters, the whole feed counts as empty.
    """
    first = _first_element(text[:_PROLOG])
    if first is None:
        return len(text), ""
    prolog = without(without(text[:first], "<!--", "-->"), "<?", "?>")
    # feedparser recognizes a declaration only at the beginning of a line.
    prolog = _SPACES.sub(lambda run: "\n" if "\n" in run[0] else " ", without_open_ends(prolog))
    prolog = _NESTED.sub("", prolog)
    return first, prolog if prolog.count("<!") <= _DECLARATIONS else ""


def _first_element(head: str) -> int | None:
    """Return where the first element begins, ignoring comments and declarations."""
    blanked = head
    for opening, closing in (("<!--", "-->"), ("<?", "?>")):
        blanked = without(blanked, opening, closing, filler="\0")
    match = _ELEMENT.search(blanked)
    return match.start() if match else None


def patch_feedparser() -> None:
    """Bound feedparser's two quadratic steps; results within the bounds are the same.

    Called in every process that reads feeds; a second call does nothing.
    """
    if not hasattr(_FeedParserMixin, "_briefing"):
        _FeedParserMixin._briefing = True
        _FeedParserMixin._sync_author_detail = _in_short(_FeedParserMixin._sync_author_detail)
        _FeedParserMixin._add_tag = _up_to_a_limit(_FeedParserMixin._add_tag)


def _in_short(sync: Callable[..., None]) -> Callable[..., None]:
    def bounded(self: Any, key: str = "author") -> None:  # noqa: ANN401  feedparser's
        context = self._get_context()
        if len(context.get(key) or "") > _AUTHOR:
            context[key] = context[key][:_AUTHOR]
        sync(self, key)

    return bounded


def _up_to_a_limit(add: Callable[..., None]) -> Callable[..., None]:
    def bounded(self: Any, term: Any, scheme: Any, label: Any) -> None:  # noqa: ANN401  as above
        if len(self._get_context().get("tags") or ()) < _ITEM_TAGS:
            add(self, term, scheme, label)

    return bounded
