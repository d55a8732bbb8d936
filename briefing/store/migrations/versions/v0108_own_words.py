"""Which words of their own readers have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0108_0104"
down_revision = "0107_0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to the tables that hold preferences; empty: none.

    Where readers who were removed are kept, the two preferences before it were forgotten.
    """
    for table in ("subscriber", "signup", "delivery"):
        column = sa.Column("own_words", sa.Text(), nullable=False, server_default="")
        op.add_column(table, column)
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("bulk_reader")}
    for name in ("other_languages", "editions", "own_words"):
        if name not in there:
            op.add_column("bulk_reader", sa.Column(name, sa.Text(), server_default=""))
