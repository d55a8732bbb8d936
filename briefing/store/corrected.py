"""Corrections of printed words: who was sent the old words, and who was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select

from briefing.core.model import DeliveryStatus, Form, PageChoice
from briefing.store.mail_tables import DELIVERY, SUBSCRIBER
from briefing.store.round_tables import CORRECTED
from briefing.store.tables import EDITION
from briefing.store.versions import in_batches


def put(
    tx: Connection, corrections: Mapping[bytes, str], *, at: datetime, notice: str = ""
) -> None:
    """Keep corrections, as edition by key, that are told by a notice; without one, to nobody."""
    rows = [
        {"edition": edition, "key": key, "at": at, "notice": notice}
        for key, edition in sorted(corrections.items())
    ]
    if rows:
        tx.execute(insert(CORRECTED), rows)


def notices_of(tx: Connection, stem: str) -> int:
    """Return how many notices have an id that begins so."""
    own = EDITION.c.id.startswith(stem, autoescape=True)
    return tx.execute(select(func.count()).select_from(EDITION).where(own)).scalar_one()


def unmailed(tx: Connection, *, since: datetime) -> frozenset[bytes]:
    """Return the keys of corrections noticed since a moment that nobody is told."""
    query = select(CORRECTED.c.key).where(CORRECTED.c.notice == "", CORRECTED.c.at >= since)
    return frozenset(tx.execute(query).scalars())


def told(tx: Connection, *, since: datetime) -> defaultdict[int, dict[bytes, datetime]]:
    """Return by subscriber which corrections they were told since a moment, and when."""
    query = select(CORRECTED).where(CORRECTED.c.notice != "", CORRECTED.c.at >= since)
    by_notice: defaultdict[str, dict[bytes, datetime]] = defaultdict(dict)
    for row in tx.execute(query):
        by_notice[row.notice][row.key] = row.at
    found: defaultdict[int, dict[bytes, datetime]] = defaultdict(dict)
    for batch in in_batches(sorted(by_notice)):
        of = select(DELIVERY.c.subscriber, DELIVERY.c.edition).where(DELIVERY.c.edition.in_(batch))
        for row in tx.execute(of):
            found[row.subscriber] |= by_notice[row.edition]
    return found


def sent(tx: Connection, editions: Iterable[str]) -> Iterator[tuple[int, str, Form, PageChoice]]:
    """Yield who was sent which edition, in which form and with which choice of a page.

    A delivery that may have arrived counts; one that is being sent does when that is known.
    """
    got = or_(DELIVERY.c.status == DeliveryStatus.SENT.value, DELIVERY.c.ambiguous.is_(True))
    query = (
        select(DELIVERY)
        .join(SUBSCRIBER, DELIVERY.c.subscriber == SUBSCRIBER.c.number)
        .where(DELIVERY.c.edition.in_(sorted(editions)), got)
        .order_by(DELIVERY.c.subscriber, DELIVERY.c.edition)
    )
    for row in tx.execute(query):
        # What was sent before the form was recorded counts as the whole page.
        form = Form(row.form) if row.form else Form.PDF
        yield row.subscriber, row.edition, form, PageChoice(_names(row.sections), _names(row.lists))


def _names(column: str) -> tuple[str, ...]:
    return tuple(column.split("\n")) if column else ()
