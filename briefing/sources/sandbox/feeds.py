"""The task "feed": parses RSS, RDF, Atom and JSON Feed into one form, at most a thousand items."""

import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import islice
from time import struct_time
from typing import Any

import feedparser

from briefing.core.errors import InputError
from briefing.sources.decode import clean, feed_text, one_line, shorten
from briefing.sources.records import moment
from briefing.sources.sandbox.claims import by_sections, in_order
from briefing.sources.sandbox.markup import absolute, in_lines, title_of, to_plain

#: Most items of one feed that are read. A daily feed has 20 to 300; a longer one is an archive,
#: whose old items no edition prints.
ITEM_LIMIT = 1_000
#: Most bytes of a feed after items are cut: 1,000 full reports of 10,000 characters.
FEED_LIMIT = 10_000_000
#: Most characters of an item's id, a name, and a language tag.
_GUID_LIMIT = 4_000
_NAME_LIMIT = 200
_TAG_LIMIT = 35
#: Most authors that are named; some papers have a thousand.
_AUTHORS = 5
#: Most texts of one item that are compared.
_TEXTS = 5
_PLAIN = "text/plain"
_MARKED_UP = frozenset({"text/html", "application/xhtml+xml"})
#: A time of day in a parsed stamp.
_CLOCK = re.compile(r"\d:\d|T\d")
_MAIL = re.compile(r"(?<![^\s()<>])[^\s()<>@]{1,100}@[^\s()<>@]{1,200}")
_EMPTY = re.compile(r"\(\s{0,9}\)|<\s{0,9}>")
_YEAR_OR_MONTH = re.compile(r"\d{4}(?:-?\d{2})?")


def entry(  # noqa: PLR0913  one parameter per field of an item
    *,
    guid: str = "",
    url: str = "",
    title: tuple[str, str] = ("", ""),
    texts: Iterable[tuple[str, str]] = (),
    authors: Iterable[str] = (),
    publisher: str = "",
    stamp: tuple[str, bool] = ("", False),
    language: str = "",
    sections: Iterable[object] = (),
) -> dict[str, Any]:
    """Return one item in the form common to all formats.

    Title and texts are given as media type and value, the stamp as :func:`stamp_of` returns it.
    ``publisher`` is the original one, if the feed combines several.
    """
    published, timed = stamp
    return {
        "guid": one_line(guid, limit=_GUID_LIMIT),
        "url": url,
        "title": title_of(title[1], plain=title[0] == _PLAIN),
        "text": longest(texts),
        "author": names(authors),
        "publisher": one_line(title_of(publisher), limit=_NAME_LIMIT),
        "published": published,
        "timed": timed,
        "language": one_line(language, limit=_TAG_LIMIT),
        "marks": in_order(by_sections(sections)),
    }


