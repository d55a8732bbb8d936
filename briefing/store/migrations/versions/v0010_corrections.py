"""Which corrections were noticed, and by which mail the readers of the old words are told.

Older code does not know such mails, so it cannot send from these tables.
"""

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

revision = "0010"
down_revision = "0009_0008"
branch_labels = None
depends_on = None

_MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "corrected",
        Column("edition", Text(), nullable=False),
        Column("key", LargeBinary(), nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("sections", Text(), nullable=False),
        Column("notice", Text(), nullable=False),
        PrimaryKeyConstraint("edition", "key", name="pk_corrected"),
        ForeignKeyConstraint(
            ["edition"], ["edition.id"], ondelete="CASCADE", name="fk_corrected_edition_edition"
        ),
        Index("ix_corrected_notice", "notice"),
    )
