"""Stores whose tables are there already: to make them takes five times as long as to open them."""

import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from briefing.core.model import Operator, Role
from briefing.store import Store, Transaction, open_store, operators
from briefing.store.backup import Beside, save, unpacked
from briefing.store.location import write_private
from briefing.store.tables import METADATA

look, act = Store.look, Store.apply


def employ(store: Store, *names: str, role: Role = Role.ADMINISTRATOR) -> None:
    """Add operators who have no password."""
    with store.write() as tx:
        for name in names:
            operators.keep(tx, Operator(name, "", datetime(2026, 1, 1, tzinfo=UTC), role))


def as_before_roles(tx: Transaction) -> None:
    """Give a store the tables that it had before operators had roles."""
    for table in ("second_factor", "device"):
        tx.exec_driver_sql(f"DROP TABLE {table}")
    later = [
        f"{table}.{name}"
        for table in ("subscriber", "signup", "delivery", "bulk_reader")
        for name in ("other_languages", "own_words", "muted")
    ]
    later += [
        "subscriber.editions",
        "signup.editions",
        "bulk_reader.editions",
        "run.edition",
        "act.role",
        "source.links",
        "source.paused_until",
    ]
    for column in (*later, "session.device", "session.network", "session.used"):
        table, _, name = column.partition(".")
        tx.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
    for table in ("operator", "token"):
        tx.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN role")
        add = f"""ALTER TABLE {table} ADD COLUMN "right" TEXT NOT NULL DEFAULT 'steer'"""
        tx.exec_driver_sql(add)


def ready_store(at: str, *, folder: Path) -> Store:
    """Open a store; a file that is not there yet is a copy of an empty one, with its tables."""
    file = folder / at
    if not at.startswith("postgresql:") and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, _empty(), lasting=False)
    return open_store(at, folder=folder)


def empty_store(at: str, *, folder: Path) -> Store:
    """Open a store from which all rows are gone that other tests left on a server."""
    store = ready_store(at, folder=folder)
    if store.place.file is None:
        tables = [table for table in reversed(METADATA.sorted_tables) if table.name != "identity"]
        # In one go: there are thirty of them.
        deletes = " ".join(f"DELETE FROM {table.name};" for table in tables)  # noqa: S608  ours
        with store.write() as tx:
            tx.exec_driver_sql(f"DO $$ BEGIN {deletes} END $$")
    store.remember()
    return store


def backup(store: Store, to: Path, *, at: datetime) -> None:
    """Save a store, and leave of the backup only the copy of the store."""
    save(store, to, at=at, beside=Beside(), force=True)
    with unpacked(to, room=to.with_name(f"{to.name}.room")) as bundle:
        bundle.store.replace(to)


@cache
def _empty() -> bytes:
    """Return what the file of a new store holds."""
    folder = Path(mkdtemp())
    try:
        open_store("desk.db", folder=folder).close()
        return (folder / "desk.db").read_bytes()
    finally:
        shutil.rmtree(folder)
