"""Feed items in one form, whatever the feed's format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from briefing.sources.decode import one_line, shorten
from briefing.sources.records import moment
from briefing.sources.sandbox.marks import by_sections, in_order
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
