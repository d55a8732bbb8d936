"""Stories are followed over weeks."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Date, ForeignKey, Index, Integer

from briefing.store.columns import LineText

#: Code that knows nothing of sagas goes on as before.
revision = "0011_0010"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables; an edition that goes on with an older one fills in what that told."""
    op.create_table(
        "saga",
        Column("briefing", LineText, primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("since", Date, nullable=False),
        Column("joined", Integer),
        Column("parted", Integer),
    )
    op.create_table(
        "saga_story",
        Column("edition", LineText, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
        Column("story", LineText, primary_key=True),
        Column("saga", Integer, nullable=False),
        Column("headline", LineText, nullable=False),
        Column("sentence", LineText, nullable=False),
        Column("version", LineText, nullable=False),
        Column("start", Integer, nullable=False),
        Column("stop", Integer, nullable=False),
        Index("ix_saga_story_saga", "saga"),
    )
