"""What a store is, the editions that were withdrawn, and the file of a report of a folder."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from briefing.store.columns import LineText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the column."""
    _add_identity()
    _add_withdrawals()
    _add_file()


def _add_identity() -> None:
    """Make the table of what a store is, with its only row."""
    table = op.create_table(
        "identity",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_identity"),
    )
    row = {"number": 1, "store": secrets.token_hex(16), "generation": 0}
    op.execute(sa.insert(table).values(row))


def _add_withdrawals() -> None:
    moment = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
    op.create_table(
        "withdrawal",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("briefing", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("edition", name="pk_withdrawal"),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_withdrawal_edition", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_withdrawal_briefing", "withdrawal", ["briefing", "day"])


def _add_file() -> None:
    """Add the column; reports of before get their file at the next visit to their folder."""
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("file", LineText, nullable=False, server_default=""))
    with op.batch_alter_table("document") as table:
        table.alter_column("file", server_default=None)
