"""Documents: stored once each, matched by key, refetched and pruned."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
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

from briefing.core.frozen import frozen
from briefing.core.model import Document, Item, digest
from briefing.store.engine import (
    AnyRow,
    DriverStatement,
    T,
    delete_rows,
    has_row,
    in_batches,
    rows_in,
)
from briefing.store.facts import APART, IS_OTHER
from briefing.store.round_tables import DRAFT
from briefing.store.tables import CITED, DOCUMENT, KEY, VERSION, VISIT
from briefing.store.versions import (
    COLUMNS,
    add_version,
    document_of,
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


@frozen
class Known:
    """The stored document that a key belongs to."""

    #: Its number in the store.
    number: int
    #: Digests of its last listing by each source, as :func:`listed_by` reads them.
    listings: str
    #: Id of its newest version.
    version: str
    #: Whether it is missing at its source, or its newest text was seen only once.
    in_doubt: bool = False

    def listed_by(self, source: str) -> str:
        """Return the digest of its last listing by a source; empty if there is none."""
        return listed_by(self.listings, source)


@frozen
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
    #: Whether its text came from the page.
    from_page: bool
    #: When it was first due, aware UTC.
    since: datetime


_RECALL = select(
    KEY.digest,
    DOCUMENT.number,
    DOCUMENT.listed,
    DOCUMENT.version,
    or_(DOCUMENT.vanished_at.is_not(None), IS_OTHER),
).where(KEY.document == DOCUMENT.number, KEY.digest.in_(bindparam("digests", expanding=True)))
_ADD = insert(DOCUMENT).returning(DOCUMENT.number)
_CHANGE = update(DOCUMENT).where(DOCUMENT.number == bindparam("at"))
_CLAIM = insert(KEY)
#: Whether an edition cites any version of a document.
_PRINTED = exists().where(CITED.version == VERSION.id, VERSION.document == DOCUMENT.number)


def recall(tx: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """Return the stored documents with these keys; unknown keys are left out."""
    by_digest = {digest_of(key): key for key in keys}
    return {
        by_digest[digest]: Known(*columns)
        for batch in in_batches(list(by_digest))
        for digest, *columns in tx.execute(_RECALL, {"digests": batch})
    }


def keep(
    tx: Connection, item: Item, *, source: str, at: datetime, number: int | None = None
) -> Kept:
    """Store a report once, however many sources list it, with every text it has had.

    Two items that share a key are one report, unless their source distinguishes them
    (:func:`briefing.store.documents.match`). A different title or text makes a new version; a text
    that the report has had before restores that version instead. A text that may be poorer only
    because we failed to read all of it must not replace a better one:

    - an empty text never replaces one with words;
    - a text read from the page always replaces the stored one;
    - fewer words that are not from the page replace only a text that is not from the page either
      and is from the same source, and only while no page is due;
    - as many words or more that are not from the page replace a page's text only if this source
      has changed its listing, and another source's text only if there are more of them;
    - another source's headline over the same text replaces nothing.

    An item that shares keys with two documents proves that they are one report: the first stays,
    and the other is no longer selected, but its texts stay for the editions that print them.

    ``at`` is now, read within the transaction so that no window misses the report; the item's own
    collection time is not used. ``number`` is that of the item's document, if known, as when its
    page is refetched.
    """
    documents, unknown = match(tx, item, source=source, number=number)
    if not documents:
        row = document_row(item, source=source)
        new: int = tx.execute(_ADD, row).scalar_one()
        version = add_version(tx, item.document, number=new, place=1, digest=row["digest"], at=at)
        if version != item.document.id:
            tx.execute(_CHANGE.values(version=version), {"at": new})
        _claim(tx, unknown, number=new)
        return Kept.NEW
    document, *others = documents
    _claim(tx, unknown, number=document.number)
    for other in others:
        # From now on its keys lead to the first document.
        keys = update(KEY).where(KEY.document == other.number)
        tx.execute(keys.values(document=document.number))
        merged = _CHANGE.values(same_as=document.number, due_at=None, due_since=None)
        tx.execute(merged, {"at": other.number})
    return _update(tx, item, document, source=source, at=at, same=bool(others))


def due(tx: Connection, *, at: datetime, limit: int) -> tuple[DuePage, ...]:
    """Return the documents whose pages are due to be fetched, the longest overdue first."""
    rows = tx.execute(
        select(*COLUMNS, DOCUMENT, _PRINTED.correlate(DOCUMENT).label("printed"))
        .select_from(newest())
        .where(DOCUMENT.due_at <= at)
        .order_by(DOCUMENT.due_at, DOCUMENT.number)
        .limit(limit)
    )
    return tuple(
        DuePage(
            row.number,
            document_of(row),
            row._mapping[DOCUMENT.source],
            row.tries,
            bool(row.printed),
            row.from_page,
            row.due_since,
        )
        for row in rows
    )


def put_off(tx: Connection, number: int, *, until: datetime | None) -> None:
    """Count a fetch of a page, and schedule the next for ``until``, or none."""
    since = None if until is None else func.coalesce(DOCUMENT.due_since, until)
    change = _CHANGE.values(due_at=until, due_since=since, tries=DOCUMENT.tries + 1)
    tx.execute(change, {"at": number})


def texts(tx: Connection, ids: Iterable[str]) -> dict[str, Document]:
    """Return the versions with these ids, including old ones; unknown ids are left out."""
    return {
        row.id: document_of(row)
        for row in rows_in(tx, select(*COLUMNS), VERSION.id, sorted(set(ids)))
    }


def prune(tx: Connection, *, before: datetime) -> int:
    """Delete texts collected, and records of fetches, before a time; return how many texts.

    It keeps the versions that an edition cites, the newest version of each printed document, texts
    whose pages are still due, and whatever was collected since the start of a waiting draft's
    window. Keys stay, so that an old report that is still listed is not stored again.
    """
    is_cited = exists().where(CITED.version == VERSION.id)
    other = VERSION.alias()
    is_printed = exists().where(other.document == VERSION.document, CITED.version == other.id)
    is_needed = exists().where(
        DOCUMENT.version == VERSION.id,
        or_(DOCUMENT.due_at.is_not(None), is_printed.correlate(VERSION)),
    )
    delete_rows(tx, VISIT, VISIT.at < before)
    waits = exists().where(DRAFT.since < VERSION.collected)
    old = delete(VERSION).where(VERSION.collected < before, ~is_cited, ~is_needed, ~waits)
    return tx.execute(old).rowcount


def _claim(tx: Connection, digests: Sequence[bytes], *, number: int) -> None:
    if digests:
        tx.execute(_CLAIM, [{"digest": digest, "document": number} for digest in digests])


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


def _update(  # noqa: PLR0913  the stored row, the new item, and the time
    tx: Connection, item: Item, document: AnyRow, *, source: str, at: datetime, same: bool
) -> Kept:
    """Update a stored document from an item; ``same``: the item merged it with another."""
    digest, words = words_of(item.document)
    equal = digest == document.digest
    replaces = not (equal or same) and _replaces(tx, item, words, document=document, source=source)
    before: str | None = None
    if replaces:
        had = select(VERSION.id).where(
            VERSION.document == document.number, VERSION.digest == digest
        )
        before = tx.scalar(had.order_by(VERSION.place.desc()).limit(1))
    changes: dict[str, object] = {
        "listed": with_listing(document.listed, source, listed=item.listed)
    }
    if replaces:
        changes |= {"source": source, "digest": digest, "words": words, "from_page": item.from_page}
        changes |= {"version": before, "changed_at": at, "seen_at": at}
        if item.file:
            # A file is read straight from disk, with no server, cache or paywall in between.
            changes["confirmed_at"] = at
        if not before:
            place = document.versions + 1
            changes["version"] = add_version(
                tx, item.document, number=document.number, place=place, digest=digest, at=at
            )
            changes["versions"] = place
    elif equal:
        if item.from_page:
            changes["from_page"] = True
        if document.changed_at and (item.from_page or not document.from_page):
            changes["seen_at"] = at
    if replaces or item.from_page:
        changes["vanished_at"] = None
    changes |= _refetch_changes(tx, item, document=document, again=at + APART if replaces else None)
    if any(document._mapping[name] != value for name, value in changes.items()):
        tx.execute(_CHANGE, {**changes, "at": document.number})
    return Kept.EDITED if replaces and not before else Kept.KNOWN


def _replaces(tx: Connection, item: Item, words: int, *, document: AnyRow, source: str) -> bool:
    """Tell whether another text replaces the stored one, by the rules of :func:`keep`."""
    if document.words and not words:
        return False
    same_source: bool = source == document.source
    if item.from_page:
        if same_source:
            return True
        # The two may differ only in their titles.
        text = tx.scalar(select(VERSION.text).where(VERSION.id == document.version))
        return text is None or normalized(text) != normalized(item.document.text)
    if words < document.words:
        return same_source and not document.from_page and item.retry_page is None
    before = listed_by(document.listed, source)
    changed = bool(before and item.listed) and item.listed != before
    return changed if document.from_page else same_source or words > document.words


def _refetch_changes(
    tx: Connection, item: Item, *, document: AnyRow, again: datetime | None
) -> dict[str, object]:
    """Return the changes to a page's due time; a printed one with a new text is due ``again``."""
    if item.retry_page is not None:
        if document.due_at is not None:
            return {"due_at": min(document.due_at, item.retry_page)}
        return {"due_at": item.retry_page, "due_since": item.retry_page, "tries": 0}
    due = document.due_at or again
    if not item.from_page or due is None:
        return {}
    if has_row(tx, CITED.version == VERSION.id, VERSION.document == document.number):
        since = document.due_since or due
        return {"due_at": min(due, again), "due_since": since} if again else {}
    return {"due_at": None, "due_since": None}


