"""Titles of stored reports, without their texts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from briefing.core.model import Document
from briefing.store.tables import DOCUMENT, VERSION
from briefing.store.versions import AnyRow, in_batches, newest

_COLUMNS = (VERSION.c.id, VERSION.c.title, VERSION.c.publisher, VERSION.c.url)


def titles(tx: Connection, ids: Iterable[str]) -> dict[str, Document]:
    """Return the versions with these ids, with title, publisher and address alone."""
    return {
        row.id: _titled(row)
        for batch in in_batches(sorted(set(ids)))
        for row in tx.execute(select(*_COLUMNS).where(VERSION.c.id.in_(batch)))
    }


def collected(tx: Connection, *, since: datetime, until: datetime) -> tuple[str, ...]:
    """Return the ids of the reports whose newest versions were collected in (since, until]."""
    rows = tx.execute(
        select(VERSION.c.id)
        .select_from(newest())
        .where(VERSION.c.collected > since, VERSION.c.collected <= until)
        .where(DOCUMENT.c.same_as.is_(None), VERSION.c.published.is_not(None))
        .order_by(VERSION.c.collected, VERSION.c.id)
    )
    return tuple(rows.scalars())


def _titled(row: AnyRow) -> Document:
    return Document(row.id, row.title, "", publisher=row.publisher, url=row.url)
