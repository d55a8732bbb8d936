"""Converts HTML to plain text."""

import html
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin

import lxml.etree
import lxml.html

from briefing.sources.decode import TEXT_LIMIT, clean, one_line
from briefing.sources.records import web_address

#: Elements that begin and end a line (HTML standard, 15.3: display block).
_BLOCKS = frozenset(
    "address article aside blockquote body br center dd details div dl dt fieldset footer form h1 "
    "h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody tr ul".split()
)
#: Elements whose text is not part of a report: code, forms, drawings, captions.
_SILENT = frozenset(
    "applet audio button canvas figcaption figure head iframe math noscript script select "
    "style svg template textarea title video".split()
)
#: Elements separated by a space: the cells of a row.
_CELLS = frozenset({"td", "th"})
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|em|font|i|p|q|s|small|span|strong|sub|sup|u|wbr)\b[^<>]{0,500}>"
)
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9A-Fa-f]{1,6}|[A-Za-z]{2,10});")
#: Most characters of a piece of HTML: the longest text, with four times as much markup.
_MARKUP = 5 * TEXT_LIMIT
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def to_plain(markup: str) -> str:
    r"""Return the text of a piece of HTML; one paragraph per line, separated by "\n".

    Markup within a word leaves no gap. Text without tags is treated as in :func:`in_lines`.
    """
    markup = markup[:_MARKUP]
    if "<" not in markup:
        return in_lines(html.unescape(markup))
    # With lxml.html, elements would be created one by one in Python for nothing.
    root = _parsed(markup, parser=lxml.etree.HTMLParser)
    if root is None:
        return ""
    pieces: list[str] = []
    silent = 0
    for event, node in lxml.etree.iterwalk(root, events=("start", "end")):
        starts = event == "start"
        if node.tag in _SILENT:
            silent += 1 if starts else -1
        elif not silent:
            # At the beginning and at the end of an element.
            pieces.append("\n" if node.tag in _BLOCKS else " " if node.tag in _CELLS else "")
        if not silent and (piece := node.text if starts else node.tail):
            pieces.append(piece.replace("\n", " "))
    return as_lines("".join(pieces).split("\n"))


def in_lines(text: str) -> str:
    """Return plain text with one paragraph per line.

    Paragraphs are separated by blank lines; if there are none, each line is a paragraph.
    """
    text = clean(text)
    return as_lines(_BLANK_LINE.split(text) if _BLANK_LINE.search(text) else text.split("\n"))


def as_lines(parts: Iterable[str]) -> str:
    """Return the parts of a text as lines, without blank ones."""
    return "\n".join(filter(None, (" ".join(part.split()) for part in parts)))


def title_of(markup: str, *, plain: bool = False) -> str:
    """Return a title in HTML as one line of plain text.

    A title declared as plain text counts as HTML only if it has well-known tags or entities.
    """
    if plain and not _TAG.search(markup) and not _ENTITY.search(markup):
        return one_line(markup)
    return one_line(to_plain(markup[:10_000]).replace("\n", " "))


def absolute(url: str, *, base: str = "") -> str:
    """Return a full web address that may be linked, or else ""."""
    if not url.strip():
        return ""
    try:
        joined = urljoin(base, url.strip())
    except ValueError:  # brackets that are not an IPv6 address
        return ""
    return web_address(joined.replace(" ", "%20"))


def parsed_page(page: str) -> lxml.html.HtmlElement | None:
    """Return the tree of a page, or None if it is empty."""
    return _parsed(page, parser=lxml.html.HTMLParser)


def _parsed(markup: str, *, parser: Callable[..., Any]) -> Any:  # noqa: ANN401  the parser's element type
    parsing = parser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parsing)
    except lxml.etree.ParserError:  # only comments and white space
        return None
