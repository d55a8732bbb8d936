"""A session can look at several uploads: also at what would be added as sources."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
)

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")


def upgrade() -> None:
    """Make the table again; what it holds lasts an hour."""
    op.drop_table("upload")
    op.create_table(
        "upload",
        Column("session", LargeBinary(), nullable=False),
        Column("key", Text(), nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("name", Text(), nullable=False),
        Column("digest", Text(), nullable=False),
        Column("content", LargeBinary()),
        Column("summary", Text(), nullable=False),
        Column("report", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("session", "key", name="pk_upload"),
        ForeignKeyConstraint(
            ["session"], ["session.key"], ondelete="CASCADE", name="fk_upload_session_session"
        ),
        Index("ix_upload_at", "at"),
    )
