"""When the next mail may be sent, for all workers together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, select

from briefing.store.mail_tables import PACE
from briefing.store.upsert import insert_into
from briefing.store.versions import in_batches


def read(tx: Connection, names: Collection[str]) -> dict[str, float]:
    """Return the times that are kept of some limits, in seconds since 1970."""
    known: dict[str, float] = {}
    for batch in in_batches(sorted(names)):
        rows = tx.execute(select(PACE).where(PACE.c.name.in_(batch)))
        known |= {row.name: row.due for row in rows}
    return known


def keep(tx: Connection, times: Mapping[str, float]) -> None:
    """Keep the times of some limits."""
    for name in sorted(times):
        columns = {"name": name, "due": times[name]}
        keeping = insert_into(tx, PACE).values(columns)
        tx.execute(keeping.on_conflict_do_update(index_elements=["name"], set_=columns))


def prune(tx: Connection, *, before: float) -> None:
    """Forget limits whose time passed long ago; they allow the next mail at once anyway."""
    tx.execute(delete(PACE).where(PACE.c.due < before))
