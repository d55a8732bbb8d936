"""Subscribers are searched, imported and changed many at a time."""

from __future__ import annotations

import re

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    bindparam,
    column,
    select,
    table,
    update,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: A number that the database gives.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")
#: Rows changed at once.
_PAGE = 1_000
#: How a line is stored that holds what the databases cannot.
_SOFT = re.compile("\x1a([0-9a-f]{4})")
_HARD = re.compile("[\0\x1a\ud800-\udfff]")
_PERSON = ("address", "name", "folded", "sections", "form", "days", "at", "zone", "language")


def upgrade() -> None:
    """Give subscribers what they are searched by, consents their date, and add three tables."""
    # SQLite adds a column in place; to copy the table would lose that its numbers never return.
    op.add_column("subscriber", Column("folded", Text(), nullable=False, server_default=""))
    op.add_column("consent", Column("agreed", Date()))
    _fold(op.get_bind())
    for columns in ("state", "since", "folded", "state_since", "state_folded"):
        index = [*columns.split("_"), "number"]
        op.create_index(f"ix_subscriber_{columns}", "subscriber", index)
    op.create_index("ix_consent_at", "consent", ["at"])
    _add_tables(op.get_bind())


def _fold(connection: Connection) -> None:
    readers = table(
        "subscriber", column("number"), column("address"), column("name"), column("folded")
    )
    query = select(readers.c.number, readers.c.address, readers.c.name)
    change = (
        update(readers).where(readers.c.number == bindparam("of")).values(folded=bindparam("to"))
    )
    last = 0
    while page := connection.execute(
        query.where(readers.c.number > last).order_by(readers.c.number).limit(_PAGE)
    ).all():
        connection.execute(change, [{"of": row[0], "to": _folded(row[1], row[2])} for row in page])
        last = page[-1][0]


def _folded(address: str, name: str) -> str:
    plain = _SOFT.sub(lambda soft: chr(int(soft[1], 16)), f"{address} {name}").casefold()
    return _HARD.sub(lambda hard: f"\x1a{ord(hard[0]):04x}", plain)


def _add_tables(connection: Connection) -> None:
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )
    Table("session", metadata, Column("key", LargeBinary(), primary_key=True))
    Table(
        "bulk",
        metadata,
        Column("number", NUMBER, nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("who", Text(), nullable=False),
        Column("action", Text(), nullable=False),
        Column("readers", Integer(), nullable=False),
        Column("undone", MOMENT),
        Column("undone_by", Text(), nullable=False),
        Column("restored", Integer(), nullable=False),
        PrimaryKeyConstraint("number"),
        Index("ix_bulk_at", "at"),
        sqlite_autoincrement=True,
    )
    Table(
        "bulk_reader",
        metadata,
        Column("bulk", NUMBER, nullable=False),
        Column("subscriber", BigInteger(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("since", MOMENT, nullable=False),
        Column("reason", Text(), nullable=False),
        Column("key", LargeBinary()),
        *(Column(name, Text()) for name in _PERSON),
        PrimaryKeyConstraint("bulk", "subscriber"),
        ForeignKeyConstraint(["bulk"], ["bulk.number"], ondelete="CASCADE"),
    )
    Table(
        "upload",
        metadata,
        Column("session", LargeBinary(), nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("name", Text(), nullable=False),
        Column("digest", Text(), nullable=False),
        Column("content", LargeBinary()),
        Column("summary", Text(), nullable=False),
        Column("report", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("session"),
        ForeignKeyConstraint(["session"], ["session.key"], ondelete="CASCADE"),
        Index("ix_upload_at", "at"),
    )
    tables = [metadata.tables[name] for name in ("bulk", "bulk_reader", "upload")]
    metadata.create_all(connection, tables=tables, checkfirst=False)