_DOCUMENTS, _VERSIONS, _KEYS = map(DriverStatement, map(insert, (DOCUMENT, VERSION, KEY)))


def keep_all(
    tx: Connection, items: Sequence[Item], *, source: str, at: datetime
) -> tuple[Kept, ...]:
    """Store items as :func:`briefing.store.documents.keep` does; return the result of each."""
    digests = [digests_of(item) for item in items]
    shared = _taken(tx, KEY.digest, [digest for keys in digests for digest in keys])
    names = _taken(tx, VERSION.id, [item.document.id for item in items])
    new = {
        place: (item, keys)
        for place, (item, keys) in enumerate(zip(items, digests, strict=True))
        if shared.isdisjoint(keys) and item.document.id not in names
    }
    _add_all(tx, list(new.values()), source=source, at=at)
    return tuple(
        Kept.NEW if place in new else keep(tx, item, source=source, at=at)
        for place, item in enumerate(items)
    )


def _taken(tx: Connection, column: ColumnElement[T], values: Sequence[T]) -> set[T]:
    """Return the values that are already in a column, or occur more than once among these."""
    counts = Counter(values)
    taken = {value for value, count in counts.items() if count > 1}
    for batch in in_batches(counts):
        taken.update(tx.scalars(select(column).where(column.in_(batch))))
    return taken


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


