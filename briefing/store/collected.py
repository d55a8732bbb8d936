"""What was collected in a time: the documents of an edition, some of many, titles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from briefing.core.model import Document
from briefing.store import sources
from briefing.store.tables import DOCUMENT, VERSION
from briefing.store.versions import COLUMNS, document_of, newest


@dataclass(frozen=True, slots=True)
class EditionWindow:
    """The documents for an edition."""

    #: In order of collection, then by id.
    documents: tuple[Document, ...]
    #: Number left out because they were published too long ago.
    too_old: int


def window(
    tx: Connection,
    *,
    since: datetime,
    until: datetime | None = None,
    published_since: datetime,
    graded: bool = False,
) -> EditionWindow:
    """Return the documents whose newest versions were collected in (since, until].

    Without an end it is now: what is dated after it, by a clock that was ahead, counts as of now.
    A report published before ``published_since`` is only counted; one without a date is new. Each
    has the weight that its source has now, and if asked its grade.
    """
    query = select(*COLUMNS, DOCUMENT.c.source).select_from(newest())
    query = query.where(VERSION.c.collected > since, DOCUMENT.c.same_as.is_(None))
    if until is not None:
        query = query.where(VERSION.c.collected <= until)
    rows = tx.execute(query).all()
    fresh = [row for row in rows if row.published is None or row.published >= published_since]
    weights, grades = sources.weights(tx), sources.grades(tx) if graded else {}
    ordered = sorted(
        (
            replace(
                document_of(row),
                weight=weights.get(row.source, 1.0),
                grade=grades.get(row.source, ""),
            )
            for row in fresh
        ),
        key=lambda document: (document.collected, document.id),
    )
    return EditionWindow(tuple(ordered), too_old=len(rows) - len(fresh))


def sample(tx: Connection, *, since: datetime, until: datetime, limit: int) -> tuple[Document, ...]:
    """Return some of the newest documents collected in (since, until]: any, but the same ones."""
    rows = tx.execute(
        select(*COLUMNS)
        .select_from(newest())
        .where(VERSION.c.collected > since, VERSION.c.collected <= until)
        .where(DOCUMENT.c.same_as.is_(None))
        .order_by(DOCUMENT.c.digest, DOCUMENT.c.number)
        .limit(limit)
    )
    return tuple(map(document_of, rows))
