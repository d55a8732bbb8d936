"""The newest reports of a source, and the editions that printed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from briefing.store.tables import CITED, DOCUMENT, EDITION, VERSION


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One stored report of a source."""

    title: str
    #: Its address; may be empty.
    url: str
    #: Aware UTC; None if the source does not say.
    published: datetime | None
    #: When its newest version was collected, aware UTC.
    collected: datetime
    language: str
    #: The last edition that cites it; None: none does.
    printed: date | None = None


def newest_of(
    tx: Connection, source: str, *, briefing: str, limit: int
) -> tuple[SourceReport, ...]:
    """Return the reports of a source that came in last, the last first."""
    columns = (VERSION.c.title, VERSION.c.url, VERSION.c.published, VERSION.c.collected)
    rows = tx.execute(
        select(DOCUMENT.c.number, *columns, VERSION.c.language)
        .join(VERSION, DOCUMENT.c.version == VERSION.c.id)
        .where(DOCUMENT.c.source == source, DOCUMENT.c.same_as.is_(None))
        .order_by(DOCUMENT.c.number.desc())
        .limit(limit)
    ).all()
    printed = _printed(tx, [row.number for row in rows], briefing=briefing)
    return tuple(SourceReport(*row[1:], printed.get(row.number)) for row in rows)


def _printed(tx: Connection, numbers: list[int], *, briefing: str) -> dict[int, date]:
    """Return the day of the last edition that cites each document; those without one are left."""
    rows = tx.execute(
        select(VERSION.c.document, EDITION.c.day)
        .join(CITED, CITED.c.version == VERSION.c.id)
        .join(EDITION, EDITION.c.id == CITED.c.edition)
        .where(VERSION.c.document.in_(numbers), EDITION.c.briefing == briefing)
        .order_by(EDITION.c.day)
    )
    return {row.document: row.day for row in rows}
