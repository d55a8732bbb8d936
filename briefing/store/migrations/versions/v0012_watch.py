"""What is watched for is kept with the editions that name it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Text

from briefing.store.columns import LineText, Moment

#: Code that knows nothing of watch-lists goes on as before.
revision = "0012_0010"
down_revision = "0011_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables; what older editions name is not known."""
    op.create_table(
        "watched",
        Column("edition", LineText, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
        Column("list", LineText, primary_key=True),
        Column("story", LineText, primary_key=True),
        Column("entry", LineText, primary_key=True),
        Column("briefing", LineText, nullable=False),
        Column("day", Date, nullable=False),
        Column("place", Integer, nullable=False),
        Column("named", Boolean, nullable=False),
        Column("section", LineText, nullable=False),
        Column("headline", LineText, nullable=False),
        Column("sentence", LineText, nullable=False),
        Column("version", LineText, nullable=False),
        Column("start", Integer, nullable=False),
        Column("stop", Integer, nullable=False),
        Index("ix_watched_list", "briefing", "list", "day"),
    )
    op.create_table(
        "watch_alert",
        Column("briefing", LineText, primary_key=True),
        Column("list", LineText, primary_key=True),
        Column("report", Text, primary_key=True),
        Column("at", Moment, nullable=False),
        Column("message", LineText, nullable=False),
        Index("ix_watch_alert_at", "briefing", "at"),
    )
