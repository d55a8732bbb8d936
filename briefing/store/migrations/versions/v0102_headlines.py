"""The archive finds every headline as it is printed, also of stories that are only named."""

from contextlib import suppress

import sqlalchemy as sa
from alembic import op

from briefing.core import record
from briefing.core.errors import InputError
from briefing.store import archive, editions

revision = "0102"
down_revision = "0101_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write the passages of each edition again; of a record that cannot be read they stay."""
    tx = op.get_bind()
    for name, briefing in tx.execute(sa.text("SELECT id, briefing FROM edition")).all():
        with suppress(InputError):
            edition = record.read(editions.records_of(tx, [name])[name], name=name).edition
            tx.execute(sa.text("DELETE FROM printed WHERE edition = :id"), {"id": name})
            archive.put(tx, briefing, name, edition)
