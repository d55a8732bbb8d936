"""Which editions of a day a reader wants, and which of them a run made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0107_0104"
down_revision = "0106_0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; empty: the first edition and the week in review, and the first."""
    for table, name in (("subscriber", "editions"), ("signup", "editions"), ("run", "edition")):
        column = sa.Column(name, sa.Text(), nullable=False, server_default="")
        op.add_column(table, column)
