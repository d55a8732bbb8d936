"""Subscribers as a list in a file: read into the store, and written from it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from briefing.app.actor import Actor
from briefing.app.readers.administration import suppression_of
from briefing.app.readers.subscribers_csv import (
    RowError,
    SubscriberRow,
    read_subscribers_csv,
    write_subscribers_csv,
)
from briefing.core.counting import counted
from briefing.core.errors import InputError, OutputError, reason_of, remedy_of
from briefing.core.model import Consent, Subscriber
from briefing.store import Store, Transaction, subscribers

#: Bytes of a list: a hundred bytes each for a million subscribers.
_LARGEST = 100_000_000
#: Lines of a list in one transaction.
_LOT = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What a list brought."""

    added: int
    #: Lines of existing subscribers: line and address.
    known: tuple[tuple[int, str], ...]
    #: Lines that were not taken: line and reason.
    refused: tuple[tuple[int, str], ...]


def read_list(path: Path, *, sections: tuple[str, ...]) -> Iterator[SubscriberRow | RowError]:
    """Yield the lines of a list, read at once.

    Raises:
        InputError: it cannot be read or has no columns that are known.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise InputError(f"{path}: larger than {_LARGEST:,} bytes; split it")
        text = content.decode()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8; save it as CSV in UTF-8") from error
    try:
        yield from read_subscribers_csv(text, sections=sections)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class ListImport:
    """A request to add the subscribers of a list."""

    path: Path
    #: Sections that a line may name.
    sections: tuple[str, ...]
    #: What they agreed to, for the consent log.
    words: str
    #: Whether it is only checked.
    dry: bool = False


def import_list(store: Store, asked: ListImport, *, actor: Actor, at: datetime) -> Taken:
    """Add all subscribers of a list that can be added; a wrong line stops no other.

    Raises:
        InputError: as :func:`read_list`.
    """
    name, dry = asked.path.name, asked.dry
    consent = Consent(at, "imported", "import", origin=name, words=asked.words)
    existing: list[tuple[int, str]] = []
    refused: list[tuple[int, str]] = []
    added, addresses = 0, set[bytes]()
    lines = read_list(asked.path, sections=asked.sections)
    while batch := list(islice(lines, _LOT)):
        with store.read() if dry else store.write() as tx:
            for row in batch:
                reason = row.reason if isinstance(row, RowError) else _refusal(tx, row)
                if isinstance(row, RowError) or reason:
                    refused.append((row.line, reason))
                elif _is_new(tx, row.subscriber, consent, addresses=addresses, dry=dry):
                    added += 1
                else:
                    existing.append((row.line, row.subscriber.address))
    if added and not dry:
        with store.write() as tx:
            about = f"{name}: {counted(added, 'subscriber')}"
            actor.note(tx, "import subscribers", about, at=at)
    return Taken(added, tuple(existing), tuple(refused))


def export_list(store: Store, to: Path) -> int:
    """Write all subscribers as CSV, for its owner alone to read; return how many.

    Raises:
        OutputError: the file cannot be written; its earlier content is unchanged.
    """
    try:
        handle, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file, store.read() as tx:
                written = [
                    file.write(line) for line in write_subscribers_csv(subscribers.listed(tx))
                ]
            draft.replace(to)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{to}: cannot be written ({reason_of(error)}); {remedy_of(error)}"
        ) from error
    return len(written) - 1


def _refusal(tx: Transaction, row: SubscriberRow) -> str:
    reason = suppression_of(tx, row.subscriber.address)
    return f"{row.subscriber.address}: {reason}" if reason else ""


def _is_new(
    tx: Transaction, new: Subscriber, consent: Consent, *, addresses: set[bytes], dry: bool
) -> bool:
    """Add a subscriber, or in a dry run tell whether one would be."""
    if not dry:
        return subscribers.add(tx, replace(new, since=consent.at), consent=consent) is not None
    key = subscribers.key(new.address)
    fresh = key not in addresses and subscribers.find(tx, new.address) is None
    addresses.add(key)
    return fresh
