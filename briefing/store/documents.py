"""Documents: stored once each, matched, fetched again, and selected for an edition."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
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

from briefing.core.model import Document, Item, digest
from briefing.store.engine import DriverStatement
from briefing.store.facts import APART, IS_OTHER
from briefing.store.round_tables import DRAFT
from briefing.store.tables import CITED, DOCUMENT, KEY, VERSION, VISIT
from briefing.store.versions import (
    COLUMNS,
    AnyRow,
    add_version,
    document_of,
    in_batches,
    newest,
    normalized,
    version_row,
    words_of,
)


class Kept(StrEnum):
    """What storing an item changed."""

    #: A new report.
    NEW = "new"
    #: A stored report with another title or text.
    EDITED = "edited"
    #: Nothing new.
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Known:
    """The stored document of a key."""

    #: Its number in the store.
    number: int
    #: What its sources listed, as :mod:`briefing.store.documents` reads it.
    listings: str
    #: Id of its newest version.
    version: str
    #: Whether it is missed, or has a text that was seen once.
    in_doubt: bool = False

    def listed_by(self, source: str) -> str:
        """Return the digest of its last listing by a source; empty without one."""
        return listed_by(self.listings, source)


@dataclass(frozen=True, slots=True)
class DuePage:
    """A document whose page is due to be fetched."""

    #: Its number in the store.
    number: int
    #: Its newest version.
    document: Document
    #: URL of its source.
    source: str
    #: Fetches since it became due.
    tries: int
    #: Whether an edition cites it.
    printed: bool
    #: Whether its text was read from the page.
    from_page: bool
    #: When it was first due, aware UTC.
    since: datetime


_RECALL = select(
    KEY.c.digest,
    DOCUMENT.c.number,
    DOCUMENT.c.listed,
    DOCUMENT.c.version,
    or_(DOCUMENT.c.vanished_at.is_not(None), IS_OTHER),
).where(KEY.c.document == DOCUMENT.c.number, KEY.c.digest.in_(bindparam("digests", expanding=True)))
_ADD = insert(DOCUMENT).returning(DOCUMENT.c.number)
_CHANGE = update(DOCUMENT).where(DOCUMENT.c.number == bindparam("at"))
_CLAIM = insert(KEY)
#: Whether an edition cites any version of a document.
_PRINTED = exists().where(CITED.c.version == VERSION.c.id, VERSION.c.document == DOCUMENT.c.number)


def recall(tx: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """Return the stored documents of these keys; unknown keys are left out."""
    by_digest = {digest_of(key): key for key in keys}
    return {
        by_digest[digest]: Known(*columns)
        for batch in in_batches(list(by_digest))
        for digest, *columns in tx.execute(_RECALL, {"digests": batch})
    }


def keep(
    tx: Connection, item: Item, *, source: str, at: datetime, number: int | None = None
) -> Kept:
    """Store a report once, whatever its sources and however often, with every text it has had.

    Two items that share a key are one report, unless their source distinguishes them
    (:func:`briefing.store.documents.match`). Another title or text makes a new version; a text that
    the report has had before restores that version and makes none. What only our failure to read
    hides is never replaced:

    - an empty text never replaces one with words;
    - a text read from the page always replaces the stored one;
    - fewer words, not from the page, replace only a text that is not from the page either and is
      from the same source, and only while no page is due;
    - as many words or more, not from the page, replace a page's text only if this source has
      changed its listing, and another source's text only if they are more;
    - another headline of another source over the same text replaces nothing.

    An item that shares keys with two documents proves that they are one: the first stays; the
    other is no longer selected, but its texts stay for the editions that print them.

    Args:
        tx: a transaction that writes.
        item: the report; its own time of collection is not used.
        source: URL of its source.
        at: now, taken within the transaction, so that no window misses it.
        number: of its document, if known, as when its page is fetched again.
    """
    result = match(tx, item, source=source, number=number)
    if not result.documents:
        _claim(tx, result.unknown, number=_add(tx, item, source=source, at=at))
        return Kept.NEW
    document, *others = result.documents
    _claim(tx, result.unknown, number=document.number)
    for other in others:
        _merge(tx, other.number, first=document.number)
    return _update(tx, item, document, source=source, at=at, same=bool(others))


def due(tx: Connection, *, at: datetime, limit: int) -> tuple[DuePage, ...]:
    """Return the documents whose pages are due to be fetched, longest due first."""
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
    """Count a fetch of a page; fetch it again at a time, or never."""
    since = None if until is None else func.coalesce(DOCUMENT.c.due_since, until)
    change = _CHANGE.values(due_at=until, due_since=since, tries=DOCUMENT.c.tries + 1)
    tx.execute(change, {"at": number})


def texts(tx: Connection, ids: Iterable[str]) -> dict[str, Document]:
    """Return the versions with these ids, old ones too; unknown ids are left out."""
    return {
        row.id: document_of(row)
        for batch in in_batches(sorted(set(ids)))
        for row in tx.execute(select(*COLUMNS).where(VERSION.c.id.in_(batch)))
    }


def prune(tx: Connection, *, before: datetime) -> int:
    """Delete the texts collected before a time; return how many.

    Versions that an edition cites stay, and those they are compared with: the newest version of a
    printed document; so do texts whose pages are still due, and those that came in since the
    edition before a draft that waits. Keys stay, so that an old report that
    is still listed is not stored again. Old fetches are deleted too.
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
    waits = exists().where(DRAFT.c.since < VERSION.c.collected)
    old = delete(VERSION).where(VERSION.c.collected < before, ~is_cited, ~is_needed, ~waits)
    return tx.execute(old).rowcount


