"""Sources are added, one or the feeds of a list, and removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from briefing.app.actor import Actor
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Source
from briefing.sources.opml import Opml, read_opml
from briefing.store import Transaction, sources


def add_sources(tx: Transaction, new: Sequence[Source], *, actor: Actor, at: datetime) -> int:
    """Add sources, all of them or none; return how many were not known before."""
    added = [source for source in new if sources.add(tx, source, at=at)]
    if len(added) == 1:
        actor.note(tx, "add source", added[0].url, at=at)
    elif added:
        actor.note(tx, "add sources", counted(len(added), "source"), at=at)
    return len(added)


def remove_source(tx: Transaction, address: str, *, actor: Actor, at: datetime) -> None:
    """Remove a source; its reports are kept.

    Raises:
        UsageError: it is none.
    """
    if not sources.remove(tx, address):
        raise UsageError(f"{address} is not a source; `briefing sources list` shows all")
    actor.note(tx, "remove source", address, at=at)


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
