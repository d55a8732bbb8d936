"""An insert that may find its row there already."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table


def insert_into(tx: Connection, table: Table) -> Any:  # noqa: ANN401  one type for each database
    """Return an insert that takes ``on_conflict_…``.

    Both databases say it in the same words, which SQLAlchemy has once for each.
    """
    if tx.dialect.name == "postgresql":
        # Loaded where it is used: it brings asyncio, which a store in a file does without.
        from sqlalchemy.dialects.postgresql import insert as insert_on_server  # noqa: PLC0415

        return insert_on_server(table)
    from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415  as above

    return insert(table)
