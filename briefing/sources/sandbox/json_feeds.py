"""JSON Feed 1.0 and 1.1, and RSS written as JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from briefing.core.errors import InputError
from briefing.sources.sandbox.entries import ITEM_LIMIT, RawEntry, RawFeed, iso_stamp, stamp_of

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
