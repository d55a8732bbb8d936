"""The tables of subscribers, their consents, their deliveries and what came back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_subscriber()
    _make_consent()
    _make_suppression()
    _make_asked()
    _make_delivery()
    _make_bounce()
    _make_progress()


def _must(name: str, kind: Any) -> sa.Column[Any]:  # noqa: ANN401  any type of a column
    return sa.Column(name, kind, nullable=False)


def _line(name: str) -> sa.Column[Any]:
    return _must(name, sa.Text())


def _moment() -> sa.types.TypeEngine[Any]:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def _number() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _make_subscriber() -> None:
    op.create_table(
        "subscriber",
        _must("number", _number()),
        _line("address"),
        _must("key", sa.LargeBinary()),
        _line("name"),
        _line("state"),
        _must("since", _moment()),
        _line("reason"),
        _line("sections"),
        _line("form"),
        _line("days"),
        _line("at"),
        _line("zone"),
        _line("language"),
        sa.PrimaryKeyConstraint("number", name="pk_subscriber"),
        sa.UniqueConstraint("key", name="uq_subscriber_key"),
        sqlite_autoincrement=True,
    )


def _make_consent() -> None:
    op.create_table(
        "consent",
        _must("number", _number()),
        _must("subscriber", sa.BigInteger()),
        _must("at", _moment()),
        _line("what"),
        _line("how"),
        _line("origin"),
        _line("words"),
        sa.PrimaryKeyConstraint("number", name="pk_consent"),
    )
    op.create_index("ix_consent_subscriber", "consent", ["subscriber"])


def _make_suppression() -> None:
    op.create_table(
        "suppression",
        _must("key", sa.LargeBinary()),
        _line("state"),
        _must("since", _moment()),
        sa.PrimaryKeyConstraint("key", name="pk_suppression"),
    )


def _make_asked() -> None:
    op.create_table(
        "asked",
        _must("number", _number()),
        _line("what"),
        _must("key", sa.LargeBinary()),
        _must("at", _moment()),
        sa.PrimaryKeyConstraint("number", name="pk_asked"),
    )
    op.create_index("ix_asked_at", "asked", ["at"])
    op.create_index("ix_asked_what", "asked", ["what", "key", "at"])


def _make_delivery() -> None:
    op.create_table(
        "delivery",
        _must("number", _number()),
        _line("edition"),
        _must("subscriber", sa.BigInteger()),
        _must("due", _moment()),
        _must("until", _moment()),
        _line("fate"),
        _must("tries", sa.Integer()),
        _must("ambiguous", sa.Boolean()),
        _line("reason"),
        sa.Column("done", _moment()),
        _line("worker"),
        sa.Column("lease", _moment()),
        _must("begun", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_delivery_edition", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_delivery"),
        sa.UniqueConstraint("edition", "subscriber", name="uq_delivery_edition"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_fate", "delivery", ["fate", "due"])
    op.create_index("ix_delivery_subscriber", "delivery", ["subscriber"])


def _make_bounce() -> None:
    op.create_table(
        "bounce",
        _must("delivery", _number()),
        _line("kind"),
        _must("at", _moment()),
        _line("status"),
        _line("words"),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.number"], name="fk_bounce_delivery", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery", name="pk_bounce"),
    )


def _make_progress() -> None:
    op.create_table(
        "progress",
        _must("number", sa.Integer()),
        _must("claims", sa.BigInteger()),
        _line("suspect"),
        sa.PrimaryKeyConstraint("number", name="pk_progress"),
    )
