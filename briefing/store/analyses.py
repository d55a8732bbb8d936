"""Analyses of documents, kept beside their texts; the store does not know what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from briefing.core.model import Document
from briefing.store.tables import ANALYSIS, DOCUMENT, VERSION
from briefing.store.upsert import insert_into
from briefing.store.versions import COLUMNS, document_of, in_batches, newest


def kept(tx: Connection, ids: Iterable[str], *, rule: bytes) -> dict[str, bytes]:
    """Return the analyses that were made by a rule, by id of the version; others are left out."""
    query = select(ANALYSIS.c.version, ANALYSIS.c.content).where(ANALYSIS.c.rule == rule)
    return {
        name: content
        for batch in in_batches(ids)
        for name, content in tx.execute(query.where(ANALYSIS.c.version.in_(batch)))
    }


def keep(tx: Connection, made: Mapping[str, bytes], *, rule: bytes, at: datetime) -> None:
    """Keep analyses by id of the version, in place of those by the same rule.

    A version that is deleted meanwhile gets none.
    """
    adding = insert_into(tx, ANALYSIS)
    changed = {"content": adding.excluded.content, "made": adding.excluded.made}
    adding = adding.on_conflict_do_update(index_elements=["version", "rule"], set_=changed)
    for batch in in_batches(made):
        there = set(tx.execute(select(VERSION.c.id).where(VERSION.c.id.in_(batch))).scalars())
        rows = [
            {"version": name, "rule": rule, "made": at, "content": made[name]}
            for name in batch
            if name in there
        ]
        if rows:
            tx.execute(adding, rows)


def missing(tx: Connection, ids: Sequence[str], *, rule: bytes) -> tuple[Document, ...]:
    """Return which of these versions have no analysis and are the newest, in order of id.

    At most as many as fit into one query.
    """
    has_one = exists().where(ANALYSIS.c.version == VERSION.c.id, ANALYSIS.c.rule == rule)
    query = select(*COLUMNS).select_from(newest()).where(VERSION.c.id.in_(ids))
    rows = tx.execute(query.where(DOCUMENT.c.same_as.is_(None), ~has_one).order_by(VERSION.c.id))
    return tuple(map(document_of, rows))


def forget(tx: Connection, *, before: datetime) -> None:
    """Delete the analyses made before a time."""
    tx.execute(delete(ANALYSIS).where(ANALYSIS.c.made < before))
