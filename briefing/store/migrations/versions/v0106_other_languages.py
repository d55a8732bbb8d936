"""Of which other languages a reader wants reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0106_0104"
down_revision = "0105_0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to the tables that hold preferences; empty: all."""
    for table in ("subscriber", "signup", "delivery"):
        column = sa.Column("other_languages", sa.Text(), nullable=False, server_default="")
        op.add_column(table, column)
