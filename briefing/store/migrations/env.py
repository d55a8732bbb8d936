"""Runs migrations on the connection that the store hands over."""

from alembic import context

from briefing.store.copies import VERSION_TABLE
from briefing.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite can change tables in a transaction, which Alembic does not assume.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
