"""What editions show of two sagas that may be one is proposed to editors."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, false

from briefing.store.columns import LineText

#: Code that knows nothing of it goes on as before; what it publishes proposes nothing.
revision = "0015_0010"
down_revision = "0014_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; editions that are there propose nothing."""
    op.create_table(
        "saga_proposal",
        Column("briefing", LineText, nullable=False),
        Column("edition", LineText, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
        Column("story", LineText, primary_key=True),
        Column("saga", Integer, nullable=False),
        Column("other", Integer, primary_key=True, autoincrement=False),
        Column("declined", Boolean, nullable=False, server_default=false()),
        Index("ix_saga_proposal_declined", "briefing", "declined"),
    )
