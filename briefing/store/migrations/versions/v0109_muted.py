"""What readers muted, each until a day, and in which role each act of the audit log was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0109_0104"
down_revision = "0108_0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to the tables that hold preferences, empty: none; a role, empty: not known."""
    for table in ("subscriber", "signup", "delivery", "bulk_reader"):
        column = sa.Column("muted", sa.Text(), nullable=table == "bulk_reader", server_default="")
        op.add_column(table, column)
    op.add_column("act", sa.Column("role", sa.Text(), nullable=False, server_default=""))
