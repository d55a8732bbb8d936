"""The briefs of an archive are counted without reading their passages."""

from __future__ import annotations

from alembic import op

#: Code that knows nothing of it goes on as before.
revision = "0016_0010"
down_revision = "0015_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_printed_edition", "printed", ["edition", "brief"])