#: Prefix of a key that is the source's own id of a report.
_ID = "id "
_FIND = select(KEY.digest.label("key"), DOCUMENT).where(
    KEY.document == DOCUMENT.number, KEY.digest.in_(bindparam("digests", expanding=True))
)


def digest_of(key: str) -> bytes:
    """Return the digest under which a key is stored."""
    return bytes.fromhex(digest(key))


def digests_of(item: Item) -> list[bytes]:
    """Return the digests of an item's keys or, if it has none, of its id."""
    return [digest_of(key) for key in _keys(item)]


def match(
    tx: Connection, item: Item, *, source: str, number: int | None = None
) -> tuple[tuple[AnyRow, ...], tuple[bytes, ...]]:
    """Return the rows of an item's documents, oldest first, and the digests of its new keys.

    These are all documents with one of its keys, except that

    - a document that has the id of another item in the same listing is another report;
    - if the item's own id leads to a document, any other document listed by its source is another
      report.

    ``number`` is that of the item's document, if known; it then counts whatever its keys.
    """
    digests = dict.fromkeys(digests_of(item))
    by_key = {row.key: row for row in tx.execute(_FIND, {"digests": list(digests)})}
    named = (by_key.get(digest_of(key)) for key in _keys(item) if key.startswith(_ID))
    own = {row.number: row for row in named if row is not None}
    if number is not None:
        is_it = DOCUMENT.number == number
        row = tx.execute(select(DOCUMENT).where(is_it, DOCUMENT.same_as.is_(None))).first()
        own |= {} if row is None else {number: row}
    others = {row.number: row for row in by_key.values() if row.number not in own}
    apart = _apart(tx, item, others.values(), source=source, is_named=bool(own))
    unknown = tuple(digest for digest in digests if digest not in by_key)
    if not own and not unknown:  # a separate report would have no key
        apart = frozenset()
    same = own | {other: row for other, row in others.items() if other not in apart}
    return tuple(same[other] for other in sorted(same)), unknown


def _keys(item: Item) -> Sequence[str]:
    return item.keys or (f"{_ID}{item.document.id}",)


def _apart(
    tx: Connection, item: Item, others: Collection[AnyRow], *, source: str, is_named: bool
) -> frozenset[int]:
    """Return the documents that share a key with an item but are other reports."""
    twice = {row.number for row in others if is_named and listed_by(row.listed, source)}
    named = {digest_of(key) for key in item.beside.difference(item.keys)} if others else set()
    if not named:
        return frozenset(twice)
    numbers = [row.number for row in others]
    held = select(KEY.document, KEY.digest).where(KEY.document.in_(numbers))
    return frozenset(twice | {document for document, key in tx.execute(held) if key in named})


#: Sources remembered for one report, the latest ones. A report listed by more feeds is refetched
#: now and then, which costs only a request.
_MOST = 8
#: Hexadecimal digits that identify a source.
_DIGITS = 12


def listed_by(listings: str, source: str) -> str:
    """Return the digest of the last listing by a source; empty if there is none."""
    return _pairs(listings).get(_short(source), "")


def with_listing(listings: str, source: str, *, listed: str) -> str:
    """Return the listings updated with a source's current one; an empty digest changes nothing."""
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
