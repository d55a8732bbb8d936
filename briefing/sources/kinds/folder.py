"""Reads a folder or file of this machine: every document in it, with its whole text."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from briefing.core.errors import InputError
from briefing.core.model import Source, Validators
from briefing.core.ports import Gateway, Parse, SourceListing
from briefing.sources import files
from briefing.sources.entries import from_document

#: Notes of one reading that are kept; a folder may hold thousands of files that fail.
_NOTES = 20


async def ask(
    source: Source, *, gateway: Gateway, validators: Validators = Validators()
) -> SourceListing:
    """Return every document in a folder or file, whether or not it was there before.

    Args:
        source: its url is the path.
        gateway: what reads pages and PDFs.
        validators: not looked at; a folder is read anew each time.

    Raises:
        InputError: it cannot be opened, or nothing in it can be read.
    """
    return await asyncio.to_thread(read, source.url, parse=gateway.parse)


def read(path: str, *, parse: Parse) -> SourceListing:
    """Return every document of a path; blocks until all are read.

    Raises:
        InputError: as :func:`ask`; an empty folder is no error.
    """
    reading = files.read([path], tell=_untold, parse=parse)
    failed = [(where, reason) for where, reason in reading.failed if not _is_empty(path, reason)]
    if failed and not reading.documents:
        where, reason = failed[0]
        raise InputError(f"{where}: {reason}")
    told = (f"{where}: {reason}" for where, reason in (*failed, *reading.noted))
    entries = (
        replace(from_document(one), guid=one.id, file=file)
        for one, file in zip(reading.documents, reading.files, strict=True)
    )
    notes = tuple(told)[:_NOTES]
    return SourceListing(tuple(entries), notes=notes, files=files.source_status(path))


def _untold(_text: str) -> str:
    """Leave the language to be told when the item is completed."""
    return ""


def _is_empty(path: str, reason: str) -> bool:
    return reason.startswith(files.NOTHING_HERE) and Path(path).is_dir()
