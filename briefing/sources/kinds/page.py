"""Reads a page that is itself a report, HTML or PDF, as one entry with its full text."""

from briefing.core.model import Source
from briefing.core.ports import Answer, Gateway, SourceListing
from briefing.sources.articles import to_page
from briefing.sources.entries import from_document
from briefing.sources.kinds import asking


def _read(answer: Answer, gateway: Gateway, _: Source) -> SourceListing:
    page = to_page(answer, parse=gateway.parse)
    entry = from_document(page.document)
    return SourceListing((entry,), answer, title=entry.publisher, notes=page.notes)


ask = asking(_read)