def _claim(tx: Connection, digests: Sequence[bytes], *, number: int) -> None:
    if digests:
        tx.execute(_CLAIM, [{"digest": digest, "document": number} for digest in digests])


def _add(tx: Connection, item: Item, *, source: str, at: datetime) -> int:
    """Add a document with its first version; return its number."""
    row = document_row(item, source=source)
    number: int = tx.execute(_ADD, row).scalar_one()
    version = add_version(tx, item.document, number=number, place=1, digest=row["digest"], at=at)
    if version != item.document.id:
        tx.execute(_CHANGE.values(version=version), {"at": number})
    return number


def document_row(item: Item, *, source: str) -> dict[str, Any]:
    """Return the row of a new report."""
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


def _merge(tx: Connection, number: int, *, first: int) -> None:
    """Merge a document into an earlier one: its keys lead there from now on."""
    tx.execute(update(KEY).where(KEY.c.document == number).values(document=first))
    change = _CHANGE.values(same_as=first, due_at=None, due_since=None)
    tx.execute(change, {"at": number})


def _update(  # noqa: PLR0913  what is known, what comes, and when
    tx: Connection, item: Item, document: AnyRow, *, source: str, at: datetime, same: bool
) -> Kept:
    """Update a document by an item."""
    digest, words = words_of(item.document)
    equal = digest == document.digest
    replaces = not (equal or same) and _replaces(tx, item, words, document=document, source=source)
    before = _version_with(tx, digest, number=document.number) if replaces else None
    changes: dict[str, object] = {
        "listed": with_listing(document.listed, source, listed=item.listed)
    }
    if replaces:
        changes |= {"source": source, "digest": digest, "words": words, "from_page": item.from_page}
        changes |= (
            {"version": before} if before else _next_version(tx, item, document, digest, at=at)
        )
    elif equal and item.from_page:
        changes["from_page"] = True
    if replaces:
        # A file is read from the disk itself: no server, cache or wall stands between.
        changes |= {"changed_at": at, "seen_at": at} | ({"confirmed_at": at} if item.file else {})
    elif equal and document.changed_at and (item.from_page or not document.from_page):
        changes["seen_at"] = at
    if replaces or item.from_page:
        changes["vanished_at"] = None
    changes |= _refetch_changes(tx, item, document=document, again=at + APART if replaces else None)
    if any(document._mapping[name] != value for name, value in changes.items()):
        tx.execute(_CHANGE, {**changes, "at": document.number})
    return Kept.EDITED if replaces and not before else Kept.KNOWN


def _version_with(tx: Connection, digest: bytes, *, number: int) -> str | None:
    """Return the newest version of a document with this digest; None without one."""
    had = select(VERSION.c.id).where(VERSION.c.document == number, VERSION.c.digest == digest)
    return tx.execute(had.order_by(VERSION.c.place.desc()).limit(1)).scalar_one_or_none()


def _next_version(
    tx: Connection, item: Item, document: AnyRow, digest: bytes, *, at: datetime
) -> dict[str, object]:
    """Add the text of an item to a document; return the changes of its row."""
    place = document.versions + 1
    version = add_version(
        tx, item.document, number=document.number, place=place, digest=digest, at=at
    )
    return {"version": version, "versions": place}


def _replaces(tx: Connection, item: Item, words: int, *, document: AnyRow, source: str) -> bool:
    """Tell whether another text is an edit; :func:`keep` has the rules."""
    if document.words and not words:
        return False
    same_source: bool = source == document.source
    if item.from_page:
        return same_source or not _is_same_text(tx, item, document=document)
    if words < document.words:
        return same_source and not document.from_page and item.retry_page is None
    before = listed_by(document.listed, source)
    changed = bool(before and item.listed) and item.listed != before
    return changed if document.from_page else same_source or words > document.words


