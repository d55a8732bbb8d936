"""A reader may choose watch-lists."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column

from briefing.store.columns import LineText

#: Code that knows nothing of it keeps what was chosen, and sends such a reader the page of their
#: sections.
revision = "0014_0010"
down_revision = "0013_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the choice, which nobody has made yet."""
    for table, nullable in (("subscriber", False), ("bulk_reader", True), ("signup", False)):
        op.add_column(table, Column("lists", LineText, nullable=nullable, server_default=""))
