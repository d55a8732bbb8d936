"""Asks a source for what it lists, one kind of source a file."""

import asyncio
from collections.abc import Callable

from briefing.core.model import Source, Validators
from briefing.core.ports import Answer, Gateway, SourceKind, SourceListing


def asking(read: Callable[[Answer, Gateway, Source], SourceListing]) -> SourceKind:
    """Return the kind of source that is at one address, by what reads its answer; it may block."""

    async def ask(
        source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        answer = await gateway.fetch(source.url, validators=validators)
        if answer.unchanged:
            return SourceListing((), answer)
        return await asyncio.to_thread(read, answer, gateway, source)

    return ask
