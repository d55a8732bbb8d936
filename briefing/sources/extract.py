"""HTML page to document, read in the box that a hostile page may hang or blow up."""

from __future__ import annotations

from briefing.core.errors import InputError
from briefing.core.model import Document, Mark
from briefing.core.ports import Parse
from briefing.sources.decode import clean, is_blank, one_line, shorten
from briefing.sources.records import ParsedDocument, language_code, make_id, moment, web_address
from briefing.sources.sandbox.encoding import PAGE_LIMIT
from briefing.sources.sandbox.pool import shared

__all__ = ["PAGE_LIMIT", "extract"]


def extract(
    html: bytes,
    *,
    url: str = "",
    where: str = "",
    content_type: str = "",
    parse: Parse | None = None,
) -> ParsedDocument:
    """Return the document of a page, without its furniture, and notes.

    Text, title, author, publisher and time of publication are what trafilatura finds; hidden
    parts and reader comments are left out. Language and marks are the page's own claims.

    Args:
        html: the page as it came; its encoding is found by mark, declaration or trial.
        url: where it came from; without one the page's canonical address counts.
        where: how messages name the page.
        content_type: as the server says.
        parse: the box to ask; None: the one of this process.

    Raises:
        InputError: no text, or the page is too large, too slow or broken.
    """
    parse = parse or shared()
    found = parse("page", html[: PAGE_LIMIT + 1], about={"url": url, "content_type": content_type})
    text, cut = shorten(clean(found.get("text", "")))
    if is_blank(text):
        raise InputError("no article text found in the page; save the article as text")
    published, timed = moment(found["published"])
    title = one_line(found["title"])
    document = Document(
        id=make_id(title=title, text=text),
        title=title,
        text=text,
        published=published,
        timed=timed,
        publisher=one_line(found["site"]),
        url=web_address(url) or found["canonical"] or web_address(found["url"]),
        language=language_code(found["language"]),
        author=one_line(found["author"]),
        marks=tuple(Mark(mark) for mark in found["marks"]),
    )
    return ParsedDocument(where, document, tuple(note for note in (*found["notes"], cut) if note))
