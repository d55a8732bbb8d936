"""What is known of a text by itself is kept beside it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")


def upgrade() -> None:
    """Add the table; it fills as documents come in and editions are made."""
    op.create_table(
        "analysis",
        Column("version", Text(), nullable=False),
        Column("rule", LargeBinary(), nullable=False),
        Column("made", MOMENT, nullable=False),
        Column("content", LargeBinary(), nullable=False),
        ForeignKeyConstraint(
            ["version"], ["version.id"], name="fk_analysis_version_version", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("version", "rule", name="pk_analysis"),
    )
    op.create_index("ix_analysis_made", "analysis", ["made"])
