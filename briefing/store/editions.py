"""Editions as printed, and changes of their sources since."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
)

from briefing.core.errors import StoreError
from briefing.core.frozen import frozen
from briefing.core.model import Edition, desk_of
from briefing.store import archive, printed_files, sagas, statistics, watch_lists
from briefing.store.engine import AnyRow, first, insert_rows, rows_in, update_in
from briefing.store.tables import (
    CITED,
    DOCUMENT,
    EDITION,
    FILE,
    NEWEST,
    PASSAGE,
    STORY,
    TOLD,
    VERSION,
    Moment,
    of_desk,
)


@frozen
class StoredEdition:
    """An edition with all its printed files."""

    #: "asia-desk/2026-01-04".
    id: str
    #: Name of the briefing, as in the id: "asia-desk".
    briefing: str
    #: The local date.
    day: date
    #: 1 for the briefing's first edition.
    number: int
    #: When it was made, aware UTC.
    made: datetime
    #: It covers the reports collected in (since, until], aware UTC.
    since: datetime
    until: datetime
    #: The edition's JSON.
    record: str
    #: The printed files by kind: "pdf", "html", "text"; own pages and MP3 are not read back.
    files: Mapping[str, bytes]


@frozen
class PublishedEdition:
    """An edition without its files."""

    id: str
    #: The local date.
    day: date
    #: When it was made, aware UTC.
    made: datetime
    #: The edition's JSON.
    record: str
    #: Size of its PDF; 0 if it has none.
    pdf_bytes: int


#: Columns of ``edition`` by the fields of :class:`StoredEdition`.
FIELDS = tuple(field.name for field in fields(StoredEdition) if field.name != "files")


def keep(
    tx: Connection,
    stored: StoredEdition,
    *,
    edition: Edition,
    own: Iterable[Edition] = (),
    recheck_at: datetime | None,
) -> None:
    """Store an edition with its files, its stories, and every slice that its pages print.

    The corrections in its ledger count as reported. The pages that it cites are refetched at
    ``recheck_at``, or earlier if they are due before.

    StoreError: this briefing already has an edition of this day.
    """
    if on(tx, stored.briefing, stored.day) is not None:
        raise StoreError(f"edition {stored.id}: already in the store; each edition is stored once")
    tx.execute(insert(EDITION), {name: getattr(stored, name) for name in FIELDS})
    printed_files.put(tx, stored.id, stored.files)
    stories = [
        {name: getattr(brief, name) for name in ("story", "headline", "reports", "publishers")}
        | {"place": place, "section": section, "status": brief.status}
        for place, (section, brief) in enumerate(edition.placed())
    ]
    insert_rows(tx, insert(STORY).values(edition=stored.id), stories)
    desk = desk_of(stored.briefing)
    archive.put(tx, desk, stored.id, edition)
    sagas.put(tx, desk, edition)
    watch_lists.put(tx, desk, edition)
    statistics.put_publishers(tx, stored.id, edition)
    statistics.close_days(tx, before=stored.made.date())
    corrected = {
        (each.edition, each.document, each.what): each.noticed
        for each in sorted(edition.ledger.corrections, key=lambda each: each.noticed)
    }
    corrections = [
        dict(zip(("printed", "version", "what"), key, strict=True), noticed=noticed)
        for key, noticed in corrected.items()
    ]
    insert_rows(tx, insert(TOLD).values(edition=stored.id), corrections)
    _cite(tx, stored.id, (edition, *own), recheck_at=recheck_at)


def add_own(
    tx: Connection, stored: StoredEdition, *, own: Iterable[Edition], recheck_at: datetime | None
) -> None:
    """Add own pages, the only files of ``stored``, to an edition kept by :func:`keep`."""
    printed_files.put(tx, stored.id, stored.files)
    _cite(tx, stored.id, own, recheck_at=recheck_at)


def _cite(
    tx: Connection, edition: str, pages: Iterable[Edition], *, recheck_at: datetime | None
) -> None:
    """Record what an edition's pages cite, beyond what is already recorded."""
    pages, slice_ = tuple(pages), (PASSAGE.version, PASSAGE.start, PASSAGE.stop)
    noted = tx.execute(select(*slice_).where(PASSAGE.edition == edition))
    slices = {passage.key for page in pages for passage in page.passages()}
    documents = {document for page in pages for document in page.documents}
    documents |= {document for document, _, _ in slices}
    known = tx.scalars(select(CITED.version).where(CITED.edition == edition))
    cited = sorted(documents.difference(known))
    versions = [{"version": document} for document in cited]
    insert_rows(tx, insert(CITED).values(edition=edition), versions)
    new = sorted(slices.difference(tuple(row) for row in noted))
    passages = [dict(zip(("version", "start", "stop"), key, strict=True)) for key in new]
    insert_rows(tx, insert(PASSAGE).values(edition=edition), passages)
    if recheck_at is not None:
        # Tries are reset; pages that are already due earlier keep that time.
        is_due = DOCUMENT.due_at < recheck_at, DOCUMENT.due_at
        earlier = case(is_due, else_=literal(recheck_at, Moment))
        numbers = {row.document for row in rows_in(tx, select(VERSION.document), VERSION.id, cited)}
        again = {"due_at": earlier, "due_since": recheck_at, "tries": 0}
        update_in(tx, DOCUMENT.number, sorted(numbers), **again)


def on(tx: Connection, briefing: str, day: date) -> StoredEdition | None:
    """Return the edition of a day."""
    query = select(EDITION).where(EDITION.briefing == briefing, EDITION.day == day)
    return first(tx, query, partial(_stored, tx))


