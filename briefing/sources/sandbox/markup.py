"""Converts HTML to plain text, and cuts markup before it is parsed to what parsers bear."""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
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
SILENT = frozenset(
    "applet audio button canvas figcaption figure head iframe math noscript script select "
    "style svg template textarea title video".split()
)
#: Between cells of a row.
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
    # Elements of lxml.html would be made one by one in Python; nothing of them is used here.
    root = _parsed(markup, parser=lxml.etree.HTMLParser)
    if root is None:
        return ""
    return as_lines("".join(_pieces(root)).split("\n"))


def in_lines(text: str) -> str:
    """Return plain text with one paragraph per line.

    Paragraphs are separated by blank lines; without any, each line is a paragraph.
    """
    text = clean(text)
    return as_lines(_BLANK_LINE.split(text) if _BLANK_LINE.search(text) else text.split("\n"))


def as_lines(parts: Iterable[str]) -> str:
    """Return parts of a text, each as a line, without blank ones."""
    return "\n".join(filter(None, (" ".join(part.split()) for part in parts)))


def title_of(markup: str, *, plain: bool = False) -> str:
    """Return a title in HTML as one line of plain text.

    One declared as plain text is HTML only if it has well-known tags or entities.
    """
    if plain and not _TAG.search(markup) and not _ENTITY.search(markup):
        return one_line(markup)
    return one_line(to_plain(markup[:10_000]).replace("\n", " "))


def absolute(url: str, *, base: str = "") -> str:
    """Return a full web address that may be linked, else ""."""
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


def _parsed(markup: str, *, parser: Callable[..., Any]) -> Any:  # noqa: ANN401  its parser's elements
    parsing = parser(encoding="utf-8", remove_comments=True, remove_pis=True)
    markup, _ = with_few_attributes(markup)
    try:
        return lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parsing)
    except lxml.etree.ParserError:  # only comments and white space
        return None


def _pieces(root: lxml.etree._Element) -> list[str]:
    pieces: list[str] = []
    silent = 0
    for event, node in lxml.etree.iterwalk(root, events=("start", "end")):
        starts = event == "start"
        if node.tag in SILENT:
            silent += 1 if starts else -1
        elif not silent:
            pieces.append(mark_of(node.tag))
        if not silent and (piece := node.text if starts else node.tail):
            pieces.append(piece.replace("\n", " "))
    return pieces


def mark_of(tag: object) -> str:
    """Return the separator in plain text where an element begins and ends."""
    if tag in _BLOCKS:
        return "\n"
    return " " if tag in _CELLS else ""


#: Most attributes of one element; real ones have up to about thirty. libxml2 and feedparser compare
#: each with all before it: 20,000 took 9.5 s.
ATTRIBUTES = 100
#: The note about an element with more.
MANY_ATTRIBUTES = f"elements with more than {ATTRIBUTES} attributes: only the first are read"
#: Most tags of a page; trafilatura takes up to 40 µs for one. The most of 130 real pages is 19,252.
_PAGE_TAGS = 30_000
#: Most cells of a row: as many columns as one cell may span (HTML standard, 4.9.11). trafilatura
#: counts those before each: 15,000 took 2 s, twice as many four times as long.
_ROW = 1_000
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
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
        # The end of a comment or CDATA that begins here.
        asides = [pair for pair in _ASIDES if closed and markup.startswith(pair[0], at)]
        aside = max([0, *(markup.find(end, at + len(start)) for start, end in asides)])
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
    tree = parsed_page(text) if len(_CELL.findall(text)) > _ROW else None
    rows = [] if tree is None else tree.xpath(f"//*[td[{_ROW + 1}] or th[{_ROW + 1}]]")
    for row in rows:
        del row[_ROW:]
    cuts = {
        f"more than {_PAGE_TAGS:,} tags in the page; only the first of them are read": (
            most < len(page)
        ),
        MANY_ATTRIBUTES: many,
        f"rows with more than {_ROW:,} cells: only the first are read": bool(rows),
    }
    if rows:
        text = lxml.html.tostring(tree, encoding="unicode")
    return text, tuple(note for note, is_cut in cuts.items() if is_cut)


def _sections(markup: str, opening: str, closing: str) -> Iterator[tuple[int, int]]:
    """Yield where each closed section begins and ends."""
    start = markup.find(opening)
    while start >= 0 and (end := markup.find(closing, start + len(opening))) >= 0:
        yield start, end + len(closing)
        start = markup.find(opening, end + len(closing))
