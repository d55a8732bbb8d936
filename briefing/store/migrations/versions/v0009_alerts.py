"""Several servers of one store send each alert once."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column

from briefing.store.columns import LineText

revision = "0009_0008"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alert",
        Column("briefing", LineText, primary_key=True),
        Column("key", LineText, primary_key=True),
        Column("content", LineText, nullable=False),
    )
