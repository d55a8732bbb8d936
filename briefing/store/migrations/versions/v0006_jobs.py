"""Several workers do the work of a run, job by job, and keep one limit of rate."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Integer

from briefing.store.columns import LineText, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "job",
        Column("number", _NUMBER, primary_key=True),
        Column(
            "run", _NUMBER, ForeignKey("run.number", ondelete="CASCADE"), nullable=False, index=True
        ),
        Column("part", LineText, nullable=False),
        Column("planned", Moment, nullable=False),
        Column("worker", LineText, nullable=False),
        Column("beat", _NUMBER, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("ended", Moment, index=True),
        Column("result", LineText, nullable=False),
        Column("again", Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pace", Column("name", LineText, primary_key=True), Column("due", Double, nullable=False)
    )
