"""A lenient parser for the outlines of an OPML list, whatever the state of its XML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

#: Most attributes of an outline that are read; feed readers write about ten.
_ATTRIBUTES = 100

_NAME = r"[A-Za-z_][\w.-]{0,60}"
#: Start or end of an outline, and start of a section whose content is not markup.
_TOKEN = re.compile(
    rf"<(?:(?P<aside>!--|!\[CDATA\[|\?|!DOCTYPE\b)|(?P<end>/?)(?:{_NAME}:)?outline(?=[\s/>]|$))",
    re.IGNORECASE,
)
#: Where an outline ends at the latest, even if damaged.
_BORDER = re.compile(rf"</?(?:{_NAME}:)?(?:outline(?=[\s/>]|$)|body\b|opml\b)", re.IGNORECASE)
_ASIDES = {"!--": "-->", "![cdata[": "]]>", "?": "?>", "!doctype": ">"}
_ATTRIBUTE = re.compile(rf"({_NAME}(?::{_NAME})?)\s{{0,99}}=\s{{0,99}}([\"']?)")
_WORD = re.compile(r"[\w.:-]+")
#: Characters of the longest name, with its prefix.
_LONGEST = 123
_BARE = re.compile(r"[^\s>]*")
#: What may follow the closing quotation mark of a value: the end, or another attribute.
_AFTER = re.compile(rf"\s{{0,99}}(?:/?>|$|{_NAME}(?::{_NAME})?\s{{0,99}}=\s{{0,99}}[\"'])")
#: An attribute within a value that lacks its closing quotation mark.
_WITHIN = re.compile(
    r"\s(?:text|title|type|xmlurl|htmlurl|url|description|language|version|category)"
    r"\s{0,9}=\s{0,9}$",
    re.IGNORECASE,
)
#: Characters before a quotation mark in which such an attribute is searched for.
_LOOK_BACK = 40
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@dataclass(frozen=True, slots=True)
class Outline:
    """One outline of a list."""

    #: Line on which it begins, from 1.
    line: int
    #: Attributes by lower-case name; feed readers write xmlUrl in many ways.
    attributes: dict[str, str] = field(default_factory=dict)
    #: Whether it is self-closing.
    closed: bool = False
    #: Whether it contains other outlines.
    is_folder: bool = False
    #: Whether it is not well-formed and was read as probably meant.
    mended: bool = False


def outlines(text: str) -> Iterator[Outline]:
    """Yield every outline of a list in order, in linear time.

    Entities of XML and HTML are decoded; those that a list declares itself are not expanded.
    """
    before: Outline | None = None
    for start, is_end, line in _tokens(text):
        if before is not None:
            yield replace(before, is_folder=not (is_end or before.closed))
        before = None if is_end else _read(text, start, line=line)
    if before is not None:
        yield before


def _tokens(text: str) -> Iterator[tuple[int, bool, int]]:
    """Yield the end of each outline's name, whether it is an end tag, and its line."""
    at, line, counted = 0, 1, 0
    # A missing end is not searched for repeatedly.
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
    """Return the end of a comment, declaration or the like that is known to be closed.

    ``subset`` is the position of the last end of an internal subset.
    """
    end = text.find(_ASIDES[aside], at) + len(_ASIDES[aside])
    if aside == "!doctype" and at <= subset and text.find("[", at, end) >= 0:
        return max(text.find("]>", at) + 2, end)
    return end


def _read(text: str, start: int, *, line: int) -> Outline:
    """Return the outline whose name ends at a position."""
    border = _BORDER.search(text, start)
    end = border.start() if border else len(text)
    attributes: dict[str, str] = {}
    at, mended = start, False
    while len(attributes) < _ATTRIBUTES:
        at = _spaces(text, at, end=end)
        if at >= end or text[at] in "/>":
            break
        match = _ATTRIBUTE.match(text, at, end)
        if match is None:
            at, mended = _past_word(text, at, end=end), True
            continue
        value, at, odd = _value(text, match.end(), quote=match[2], end=end)
        mended = mended or odd
        attributes.setdefault(match[1].lower(), _ENTITY.sub(_character, value))
    closed = text.startswith("/", at) or text.rfind("/>", at, end) >= 0
    return Outline(line, attributes, closed=closed, mended=mended or at >= end)


def _past_word(text: str, at: int, *, end: int) -> int:
    """Return the next position at which an attribute may begin where none does.

    Of a word longer than a name, only the end can be one.
    """
    word = _WORD.match(text, at, end)
    return max(at + 1, word.end() - _LONGEST) if word else at + 1


def _spaces(text: str, at: int, *, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at


def _value(text: str, start: int, *, quote: str, end: int) -> tuple[str, int, bool]:
    """Return a value, where it ends, and whether it is not well-formed."""
    if not quote:
        bare = _BARE.match(text, start, end)
        value = bare[0] if bare else ""
        value = value.removesuffix("/")
        return value, start + len(value), True
    at = text.find(quote, start, end)
    while at >= 0:
        if attribute := _WITHIN.search(text, max(start, at - _LOOK_BACK), at):
            return text[start : attribute.start()], attribute.start(), True
        if _AFTER.match(text, at + 1, end):
            value = text[start:at]
            return value, at + 1, quote in value or _is_odd(value)
        at = text.find(quote, at + 1, end)
    stop = text.find(">", start, end)
    if stop < 0 and end == len(text):  # the list ends within the value
        return "", end, True
    stop = end if stop < 0 else stop
    return text[start:stop].rstrip("/ \r\n\t"), stop, True


def _is_odd(value: str) -> bool:
    """Tell whether a value contains characters that XML requires to be escaped."""
    return "<" in value or "&" in _ENTITY.sub("", value)


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0])
