"""Finds the stored documents of an item: those that share a key and are not distinguished."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from briefing.core.model import Item
from briefing.store.listings import listed_by
from briefing.store.tables import DOCUMENT, KEY
from briefing.store.versions import AnyRow

#: Prefix of a key that is a source's own id of a report.
_ID = "id "
_FIND = select(KEY.c.digest.label("key"), DOCUMENT).where(
    KEY.c.document == DOCUMENT.c.number, KEY.c.digest.in_(bindparam("digests", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Match:
    """The stored documents of an item."""

    #: Rows of its documents, first stored first; may be empty.
    documents: tuple[AnyRow, ...]
    #: Digests of its keys that no document has.
    unknown: tuple[bytes, ...]


def digest_of(key: str) -> bytes:
    """Return the digest under which a key is stored."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def digests_of(item: Item) -> list[bytes]:
    """Return the digests of an item's keys; without any, that of its id."""
    return [digest_of(key) for key in _keys(item)]


def match(tx: Connection, item: Item, *, source: str, number: int | None = None) -> Match:
    """Return the documents of an item, and which of its keys are new.

    These are all documents with one of its keys, except that

    - a document that has the id of another item of the same listing is another report;
    - if its own id leads to a document, another one that its source lists is another report.

    ``number`` is that of its document, if known, whatever its keys.
    """
    digests = dict.fromkeys(digests_of(item))
    by_key = {row.key: row for row in tx.execute(_FIND, {"digests": list(digests)})}
    own = _own(tx, item, by_key, number=number)
    others = {row.number: row for row in by_key.values() if row.number not in own}
    apart = _apart(tx, item, others.values(), source=source, is_named=bool(own))
    unknown = tuple(digest for digest in digests if digest not in by_key)
    if not own and not unknown:  # nothing of it could be kept apart
        apart = frozenset()
    same = own | {other: row for other, row in others.items() if other not in apart}
    return Match(tuple(same[other] for other in sorted(same)), unknown)


def _keys(item: Item) -> Sequence[str]:
    return item.keys or (f"{_ID}{item.document.id}",)


def _own(
    tx: Connection, item: Item, by_key: dict[bytes, AnyRow], *, number: int | None
) -> dict[int, AnyRow]:
    """Return the documents of an item by its id or by number."""
    named = (by_key.get(digest_of(key)) for key in _keys(item) if key.startswith(_ID))
    own = {row.number: row for row in named if row is not None}
    if number is not None:
        is_it = DOCUMENT.c.number == number
        row = tx.execute(select(DOCUMENT).where(is_it, DOCUMENT.c.same_as.is_(None))).first()
        own |= {} if row is None else {number: row}
    return own


def _apart(
    tx: Connection, item: Item, others: Collection[AnyRow], *, source: str, is_named: bool
) -> frozenset[int]:
    """Return the documents that share a key with an item and are other reports."""
    twice = {row.number for row in others if is_named and listed_by(row.listed, source)}
    named = {digest_of(key) for key in item.beside.difference(item.keys)} if others else set()
    if not named:
        return frozenset(twice)
    numbers = [row.number for row in others]
    held = select(KEY.c.document, KEY.c.digest).where(KEY.c.document.in_(numbers))
    return frozenset(twice | {document for document, key in tx.execute(held) if key in named})
