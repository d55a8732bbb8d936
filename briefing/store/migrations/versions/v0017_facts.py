"""What is seen of a source is a fact at the second look; readers are told by what they were sent.

Older code takes the first look for a fact, so it cannot use these tables.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, text

from briefing.store.columns import LineText, Moment

revision = "0017"
down_revision = "0016_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was noticed before counts as seen twice."""
    for name in ("changed_at", "seen_at", "confirmed_at"):
        op.add_column("document", Column(name, Moment))
    op.add_column("source", Column("unstable", Moment))
    newest = "(SELECT collected FROM version WHERE version.id = document.version)"
    op.execute(text(f"UPDATE document SET changed_at = {newest} WHERE versions > 1"))  # noqa: S608
    op.execute(
        text(
            "UPDATE document SET seen_at = coalesce(vanished_at, changed_at), "
            "confirmed_at = coalesce(vanished_at, changed_at)"
        )
    )
    for name in ("form", "sections", "lists"):
        op.add_column("delivery", Column(name, LineText, nullable=False, server_default=""))
    with op.batch_alter_table("corrected") as table:
        table.drop_column("sections")
        table.drop_constraint("pk_corrected", type_="primary")
        table.create_primary_key("pk_corrected", ["edition", "key", "notice"])
