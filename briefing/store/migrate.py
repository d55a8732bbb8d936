"""Migrates the tables of a store to this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine.reflection import Inspector

from briefing.core.errors import StoreError
from briefing.store.location import StoreLocation
from briefing.store.round_tables import METADATA

#: The newest migration; a store at this version is up to date. A number, and where code of older
#: versions can go on using the tables, "_" and the number of the oldest: "0009_0005".
HEAD = "0017"
#: Table with the version of a store; not the default name alembic_version, which others use.
VERSION_TABLE = "briefing_version"
#: Where the migrations are, also in a wheel.
_FOLDER = Path(__file__).parent / "migrations"


def version(connection: Connection) -> str | None:
    """Return the version of the tables; None if there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    current: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return current


def usable(version: str) -> bool:
    """Tell whether this version of Briefing can use or migrate tables of a version."""
    number, _, oldest = version.partition("_")
    known = HEAD.partition("_")[0]
    return number.isdecimal() and (number <= known or (oldest.isdecimal() and oldest <= known))


def is_current(version: str | None) -> bool:
    """Tell whether tables of a usable version need no migration: they may be newer."""
    return version is not None and version >= HEAD


def refuse_foreign(connection: Connection, *, place: StoreLocation) -> str | None:
    """Return the version of the tables, which this version of Briefing can use or migrate.

    Raises:
        StoreError: a newer version of Briefing made them, or another program.
    """
    current = version(connection)
    if current is None:
        _refuse_others(inspect(connection), place=place)
    elif not usable(current):
        raise StoreError(
            f"{place.label}: made by a newer version of Briefing (tables {current[:20]!r}, known "
            f"are up to {HEAD}); update Briefing, or {place.remedy}"
        )
    return current


def _refuse_others(inspector: Inspector, *, place: StoreLocation) -> None:
    there = set(inspector.get_table_names())
    taken = there if place.file else there & set(METADATA.tables)
    if taken:
        raise StoreError(
            f"{place.label}: a database of something else (it has a table {min(taken)[:60]!r}); "
            f"give another in [store], or {place.remedy}"
        )


def upgrade(connection: Connection) -> None:
    """Run the missing migrations in the transaction of a connection."""
    # The import takes 0.15 s, which only the first start of a version needs.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "head")
