"""Many items at once: what nobody knows yet is added in five statements, not in four each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from briefing.core.model import Item
from briefing.store.documents import Kept, document_row, keep
from briefing.store.matching import digests_of
from briefing.store.tables import DOCUMENT, KEY, VERSION
from briefing.store.versions import in_lots, version_row

_ADD = insert(DOCUMENT).returning(DOCUMENT.c.number, sort_by_parameter_order=True)


def keep_all(
    tx: Connection, items: Sequence[Item], *, source: str, at: datetime
) -> tuple[Kept, ...]:
    """Keep items as :func:`briefing.store.documents.keep` would one by one; return their fates."""
    digests = [digests_of(item) for item in items]
    shared = _taken(tx, [digest for one in digests for digest in one])
    names = _named(tx, items)
    fresh = [
        shared.isdisjoint(one) and item.document.id not in names
        for item, one in zip(items, digests, strict=True)
    ]
    _add_all(
        tx,
        [pair for pair, new in zip(zip(items, digests, strict=True), fresh, strict=True) if new],
        source=source,
        at=at,
    )
    return tuple(
        Kept.NEW if new else keep(tx, item, source=source, at=at)
        for item, new in zip(items, fresh, strict=True)
    )


def _taken(tx: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Return the keys that are known, or that stand more than once among these."""
    distinct = list(dict.fromkeys(digests))
    known = {
        digest
        for lot in in_lots(distinct)
        for (digest,) in tx.execute(select(KEY.c.digest).where(KEY.c.digest.in_(lot)))
    }
    return known | {digest for digest, count in Counter(digests).items() if count > 1}


def _named(tx: Connection, items: Sequence[Item]) -> set[str]:
    """Return the ids that a stored text has, or more than one of these items."""
    wanted = [item.document.id for item in items]
    stored = {
        name
        for lot in in_lots(list(dict.fromkeys(wanted)))
        for (name,) in tx.execute(select(VERSION.c.id).where(VERSION.c.id.in_(lot)))
    }
    return stored | {name for name, count in Counter(wanted).items() if count > 1}


def _add_all(
    tx: Connection, new: Sequence[tuple[Item, list[bytes]]], *, source: str, at: datetime
) -> None:
    if not new:
        return
    rows = [document_row(item, source=source) for item, _ in new]
    numbers = tx.execute(_ADD, rows).scalars().all()
    placed = list(zip(new, rows, numbers, strict=True))
    tx.execute(
        insert(VERSION),
        [
            version_row(item.document, number=number, place=1, digest=row["digest"], at=at)
            for (item, _), row, number in placed
        ],
    )
    tx.execute(
        insert(KEY),
        [
            {"digest": digest, "document": number}
            for (_, digests), _, number in placed
            for digest in dict.fromkeys(digests)
        ],
    )
