"""Feed items in one form, whatever the feed's format, and the items of feeds in JSON."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import islice
from typing import Any

from briefing.core.errors import InputError
from briefing.sources.decode import one_line, shorten
from briefing.sources.records import moment
from briefing.sources.sandbox.claims import by_sections, in_order
from briefing.sources.sandbox.markup import absolute, in_lines, title_of, to_plain

#: Most items of one feed that are read. A daily feed has 20 to 300; more is an archive, whose old
#: items no edition prints.
ITEM_LIMIT = 1_000
#: Most bytes of a feed after items are cut; 1,000 full reports of 10,000 characters.
FEED_LIMIT = 10_000_000
#: Most characters of an item's id, a name, and a language tag.
_GUID_LIMIT = 4_000
_NAME_LIMIT = 200
_TAG_LIMIT = 35
#: Most authors that are named; papers with a thousand exist.
_AUTHORS = 5
#: Texts of one item that are compared.
_TEXTS = 5
_PLAIN = "text/plain"
_MARKED_UP = frozenset({"text/html", "application/xhtml+xml"})
#: A time of day in a stamp that has been parsed.
_CLOCK = re.compile(r"\d:\d|T\d")
_MAIL = re.compile(r"(?<![^\s()<>])[^\s()<>@]{1,100}@[^\s()<>@]{1,200}")
_EMPTY = re.compile(r"\(\s{0,9}\)|<\s{0,9}>")
_YEAR_OR_MONTH = re.compile(r"\d{4}(?:-?\d{2})?")


def entry(  # noqa: PLR0913  one name for each thing that a format may give
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

    Title and texts are given as media type and value, the stamp as by :func:`stamp_of`; the
    publisher is the original one, in a feed of several.
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


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as it describes itself."""

    #: Such as "rss20" or "json1.1".
    kind: str
    #: Plain or HTML.
    title: str
    #: Of the site, absolute or relative to the feed's address, as are those of the items.
    link: str
    language: str
    #: At most ``ITEM_LIMIT``, made by :func:`entry`.
    entries: list[dict[str, Any]]
    #: Number of items in the whole feed.
    listed: int
    #: Descriptions of other cuts than whole items.
    notes: tuple[str, ...] = ()


def answer(feed: RawFeed, *, base: str) -> dict[str, Any]:
    """Return the answer for a feed at ``base``; items without a language get the feed's."""
    language = one_line(feed.language, limit=_TAG_LIMIT)
    cut = f"lists {feed.listed:,} items, only the first {len(feed.entries):,} are read"
    return {
        "kind": feed.kind,
        "title": title_of(feed.title),
        "link": absolute(feed.link, base=base),
        "language": language,
        "entries": [
            item
            | {"url": absolute(item["url"], base=base), "language": item["language"] or language}
            for item in feed.entries
        ],
        "listed": feed.listed,
        "notes": [*([cut] if feed.listed > len(feed.entries) else []), *feed.notes],
    }


def longest(texts: Iterable[tuple[str, str]]) -> str:
    """Return the longest of some texts given as media type and value, as plain text.

    feedparser gives the content of an item without a summary as its summary too.
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

    The stamp as written (``raw``) tells a date from midnight; one without a day is ignored, as is
    one that could not be parsed (None).
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


def read(text: str) -> RawFeed:
    """Parse a feed in JSON.

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
    return RawFeed(
        kind=kind,
        title=string(feed, "title"),
        link=string(feed, link),
        language=string(feed, "language"),
        entries=list(map(to_entry, items[:ITEM_LIMIT])),
        listed=len(items),
    )


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
    """Return the names of the authors: the list of version 1.1, else the one of version 1.0."""
    people = [author for author in _list(held, "authors") if isinstance(author, dict)]
    names = (string(author, "name") for author in people or [_object(held, "author")])
    return tuple(name for name in names if name)


def string(held: Any, key: str) -> str:  # noqa: ANN401  a feed may hold anything
    """Return a value if it is a string; ``dict.get`` bypasses feedparser's aliases."""
    value = dict.get(held, key) if isinstance(held, dict) else None
    return value if isinstance(value, str) else ""


def _object(held: dict[str, Any], key: str) -> dict[str, Any]:
    value = held.get(key)
    return value if isinstance(value, dict) else {}


def _list(held: dict[str, Any], key: str) -> tuple[Any, ...]:
    value = held.get(key)
    return tuple(value[:_NAMES]) if isinstance(value, list) else ()
