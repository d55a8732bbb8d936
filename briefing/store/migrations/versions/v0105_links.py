"""Which links of a page are reports, and when the pause of a source ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.store.tables import Moment

revision = "0105_0104"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty."""
    op.add_column("source", sa.Column("links", sa.Text(), nullable=False, server_default=""))
    op.add_column("source", sa.Column("paused_until", Moment()))
