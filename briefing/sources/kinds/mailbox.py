"""Reads the mails that a sender, such as a newsletter, has sent to the desk, each as a report."""

import asyncio
import re
from dataclasses import replace

from briefing.core.errors import InputError
from briefing.core.model import Entry, Source, Validators
from briefing.core.ports import Gateway, SourceListing
from briefing.sources.entries import from_document
from briefing.sources.mail import from_bytes

#: Prefix of a source's address, followed by the address or domain of a sender.
SCHEME = "mailbox:"
#: What may be sent in a command to the server: an address or a domain.
_SENDER = re.compile("[!#-\\[\\]-~]{3,254}")


async def ask(
    source: Source, *, gateway: Gateway, validators: Validators = Validators()
) -> SourceListing:
    """Return the sender's mails of the last days, new or not; the validators are ignored.

    InputError: no mailbox is set, it cannot be read, or no mail in it has any text.
    """
    return await asyncio.to_thread(_read, source.url.removeprefix(SCHEME), gateway)


def _read(sender: str, gateway: Gateway) -> SourceListing:
    if not _SENDER.fullmatch(sender):
        raise InputError(
            "not a sender; write mailbox:news@agency.example or mailbox:agency.example"
        )
    if gateway.mails is None:
        raise InputError("no mailbox is set; set collect.mailbox")
    entries, notes = list[Entry](), list[str]()
    for raw in gateway.mails(sender):
        try:
            parsed = from_bytes(raw, parse=gateway.parse)
        except InputError as error:
            notes.append(str(error))
        else:
            entries.append(replace(from_document(parsed.document), guid=parsed.document.id))
    if notes and not entries:
        raise InputError(notes[0])
    return SourceListing(tuple(entries), notes=tuple(notes))