def between(tx: Connection, briefing: str, *, first: date, last: date) -> tuple[StoredEdition, ...]:
    """Return all editions of a desk between two days, both included, oldest first."""
    own = of_desk(briefing), EDITION.day.between(first, last)
    rows = tx.execute(select(EDITION).where(*own).order_by(EDITION.day, EDITION.number)).all()
    return tuple(_stored(tx, row) for row in rows)


def get(tx: Connection, edition_id: str) -> StoredEdition | None:
    """Return an edition by its id, withdrawn or not."""
    query = select(EDITION).where(EDITION.id == edition_id)
    return first(tx, query, partial(_stored, tx))


def current(tx: Connection, briefing: str, today: date) -> StoredEdition | None:
    """Return a desk's last edition up to today or, if there is none, its newest.

    An edition dated in the future never hides a published one.
    """
    after = None if today == date.max else today + timedelta(days=1)
    return last(tx, briefing, before=after) or last(tx, briefing)


def last(tx: Connection, briefing: str, *, before: date | None = None) -> StoredEdition | None:
    """Return a desk's newest edition, or the newest before a day."""
    query = select(EDITION).where(of_desk(briefing))
    if before is not None:
        query = query.where(EDITION.day < before)
    return first(tx, query.order_by(*NEWEST).limit(1), partial(_stored, tx))


def published(
    tx: Connection, briefing: str, *, upto: date, most: int
) -> tuple[PublishedEdition, ...]:
    """Return a desk's last editions up to a day, newest first, or else its newest edition."""
    is_pdf = (FILE.edition == EDITION.id) & (FILE.kind == "pdf")
    columns = (EDITION.id, EDITION.day, EDITION.made, EDITION.record)
    query = (
        select(*columns, func.coalesce(func.length(FILE.content), 0))
        .outerjoin(FILE, is_pdf)
        .where(of_desk(briefing))
        .order_by(*NEWEST)
    )
    rows = tx.execute(query.where(EDITION.day <= upto).limit(most)).all()
    return tuple(PublishedEdition(*row) for row in rows or tx.execute(query.limit(1)).all())


def records_of(tx: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the records of editions by id; unknown ids are left out."""
    query = select(EDITION.id, EDITION.record).where(EDITION.id.in_(sorted(set(ids))))
    return {row.id: row.record for row in tx.execute(query)}


def _earlier(
    briefing: str, before: date, beside: Collection[str]
) -> tuple[ColumnElement[bool], ...]:
    """Select a desk's editions before a day, and those of that day stored under ``beside``."""
    same_day = and_(EDITION.day == before, EDITION.briefing.in_(beside))
    return of_desk(briefing), or_(EDITION.day < before, same_day)


def records(
    tx: Connection, briefing: str, *, before: date, beside: Collection[str] = (), most: int
) -> tuple[tuple[str, str], ...]:
    """Return id and record of a desk's newest editions before a given one, newest first.

    The given one is that of the day ``before`` which follows the editions of that day stored under
    the names ``beside``.
    """
    query = (
        select(EDITION.id, EDITION.record)
        .where(*_earlier(briefing, before, beside))
        .order_by(*NEWEST)
        .limit(most)
    )
    return tuple((row.id, row.record) for row in tx.execute(query))


def first_made(tx: Connection, briefing: str) -> datetime | None:
    """Return when a briefing's first edition was made, aware UTC; None if it has none."""
    return tx.execute(select(func.min(EDITION.made)).where(EDITION.briefing == briefing)).scalar()


def reached(
    tx: Connection, briefing: str, *, before: date, beside: Collection[str] = ()
) -> datetime | None:
    """Return the latest end of collection of the editions that :func:`records` selects, or None.

    A report of one edition is not new to the next.
    """
    conditions = _earlier(briefing, before, beside)
    # ORDER BY instead of max(): on SQLite only a plain column is converted to a time.
    query = select(EDITION.until).where(*conditions).order_by(EDITION.until.desc()).limit(1)
    return tx.scalar(query)


def following(
    tx: Connection, briefing: str, *, after: date, beside: Collection[str] = (), upto: date
) -> tuple[date, datetime] | None:
    """Return day and start of a desk's first edition after a given one, up to a day.

    ``beside`` has the names of those that follow the given one on the same day.
    """
    later = or_(EDITION.day > after, and_(EDITION.day == after, EDITION.briefing.in_(beside)))
    query = select(EDITION.day, EDITION.since).where(of_desk(briefing), later, EDITION.day <= upto)
    return first(tx, query.order_by(EDITION.day, EDITION.since).limit(1), tuple)


def citing(
    tx: Connection, briefing: str, versions: Iterable[str]
) -> tuple[tuple[str, date, str], ...]:
    """Return id, day and record of every edition that cites any of these versions, by day."""
    citing = select(CITED.edition).distinct()
    ids = {row.edition for row in rows_in(tx, citing, CITED.version, sorted(set(versions)))}
    query = select(EDITION.id, EDITION.day, EDITION.record).where(of_desk(briefing))
    rows = rows_in(tx, query, EDITION.id, sorted(ids))
    return tuple(sorted(map(tuple, rows), key=lambda row: row[1]))


def newest(tx: Connection, versions: Iterable[str]) -> dict[str, str]:
    """Return for each version the newest version of its document."""
    query = select(VERSION.id, DOCUMENT.version).join(DOCUMENT)
    rows = rows_in(tx, query, VERSION.id, sorted(set(versions)))
    return {row.id: row.version for row in rows}


def _stored(tx: Connection, row: AnyRow) -> StoredEdition:
    return StoredEdition(**row._mapping, files=printed_files.of(tx, row.id))
