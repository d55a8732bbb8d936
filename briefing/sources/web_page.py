"""One address to the document that stands there, HTML or PDF."""

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

#: How an HTML page begins; XHTML may have a declaration and comments first.
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--[^>]{0,2000}-->\s*)?(?:<!doctype\s+html|<html|<head|<body)",
    re.IGNORECASE,
)
_XHTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml", re.IGNORECASE)
#: Bytes in which a declared page must say that it is HTML.
_HEAD = 4_096
#: Types under which pages are served; an empty one says nothing.
_PAGE_TYPES = ("", "text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class WebPage:
    """What stands at one address."""

    #: Its url is the page's own address: the canonical one when it is of the same site.
    document: Document
    #: Address that answered.
    answered: str
    #: What had to be changed to read it, in words.
    notes: tuple[str, ...] = ()


class _Kept:
    """Asks as the other does, and keeps what was found."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self.found: Mapping[str, Any] = {}

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        self.found = self._parse(task, body, about=about)
        return self.found


def is_html(body: bytes) -> bool:
    """Tell whether bytes begin as an HTML page does."""
    head = body[:_HEAD]
    return bool(_HTML.match(head) or (_XHTML.match(head) and b"<html" in head.lower()))


def media_type(answer: Answer) -> str:
    """Return what a server calls its answer, without parameters, lower case."""
    return answer.content_type.partition(";")[0].strip().lower()


def is_page(answer: Answer) -> bool:
    """Tell whether an answer may be read as an HTML page."""
    return is_html(answer.body) or media_type(answer) in _PAGE_TYPES


def to_page(answer: Answer, *, parse: Parse) -> WebPage:
    """Return the document of an answer; blocks until it is read.

    Raises:
        InputError: neither HTML nor PDF, or no text in it.
    """
    if is_pdf(answer.body):
        found = extract_pdf(answer.body, parse=parse, url=answer.url, where=answer.url)
        return WebPage(found.document, answer.url, found.notes)
    if not is_page(answer):
        told = media_type(answer) if media_type(answer).isprintable() else "unknown"
        raise InputError(f"neither a web page nor a PDF but {told[:80]}; give its page")
    kept = _Kept(parse)
    found = extract(
        answer.body,
        url=answer.url,
        where=answer.url,
        content_type=answer.content_type,
        parse=kept,
    )
    own = own_address(kept.found.get("canonical"), answered=answer.url)
    return WebPage(replace(found.document, url=own), answer.url, found.notes)


def own_address(claimed: object, *, answered: str) -> str:
    """Return the address by which a page wants to be known, else the one that answered.

    A claim is believed within the same site only, and not when it is a front page: some sites
    claim that on every page.
    """
    address = web_address(claimed) if isinstance(claimed, str) else ""
    if address and is_same_site(address, answered) and not is_front_page(address):
        return address
    return web_address(answered)


async def read_page(url: str, *, gateway: Gateway) -> WebPage:
    """Ask an address for the document that stands there.

    Raises:
        FetchError: it does not answer, or not with a report.
    """
    answer = await gateway.fetch(url)
    if is_front_page(answer.url) and not is_front_page(url):
        raise FetchError("leads to the front page; the report is no longer there", status=404)
    try:
        return await asyncio.to_thread(to_page, answer, parse=gateway.parse)
    except InputError as error:
        raise FetchError(str(error), status=answer.status) from error
