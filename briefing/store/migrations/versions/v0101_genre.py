"""What kind of text the reports of a source are, as its operator declares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0101_0100"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty."""
    op.add_column("source", sa.Column("genre", sa.Text(), nullable=False, server_default=""))