def answer(  # noqa: PLR0913  the parts of a feed
    feed: Any,  # noqa: ANN401  a feed may contain anything
    kind: str,
    *,
    base: str,
    link: str = "link",
    entries: list[dict[str, Any]],
    listed: int,
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the result for a feed at ``base``; items without a language get the feed's.

    ``kind`` is for example "rss20" or "json1.1"; ``link`` names the address of the site, which,
    like those of the items, may be relative to that of the feed. ``entries`` are at most
    ``ITEM_LIMIT``, made by :func:`entry`, of the ``listed`` items; ``notes`` describe other cuts.
    """
    language = one_line(string(feed, "language"), limit=_TAG_LIMIT)
    cut = f"lists {listed:,} items, only the first {len(entries):,} are read"
    return {
        "kind": kind,
        "title": title_of(string(feed, "title")),
        "link": absolute(string(feed, link), base=base),
        "language": language,
        "entries": [
            item
            | {"url": absolute(item["url"], base=base), "language": item["language"] or language}
            for item in entries
        ],
        "listed": listed,
        "notes": [*([cut] if listed > len(entries) else []), *notes],
    }


def longest(texts: Iterable[tuple[str, str]]) -> str:
    """Return the longest of some texts, given as media type and value, as plain text.

    If an item has content but no summary, feedparser returns the content as its summary too.
    """
    plain = [
        to_plain(value) if kind in _MARKED_UP else in_lines(value) if kind == _PLAIN else ""
        for kind, value in dict.fromkeys(islice(texts, _TEXTS))
    ]
    return shorten(max(plain, key=len, default=""))[0]


def names(authors: Iterable[str]) -> str:
    """Return the names of people on one line, without their mail addresses.

    An author is written "desk@post.example (Ann Clerk)" (RSS 2.0) or "Ann <ann@…>".
    """
    bare = (_EMPTY.sub("", _MAIL.sub("", title_of(author))).strip() for author in authors)
    named = (
        name[1:-1].strip() if name.startswith("(") and name.endswith(")") else name for name in bare
    )
    distinct = list(dict.fromkeys(filter(None, named)))
    return one_line(", ".join(distinct[:_AUTHORS]), limit=_NAME_LIMIT)


def stamp_of(parsed: datetime | None, *, raw: str) -> tuple[str, bool]:
    """Return a time as ISO 8601 in UTC, or a bare date, and whether it has a time of day.

    The stamp as written (``raw``) distinguishes a date from midnight. One without a day, or that
    could not be parsed (None), gives an empty string.
    """
    raw = raw.strip()
    if parsed is None or _YEAR_OR_MONTH.fullmatch(raw):
        return "", False
    if not _CLOCK.search(raw):
        return parsed.date().isoformat(), False
    return parsed.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z", True


def _iso_stamp(raw: str) -> tuple[str, bool]:
    return stamp_of(moment(raw)[0], raw=raw)


_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/(1(?:\.\d)?)")
#: Most items of a list of names that are read.
_NAMES = 50


def read_json(text: str, *, base: str) -> dict[str, Any]:
    """Return the content of a feed in JSON.

    References:
        JSON Feed 1.1 (2020), https://www.jsonfeed.org/version/1.1/.
        RSS in JSON (2013), http://rss-in-json.org/ (the same names as RSS 2.0).

    InputError: it is not a feed.
    """
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("not a feed but broken JSON") from None
    if not isinstance(root, dict):
        raise InputError("not a feed but a JSON list")
    version = _VERSION.match(string(root, "version"))
    channel = _object(_object(root, "rss"), "channel")
    if version and isinstance(root.get("items"), list):
        kind = f"json{version[1]}" if "." in version[1] else f"json{version[1]}.0"
        feed, items, link = root, root["items"], "home_page_url"
        to_entry = partial(_json_item, authors=_people(root))
    elif isinstance(channel.get("item"), list):
        kind, feed, items, link = "rss-json", channel, channel["item"], "link"
        to_entry = partial(_rss_item)
    else:
        raise InputError("not a feed but other JSON")
    items = [item for item in items if isinstance(item, dict)]
    entries = list(map(to_entry, items[:ITEM_LIMIT]))
    return answer(feed, kind, base=base, link=link, entries=entries, listed=len(items))


def _json_item(item: dict[str, Any], *, authors: tuple[str, ...]) -> dict[str, Any]:
    published = _iso_stamp(string(item, "date_published"))
    number = item.get("id")
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return entry(
        guid=str(number) if is_number else string(item, "id"),
        url=string(item, "url") or string(item, "external_url"),
        title=(_PLAIN, string(item, "title")),
        texts=(
            ("text/html", string(item, "content_html")),
            (_PLAIN, string(item, "content_text")),
            (_PLAIN, string(item, "summary")),
        ),
        authors=_people(item) or authors,
        stamp=published if published[0] else _iso_stamp(string(item, "date_modified")),
        language=string(item, "language"),
        sections=_list(item, "tags"),
    )


def _rss_item(item: dict[str, Any]) -> dict[str, Any]:
    raw = string(item, "pubDate")
    try:  # RFC 5322, 3.3
        parsed = parsedate_to_datetime(raw)
        stamp = stamp_of(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC), raw=raw)
    except (ValueError, OverflowError):
        stamp = ("", False)
    return entry(
        guid=string(item, "guid") or string(_object(item, "guid"), "#value"),
        url=string(item, "link"),
        title=("text/html", string(item, "title")),
        texts=(("text/html", string(item, "description")),),
        authors=(string(item, "author"),),
        publisher=string(_object(item, "source"), "#value"),
        stamp=stamp,
        sections=_list(item, "category"),
    )


def _people(held: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the authors: the list of version 1.1, or the author of version 1.0."""
    people = [author for author in _list(held, "authors") if isinstance(author, dict)]
    names = (string(author, "name") for author in people or [_object(held, "author")])
    return tuple(name for name in names if name)


def string(held: Any, key: str) -> str:  # noqa: ANN401  a feed may contain anything
    """Return a value if it is a string; ``dict.get`` bypasses feedparser's aliases."""
    value = dict.get(held, key) if isinstance(held, dict) else None
    return value if isinstance(value, str) else ""


def _object(held: dict[str, Any], key: str) -> dict[str, Any]:
    value = held.get(key)
    return value if isinstance(value, dict) else {}


def _list(held: dict[str, Any], key: str) -> tuple[Any, ...]:
    value = held.get(key)
    return tuple(value[:_NAMES]) if isinstance(value, list) else ()


#: Most bytes of a feed before items are cut: 50,000 items with blurbs have 15 MB.
_RAW_LIMIT = 25_000_000
#: Number of characters in which the first element must begin, after comments and declarations.
_HEAD = 20_000
_ASIDES = re.compile(r"(?s)<!--.*?-->|<\?.*?\?>")
_HTML = re.compile(r"(?i)<!doctype\s{1,20}html")
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})")
#: Root elements of feeds; XML with one of them is a feed even if it is empty.
_FEEDS = frozenset({"rss", "feed", "rdf:rdf", "channel"})
#: Root elements that no feed has; a feed may be wrapped in any other.
_PAGES = frozenset({"html", "head", "body", "title", "meta", "script", "div", "p", "a"})
#: Keys of an item's time of publication, in order of preference.
_STAMPS = ("published", "updated", "created")


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of a feed.

    Keys: kind, title, link, language, entries, listed, notes. Keys of an entry: guid, url, title,
    text, author, publisher, published, timed, language, marks.

    InputError: it is not a feed, or too large.
    """
    if len(body) > _RAW_LIMIT:
        raise InputError(f"the feed is larger than {_RAW_LIMIT:,} bytes")
    text, base = feed_text(body, about=about).lstrip(), about.get("url", "")
    if not text:
        raise InputError("not a feed but an empty response")
    if not text.startswith(("{", "[")):
        head = _ASIDES.sub("", text[:_HEAD])
        match = _ROOT.search(head)
        root = one_line(match[1]).lower() if match else ""
        root = "html" if (root not in _FEEDS and _HTML.search(head)) else root
        if root in _PAGES:
            raise InputError("not a feed but an HTML page")
        bounded, count, notes = cut_items(_NESTED.sub("", text))
        # Sanitizing texts and resolving their links would take most of the time, and only words are
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
        return answer(
            parsed.feed,
            version or "unknown",
            base=base,
            entries=[_entry(item, author=author) for item in parsed.entries[:ITEM_LIMIT]],
            listed=max(count, len(parsed.entries)),
            notes=notes,
        )
    if len(text.encode("utf-8", "replace")) > FEED_LIMIT:
        raise InputError(f"the feed is larger than {FEED_LIMIT:,} bytes")
    return read_json(text, base=base)


def _entry(item: Any, *, author: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401  feedparser's type
    title, summary = item.get("title_detail") or {}, item.get("summary_detail")
    # The language of the item's own element, or else of its parts.
    contents = item.get("content") or []
    parts = [item, *contents, title, summary]
    # The publisher's own address is preferred to a tracking link.
    links = (link for link in item.get("links") or [] if string(link, "rel") == "alternate")
    address = string(item, "feedburner_origlink") or string(item, "link")
    return entry(
        guid=string(item, "id"),
        url=address or string(next(links, None), "href"),
        title=(string(title, "type"), string(item, "title")),
        texts=[
            *((string(content, "type"), string(content, "value")) for content in contents),
            (string(summary, "type") or "text/html", string(item, "summary")),
        ],
        authors=_author(item) or author,
        publisher=string(item.get("source"), "title") or string(item, "publisher"),
        stamp=_stamp(item),
        language=next(filter(None, (string(part, "language") for part in parts)), ""),
        sections=tuple(string(tag, "term") for tag in item.get("tags") or ()),
    )


def _author(held: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the authors of a feed or an item.

    When feedparser extracts a name from RSS's "address (name)", it may cut the address in the
    middle; in that case the unparsed value is returned.
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


_ITEM_END = re.compile(r"(?i)</(?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry)\s{0,20}>")
#: An entity that expands to others, as in entity bombs; character references do not match.
_NESTED = re.compile(r"<!ENTITY[^<>&]{0,200}&(?!#)[^<>]{0,2000}>")
#: Most characters after the last item, such as closing tags, that are kept when items are cut.
_END = 1_000


def cut_items(text: str) -> tuple[str, int, tuple[str, ...]]:
    """Return a feed without the items beyond the limits of number and size.

    Also returned are the number of items in the whole feed, 0 if all are read, and a note if the
    feed was cut in the middle of its first item. A short end is kept, so that the XML stays
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
