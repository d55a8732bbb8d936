"""What is asked of the store outside the verbs: sources, backups, and proof of what was printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from briefing.app.prove import StoredProof, prove_stored
from briefing.core.edition import slug
from briefing.core.errors import InputError
from briefing.core.model import Source, SourceStatus
from briefing.press import record
from briefing.setup.clock import now
from briefing.setup.settings import Settings
from briefing.sources.opml import Opml, read_opml, write_opml
from briefing.store import Store, editions, sources, withdrawals


def source_statuses(store: Store) -> tuple[SourceStatus, ...]:
    """Return all sources and how they answered."""
    with store.read() as tx:
        return sources.source_statuses(tx)


def add_sources(store: Store, new: Sequence[Source]) -> int:
    """Add sources, all of them or none; return how many were not known before."""
    at = now()
    with store.write() as tx:
        return sum(sources.add(tx, source, at=at) for source in new)


def remove_source(store: Store, address: str) -> bool:
    """Ask a source no more; tell whether it was one."""
    with store.write() as tx:
        return sources.remove(tx, address)


def read_opml_file(path: Path) -> Opml:
    """Read a list of feeds.

    Raises:
        InputError: it cannot be read or is no OPML.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        return read_opml(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def opml_of(store: Store, *, title: str) -> bytes:
    """Return all sources as OPML."""
    return write_opml([one.source for one in source_statuses(store)], title=title, made=now())


def verify_day(store: Store, *, settings: Settings, day: date) -> StoredProof:
    """Prove the stored edition of a day from the stored texts."""
    return prove_stored(store, briefing=slug(settings.name), day=day)


def stored_edition(store: Store, *, settings: Settings, day: date) -> record.Record:
    """Return the stored edition of a day, the one that was withdrawn last where none stands.

    Raises:
        InputError: there is none.
    """
    with store.read() as tx:
        stored = editions.on(tx, slug(settings.name), day)
        if stored is None and (gone := withdrawals.on(tx, slug(settings.name), day)):
            stored = editions.get(tx, gone[0].edition)
    if stored is None:
        raise InputError(f"no edition of {settings.name!r} was published on {day}")
    return record.read(stored.record, name=stored.id)
