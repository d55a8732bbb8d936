"""Records the inventory of a store beside it, so that an emptied or replaced store is refused.

The id of a store never changes. Its generation is incremented in the store and, after the commit,
in a file beside it: a store with a lower generation than the file is an older copy.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, inspect, select, update

from briefing.core.counting import counted
from briefing.core.errors import StoreError
from briefing.store import files
from briefing.store.location import StoreLocation, printable
from briefing.store.mail_tables import SUBSCRIBER
from briefing.store.tables import EDITION, IDENTITY, SOURCE

#: Fields of an inventory by type.
_NUMBERS = ("generation", "editions", "readers", "sources")
_WORDS = ("store", "last", "made")


@dataclass(frozen=True, slots=True)
class Inventory:
    """The identity of a store and how much it holds."""

    #: Its id; empty when it has no tables yet.
    store: str = ""
    #: How often its inventory was recorded beside it.
    generation: int = 0
    #: Number of editions.
    editions: int = 0
    #: Number of subscribers, in any state.
    readers: int = 0
    #: Number of sources.
    sources: int = 0
    #: Id of the last edition; empty without one.
    last: str = ""
    #: When it was made; ISO 8601, UTC.
    made: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to lose."""
        return not (self.editions or self.readers or self.sources)

    @property
    def words(self) -> str:
        """How much it holds, for messages."""
        last = f" (the last {printable(self.last)})" if self.last else ""
        counts = (
            (self.editions, "edition", last),
            (self.readers, "reader", ""),
            (self.sources, "source", ""),
        )
        parts = [f"{counted(count, noun)}{more}" for count, noun, more in counts if count]
        return ", ".join(parts) or "nothing"


def inventory(tx: Connection) -> Inventory:
    """Return the inventory of a store, also of an older version or without tables."""
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
    """Increment the generation; pass the result to :func:`note` after the commit."""
    counted = update(IDENTITY).values(generation=IDENTITY.c.generation + 1)
    if tx.execute(counted).rowcount == 0:
        row = {"number": 1, "store": secrets.token_hex(16), "generation": 1}
        tx.execute(insert(IDENTITY), row)
    return inventory(tx)


def objection(remembered: Inventory, present: Inventory) -> str:
    """Return why a store cannot be the recorded one; empty if it can."""
    if remembered.empty:
        return ""
    if present.empty or (remembered.editions and not present.editions and not present.readers):
        return f"it is empty, but it held {remembered.words}"
    if not (present.store and remembered.store):
        # Of a version without ids; the last edition distinguishes it from an older copy.
        older = present.made < remembered.made
    elif present.store != remembered.store:
        return f"it is another store; the one that was here held {remembered.words}"
    else:
        older = present.generation < remembered.generation
    return f"it is an older copy; the store that was here held {remembered.words}" if older else ""


def refuse_lost(place: StoreLocation, present: Inventory, *, remembered: Inventory | None) -> None:
    """Refuse a store that cannot be the one recorded beside it.

    Args:
        place: where it is.
        present: what it holds.
        remembered: of :func:`recall` before ``present`` was read: others may record more meanwhile.

    Raises:
        StoreError: it is empty, another or an older one; the message says how to go on.
    """
    reason = objection(remembered, present) if remembered else ""
    if reason:
        notes = (_file(place), place.beside("sent")) if present.empty else (_file(place),)
        noted = " and ".join(file.name for file in notes if file.exists())
        raise StoreError(
            f"{place.label}: {reason}{_last_seen(place)}; {place.remedy}; or, to go on with what "
            f"is there, delete {printable(noted)}"
        )


def recall(place: StoreLocation) -> Inventory | None:
    """Return the recorded inventory of a store; None without one, or if it is unreadable.

    Without it, the record of sent mail proves that there were editions.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        values: dict[str, Any] = json.loads(_file(place).read_text(encoding="utf-8"))
        generation, editions, readers, sources = (int(values.get(name, 0)) for name in _NUMBERS)
        store, last, made = (str(values.get(name, "")) for name in _WORDS)
        return Inventory(store, generation, editions, readers, sources, last, made)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        values = json.loads(place.beside("sent").read_text(encoding="utf-8"))
        if int(values["claims"]) > 0:
            return Inventory(editions=1, last=str(values["edition"]))
    return None


def note(place: StoreLocation, held: Inventory) -> None:
    """Record the inventory beside the store; if that fails, the previous record stays.

    A power loss may leave the previous one, which holds less: no store is refused for it.
    """
    if held.empty and not _file(place).exists():
        return
    content = json.dumps(asdict(held), ensure_ascii=True) + "\n"
    with contextlib.suppress(OSError):
        files.write_private(_file(place), content.encode(), lasting=False)


def forget(place: StoreLocation) -> None:
    """Delete the record, before another store takes the place.

    Raises:
        OSError: it cannot be deleted.
    """
    _file(place).unlink(missing_ok=True)


def _count(tx: Connection, table: Table) -> int:
    # Written out: each open store asks this twice, and to compile it takes longer than to answer.
    count: int = tx.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one()  # noqa: S608
    return count


def _file(place: StoreLocation) -> Path:
    return place.beside("identity")


def _last_seen(place: StoreLocation) -> str:
    """Return when a store was last seen, for a message: the time of its record."""
    with contextlib.suppress(OSError):
        at = datetime.fromtimestamp(_file(place).stat().st_mtime, UTC)
        return f", last seen {at:%Y-%m-%d %H:%M} UTC"
    return ""
