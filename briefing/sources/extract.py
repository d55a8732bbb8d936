"""Reads an HTML page or a PDF as a document, in the sandbox, since parsing may hang or crash."""

from collections.abc import Mapping
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Mark
from briefing.core.ports import Parse
from briefing.sources.decode import PAGE_LIMIT, clean, one_line
from briefing.sources.records import (
    ParsedDocument,
    language_code,
    moment,
    parsed_document,
    web_address,
)
from briefing.sources.sandbox.pool import shared


def extract(
    html: bytes,
    *,
    url: str = "",
    where: str = "",
    content_type: str = "",
    parse: Parse | None = None,
) -> ParsedDocument:
    """Return the document of a page, without its furniture, and notes.

    Trafilatura extracts text, title, author, publisher and time of publication; hidden parts and
    reader comments are left out. Language and marks are the page's own claims.

    Args:
        html: the page as received; its encoding is determined by mark, declaration or trial.
        url: its address; if empty, the page's canonical address is used.
        where: its name in messages.
        content_type: as sent by the server.
        parse: the sandbox; None: the shared one of this process.

    InputError: the page has no text, or is too large, too slow to parse or damaged.
    """
    about = {"url": url, "content_type": content_type}
    result = (parse or shared())("page", html[: PAGE_LIMIT + 1], about=about)
    empty = "no article text found in the page; save the article as text"
    return _document(result, url=url, where=where, empty=empty)


def extract_pdf(body: bytes, *, parse: Parse, url: str = "", where: str = "") -> ParsedDocument:
    """Return the document of a PDF, and notes; ``where`` is its name in messages.

    InputError: the PDF has no text (a scan), or is too large, too slow to parse or damaged.
    """
    if len(body) > PDF_LIMIT:
        raise InputError(f"the PDF is larger than {PDF_LIMIT:,} bytes; save its text as .txt")
    result = parse("pdf", body, about={"url": url})
    empty = "no text in the PDF (is it a scan?); save its text as .txt"
    return _document(result, url=url, where=where, empty=empty)


def _document(result: Mapping[str, Any], *, url: str, where: str, empty: str) -> ParsedDocument:
    """Return the document of a parser's result, which may contain anything."""

    def claim(key: str) -> str:
        value = result.get(key)
        return value if isinstance(value, str) else ""

    published, timed = moment(claim("published"))
    return parsed_document(
        where,
        clean(claim("text")),
        title=claim("title"),
        notes=(one_line(str(note)) for note in result.get("notes") or ()),
        empty=empty,
        published=published,
        timed=timed,
        publisher=one_line(claim("site")),
        url=web_address(url) or claim("canonical") or web_address(claim("url")),
        language=language_code(claim("language")),
        author=one_line(claim("author")),
        marks=tuple(Mark(mark) for mark in result.get("marks", ())),
    )


#: Most bytes of a PDF; ministries' reports with pictures have up to about 20 MB.
PDF_LIMIT = 50_000_000
#: Start of a PDF; a few bytes may precede it (ISO 32000-2, 7.5.2, note).
_MAGIC = b"%PDF-"
_MAGIC_WITHIN = 1_024


def is_pdf(body: bytes) -> bool:
    """Tell whether bytes are a PDF."""
    return _MAGIC in body[:_MAGIC_WITHIN] and not body.lstrip().startswith(b"<")
