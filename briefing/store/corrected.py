"""Corrections of printed words, and who was sent the old ones and is to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select

from briefing.core.model import GENERAL, DeliveryStatus, PageChoice
from briefing.store import subscribers
from briefing.store.mail_tables import DELIVERY, SUBSCRIBER
from briefing.store.round_tables import CORRECTED
from briefing.store.tables import EDITION


@dataclass(frozen=True, slots=True)
class NoticedCorrection:
    """A correction that was noticed."""

    #: The edition that printed the old words.
    edition: str
    #: Of the old words, their place, and the new words.
    key: bytes
    #: Aware UTC.
    at: datetime
    #: Keys of the pages of the edition that print the old words.
    pages: tuple[str, ...]
    #: Id of the notice; empty: nobody is mailed.
    notice: str = ""


def known(tx: Connection, editions: Iterable[str]) -> frozenset[tuple[str, bytes]]:
    """Return edition and key of the corrections of some editions that were noticed before."""
    query = select(CORRECTED.c.edition, CORRECTED.c.key)
    rows = tx.execute(query.where(CORRECTED.c.edition.in_(sorted(set(editions)))))
    return frozenset((row.edition, row.key) for row in rows)


def put(tx: Connection, corrections: Iterable[NoticedCorrection]) -> None:
    """Keep corrections that were noticed."""
    rows = [
        {
            "edition": one.edition,
            "key": one.key,
            "at": one.at,
            "sections": "\n".join(one.pages),
            "notice": one.notice,
        }
        for one in corrections
    ]
    if rows:
        tx.execute(insert(CORRECTED), rows)


def notices_of(tx: Connection, stem: str) -> int:
    """Return how many notices have an id that begins so."""
    own = EDITION.c.id.startswith(stem, autoescape=True)
    return tx.execute(select(func.count()).select_from(EDITION).where(own)).scalar_one()


def recent(tx: Connection, *, since: datetime) -> dict[str, tuple[NoticedCorrection, ...]]:
    """Return the corrections noticed since a moment that are mailed, by their notice."""
    query = select(CORRECTED).where(CORRECTED.c.notice != "", CORRECTED.c.at >= since)
    found: dict[str, tuple[NoticedCorrection, ...]] = {}
    for row in tx.execute(query.order_by(CORRECTED.c.notice, CORRECTED.c.edition, CORRECTED.c.key)):
        pages = tuple(row.sections.split("\n"))
        one = NoticedCorrection(row.edition, row.key, row.at, pages, row.notice)
        found[row.notice] = (*found.get(row.notice, ()), one)
    return found


def untold(
    tx: Connection,
    corrections: Iterable[NoticedCorrection],
    *,
    page: Callable[[str, PageChoice], str],
) -> Iterator[int]:
    """Yield who was sent the old words and has no delivery of the notice, each once.

    A delivery that may have arrived counts; one that is being sent does when that is known.
    ``page`` tells the key of the page of an edition that those get who made a choice.
    """
    got = or_(DELIVERY.c.status == DeliveryStatus.SENT.value, DELIVERY.c.ambiguous.is_(True))
    told: set[int] = set()
    for one in corrections:
        again = DELIVERY.alias()
        has = (again.c.edition == one.notice) & (again.c.subscriber == DELIVERY.c.subscriber)
        query = (
            select(SUBSCRIBER)
            .join(DELIVERY, DELIVERY.c.subscriber == SUBSCRIBER.c.number)
            .where(DELIVERY.c.edition == one.edition, got)
            .where(~select(again.c.number).where(has).exists())
            .order_by(SUBSCRIBER.c.number)
        )
        for row in tx.execute(query):
            chosen = subscribers.preferences_of(row).page
            got_page = GENERAL if chosen == PageChoice() else page(one.edition, chosen)
            if row.number not in told and got_page in one.pages:
                told.add(row.number)
                yield row.number
