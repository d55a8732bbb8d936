"""Reads one page that is itself the report, HTML or PDF."""

from __future__ import annotations

import asyncio

from briefing.core.model import Source, Validators
from briefing.core.ports import Offer, Reach
from briefing.sources.entries import from_document
from briefing.sources.web_page import to_page


async def ask(source: Source, *, reach: Reach, validators: Validators = Validators()) -> Offer:
    """Return the page as one entry with its whole text.

    Raises:
        InputError: it does not answer (FetchError), or with something that cannot be read.
    """
    answer = await reach.fetch(source.url, validators=validators)
    if answer.unchanged:
        return Offer((), answer)
    page = await asyncio.to_thread(to_page, answer, parse=reach.parse)
    entry = from_document(page.document)
    return Offer((entry,), answer, title=entry.publisher, notes=page.notes)
