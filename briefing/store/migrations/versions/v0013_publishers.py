"""A source has a grade; reports are counted by publisher and day, and who was the first."""

from __future__ import annotations

import json
from collections.abc import Iterator

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    insert,
    select,
)

from briefing.store.columns import LineText, Moment, Packed
from briefing.store.publishers import StoryReport, first_publisher

#: Code that knows neither goes on as before; what it publishes has no first publishers.
revision = "0013_0010"
down_revision = "0012_0010"
branch_labels = None
depends_on = None

_TABLES = MetaData()
_EDITION = Table("edition", _TABLES, Column("id", LineText), Column("record", Packed))
_VERSION = Table(
    "version",
    _TABLES,
    *(Column(name, LineText) for name in ("id", "publisher", "owner")),
    Column("published", Moment),
    Column("timed", Boolean),
)


def upgrade() -> None:
    """Add the grade, and find the first publishers of all editions; days are counted later."""
    op.add_column("source", Column("grade", LineText, nullable=False, server_default=""))
    first = op.create_table(
        "first",
        Column("edition", LineText, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
        Column("story", LineText, primary_key=True),
        Column("publisher", LineText, nullable=False),
    )
    op.create_table(
        "publisher_day",
        Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("day", Date, nullable=False, index=True),
        Column("publisher", LineText, nullable=False),
        Column("reports", Integer, nullable=False),
    )
    connection = op.get_bind()
    for edition in connection.execute(select(_EDITION.c.id)).scalars().all():
        if rows := [{"edition": edition, **row} for row in _rows(connection, edition)]:
            connection.execute(insert(first), rows)


def _rows(connection: Connection, edition: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one edition; none if its record cannot be read, as its page says."""
    text = connection.execute(select(_EDITION.c.record).where(_EDITION.c.id == edition))
    try:
        evidence = json.loads(text.scalar_one()).get("evidence") or {}
        stories = {story: [link[0] for link in one["links"]] for story, one in evidence.items()}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return
    for story, documents in stories.items():
        found = select(_VERSION).where(_VERSION.c.id.in_(documents[:1_000]))
        reports = [
            StoryReport(row.publisher, row.owner, row.published if row.timed else None)
            for row in connection.execute(found)
        ]
        if publisher := first_publisher(reports):
            yield {"story": story, "publisher": publisher}
