"""Documents: kept once each, found again, visited again, and given out for an edition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from briefing.core.model import Document, Item
from briefing.store.listings import listed_by, with_listing
from briefing.store.matching import digest_of, match
from briefing.store.tables import CITED, DOCUMENT, KEY, VERSION, VISIT
from briefing.store.versions import (
    COLUMNS,
    AnyRow,
    add_version,
    document_of,
    in_lots,
    newest,
    normalized,
    words_of,
)


class Kept(StrEnum):
    """What became of an item."""

    #: A report that was not known.
    NEW = "new"
    #: A known report with another title or other words.
    EDITED = "edited"
    #: Nothing that was not known.
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Known:
    """A document that a key belongs to."""

    #: The store's number of it.
    number: int
    #: What its sources listed, as :mod:`briefing.store.listings` reads it.
    listings: str
    #: Id of its newest version.
    version: str

    def listed_by(self, source: str) -> str:
        """Return the digest of what a source last listed of it; empty for nothing."""
        return listed_by(self.listings, source)


@dataclass(frozen=True, slots=True)
class DuePage:
    """A document whose page is to be visited."""

    #: The store's number of it.
    number: int
    #: Its newest version.
    document: Document
    #: Address of the source that brought it.
    source: str
    #: Visits since it became due.
    tries: int
    #: Whether an edition cites it.
    printed: bool
    #: Whether its text is the page's own.
    from_page: bool
    #: When it was first due, aware UTC.
    since: datetime


@dataclass(frozen=True, slots=True)
class EditionWindow:
    """What an edition is made of."""

    #: By when they were collected, then by id.
    documents: tuple[Document, ...]
    #: Left out because they were published too long ago.
    too_old: int


_RECALL = select(KEY.c.digest, DOCUMENT.c.number, DOCUMENT.c.listed, DOCUMENT.c.version).where(
    KEY.c.document == DOCUMENT.c.number, KEY.c.digest.in_(bindparam("digests", expanding=True))
)
_ADD = insert(DOCUMENT).returning(DOCUMENT.c.number)
_CHANGE = update(DOCUMENT).where(DOCUMENT.c.number == bindparam("at"))
_CLAIM = insert(KEY)
#: Whether an edition cites any version of a document.
_PRINTED = exists().where(CITED.c.version == VERSION.c.id, VERSION.c.document == DOCUMENT.c.number)


def recall(tx: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """Return what is known under each of these keys; keys of nothing are left out."""
    by_digest = {digest_of(key): key for key in keys}
    return {
        by_digest[digest]: Known(*told)
        for lot in in_lots(list(by_digest))
        for digest, *told in tx.execute(_RECALL, {"digests": lot})
    }


def keep(
    tx: Connection, item: Item, *, source: str, at: datetime, number: int | None = None
) -> Kept:
    """Keep a report once, whoever brings it and how often, and every text that it has had.

    Two items that share a key are one report, unless their source tells them apart
    (:func:`briefing.store.matching.match`). Another title or other words make a new version; words
    that the report has had before bring that version back and make none. Nothing is replaced that
    only our failure to read does not show:

    - a text without words never replaces one that has some;
    - what was read from the page always replaces what stands there;
    - fewer words, not read from the page, replace only what was not read from the page either,
      came from the same source, and stands while no page is missing;
    - as many words or more, not read from the page, replace a page's only when this source has
      changed what it lists; and another source's only when they are more;
    - another headline of another source over the same words replaces nothing.

    An item that shares keys with two documents shows that they are one: the first stays, and
    the other is no longer given out, but its texts stay for the editions that print them.

    Args:
        tx: a transaction that writes.
        item: the report; its own time of collection is not used.
        source: address of the source that brings it.
        at: when it is kept, taken within the transaction, so that no window misses it.
        number: the document of which it is known to be, as when its page is read again.
    """
    found = match(tx, item, source=source, number=number)
    if not found.documents:
        _claim(tx, found.unknown, number=_add(tx, item, source=source, at=at))
        return Kept.NEW
    known, *others = found.documents
    _claim(tx, found.unknown, number=known.number)
    for other in others:
        _unite(tx, other.number, first=known.number)
    return _renew(tx, item, known, source=source, at=at, same=bool(others))


def due(tx: Connection, *, at: datetime, limit: int) -> tuple[DuePage, ...]:
    """Return the documents whose pages are to be visited at a time, the longest due first."""
    rows = tx.execute(
        select(*COLUMNS, DOCUMENT, _PRINTED.correlate(DOCUMENT).label("printed"))
        .select_from(newest())
        .where(DOCUMENT.c.due_at <= at)
        .order_by(DOCUMENT.c.due_at, DOCUMENT.c.number)
        .limit(limit)
    )
    return tuple(
        DuePage(
            number=row.number,
            document=document_of(row),
            source=row._mapping[DOCUMENT.c.source],
            tries=row.tries,
            printed=bool(row.printed),
            from_page=row.from_page,
            since=row.due_since,
        )
        for row in rows
    )


def put_off(tx: Connection, number: int, *, until: datetime | None) -> None:
    """Count a visit to a page; visit it again at a time, or never."""
    since = None if until is None else func.coalesce(DOCUMENT.c.due_since, until)
    change = _CHANGE.values(due_at=until, due_since=since, tries=DOCUMENT.c.tries + 1)
    tx.execute(change, {"at": number})


def vanish(tx: Connection, number: int, *, at: datetime) -> bool:
    """Record that the publisher's page is gone, and tell whether that is new.

    It counts as back when it is read again, or when its source lists other words.
    """
    change = _CHANGE.values(vanished_at=at).where(DOCUMENT.c.vanished_at.is_(None))
    return tx.execute(change, {"at": number}).rowcount > 0


def window(
    tx: Connection, *, since: datetime, until: datetime, published_since: datetime
) -> EditionWindow:
    """Return the documents whose newest versions were collected in (since, until].

    A report published before ``published_since`` is only counted; one without a date is new.
    """
    rows = tx.execute(
        select(*COLUMNS)
        .select_from(newest())
        .where(VERSION.c.collected > since, VERSION.c.collected <= until)
        .where(DOCUMENT.c.same_as.is_(None))
    ).all()
    fresh = [row for row in rows if row.published is None or row.published >= published_since]
    ordered = sorted(map(document_of, fresh), key=lambda one: (one.collected, one.id))
    return EditionWindow(tuple(ordered), too_old=len(rows) - len(fresh))


def texts(tx: Connection, ids: Iterable[str]) -> dict[str, Document]:
    """Return the versions with these ids, old ones too; what is not stored is left out."""
    return {
        row.id: document_of(row)
        for lot in in_lots(sorted(set(ids)))
        for row in tx.execute(select(*COLUMNS).where(VERSION.c.id.in_(lot)))
    }


def prune(tx: Connection, *, before: datetime) -> int:
    """Delete the texts collected before a time; return how many.

    What an edition cites stays, and what it must be compared with: the newest version of a
    document that was printed; so do texts whose pages are still to be visited. Keys stay, so
    that an old report that is still listed does not come in again. Old visits go too.
    """
    is_cited = exists().where(CITED.c.version == VERSION.c.id)
    other = VERSION.alias()
    is_printed = exists().where(
        other.c.document == VERSION.c.document, CITED.c.version == other.c.id
    )
    is_needed = exists().where(
        DOCUMENT.c.version == VERSION.c.id,
        or_(DOCUMENT.c.due_at.is_not(None), is_printed.correlate(VERSION)),
    )
    tx.execute(delete(VISIT).where(VISIT.c.at < before))
    old = delete(VERSION).where(VERSION.c.collected < before, ~is_cited, ~is_needed)
    return tx.execute(old).rowcount


def _claim(tx: Connection, digests: Sequence[bytes], *, number: int) -> None:
    if digests:
        tx.execute(_CLAIM, [{"digest": digest, "document": number} for digest in digests])


def _add(tx: Connection, item: Item, *, source: str, at: datetime) -> int:
    """Add a document with its first version; return its number."""
    told = document_row(item, source=source)
    number: int = tx.execute(_ADD, told).scalar_one()
    version = add_version(tx, item.document, number=number, place=1, digest=told["digest"], at=at)
    if version != item.document.id:
        tx.execute(_CHANGE.values(version=version), {"at": number})
    return number


def document_row(item: Item, *, source: str) -> dict[str, Any]:
    """Return the row of a report that is not known yet."""
    digest, words = words_of(item.document)
    return {
        "source": source,
        "listed": with_listing("", source, listed=item.listed),
        "versions": 1,
        "version": item.document.id,
        "digest": digest,
        "words": words,
        "from_page": item.from_page,
        "due_at": item.retry_page,
        "due_since": item.retry_page,
        "tries": 0,
        "file": item.file,
    }


def _unite(tx: Connection, number: int, *, first: int) -> None:
    """Let a document be the same as one before it: its keys lead there from now on."""
    tx.execute(update(KEY).where(KEY.c.document == number).values(document=first))
    change = _CHANGE.values(same_as=first, due_at=None, due_since=None)
    tx.execute(change, {"at": number})


def _renew(  # noqa: PLR0913  what is known, what comes, and when
    tx: Connection, item: Item, known: AnyRow, *, source: str, at: datetime, same: bool
) -> Kept:
    """Bring a document up to what an item tells."""
    digest, words = words_of(item.document)
    equal = digest == known.digest
    replaces = not (equal or same) and _replaces(tx, item, words, known=known, source=source)
    before = _version_with(tx, digest, number=known.number) if replaces else None
    told: dict[str, object] = {"listed": with_listing(known.listed, source, listed=item.listed)}
    if replaces:
        told |= {"source": source, "digest": digest, "words": words, "from_page": item.from_page}
        told |= {"version": before} if before else _next_version(tx, item, known, digest, at=at)
    elif equal and item.from_page:
        told["from_page"] = True
    if replaces or item.from_page:
        told["vanished_at"] = None
    told |= _owed(tx, item, known=known)
    if any(known._mapping[name] != value for name, value in told.items()):
        tx.execute(_CHANGE, {**told, "at": known.number})
    return Kept.EDITED if replaces and not before else Kept.KNOWN


def _version_with(tx: Connection, digest: bytes, *, number: int) -> str | None:
    """Return the version of a document that has these words already, the newest of several."""
    had = select(VERSION.c.id).where(VERSION.c.document == number, VERSION.c.digest == digest)
    return tx.execute(had.order_by(VERSION.c.place.desc()).limit(1)).scalar_one_or_none()


def _next_version(
    tx: Connection, item: Item, known: AnyRow, digest: bytes, *, at: datetime
) -> dict[str, object]:
    """Add the words of an item to a document; return what changes in its row."""
    place = known.versions + 1
    version = add_version(tx, item.document, number=known.number, place=place, digest=digest, at=at)
    return {"version": version, "versions": place}


def _replaces(tx: Connection, item: Item, words: int, *, known: AnyRow, source: str) -> bool:
    """Tell whether other words are an edit; :func:`keep` has the rules."""
    if known.words and not words:
        return False
    same_source: bool = source == known.source
    if item.from_page:
        return same_source or not _is_same_text(tx, item, known=known)
    if words < known.words:
        return same_source and not known.from_page and item.retry_page is None
    before = listed_by(known.listed, source)
    changed = bool(before and item.listed) and item.listed != before
    return changed if known.from_page else same_source or words > known.words


def _is_same_text(tx: Connection, item: Item, *, known: AnyRow) -> bool:
    """Tell whether an item differs from what is known in nothing but its title."""
    text = tx.execute(select(VERSION.c.text).where(VERSION.c.id == known.version)).scalar()
    return text is not None and normalized(text) == normalized(item.document.text)


def _owed(tx: Connection, item: Item, *, known: AnyRow) -> dict[str, object]:
    """Return what an item changes in when the page is to be visited."""
    if item.retry_page is not None:
        if known.due_at is not None:
            return {"due_at": min(known.due_at, item.retry_page)}
        return {"due_at": item.retry_page, "due_since": item.retry_page, "tries": 0}
    if not item.from_page or known.due_at is None or _is_printed(tx, known.number):
        return {}
    return {"due_at": None, "due_since": None}


def _is_printed(tx: Connection, number: int) -> bool:
    cited = select(CITED.c.edition).join(VERSION, CITED.c.version == VERSION.c.id)
    return tx.execute(cited.where(VERSION.c.document == number).limit(1)).first() is not None