def _is_same_text(tx: Connection, item: Item, *, document: AnyRow) -> bool:
    """Tell whether an item differs from the stored text only in its title."""
    text = tx.execute(select(VERSION.c.text).where(VERSION.c.id == document.version)).scalar()
    return text is not None and normalized(text) == normalized(item.document.text)


def _refetch_changes(
    tx: Connection, item: Item, *, document: AnyRow, again: datetime | None
) -> dict[str, object]:
    """Return the changes of the page's due time by an item.

    ``again``: when a printed page whose text is another now is fetched again.
    """
    if item.retry_page is not None:
        if document.due_at is not None:
            return {"due_at": min(document.due_at, item.retry_page)}
        return {"due_at": item.retry_page, "due_since": item.retry_page, "tries": 0}
    due = document.due_at or again
    if not item.from_page or due is None:
        return {}
    if _is_printed(tx, document.number):
        since = document.due_since or due
        return {"due_at": min(due, again), "due_since": since} if again else {}
    return {"due_at": None, "due_since": None}


def _is_printed(tx: Connection, number: int) -> bool:
    cited = select(CITED.c.edition).join(VERSION, CITED.c.version == VERSION.c.id)
    return tx.execute(cited.where(VERSION.c.document == number).limit(1)).first() is not None


_DOCUMENTS, _VERSIONS, _KEYS = map(DriverStatement, map(insert, (DOCUMENT, VERSION, KEY)))
_KNOWN_KEYS, _TAKEN_IDS = (
    select(column).where(column.in_(bindparam("asked", expanding=True)))
    for column in (KEY.c.digest, VERSION.c.id)
)


def keep_all(
    tx: Connection, items: Sequence[Item], *, source: str, at: datetime
) -> tuple[Kept, ...]:
    """Store items as :func:`briefing.store.documents.keep` would; return the result of each."""
    digests = [digests_of(item) for item in items]
    shared = _known_keys(tx, [digest for keys in digests for digest in keys])
    names = _taken_ids(tx, items)
    fresh = [
        shared.isdisjoint(keys) and item.document.id not in names
        for item, keys in zip(items, digests, strict=True)
    ]
    _add_all(
        tx,
        [pair for pair, new in zip(zip(items, digests, strict=True), fresh, strict=True) if new],
        source=source,
        at=at,
    )
    return tuple(
        Kept.NEW if new else keep(tx, item, source=source, at=at)
        for item, new in zip(items, fresh, strict=True)
    )


def _known_keys(tx: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Return the keys that are stored, or that occur more than once among these."""
    distinct = list(dict.fromkeys(digests))
    stored = {
        digest
        for batch in in_batches(distinct)
        for (digest,) in tx.execute(_KNOWN_KEYS, {"asked": batch})
    }
    return stored | {digest for digest, count in Counter(digests).items() if count > 1}


def _taken_ids(tx: Connection, items: Sequence[Item]) -> set[str]:
    """Return the ids of stored texts, and those of more than one of these items."""
    ids = [item.document.id for item in items]
    stored = {
        name
        for batch in in_batches(list(dict.fromkeys(ids)))
        for (name,) in tx.execute(_TAKEN_IDS, {"asked": batch})
    }
    return stored | {name for name, count in Counter(ids).items() if count > 1}


def _add_all(
    tx: Connection, new: Sequence[tuple[Item, list[bytes]]], *, source: str, at: datetime
) -> None:
    if not new:
        return
    rows = [document_row(item, source=source) for item, _ in new]
    placed = list(zip(new, rows, _DOCUMENTS.add(tx, rows), strict=True))
    _VERSIONS.run(
        tx,
        [
            version_row(item.document, number=number, place=1, digest=row["digest"], at=at)
            for (item, _), row, number in placed
        ],
    )
    _KEYS.run(
        tx,
        [
            {"digest": digest, "document": number}
            for (_, digests), _, number in placed
            for digest in dict.fromkeys(digests)
        ],
    )


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


#: Sources of one report that are kept, the latest ones: a report listed by more feeds is fetched
#: again now and then, which costs only a request.
_MOST = 8
#: Hexadecimal digits that identify a source.
_DIGITS = 12


def listed_by(listings: str, source: str) -> str:
    """Return the digest of the last listing by a source; empty without one."""
    return _pairs(listings).get(_short(source), "")


def with_listing(listings: str, source: str, *, listed: str) -> str:
    """Return the listings with a source's current one; an empty digest changes nothing."""
    pairs = _pairs(listings)
    if not listed or pairs.get(_short(source)) == listed:
        return listings
    pairs.pop(_short(source), None)
    pairs[_short(source)] = listed
    return " ".join(f"{key}:{value}" for key, value in list(pairs.items())[-_MOST:])


def _pairs(listings: str) -> dict[str, str]:
    return dict(pair.split(":", 1) for pair in listings.split())


def _short(source: str) -> str:
    return digest(source)[:_DIGITS]
