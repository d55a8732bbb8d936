"""Brings the tables of a store to this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine.reflection import Inspector

from briefing.core.errors import StoreError
from briefing.store.location import StoreLocation
from briefing.store.round_tables import METADATA

#: The newest migration; the store is at this version when nothing is to be done.
HEAD = "0001"
#: Holds the version of a store; a name of our own, since others call theirs alembic_version.
VERSION_TABLE = "briefing_version"
#: Where the migrations are, also in a wheel.
_FOLDER = Path(__file__).parent / "migrations"


def version(connection: Connection) -> str | None:
    """Return the version of the tables; None when there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return found


def refuse_foreign(connection: Connection, *, place: StoreLocation) -> str | None:
    """Return the version of the tables, which this version of Briefing can read or migrate.

    Raises:
        StoreError: a newer Briefing made them, or they are not of Briefing.
    """
    found = version(connection)
    if found is None:
        _refuse_others(inspect(connection), place=place)
    elif not (found.isdecimal() and found <= HEAD):
        raise StoreError(
            f"{place.shown}: made by a newer version of Briefing (tables {found[:20]!r}, known are "
            f"up to {HEAD}); update Briefing, or {place.remedy}"
        )
    return found


def _refuse_others(inspector: Inspector, *, place: StoreLocation) -> None:
    there = set(inspector.get_table_names())
    taken = there if place.file else there & set(METADATA.tables)
    if taken:
        raise StoreError(
            f"{place.shown}: a database of something else (it has a table {min(taken)[:60]!r}); "
            f"give another in [store], or {place.remedy}"
        )


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction of a connection."""
    # 0.15 s that only the first start of a version pays.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "head")
