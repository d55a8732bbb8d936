"""A source has a weight and can be paused; its newest documents are found by an index."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime, Float, String

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")


def upgrade() -> None:
    """Add the columns in place: a copy of the table would delete the visits that refer to it."""
    op.add_column("source", Column("weight", Float(), nullable=False, server_default="1"))
    op.add_column("source", Column("paused", MOMENT))
    op.create_index("ix_document_source", "document", ["source"])
