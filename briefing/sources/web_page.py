"""Reads the document at one address, HTML or PDF."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from briefing.core.errors import FetchError, InputError
from briefing.core.model import Document
from briefing.core.ports import Answer, Gateway, Parse
from briefing.sources.addresses import is_front_page, is_same_site
from briefing.sources.extract import extract
from briefing.sources.pdf import extract_pdf, is_pdf
from briefing.sources.records import web_address

#: Start of an HTML page; XHTML may have a declaration and comments first.
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--[^>]{0,2000}-->\s*)?(?:<!doctype\s+html|<html|<head|<body)",
    re.IGNORECASE,
)
_XHTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml", re.IGNORECASE)
#: Bytes in which a page with an XML declaration must have its html element.
_HEAD = 4_096
#: Media types of pages; an empty one means unknown.
_PAGE_TYPES = ("", "text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class WebPage:
    """The document at one address."""

    #: Its url is the page's canonical address if that is on the same site.
    document: Document
    #: Address that responded.
    answered: str
    #: What had to be changed to read it.
    notes: tuple[str, ...] = ()


class _Recorder:
    """Wraps a parser and records its last result."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self.result: Mapping[str, Any] = {}

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        self.result = self._parse(task, body, about=about)
        return self.result


def is_html(body: bytes) -> bool:
    """Tell whether bytes begin like an HTML page."""
    head = body[:_HEAD]
    return bool(_HTML.match(head) or (_XHTML.match(head) and b"<html" in head.lower()))


def media_type(answer: Answer) -> str:
    """Return the media type of a response, without parameters, in lower case."""
    return answer.content_type.partition(";")[0].strip().lower()


def is_page(answer: Answer) -> bool:
    """Tell whether a response may be parsed as an HTML page."""
    return is_html(answer.body) or media_type(answer) in _PAGE_TYPES


def to_page(answer: Answer, *, parse: Parse) -> WebPage:
    """Return the document of a response; blocks until it is parsed.

    Raises:
        InputError: it is neither HTML nor PDF, or has no text.
    """
    if is_pdf(answer.body):
        parsed = extract_pdf(answer.body, parse=parse, url=answer.url, where=answer.url)
        return WebPage(parsed.document, answer.url, parsed.notes)
    if not is_page(answer):
        kind = media_type(answer) if media_type(answer).isprintable() else "unknown"
        raise InputError(f"neither a web page nor a PDF but {kind[:80]}; give its page")
    recorder = _Recorder(parse)
    parsed = extract(
        answer.body,
        url=answer.url,
        where=answer.url,
        content_type=answer.content_type,
        parse=recorder,
    )
    own = own_address(recorder.result.get("canonical"), answered=answer.url)
    return WebPage(replace(parsed.document, url=own), answer.url, parsed.notes)


def own_address(claimed: object, *, answered: str) -> str:
    """Return the address that a page claims as its own, else the one that responded.

    A claim is accepted only within the same site, and not if it is a front page: some sites claim
    that on every page.
    """
    address = web_address(claimed) if isinstance(claimed, str) else ""
    if address and is_same_site(address, answered) and not is_front_page(address):
        return address
    return web_address(answered)


async def read_page(url: str, *, gateway: Gateway) -> WebPage:
    """Fetch an address and return the document there.

    Raises:
        FetchError: it cannot be fetched, or is not a report.
    """
    answer = await gateway.fetch(url)
    if is_front_page(answer.url) and not is_front_page(url):
        raise FetchError("leads to the front page; the report is no longer there", status=404)
    try:
        return await asyncio.to_thread(to_page, answer, parse=gateway.parse)
    except InputError as error:
        raise FetchError(str(error), status=answer.status) from error
