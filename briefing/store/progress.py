"""Records sending progress, also beside the store, so that a restored older store is detected.

A store restored from a backup does not know what was sent since. Each claim increments a counter
in the store and then, before anything of it is sent, in a file beside it. A store with a lower
count than the file is older than the mail sent from it.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from briefing.core.errors import StoreError, reason_of
from briefing.store import files
from briefing.store.deliveries import hold_open, open_of
from briefing.store.location import StoreLocation, printable
from briefing.store.mail_tables import PROGRESS


@dataclass(frozen=True, slots=True)
class SendingMark:
    """Sending progress."""

    #: Number of claims so far.
    claims: int
    #: Edition of the last claim.
    edition: str


def advance(tx: Connection, edition: str) -> SendingMark:
    """Count a claim of an edition; pass the result to :func:`note` after the commit."""
    counted = update(PROGRESS).values(claims=PROGRESS.c.claims + 1).returning(PROGRESS.c.claims)
    claims = tx.execute(counted).scalar()
    if claims is None:
        claims = 1
        tx.execute(insert(PROGRESS), {"number": 1, "claims": claims, "suspect": ""})
    return SendingMark(claims, edition)


def note(place: StoreLocation, mark: SendingMark) -> None:
    """Record sending progress beside the store, before anything more is sent.

    Raises:
        StoreError: it cannot be written.
    """
    file = _file(place)
    content = json.dumps({"claims": mark.claims, "edition": mark.edition}) + "\n"
    try:
        files.write_private(file, content.encode(), lasting=False)
    except OSError as error:
        raise StoreError(
            f"{printable(str(file))}: cannot be written ({reason_of(error)}); without it a "
            "restored backup could send an edition twice"
        ) from error


def noted(place: StoreLocation) -> SendingMark | None:
    """Return the recorded progress; None without a record, or if it is damaged."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(_file(place).read_text(encoding="utf-8"))
        return SendingMark(int(content["claims"]), str(content["edition"]))
    return None


def doubt(tx: Connection, place: StoreLocation) -> int:
    """Record that open deliveries may have been sent, if there is no record beside the store.

    That is so for a store restored on a new machine: mail may have been sent after the backup.
    Return how many deliveries :func:`hold_if_older` will hold.

    Raises:
        StoreError: it cannot be recorded.
    """
    count, edition = open_of(tx)
    if not count or noted(place) is not None:
        return 0
    note(place, SendingMark(_claims(tx) + 1, edition))
    return count


def hold_if_older(tx: Connection, place: StoreLocation) -> int | None:
    """Hold all open deliveries if more was sent from this store than it has recorded.

    The edition that was sent last is held also if it is made again. Return how many deliveries
    are held now; None if the store is up to date. Reports it once: from then on the store
    continues the count of the file.
    """
    recorded, claims = noted(place), _claims(tx)
    if recorded is None or recorded.claims <= claims:
        return None
    held = hold_open(tx)
    row = {"claims": recorded.claims, "suspect": recorded.edition}
    if tx.execute(update(PROGRESS).values(**row)).rowcount == 0:
        tx.execute(insert(PROGRESS), {"number": 1, **row})
    return held


def _file(place: StoreLocation) -> Path:
    return place.beside("sent")


def _claims(tx: Connection) -> int:
    claims: int | None = tx.execute(select(PROGRESS.c.claims)).scalar()
    return claims or 0


def is_suspect(tx: Connection, edition: str) -> bool:
    """Tell whether a whole edition is held since the store was restored."""
    query = select(PROGRESS.c.number).where(PROGRESS.c.suspect == edition)
    return tx.execute(query).first() is not None
