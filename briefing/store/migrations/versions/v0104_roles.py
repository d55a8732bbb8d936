"""Roles of operators and tokens, second factors, sessions, and devices of readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from briefing.store.tables import NUMBER, Moment

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give everybody the role of what they could do.

    Who could act could change everything but operators. Where somebody could manage those, nobody
    else is given that; where nobody could, as in each older store, all who could act can.
    """
    tx = op.get_bind()
    manages = tx.execute(sa.text("SELECT 1 FROM operator WHERE \"right\" = 'manage'")).first()
    steers = "publisher" if manages else "administrator"
    for table, role in (("operator", steers), ("token", "administrator")):
        column = sa.Column("role", sa.Text(), nullable=False, server_default="reader")
        op.add_column(table, column)
        for right, new in (("steer", role), ("manage", "administrator")):
            update = sa.text(f'UPDATE {table} SET role = :new WHERE "right" = :right')  # noqa: S608  names of our own
            tx.execute(update, {"new": new, "right": right})
        op.drop_column(table, "right")
    for name in ("device", "network"):
        op.add_column("session", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("session", sa.Column("used", Moment()))
    op.create_table(
        "device",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("used", Moment()),
        sa.ForeignKeyConstraint(
            ["subscriber"],
            ["subscriber.number"],
            name="fk_device_subscriber",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_device"),
    )
    for name in ("subscriber", "since"):
        op.create_index(f"ix_device_{name}", "device", [name])
    op.create_table(
        "second_factor",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator"],
            ["operator.name"],
            name="fk_second_factor_operator",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("operator", name="pk_second_factor"),
    )
