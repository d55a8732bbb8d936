"""What is kept for a while only: lists that wait to be imported, and what undoes a bulk action."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from briefing.store import bulk, uploads


def has_expired(tx: Connection, *, at: datetime) -> bool:
    """Tell whether :func:`forget_expired` has anything to forget."""
    return bulk.is_over(tx, before=at - bulk.UNDO) or uploads.is_over(tx, before=at - uploads.KEPT)


def forget_expired(tx: Connection, *, at: datetime) -> None:
    """Forget who was removed too long ago to be undone, and lists that nobody imported."""
    bulk.seal(tx, before=at - bulk.UNDO)
    uploads.forget(tx, before=at - uploads.KEPT)
