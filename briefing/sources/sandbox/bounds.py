"""Cuts markup before it is parsed: parsers are slow or quadratic in some of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

#: Most attributes of one element; real ones have up to about thirty. libxml2 and feedparser compare
#: each with all before it: 20,000 took 9.5 s.
ATTRIBUTES = 100
#: The note about an element with more.
MANY_ATTRIBUTES = f"elements with more than {ATTRIBUTES} attributes: only the first are read"
#: Most tags of a page; trafilatura takes up to 40 µs for one, and is quadratic in the cells of a
#: row. The most of 130 real pages is 19,252.
_PAGE_TAGS = 30_000
#: Longest name of an element or of one of its attributes.
_NAME = 200

#: A start tag, as parsers recognize it, that is long enough for more attributes.
_OPENING = re.compile(rf"<[A-Za-z_][^<>]{{{2 * ATTRIBUTES - 1},}}")
_ATTRIBUTE = re.compile(r"[^\s=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"']*))?")
_LONG_NAME = re.compile(rf"<(/?)[A-Za-z_][^\s<>/]{{{_NAME},}}")
#: Start and end of comments, instructions and CDATA.
_ASIDES = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))


def without(markup: str, opening: str, closing: str, *, filler: str = "") -> str:
    """Return markup without the sections between two marks; unclosed ones stay.

    A filler replaces each character, so that positions stay the same.
    """
    parts, at = [], 0
    for start, end in _sections(markup, opening, closing):
        parts += [markup[at:start], filler * (end - start)]
        at = end
    return "".join((*parts, markup[at:]))


def without_open_ends(markup: str) -> str:
    """Return markup without the marks of unclosed comments and the like.

    For each of them, parsers would search to the end of the text in vain.
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
        first = list(islice(_ATTRIBUTE.finditer(opening), ATTRIBUTES + 2))
        if len(first) < ATTRIBUTES + 2:
            return opening
        cut = True
        return opening[: first[ATTRIBUTES].end()]

    return _OPENING.sub(bounded, _LONG_NAME.sub(r"<\1x", markup)), cut


def place_of_tag(markup: str, number: int) -> int:
    """Return where the tag with a number, from 0, begins; the length if there are fewer.

    A comment or CDATA section counts as one, whatever it contains. One that begins within a tag
    is not recognized, so that nothing can be hidden from the count there.
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
    """Return where the occurrence with a number, from 0, is; the length if there are fewer."""
    if markup.count(mark) <= number:
        return len(markup)
    at = markup.find(mark)
    for _ in range(number):
        at = markup.find(mark, at + 1)
    return at


def bounded_page(page: str) -> tuple[str, tuple[str, ...]]:
    """Return the part of an HTML page that is read, and notes about what was cut."""
    most = place_of(page, "<", number=_PAGE_TAGS)
    text, many = with_few_attributes(page[:most])
    notes = []
    if most < len(page):
        notes.append(f"more than {_PAGE_TAGS:,} tags in the page; only the first of them are read")
    if many:
        notes.append(MANY_ATTRIBUTES)
    return text, tuple(notes)


def _aside_at(markup: str, at: int) -> int:
    """Return the end of the comment or CDATA that begins at a position; 0 if none does."""
    for opening, closing in _ASIDES:
        if markup.startswith(opening, at):
            return max(markup.find(closing, at + len(opening)), 0)
    return 0


def _sections(markup: str, opening: str, closing: str) -> Iterator[tuple[int, int]]:
    """Yield where each closed section begins and ends."""
    start = markup.find(opening)
    while start >= 0 and (end := markup.find(closing, start + len(opening))) >= 0:
        yield start, end + len(closing)
        start = markup.find(opening, end + len(closing))
