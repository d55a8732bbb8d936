"""Reads a local folder or file: every document in it, with its full text."""

import asyncio
from dataclasses import replace
from pathlib import Path

from briefing.core.errors import InputError
from briefing.core.model import Source, Validators
from briefing.core.ports import Gateway, Parse, SourceListing
from briefing.sources import files
from briefing.sources.entries import from_document

#: Most notes on one reading that are kept; thousands of files in a folder may fail.
_NOTES = 20


async def ask(
    source: Source, *, gateway: Gateway, validators: Validators = Validators()
) -> SourceListing:
    """Return every document in the folder or file that is the source's URL, new or not.

    The validators are ignored: a folder is read in full each time. An empty one is not an error.

    InputError: it cannot be opened, or nothing in it can be read.
    """
    return await asyncio.to_thread(_read, source.url, parse=gateway.parse)


def _read(path: str, *, parse: Parse) -> SourceListing:
    # The language is detected when an item is completed.
    reading = files.read([path], detect=lambda _text: "", parse=parse)
    failed = [
        (where, reason)
        for where, reason in reading.failed
        if not (reason.startswith(files.NOTHING_HERE) and Path(path).is_dir())
    ]
    if failed and not reading.documents:
        where, reason = failed[0]
        raise InputError(f"{where}: {reason}")
    notes = (f"{where}: {reason}" for where, reason in (*failed, *reading.noted))
    entries = (
        replace(from_document(document), guid=document.id, file=file)
        for document, file in zip(reading.documents, reading.files, strict=True)
    )
    return SourceListing(tuple(entries), notes=tuple(notes)[:_NOTES], files=files.files_at(path))
