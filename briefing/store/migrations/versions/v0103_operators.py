"""What an operator may do, and where a link is sent when the password is forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: operators may do what they could, and none manages others."""
    for name, value in (("right", "steer"), ("mail", "")):
        op.add_column("operator", sa.Column(name, sa.Text(), nullable=False, server_default=value))
