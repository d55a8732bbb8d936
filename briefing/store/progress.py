"""How far the sending has come, also beside the store, so that an older store is noticed.

A store that is put back from a backup does not know what was sent since the backup. Each claim
counts one on, in the store and then, before anything of it is sent, in a file beside it. A store
that has counted less than the file is older than what was sent from it.
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
    """How far the sending had come."""

    #: Claims that there ever were.
    claims: int
    #: The edition of the last of them.
    edition: str


def advance(tx: Connection, edition: str) -> SendingMark:
    """Count a claim of an edition; what is returned is for :func:`note`, after the commit."""
    counted = update(PROGRESS).values(claims=PROGRESS.c.claims + 1).returning(PROGRESS.c.claims)
    claims = tx.execute(counted).scalar()
    if claims is None:
        claims = 1
        tx.execute(insert(PROGRESS), {"number": 1, "claims": claims, "suspect": ""})
    return SendingMark(claims, edition)


def note(place: StoreLocation, mark: SendingMark) -> None:
    """Write beside the store how far the sending has come, before anything more is sent.

    Raises:
        StoreError: it cannot be written.
    """
    file = _file(place)
    words = json.dumps({"claims": mark.claims, "edition": mark.edition}) + "\n"
    try:
        files.write_private(file, words.encode(), lasting=False)
    except OSError as error:
        raise StoreError(
            f"{printable(str(file))}: cannot be written ({reason_of(error)}); without it a backup "
            "that is put back could send an edition twice"
        ) from error


def noted(place: StoreLocation) -> SendingMark | None:
    """Return what stands in the file; None without one, or when it was broken off or changed."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(_file(place).read_text(encoding="utf-8"))
        return SendingMark(int(found["claims"]), str(found["edition"]))
    return None


def doubt(tx: Connection, place: StoreLocation) -> int:
    """Note that what is open in a store may have been sent, when nothing beside it tells.

    It is so for one that is put back where its machine was lost: mails may have gone out after the
    backup. Return how many deliveries :func:`hold_if_older` will hold.

    Raises:
        StoreError: it cannot be noted.
    """
    count, edition = open_of(tx)
    if not count or noted(place) is not None:
        return 0
    note(place, SendingMark(_known(tx) + 1, edition))
    return count


def hold_if_older(tx: Connection, place: StoreLocation) -> int | None:
    """Hold all that is open when more was sent from this store than it knows of.

    The edition that was sent last is held also when it is made again. Return how many deliveries
    are held now; None when the store is as new as what was sent from it. Tells it once: from then
    on the store counts on from the file.
    """
    found, known = noted(place), _known(tx)
    if found is None or found.claims <= known:
        return None
    held = hold_open(tx)
    row = {"claims": found.claims, "suspect": found.edition}
    if tx.execute(update(PROGRESS).values(**row)).rowcount == 0:
        tx.execute(insert(PROGRESS), {"number": 1, **row})
    return held


def _file(place: StoreLocation) -> Path:
    return place.beside("sent")


def _known(tx: Connection) -> int:
    claims: int | None = tx.execute(select(PROGRESS.c.claims)).scalar()
    return claims or 0


def is_suspect(tx: Connection, edition: str) -> bool:
    """Tell whether an edition is held whole since the store was put back."""
    found = select(PROGRESS.c.number).where(PROGRESS.c.suspect == edition)
    return tx.execute(found).first() is not None
