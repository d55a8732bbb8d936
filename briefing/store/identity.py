"""Records beside a store by which an emptied, replaced or outdated store is refused.

The id of a store never changes. Its generation is incremented in the store and, after the commit,
in a file beside it: a store with a lower generation than the file is an older copy.

A store restored from a backup does not know what was sent since. Each claim increments a counter in
the store and then, before anything is sent, in a file beside it. A store with a lower count than
the file is older than the mail sent from it.
"""

import contextlib
import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, inspect, select, update

from briefing.core.errors import StoreError, printable, reason_of
from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.store import location
from briefing.store.deliveries import hold_open, open_of
from briefing.store.engine import has_row, upsert
from briefing.store.location import StoreLocation
from briefing.store.mail_tables import PROGRESS
from briefing.store.tables import EDITION, IDENTITY


@frozen
class Inventory:
    """The identity of a store and how much it holds."""

    #: Id of the store; empty if it has no tables yet.
    store: str = ""
    #: How often the inventory was recorded beside the store.
    generation: int = 0
    #: Number of editions.
    editions: int = 0
    #: Number of subscribers, in any state.
    readers: int = 0
    #: Number of sources.
    sources: int = 0
    #: Id of the last edition; empty if there is none.
    last: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to lose."""
        return not (self.editions or self.readers or self.sources)

    @property
    def words(self) -> str:
        """The counts as text for messages."""
        last = f" (the last {printable(self.last)})" if self.last else ""
        counts = (
            (self.editions, "edition", last),
            (self.readers, "reader", ""),
            (self.sources, "source", ""),
        )
        parts = [f"{counted(count, noun)}{more}" for count, noun, more in counts if count]
        return ", ".join(parts) or "nothing"


_INVENTORY = TypeAdapter(Inventory)


def inventory(tx: Connection) -> Inventory:
    """Return the inventory of a store, even one of an older version or without tables."""
    there = set(inspect(tx).get_table_names())
    row = tx.execute(select(IDENTITY)).first() if "identity" in there else None
    newest = select(EDITION.id).order_by(EDITION.made.desc(), EDITION.id).limit(1)
    last = tx.scalar(newest) if "edition" in there else None
    # Plain SQL, since each opened store runs this twice and compiling takes longer than executing.
    counts = (
        tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() if table in there else 0  # noqa: S608
        for table in ("edition", "subscriber", "source")
    )
    own = row[1:] if row else ("", 0)
    return Inventory(*own, *counts, *((last,) if last else ()))


def advance(tx: Connection) -> Inventory:
    """Increment the generation; pass the result to :func:`note` after the commit."""
    counted = update(IDENTITY).values(generation=IDENTITY.generation + 1)
    if tx.execute(counted).rowcount == 0:
        row = {"number": 1, "store": secrets.token_hex(16), "generation": 1}
        tx.execute(insert(IDENTITY), row)
    return inventory(tx)


def seal(tx: Connection) -> str:
    """Return a secret shared by all who can read the store: its id; empty if it has none yet."""
    return tx.scalar(select(IDENTITY.store)) or ""


def objection(remembered: Inventory, present: Inventory) -> str:
    """Return why a store cannot be the recorded one; empty if it can be."""
    if remembered.empty:
        return ""
    if present.empty or (remembered.editions and not present.editions and not present.readers):
        return f"it is empty, but it held {remembered.words}"
    # Without an id, only sent mail was recorded.
    if remembered.store not in {"", present.store}:
        return f"it is another store; the one that was here held {remembered.words}"
    older = present.generation < remembered.generation
    return f"it is an older copy; the store that was here held {remembered.words}" if older else ""


def refuse_lost(place: StoreLocation, present: Inventory, *, remembered: Inventory | None) -> None:
    """Refuse a store that is empty, different or older than the one recorded beside it.

    Call :func:`recall` for ``remembered`` before ``present`` is read: others may record more in
    between.
    """
    reason = objection(remembered, present) if remembered else ""
    if reason:
        notes = (_file(place), place.beside("sent")) if present.empty else (_file(place),)
        noted = " and ".join(file.name for file in notes if file.exists())
        seen = ""
        with contextlib.suppress(OSError):
            at = datetime.fromtimestamp(_file(place).stat().st_mtime, UTC)
            seen = f", last seen {at:%Y-%m-%d %H:%M} UTC"
        raise StoreError(
            f"{place.label}: {reason}{seen}; {place.remedy}; or, to go on with what "
            f"is there, delete {printable(noted)}"
        )


def recall(place: StoreLocation) -> Inventory | None:
    """Return the recorded inventory of a store; None if there is none, or it is unreadable.

    Without a record of the inventory, that of sent mail proves that there were editions.
    """
    with contextlib.suppress(OSError, ValueError):
        return _INVENTORY.validate_json(_file(place).read_bytes())
    sent = read_mark(place)
    return Inventory(editions=1, last=sent.edition) if sent and sent.claims > 0 else None


def note(place: StoreLocation, held: Inventory) -> None:
    """Record the inventory beside the store; if that fails, the previous record stays.

    A power failure may leave the previous record, which has less: no store is refused for that.
    """
    if held.empty and not _file(place).exists():
        return
    content = json.dumps(asdict(held), ensure_ascii=True) + "\n"
    with contextlib.suppress(OSError):
        location.write_private(_file(place), content.encode(), lasting=False)


def forget(place: StoreLocation) -> None:
    """Delete the record, before another store takes this one's place."""
    _file(place).unlink(missing_ok=True)


