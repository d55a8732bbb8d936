"""An edition can wait for its release, and the desk can say a word of its own.

Older code does not know that: it would send what nobody has released, so it cannot use the tables.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "draft",
        Column("briefing", Text(), nullable=False),
        Column("id", Text(), nullable=False),
        Column("day", Date(), nullable=False),
        Column("number", Integer(), nullable=False),
        Column("made", _MOMENT, nullable=False),
        Column("since", _MOMENT, nullable=False),
        Column("until", _MOMENT, nullable=False),
        Column("record", LargeBinary(), nullable=False),
        Column("digest", Text(), nullable=False),
        Column("recheck_at", _MOMENT),
        PrimaryKeyConstraint("briefing", name="pk_draft"),
    )
    op.create_table(
        "draft_file",
        Column("briefing", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("content", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("briefing", "kind", name="pk_draft_file"),
        ForeignKeyConstraint(
            ["briefing"],
            ["draft.briefing"],
            ondelete="CASCADE",
            name="fk_draft_file_briefing_draft",
        ),
    )
    op.create_table(
        "desk_note",
        Column("briefing", Text(), nullable=False),
        Column("day", Date(), nullable=False),
        Column("text", Text(), nullable=False),
        Column("signed", Text(), nullable=False),
        Column("who", Text(), nullable=False),
        Column("at", _MOMENT, nullable=False),
        PrimaryKeyConstraint("briefing", "day", name="pk_desk_note"),
    )
    op.create_table(
        "release",
        Column("edition", Text(), nullable=False),
        Column("who", Text(), nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("digest", Text(), nullable=False),
        PrimaryKeyConstraint("edition", "who", name="pk_release"),
    )
