"""The tables of version 0.2.0, which a new store gets from the tables themselves."""

revision = "0100"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing: every store that is migrated has them."""
