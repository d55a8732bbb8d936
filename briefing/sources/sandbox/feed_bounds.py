"""Cuts an XML feed to what feedparser parses in a second or two, and bounds its slow steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from feedparser.mixin import _FeedParserMixin

from briefing.sources.sandbox.bounds import (
    MANY_ATTRIBUTES,
    place_of,
    place_of_tag,
    with_few_attributes,
    without,
    without_open_ends,
)
from briefing.sources.sandbox.entries import FEED_LIMIT, ITEM_LIMIT

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
