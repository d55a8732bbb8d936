"""Finds the outlines of a list of sources in OPML, one by one, however damaged its XML is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

#: Attributes of an outline that are read; readers write about ten.
_ATTRIBUTES = 100

_NAME = r"[A-Za-z_][\w.-]{0,60}"
#: Where an outline begins or ends, and where begins what may hold one that is none.
_TOKEN = re.compile(
    rf"<(?:(?P<aside>!--|!\[CDATA\[|\?|!DOCTYPE\b)|(?P<end>/?)(?:{_NAME}:)?outline(?=[\s/>]|$))",
    re.IGNORECASE,
)
#: Where an outline ends at the latest, whatever is missing in it.
_BORDER = re.compile(rf"</?(?:{_NAME}:)?(?:outline(?=[\s/>]|$)|body\b|opml\b)", re.IGNORECASE)
_ASIDES = {"!--": "-->", "![cdata[": "]]>", "?": "?>", "!doctype": ">"}
_ATTRIBUTE = re.compile(rf"({_NAME}(?::{_NAME})?)\s{{0,99}}=\s{{0,99}}([\"']?)")
_BARE = re.compile(r"[^\s>]*")
#: What follows a quotation mark that ends a value: the end, or another attribute.
_AFTER = re.compile(rf"\s{{0,99}}(?:/?>|$|{_NAME}(?::{_NAME})?\s{{0,99}}=\s{{0,99}}[\"'])")
#: An attribute that stands within a value whose quotation mark was forgotten.
_WITHIN = re.compile(
    r"\s(?:text|title|type|xmlurl|htmlurl|url|description|language|version|category)"
    r"\s{0,9}=\s{0,9}$",
    re.IGNORECASE,
)
#: Characters before a quotation mark in which such an attribute is looked for.
_LOOK_BACK = 40
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@dataclass(frozen=True, slots=True)
class Outline:
    """One outline of a list."""

    #: Line of the list on which it begins, counted from 1.
    line: int
    #: Attributes by their names in lower case; readers write xmlUrl in many ways.
    held: dict[str, str] = field(default_factory=dict)
    #: Whether it ends at once.
    closed: bool = False
    #: Whether other outlines stand in it.
    is_folder: bool = False
    #: Whether it is not as XML asks for, and was read as it was probably meant.
    mended: bool = False


def outlines(text: str) -> Iterator[Outline]:
    """Yield every outline of a list in its order, in linear time.

    Entities are those of XML and HTML; what a list declares itself stays as it is written.
    """
    before: Outline | None = None
    for start, is_end, line in _tokens(text):
        if before is not None:
            yield replace(before, is_folder=not (is_end or before.closed))
        before = None if is_end else _read(text, start, line=line)
    if before is not None:
        yield before


def _tokens(text: str) -> Iterator[tuple[int, bool, int]]:
    """Yield where the name of each outline ends, whether it is its end, and its line."""
    at, line, counted = 0, 1, 0
    # An end that stands nowhere is not looked for again and again.
    last = {aside: text.rfind(end) for aside, end in _ASIDES.items()}
    subset = text.rfind("]>")
    while match := _TOKEN.search(text, at):
        at = match.end()
        if (aside := match["aside"]) is not None:
            if at <= last[aside.lower()]:
                at = _past(text, aside.lower(), at, subset=subset)
            continue
        line += text.count("\n", counted, match.start())
        counted = match.start()
        yield at, bool(match["end"]), line


def _past(text: str, aside: str, at: int, *, subset: int) -> int:
    """Return where a comment, declaration or the like ends that is known to end.

    The last end of declarations within a declaration stands at ``subset``.
    """
    end = text.find(_ASIDES[aside], at) + len(_ASIDES[aside])
    if aside == "!doctype" and at <= subset and text.find("[", at, end) >= 0:
        return max(text.find("]>", at) + 2, end)
    return end


def _read(text: str, start: int, *, line: int) -> Outline:
    """Return the outline whose name ends at a place."""
    border = _BORDER.search(text, start)
    end = border.start() if border else len(text)
    held: dict[str, str] = {}
    at, mended = start, False
    while len(held) < _ATTRIBUTES:
        at = _spaces(text, at, end=end)
        if at >= end or text[at] in "/>":
            break
        match = _ATTRIBUTE.match(text, at, end)
        if match is None:
            at, mended = at + 1, True
            continue
        value, at, odd = _value(text, match.end(), quote=match[2], end=end)
        mended = mended or odd
        held.setdefault(match[1].lower(), _ENTITY.sub(_character, value))
    closed = text.startswith("/", at) or text.rfind("/>", at, end) >= 0
    return Outline(line, held, closed=closed, mended=mended or at >= end)


def _spaces(text: str, at: int, *, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at


def _value(text: str, start: int, *, quote: str, end: int) -> tuple[str, int, bool]:
    """Return a value, where it ends, and whether it is not as XML asks for."""
    if not quote:
        bare = _BARE.match(text, start, end)
        value = bare[0] if bare else ""
        kept = value[:-1] if value.endswith("/") else value
        return kept, start + len(kept), True
    at = text.find(quote, start, end)
    while at >= 0:
        if forgotten := _WITHIN.search(text, max(start, at - _LOOK_BACK), at):
            return text[start : forgotten.start()], forgotten.start(), True
        if _AFTER.match(text, at + 1, end):
            value = text[start:at]
            return value, at + 1, quote in value or _is_odd(value)
        at = text.find(quote, at + 1, end)
    stop = text.find(">", start, end)
    if stop < 0 and end == len(text):  # the list is cut off within the value
        return "", end, True
    stop = end if stop < 0 else stop
    return text[start:stop].rstrip("/ \r\n\t"), stop, True


def _is_odd(value: str) -> bool:
    """Tell whether a value holds what XML wants to be written in another way."""
    return "<" in value or "&" in _ENTITY.sub("", value)


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0])
