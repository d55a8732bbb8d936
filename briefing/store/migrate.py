"""Migrates the tables of a store to this version."""

import secrets
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    text,
)

from briefing.core.errors import StoreError
from briefing.store.location import StoreLocation
from briefing.store.tables import IDENTITY, METADATA

#: The newest migration; a store at this version is up to date. A number, and where code of older
#: versions can go on using the tables, "_" and the number of the oldest: "0009_0005".
HEAD = "0103"
#: The first version of the tables that can be migrated: that of 0.2.0.
_BASELINE = "0100"
#: Table with the version of a store; not the default name alembic_version, which others use.
VERSION_TABLE = "briefing_version"
#: Where the migrations are, also in a wheel.
_FOLDER = Path(__file__).parent / "migrations"
#: As Alembic makes it.
_VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def version(connection: Connection) -> str | None:
    """Return the version of the tables; None if there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    current: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return current


def refuse_unusable(version: str, *, label: str, remedy: str = "") -> None:
    """Refuse tables of a version that this version of Briefing can neither use nor migrate."""
    number, _, oldest = version.partition("_")
    known = HEAD.partition("_")[0]
    if number.isdecimal() and number < _BASELINE:
        raise StoreError(
            f"{label}: made by a version of Briefing before 0.2.0, whose tables cannot be "
            "migrated; name another store in [store], and take sources and readers along with "
            "that version's `briefing sources export` and `briefing subscribers export`"
        )
    if not number.isdecimal() or (number > known and not (oldest.isdecimal() and oldest <= known)):
        raise StoreError(
            f"{label}: made by a newer version of Briefing (tables {version[:20]!r}, known are up "
            f"to {HEAD}); update Briefing{remedy}"
        )


def is_current(version: str | None) -> bool:
    """Tell whether tables of a usable version need no migration: they may be newer."""
    return version is not None and version >= HEAD


def refuse_foreign(connection: Connection, *, place: StoreLocation) -> str | None:
    """Return the version of the tables, which this version of Briefing can use or migrate."""
    current = version(connection)
    if current is not None:
        refuse_unusable(current, label=place.label, remedy=f", or {place.remedy}")
        return current
    there = set(inspect(connection).get_table_names())
    taken = there if place.file else there & set(METADATA.tables)
    if taken:
        raise StoreError(
            f"{place.label}: a database of something else (it has a table {min(taken)[:60]!r}); "
            f"give another in [store], or {place.remedy}"
        )
    return None


def upgrade(connection: Connection) -> None:
    """Make the tables, or run the missing migrations, in the transaction of a connection."""
    if version(connection) is None:
        METADATA.create_all(connection, checkfirst=False)
        row = {"number": 1, "store": secrets.token_hex(16), "generation": 0}
        connection.execute(insert(IDENTITY), row)
        _VERSION.create(connection)
        connection.execute(insert(_VERSION), {"version_num": HEAD})
        return
    # The import takes 0.15 s, which only the first start of a version needs.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "head")
