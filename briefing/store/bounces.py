"""What came back of deliveries, and how many of a subscriber's in a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from briefing.model import Bounce, BounceKind, Fate
from briefing.store.mail_tables import BOUNCE, DELIVERY

_INSERT: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
#: What counts for a row: what a relay took over, and what it refused.
_TRIED = (Fate.SENT.value, Fate.REFUSED.value)
#: Deliveries looked at; no rule waits for more bounces in a row.
_LAST = 30


def record(tx: Connection, delivery: int, bounce: Bounce) -> bool:
    """Keep what came back of a delivery; False when as much is known of it already.

    A delivery has one bounce, the worst: hard or a complaint instead of soft, else the first.
    """
    before = tx.execute(select(BOUNCE.c.kind).where(BOUNCE.c.delivery == delivery)).scalar()
    if before is not None and not (before == BounceKind.SOFT and bounce.kind != BounceKind.SOFT):
        return False
    told = {
        "kind": bounce.kind.value,
        "at": bounce.at,
        "status": bounce.status,
        "words": bounce.words,
    }
    keeping = _INSERT[tx.dialect.name](BOUNCE).values(delivery=delivery, **told)
    tx.execute(keeping.on_conflict_do_update(index_elements=["delivery"], set_=told))
    return True


def in_a_row(tx: Connection, subscriber: int, *, since: datetime | None = None) -> int:
    """Return how many of the last deliveries to a subscriber came back, up to 30.

    From the last that came back on: of later ones nothing can have come back yet.

    Args:
        tx: a transaction.
        subscriber: their number.
        since: what was done before, or was due if it is not done, does not count; None: all counts.
    """
    theirs = [DELIVERY.c.subscriber == subscriber, DELIVERY.c.fate.in_(_TRIED)]
    if since is not None:
        theirs.append(func.coalesce(DELIVERY.c.done, DELIVERY.c.due) >= since)
    found = tx.execute(
        select(BOUNCE.c.delivery.is_not(None))
        .select_from(DELIVERY.outerjoin(BOUNCE, BOUNCE.c.delivery == DELIVERY.c.number))
        .where(*theirs)
        .order_by(DELIVERY.c.number.desc())
        .limit(_LAST)
    )
    came_back = list(found.scalars())
    first = came_back.index(True) if any(came_back) else len(came_back)
    return sum(1 for _ in takewhile(bool, came_back[first:]))
