"""As much of a feed in XML as feedparser reads in a second or two, and its slow steps bounded."""

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

#: Tags and entities outside of CDATA that are read; feedparser takes up to 30 µs for a tag. A
#: feed of 300 items with 25 elements each has 15,000 tags.
_TAGS = 40_000
_ENTITIES = 400_000
#: Characters before the first element, and declarations among them. feedparser looks from each
#: to the end of them.
_PROLOG = 100_000
_DECLARATIONS = 1_000
#: Characters of an author in which feedparser looks for a mail address, in quadratic time.
_AUTHOR = 1_000
#: Tags of one item; feedparser compares each with all before it.
_ITEM_TAGS = 200

_ITEM_END = re.compile(r"</(?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry)\s{0,20}>", re.IGNORECASE)
#: An entity that stands for others, as in bombs; those of characters are left.
_NESTED = re.compile(r"<!ENTITY[^<>&]{0,200}&(?!#)[^<>]{0,2000}>")
_SPACES = re.compile(r"\s+")
_ELEMENT = re.compile(r"<[A-Za-z_]")


@dataclass(frozen=True, slots=True)
class Bounded:
    """As much of a feed as is read."""

    text: str
    #: How many items it has, where that is more than are read; else 0.
    listed: int = 0
    #: What was cut beside whole items, in words.
    notes: tuple[str, ...] = ()


def bound(text: str) -> Bounded:
    """Return a feed in XML without what would take feedparser longer than a second or two."""
    cut = cut_items(text)
    start, prolog = _prolog(cut.text)
    rest, many = with_few_attributes(without_open_ends(cut.text[start:]))
    notes = (*cut.notes, MANY_ATTRIBUTES) if many else cut.notes
    return Bounded(prolog + rest, cut.listed, notes)


def cut_items(text: str) -> Bounded:
    """Return a feed without the items that are too many, or too much together.

    What stands after its last item is kept, so that the XML stays whole. A feed whose first item
    is too much is cut in the middle of it.
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
    note = f"more than is read of one feed; cut after {most:,} of {len(text):,} characters"
    return Bounded(text[:most], count, (note,))


def _tail(rest: str) -> str:
    """Return what closes a feed, nothing when that is more than closing tags."""
    return rest if len(rest) < _PROLOG and rest.count("<") < _DECLARATIONS else ""


def _prolog(text: str) -> tuple[int, str]:
    """Return where the first element begins, and what stands before it in short.

    Without one among the first characters there is none, and nothing to read.
    """
    first = _first_element(text[:_PROLOG])
    if first is None:
        return len(text), ""
    prolog = without(without(text[:first], "<!--", "-->"), "<?", "?>")
    # feedparser finds a declaration at the beginning of a line only.
    prolog = _SPACES.sub(lambda run: "\n" if "\n" in run[0] else " ", without_open_ends(prolog))
    prolog = _NESTED.sub("", prolog)
    return first, prolog if prolog.count("<!") <= _DECLARATIONS else ""


def _first_element(head: str) -> int | None:
    """Return where the first element begins, comments and declarations passed over."""
    blanked = head
    for opening, closing in (("<!--", "-->"), ("<?", "?>")):
        blanked = without(blanked, opening, closing, filler="\0")
    found = _ELEMENT.search(blanked)
    return found.start() if found else None


def hasten() -> None:
    """Take feedparser's two quadratic steps out of it; what is read within the bounds is the same.

    It is asked again in every process that reads feeds, and does nothing the second time.
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