def _file(place: StoreLocation) -> Path:
    return place.beside("identity")


@frozen
class SendingMark:
    """How much has been sent."""

    #: Number of claims so far.
    claims: int
    #: Edition of the last claim.
    edition: str


_MARK = TypeAdapter(SendingMark)


def advance_mark(tx: Connection, edition: str) -> SendingMark:
    """Count a claim of an edition; pass the result to :func:`write_mark` after the commit."""
    mark = SendingMark(_claims(tx) + 1, edition)
    upsert(tx, PROGRESS, {"number": 1}, {"claims": mark.claims})
    return mark


def write_mark(place: StoreLocation, mark: SendingMark) -> None:
    """Record beside the store how much has been sent, before more is; StoreError on failure."""
    file = place.beside("sent")
    content = json.dumps(asdict(mark)) + "\n"
    try:
        location.write_private(file, content.encode(), lasting=False)
    except OSError as error:
        raise StoreError(
            f"{printable(file)}: cannot be written ({reason_of(error)}); without it a "
            "restored backup could send an edition twice"
        ) from error


def read_mark(place: StoreLocation) -> SendingMark | None:
    """Return the record of how much has been sent; None if it is missing or damaged."""
    with contextlib.suppress(OSError, ValueError):
        return _MARK.validate_json(place.beside("sent").read_bytes())
    return None


def doubt(tx: Connection, place: StoreLocation) -> int:
    """Record that open deliveries may have been sent, if there is no record beside the store.

    That is the case on a new machine after a restore: mail may have been sent since the backup.
    Return how many deliveries :func:`hold_if_older` will hold.
    """
    count, edition = open_of(tx)
    if not count or read_mark(place) is not None:
        return 0
    write_mark(place, SendingMark(_claims(tx) + 1, edition))
    return count


def hold_if_older(tx: Connection, place: StoreLocation) -> int | None:
    """Hold all open deliveries if more was sent from this store than it knows.

    The edition sent last is also held if it is made again. Return how many deliveries are held;
    None if the store is up to date. This happens once: afterwards the store continues the count of
    the file.
    """
    recorded, claims = read_mark(place), _claims(tx)
    if recorded is None or recorded.claims <= claims:
        return None
    held = hold_open(tx)
    row = {"claims": recorded.claims, "suspect": recorded.edition}
    upsert(tx, PROGRESS, {"number": 1}, row)
    return held


def _claims(tx: Connection) -> int:
    return tx.scalar(select(PROGRESS.claims)) or 0


def is_suspect(tx: Connection, edition: str) -> bool:
    """Tell whether all of an edition is held since the store was restored."""
    return has_row(tx, PROGRESS.suspect == edition)
