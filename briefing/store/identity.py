"""What a store holds, remembered beside it, so that an emptied or exchanged one is refused.

The number of a store is given once. Its generation counts on in the store and then, after the
commit, in a file beside it: a store that has counted less than the file is an older copy.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, inspect, select, update

from briefing.core.counting import counted
from briefing.core.errors import StoreError
from briefing.store import files
from briefing.store.location import StoreLocation, printable
from briefing.store.mail_tables import SUBSCRIBER
from briefing.store.tables import EDITION, IDENTITY, SOURCE

#: Fields of an inventory, by what they hold.
_NUMBERS = ("generation", "editions", "readers", "sources")
_WORDS = ("store", "last", "made")


@dataclass(frozen=True, slots=True)
class Inventory:
    """Which store it is, and how much it holds."""

    #: Its number; empty when it has no tables yet.
    store: str = ""
    #: How often it was noted beside the store what it holds.
    generation: int = 0
    #: Editions that are kept.
    editions: int = 0
    #: Subscribers, whatever their state.
    readers: int = 0
    #: Sources.
    sources: int = 0
    #: The edition that was made last; empty without one.
    last: str = ""
    #: When that was; ISO 8601, UTC.
    made: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to lose."""
        return not (self.editions or self.readers or self.sources)

    @property
    def words(self) -> str:
        """How much it holds, in words."""
        last = f" (the last {printable(self.last)})" if self.last else ""
        counts = (
            (self.editions, "edition", last),
            (self.readers, "reader", ""),
            (self.sources, "source", ""),
        )
        parts = [f"{counted(count, noun)}{more}" for count, noun, more in counts if count]
        return ", ".join(parts) or "nothing"


def inventory(tx: Connection) -> Inventory:
    """Return what a store holds, also one of an older version or one without tables."""
    there = set(inspect(tx).get_table_names())
    row = tx.execute(select(IDENTITY)).first() if IDENTITY.name in there else None
    last = None
    if EDITION.name in there:
        newest = select(EDITION.c.id, EDITION.c.made).order_by(EDITION.c.made.desc(), EDITION.c.id)
        last = tx.execute(newest.limit(1)).first()
    editions, readers, sources = (
        _count(tx, table) if table.name in there else 0 for table in (EDITION, SUBSCRIBER, SOURCE)
    )
    return Inventory(
        store=row.store if row else "",
        generation=row.generation if row else 0,
        editions=editions,
        readers=readers,
        sources=sources,
        last=last.id if last else "",
        made=last.made.isoformat() if last else "",
    )


def advance(tx: Connection) -> Inventory:
    """Count the generation on; what is returned is for :func:`note`, after the commit."""
    counted = update(IDENTITY).values(generation=IDENTITY.c.generation + 1)
    if tx.execute(counted).rowcount == 0:
        row = {"number": 1, "store": secrets.token_hex(16), "generation": 1}
        tx.execute(insert(IDENTITY), row)
    return inventory(tx)


def objection(remembered: Inventory, present: Inventory) -> str:
    """Say why a store cannot be the one that is remembered; empty when it can be."""
    if remembered.empty:
        return ""
    if present.empty or (remembered.editions and not present.editions and not present.readers):
        return f"it is empty, but it held {remembered.words}"
    if not (present.store and remembered.store):
        # Of a version that had no numbers; an edition made since tells it from an older copy.
        older = present.made < remembered.made
    elif present.store != remembered.store:
        return f"it is another store; the one that was here held {remembered.words}"
    else:
        older = present.generation < remembered.generation
    return f"it is an older copy; the store that was here held {remembered.words}" if older else ""


def refuse_lost(place: StoreLocation, present: Inventory, *, remembered: Inventory | None) -> None:
    """Refuse a store that cannot be the one that is remembered beside it.

    Args:
        place: where it is.
        present: what it holds.
        remembered: from :func:`recall` before that was looked at: others may note more meanwhile.

    Raises:
        StoreError: it is empty, another or an older one; the message says how to go on.
    """
    reason = objection(remembered, present) if remembered else ""
    if reason:
        notes = (_file(place), place.beside("sent")) if present.empty else (_file(place),)
        noted = " and ".join(one.name for one in notes if one.exists())
        raise StoreError(
            f"{place.shown}: {reason}{_seen(place)}; {place.remedy}; or, to go on with what is "
            f"there, delete {printable(noted)}"
        )


def recall(place: StoreLocation) -> Inventory | None:
    """Return what is remembered of a store; None when nothing is, or it cannot be read.

    Without a note of ours the note of what was sent tells that there were editions.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        told: dict[str, Any] = json.loads(_file(place).read_text(encoding="utf-8"))
        generation, editions, readers, sources = (int(told.get(name, 0)) for name in _NUMBERS)
        store, last, made = (str(told.get(name, "")) for name in _WORDS)
        return Inventory(store, generation, editions, readers, sources, last, made)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(place.beside("sent").read_text(encoding="utf-8"))
        if int(told["claims"]) > 0:
            return Inventory(editions=1, last=str(told["edition"]))
    return None


def note(place: StoreLocation, held: Inventory) -> None:
    """Write beside the store what it holds; where that cannot be written, what stood there stays.

    A loss of power may leave the one before: that is less, and nothing is refused for it.
    """
    if held.empty and not _file(place).exists():
        return
    words = json.dumps(asdict(held), ensure_ascii=True) + "\n"
    with contextlib.suppress(OSError):
        files.write_private(_file(place), words.encode(), lasting=False)


def forget(place: StoreLocation) -> None:
    """Remember nothing more, before another store takes the place.

    Raises:
        OSError: it cannot be deleted.
    """
    _file(place).unlink(missing_ok=True)


def _count(tx: Connection, table: Table) -> int:
    return tx.execute(select(func.count()).select_from(table)).scalar_one()


def _file(place: StoreLocation) -> Path:
    return place.beside("identity")


def _seen(place: StoreLocation) -> str:
    """Say when a store was last seen: the time of the note itself."""
    with contextlib.suppress(OSError):
        at = datetime.fromtimestamp(_file(place).stat().st_mtime, UTC)
        return f", last seen {at:%Y-%m-%d %H:%M} UTC"
    return ""
