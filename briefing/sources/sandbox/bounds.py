"""What is cut from markup before it is read: its readers are slow or quadratic in some of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

#: Attributes of one element; real ones have up to about thirty. libxml2 and feedparser compare
#: each with all before it: 20,000 took 9.5 s.
ATTRIBUTES = 100
#: What is said where an element had more.
MANY_ATTRIBUTES = f"elements with more than {ATTRIBUTES} attributes: only the first are read"
#: Tags of a page; trafilatura takes up to 40 µs for one, and is quadratic in the cells of a row.
#: The most of 130 real pages is 19,252.
_PAGE_TAGS = 30_000
#: Characters of the name of an element or of one of its attributes.
_NAME = 200

#: One element's opening, as far as the readers take it for one.
_OPENING = re.compile(r"<[A-Za-z_][^<>]*")
_ATTRIBUTE = re.compile(r"[^\s=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"']*))?")
_LONG_NAME = re.compile(rf"<(/?)[A-Za-z_][^\s<>/]{{{_NAME},}}")
#: What stands aside from the words, by how it begins and ends.
_ASIDES = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))


def without(markup: str, opening: str, closing: str, *, filler: str = "") -> str:
    """Return markup without all that stands between two marks; what nothing closes stays.

    With a filler it stands in place of each character, so that all places stay.
    """
    kept, at = [], 0
    for start, end in _sections(markup, opening, closing):
        kept += [markup[at:start], filler * (end - start)]
        at = end
    return "".join((*kept, markup[at:]))


def without_open_ends(markup: str) -> str:
    """Return markup without the marks of comments and the like that nothing closes.

    Readers look for the end of each of them, to the end of the text and in vain.
    """
    for opening, closing in _ASIDES:
        closed = markup.rfind(closing) + 1
        markup = markup[:closed] + markup[closed:].replace(opening, " ")
    return markup


def with_few_attributes(markup: str) -> tuple[str, bool]:
    """Return markup whose elements have at most 100 attributes, and whether any had more."""
    if markup.count("=") <= ATTRIBUTES and markup.count(" ") <= ATTRIBUTES:
        return markup, False
    cut = False

    def bounded(match: re.Match[str]) -> str:
        nonlocal cut
        opening: str = match[0]
        if len(opening) <= 2 * ATTRIBUTES:
            return opening
        first = list(islice(_ATTRIBUTE.finditer(opening), ATTRIBUTES + 2))
        if len(first) < ATTRIBUTES + 2:
            return opening
        cut = True
        return opening[: first[ATTRIBUTES].end()]

    return _OPENING.sub(bounded, _LONG_NAME.sub(r"<\1x", markup)), cut


def place_of_tag(markup: str, number: int) -> int:
    """Return where a tag of XML begins, counted from 0; the length where there are fewer.

    Comments and CDATA count as one each, whatever stands in them. One that begins within a tag
    is none, so that nothing can be hidden from the count there.
    """
    if markup.count("<") <= number:
        return len(markup)
    at, closed = markup.find("<"), True
    for _ in range(number):
        aside = _aside_at(markup, at) if closed else 0
        end = aside or at + 1
        following = markup.find("<", end)
        if following < 0:
            return len(markup)
        closed = bool(aside) or markup.find(">", at, following) >= 0
        at = following
    return at


def place_of(markup: str, mark: str, *, number: int) -> int:
    """Return where a mark stands, counted from 0; the length where it stands less often."""
    if markup.count(mark) <= number:
        return len(markup)
    at = markup.find(mark)
    for _ in range(number):
        at = markup.find(mark, at + 1)
    return at


def bounded_page(page: str) -> tuple[str, tuple[str, ...]]:
    """Return as much of an HTML page as is read, and what was cut, in words."""
    most = place_of(page, "<", number=_PAGE_TAGS)
    text, many = with_few_attributes(page[:most])
    notes = []
    if most < len(page):
        notes.append(f"more than {_PAGE_TAGS:,} tags in the page; only the first of them are read")
    if many:
        notes.append(MANY_ATTRIBUTES)
    return text, tuple(notes)


def _aside_at(markup: str, at: int) -> int:
    """Return where the comment or CDATA ends that begins at a place; 0 where none does."""
    for opening, closing in _ASIDES:
        if markup.startswith(opening, at):
            return max(markup.find(closing, at + len(opening)), 0)
    return 0


def _sections(markup: str, opening: str, closing: str) -> Iterator[tuple[int, int]]:
    """Yield where each section begins and ends; one that nothing closes is none."""
    start = markup.find(opening)
    while start >= 0 and (end := markup.find(closing, start + len(opening))) >= 0:
        yield start, end + len(closing)
        start = markup.find(opening, end + len(closing))
