"""Feed items in one form, whatever the feed's format, and the items of feeds in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One item as in its feed."""

    #: Id given by the feed.
    guid: str = ""
    #: Absolute, or relative to the feed's address.
    url: str = ""
    #: Media type and value.
    title: tuple[str, str] = ("", "")
    #: Media type and value of each text.
    texts: tuple[tuple[str, str], ...] = ()
    #: Names of people.
    authors: tuple[str, ...] = ()
    #: Original publisher, in a feed of several publishers.
    publisher: str = ""
    #: See :func:`stamp_of`.
    stamp: tuple[str, bool] = ("", False)
    language: str = ""
    #: Names of sections and tags.
    sections: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as it describes itself."""

    #: Such as "rss20" or "json1.1".
    kind: str
    #: Plain or HTML.
    title: str
    #: Of the site, absolute or relative to the feed's address.
    link: str
    language: str
    #: At most ``ITEM_LIMIT``.
    entries: tuple[RawEntry, ...]
    #: Number of items in the whole feed.
    listed: int
    #: Descriptions of other cuts than whole items.
    notes: tuple[str, ...] = ()


def answer(feed: RawFeed, *, base: str) -> dict[str, Any]:
    """Return the answer for a feed; items without a language get the feed's.

    Args:
        feed: as parsed.
        base: address of the feed; may be empty.
    """
    language = one_line(feed.language, limit=_TAG_LIMIT)
    cut = f"lists {feed.listed:,} items, only the first {len(feed.entries):,} are read"
    return {
        "kind": feed.kind,
        "title": title_of(feed.title),
        "link": absolute(feed.link, base=base),
        "language": language,
        "entries": [_entry(entry, language=language, base=base) for entry in feed.entries],
        "listed": feed.listed,
        "notes": [*([cut] if feed.listed > len(feed.entries) else []), *feed.notes],
    }


def _entry(raw: RawEntry, *, language: str, base: str) -> dict[str, Any]:
    published, timed = raw.stamp
    return {
        "guid": one_line(raw.guid, limit=_GUID_LIMIT),
        "url": absolute(raw.url, base=base),
        "title": title_of(raw.title[1], plain=raw.title[0] == _PLAIN),
        "text": longest(raw.texts),
        "author": names(raw.authors),
        "publisher": one_line(title_of(raw.publisher), limit=_NAME_LIMIT),
        "published": published,
        "timed": timed,
        "language": one_line(raw.language, limit=_TAG_LIMIT) or language,
        "marks": in_order(by_sections(raw.sections)),
    }


def longest(texts: Iterable[tuple[str, str]]) -> str:
    """Return the longest of some texts given as media type and value, as plain text.

    feedparser gives the content of an item without a summary as its summary too.
    """
    plain = [_plain(kind, value) for kind, value in dict.fromkeys(islice(texts, _TEXTS))]
    return shorten(max(plain, key=len, default=""))[0]


def _plain(kind: str, value: str) -> str:
    if kind in _MARKED_UP:
        return to_plain(value)
    return in_lines(value) if kind == _PLAIN else ""


def names(authors: Iterable[str]) -> str:
    """Return the names of people on one line, without their mail addresses."""
    named = (_name(author) for author in authors)
    distinct = list(dict.fromkeys(name for name in named if name))
    return one_line(", ".join(distinct[:_AUTHORS]), limit=_NAME_LIMIT)


def _name(author: str) -> str:
    """Return the name in "desk@post.example (Ann Clerk)" (RSS 2.0) or "Ann <ann@…>"."""
    name = _EMPTY.sub("", _MAIL.sub("", title_of(author))).strip()
    return name[1:-1].strip() if name.startswith("(") and name.endswith(")") else name


def stamp_of(parsed: datetime | None, *, raw: str) -> tuple[str, bool]:
    """Return a time as ISO 8601 in UTC, or a bare date, and whether it has a time of day.

    Args:
        parsed: the stamp as parsed; None if it is not valid.
        raw: the stamp as written, to distinguish a date from midnight; a stamp without a day is
            ignored.
    """
    raw = raw.strip()
    if parsed is None or _YEAR_OR_MONTH.fullmatch(raw):
        return "", False
    if not _CLOCK.search(raw):
        return parsed.date().isoformat(), False
    return parsed.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z", True


def iso_stamp(raw: str) -> tuple[str, bool]:
    """Apply :func:`stamp_of` to a stamp in ISO 8601."""
    return stamp_of(moment(raw)[0], raw=raw)


_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/(1(?:\.\d)?)")
#: Most items of a list of names that are read.
_NAMES = 50


def read(text: str) -> RawFeed:
    """Parse a feed in JSON.

    References:
        JSON Feed 1.1 (2020), https://www.jsonfeed.org/version/1.1/.
        RSS in JSON (2013), http://rss-in-json.org/ (the same names as RSS 2.0).

    Raises:
        InputError: it is not a feed.
    """
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("not a feed but broken JSON") from None
    if not isinstance(root, dict):
        raise InputError("not a feed but a JSON list")
    version = _VERSION.match(_string(root, "version"))
    if version and isinstance(root.get("items"), list):
        return _json_feed(root, version=version[1])
    channel = _object(_object(root, "rss"), "channel")
    if isinstance(channel.get("item"), list):
        return _rss(channel)
    raise InputError("not a feed but other JSON")


def _json_feed(feed: dict[str, Any], *, version: str) -> RawFeed:
    items = [item for item in feed["items"] if isinstance(item, dict)]
    authors = _people(feed)
    return RawFeed(
        kind=f"json{version}" if "." in version else f"json{version}.0",
        title=_string(feed, "title"),
        link=_string(feed, "home_page_url"),
        language=_string(feed, "language"),
        entries=tuple(_item(item, authors=authors) for item in items[:ITEM_LIMIT]),
        listed=len(items),
    )


def _item(item: dict[str, Any], *, authors: tuple[str, ...]) -> RawEntry:
    published = iso_stamp(_string(item, "date_published"))
    return RawEntry(
        guid=_string(item, "id") or _number(item.get("id")),
        url=_string(item, "url") or _string(item, "external_url"),
        title=("text/plain", _string(item, "title")),
        texts=(
            ("text/html", _string(item, "content_html")),
            ("text/plain", _string(item, "content_text")),
            ("text/plain", _string(item, "summary")),
        ),
        authors=_people(item) or authors,
        stamp=published if published[0] else iso_stamp(_string(item, "date_modified")),
        language=_string(item, "language"),
        sections=_list(item, "tags"),
    )


def _rss(channel: dict[str, Any]) -> RawFeed:
    items = [item for item in channel["item"] if isinstance(item, dict)]
    return RawFeed(
        kind="rss-json",
        title=_string(channel, "title"),
        link=_string(channel, "link"),
        language=_string(channel, "language"),
        entries=tuple(_rss_item(item) for item in items[:ITEM_LIMIT]),
        listed=len(items),
    )


def _rss_item(item: dict[str, Any]) -> RawEntry:
    return RawEntry(
        guid=_string(item, "guid") or _string(_object(item, "guid"), "#value"),
        url=_string(item, "link"),
        title=("text/html", _string(item, "title")),
        texts=(("text/html", _string(item, "description")),),
        authors=(_string(item, "author"),),
        publisher=_string(_object(item, "source"), "#value"),
        stamp=_mail_stamp(_string(item, "pubDate")),
        sections=_list(item, "category"),
    )


def _mail_stamp(raw: str) -> tuple[str, bool]:
    """Parse a stamp of RSS (RFC 5322, 3.3)."""
    try:
        parsed = parsedate_to_datetime(raw)
        return stamp_of(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC), raw=raw)
    except (ValueError, OverflowError):
        return "", False


def _people(held: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the authors: the list of version 1.1, else the one of version 1.0."""
    people = [author for author in _list(held, "authors") if isinstance(author, dict)]
    names = (_string(author, "name") for author in people or [_object(held, "author")])
    return tuple(name for name in names if name)


def _string(held: dict[str, Any], key: str) -> str:
    value = held.get(key)
    return value if isinstance(value, str) else ""


def _object(held: dict[str, Any], key: str) -> dict[str, Any]:
    value = held.get(key)
    return value if isinstance(value, dict) else {}


def _list(held: dict[str, Any], key: str) -> tuple[Any, ...]:
    value = held.get(key)
    return tuple(value[:_NAMES]) if isinstance(value, list) else ()


def _number(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
