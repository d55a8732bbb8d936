"""In which role each act of the audit log was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0110_0104"
down_revision = "0109_0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; empty: not known."""
    op.add_column("act", sa.Column("role", sa.Text(), nullable=False, server_default=""))
