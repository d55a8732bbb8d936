"""Reads a local folder or file: every document in it, with its full text."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from briefing.core.errors import InputError
from briefing.core.model import Source, Validators
from briefing.core.ports import Gateway, Parse, SourceListing
from briefing.sources import files
from briefing.sources.entries import from_document

#: Most notes of one reading that are kept; a folder may hold thousands of files that fail.
_NOTES = 20


async def ask(
    source: Source, *, gateway: Gateway, validators: Validators = Validators()
) -> SourceListing:
    """Return every document in a folder or file, new or not.

    Args:
        source: its url is the path.
        gateway: parses pages and PDFs.
        validators: ignored; a folder is read anew each time.

    Raises:
        InputError: it cannot be opened, or nothing in it can be read.
    """
    return await asyncio.to_thread(read, source.url, parse=gateway.parse)


def read(path: str, *, parse: Parse) -> SourceListing:
    """Return every document of a path; blocks until all are read.

    Raises:
        InputError: as :func:`ask`; an empty folder is not an error.
    """
    reading = files.read([path], detect=_no_language, parse=parse)
    failed = [(where, reason) for where, reason in reading.failed if not _is_empty(path, reason)]
    if failed and not reading.documents:
        where, reason = failed[0]
        raise InputError(f"{where}: {reason}")
    notes = (f"{where}: {reason}" for where, reason in (*failed, *reading.noted))
    entries = (
        replace(from_document(document), guid=document.id, file=file)
        for document, file in zip(reading.documents, reading.files, strict=True)
    )
    return SourceListing(tuple(entries), notes=tuple(notes)[:_NOTES], files=files.files_at(path))


def _no_language(_text: str) -> str:
    """Return no language: it is detected when the item is completed."""
    return ""


def _is_empty(path: str, reason: str) -> bool:
    return reason.startswith(files.NOTHING_HERE) and Path(path).is_dir()
