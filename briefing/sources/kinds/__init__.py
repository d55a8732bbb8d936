"""Asks a source for its listing; each kind of source is a module."""

import asyncio
from collections.abc import Callable

from briefing.core.model import Source, Validators
from briefing.core.ports import Answer, Gateway, SourceKind, SourceListing


def asking(read: Callable[[Answer, Gateway, Source], SourceListing]) -> SourceKind:
    """Return a kind for sources at one address, from a function that reads the response.

    The function runs in a thread and may block.
    """

    async def ask(
        source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        answer = await gateway.fetch(source.url, validators=validators)
        if answer.unchanged:
            return SourceListing((), answer)
        return await asyncio.to_thread(read, answer, gateway, source)

    return ask
