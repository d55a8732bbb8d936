"""Reads a page that is itself a report, HTML or PDF."""

import asyncio

from briefing.core.model import Source, Validators
from briefing.core.ports import Gateway, SourceListing
from briefing.sources.articles import to_page
from briefing.sources.entries import from_document


async def ask(
    source: Source, *, gateway: Gateway, validators: Validators = Validators()
) -> SourceListing:
    """Return the page as one entry with its full text.

    InputError: it cannot be fetched (FetchError) or read.
    """
    answer = await gateway.fetch(source.url, validators=validators)
    if answer.unchanged:
        return SourceListing((), answer)
    page = await asyncio.to_thread(to_page, answer, parse=gateway.parse)
    entry = from_document(page.document)
    return SourceListing((entry,), answer, title=entry.publisher, notes=page.notes)
