"""Sources, their fetches and hosts, and the reports collected from them."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from briefing.core.frozen import frozen
from briefing.core.model import (
    Document,
    FetchRecord,
    Host,
    Outcome,
    Source,
    SourceStatus,
    Validators,
)
from briefing.store.engine import (
    AnyRow,
    DriverStatement,
    delete_rows,
    rows_in,
    update_in,
    update_rows,
    upsert,
)
from briefing.store.tables import CITED, DOCUMENT, EDITION, HOST, SOURCE, VERSION, VISIT, of_desk
from briefing.store.versions import COLUMNS, document_of, newest

#: Column names by the fields of a source.
_OF_SOURCE = {field.name: field.name for field in fields(Source)} | {"text": "text_from"}
#: Columns that a fetch may change.
_FETCHED = (
    *("visited", "answered", "fresh_at", "newest", "failing_since", "failures", "reason"),
    *("retry_at", "moved_to", "etag", "modified"),
)

_ONE = select(SOURCE).where(SOURCE.url == bindparam("of"))
_VISITED = DriverStatement(insert(VISIT))
_CHANGED = DriverStatement(
    update(SOURCE)
    .where(SOURCE.url == bindparam("of"))
    .values({name: bindparam(name) for name in _FETCHED})
)


def add(tx: Connection, source: Source, *, at: datetime) -> bool:
    """Add a source; False, without any change, if its URL exists already."""
    if _row(tx, source.url) is not None:
        return False
    tx.execute(insert(SOURCE), {**_columns(source), "added": at})
    return True


def change(tx: Connection, source: Source) -> bool:
    """Change the settings of a source; False if it does not exist."""
    columns = _columns(source)
    del columns["url"], columns["kind"]
    return update_rows(tx, SOURCE, SOURCE.url == source.url, **columns) > 0


#: The columns that change when a pause ends.
_RESUMED = {
    **dict.fromkeys(("paused", "paused_until", "retry_at", "failing_since")),
    "failures": 0,
    "reason": "",
}


def pause(tx: Connection, url: str, *, at: datetime, until: datetime | None = None) -> bool:
    """Pause a source; False if it does not exist or is already paused."""
    paused = {"paused": at, "paused_until": until}
    return update_rows(tx, SOURCE, SOURCE.url == url, SOURCE.paused.is_(None), **paused) > 0


def resume(tx: Connection, url: str) -> bool:
    """End a source's pause and clear its failures; False if it was not paused."""
    return update_rows(tx, SOURCE, SOURCE.url == url, SOURCE.paused.is_not(None), **_RESUMED) > 0


def end_pauses(tx: Connection, *, at: datetime) -> None:
    """Resume the sources whose pauses are over."""
    update_rows(tx, SOURCE, SOURCE.paused_until <= at, **_RESUMED)


def remove(tx: Connection, url: str) -> bool:
    """Remove a source and its fetch records; its documents stay. False if it does not exist."""
    return delete_rows(tx, SOURCE, SOURCE.url == url) > 0


def source_statuses(tx: Connection) -> tuple[SourceStatus, ...]:
    """Return the status of all sources, oldest first, then by URL."""
    statuses = (_status(row) for row in tx.execute(select(SOURCE)))
    return tuple(sorted(statuses, key=lambda status: (status.added, status.source.url)))


def source_status(tx: Connection, url: str) -> SourceStatus | None:
    """Return the status of one source; None if it does not exist."""
    row = _row(tx, url)
    return None if row is None else _status(row)


def addresses(tx: Connection) -> tuple[str, ...]:
    """Return the URLs of all sources, unordered."""
    return tuple(tx.scalars(select(SOURCE.url)))


def active(tx: Connection) -> tuple[SourceStatus, ...]:
    """Return the status of sources that are not paused, ordered as by :func:`source_statuses`."""
    return tuple(status for status in source_statuses(tx) if status.paused is None)


def weights(tx: Connection) -> dict[str, float]:
    """Return the weight of each source whose weight is not 1, by URL."""
    rows = tx.execute(select(SOURCE.url, SOURCE.weight).where(SOURCE.weight != 1))
    return {row.url: row.weight for row in rows}


def grades(tx: Connection) -> dict[str, str]:
    """Return the grade of each source that has one, by URL."""
    rows = tx.execute(select(SOURCE.url, SOURCE.grade).where(SOURCE.grade != ""))
    return {row.url: row.grade for row in rows}


def record(tx: Connection, visit: FetchRecord) -> None:
    """Record a fetch and the new status of its source; do nothing if the source was removed.

    If the source was not contacted, only its retry time changes.
    """
    source = _row(tx, visit.source)
    if source is None:
        return
    columns = asdict(visit)
    _VISITED.run(tx, [columns | columns.pop("validators")])
    before = {name: source._mapping[name] for name in _FETCHED}
    _CHANGED.run(tx, [before | _changes(_status(source), visit) | {"of": visit.source}])


def let_retry(tx: Connection, urls: Iterable[str]) -> None:
    """Allow sources to be fetched next time, however often they have failed."""
    update_in(tx, SOURCE.url, sorted(urls), retry_at=None)


def visits(tx: Connection, url: str, *, limit: int) -> tuple[FetchRecord, ...]:
    """Return the last fetches of a source, newest first."""
    newest = VISIT.at.desc(), VISIT.number.desc()
    rows = tx.execute(select(VISIT).where(VISIT.source == url).order_by(*newest).limit(limit))
    return tuple(_visit(row) for row in rows)


def hosts(tx: Connection) -> dict[str, Host]:
    """Return the state of every host by name."""
    return {row.name: Host(**row._mapping) for row in tx.execute(select(HOST))}


def keep_host(tx: Connection, host: Host) -> None:
    """Store the state of a host."""
    columns = asdict(host)
    upsert(tx, HOST, {"name": columns.pop("name")}, columns)


def _row(tx: Connection, url: str) -> AnyRow | None:
    return tx.execute(_ONE, {"of": url}).one_or_none()


def _columns(source: Source) -> dict[str, Any]:
    return {column: getattr(source, name) for name, column in _OF_SOURCE.items()}


def _status(row: AnyRow) -> SourceStatus:
    columns = dict(row._mapping)
    own = {name: columns.pop(column) for name, column in _OF_SOURCE.items()}
    return SourceStatus(Source(**own), validators=_validators(columns), **columns)


def _visit(row: AnyRow) -> FetchRecord:
    columns = dict(row._mapping)
    del columns["number"]
    return FetchRecord(validators=_validators(columns), **columns)


def _validators(columns: dict[str, Any]) -> Validators:
    """Remove the validators from a row and return them."""
    return Validators(columns.pop("etag"), columns.pop("modified"))


def _changes(before: SourceStatus, visit: FetchRecord) -> dict[str, object]:
    """Return the changes that a fetch makes to a source's row."""
    if visit.outcome is Outcome.WAITING:
        return {"retry_at": visit.retry_at or before.retry_at}
    changes: dict[str, object] = {"visited": visit.at, "retry_at": visit.retry_at}
    if visit.moved_to:
        changes["moved_to"] = visit.moved_to
    if visit.outcome is Outcome.FAILED:
        return changes | {
            "failing_since": before.failing_since or visit.at,
            "failures": before.failures + 1,
            "reason": visit.reason,
        }
    changes |= {"answered": visit.at, "failing_since": None, "failures": 0, "reason": ""}
    if visit.outcome is Outcome.READ:
        changes |= asdict(visit.validators)
    if visit.fresh:
        changes["fresh_at"] = visit.at
    if visit.newest:
        changes["newest"] = max(visit.newest, before.newest or visit.newest)
    return changes


@frozen
class EditionWindow:
    """The documents for an edition."""

    #: In order of publication (of collection if undated), then by id.
    documents: tuple[Document, ...]
    #: Number of reports left out because they were published too long ago.
    too_old: int


def window(
    tx: Connection,
    *,
    since: datetime,
    until: datetime | None = None,
    published_since: datetime,
    graded: bool = False,
) -> EditionWindow:
    """Return the documents whose newest versions were collected in (since, until].

    Without ``until`` there is no end, so that a report stamped by a fast clock still counts. A
    report published before ``published_since`` is only counted; an undated one is always included.
    Each has its source's current weight and, if ``graded``, grade. They are in order of
    publication, then by id, so that an edition does not depend on the order of collection.
    """
    query = select(*COLUMNS, DOCUMENT.source).select_from(newest())
    query = query.where(VERSION.collected > since, DOCUMENT.same_as.is_(None))
    if until is not None:
        query = query.where(VERSION.collected <= until)
    rows = tx.execute(query).all()
    fresh = [row for row in rows if row.published is None or row.published >= published_since]
    fresh.sort(key=lambda row: (row.published or row.collected, row.id))
    weight_of, grade_of = weights(tx), grades(tx) if graded else {}
    documents = tuple(
        document_of(row, weight=weight_of.get(row.source, 1.0), grade=grade_of.get(row.source, ""))
        for row in fresh
    )
    return EditionWindow(documents, too_old=len(rows) - len(fresh))


def sample(tx: Connection, *, since: datetime, until: datetime, limit: int) -> tuple[Document, ...]:
    """Return some documents collected in (since, until]: an arbitrary but repeatable choice."""
    rows = tx.execute(
        select(*COLUMNS)
        .select_from(newest())
        .where(VERSION.collected > since, VERSION.collected <= until)
        .where(DOCUMENT.same_as.is_(None))
        .order_by(DOCUMENT.digest, DOCUMENT.number)
        .limit(limit)
    )
    return tuple(map(document_of, rows))


@frozen
class SourceReport:
    """One stored report of a source."""

    title: str
    #: Its address; may be empty.
    url: str
    #: Aware UTC; None if the source does not say.
    published: datetime | None
    #: When its newest version was collected, aware UTC.
    collected: datetime
    language: str
    #: Day of the last edition that cites it; None if none does.
    printed: date | None = None


def newest_of(
    tx: Connection, source: str, *, briefing: str, limit: int
) -> tuple[SourceReport, ...]:
    """Return the latest reports of a source, newest first."""
    columns = (VERSION.title, VERSION.url, VERSION.published, VERSION.collected)
    rows = tx.execute(
        select(DOCUMENT.number, *columns, VERSION.language)
        .join(VERSION, DOCUMENT.version == VERSION.id)
        .where(DOCUMENT.source == source, DOCUMENT.same_as.is_(None))
        .order_by(DOCUMENT.number.desc())
        .limit(limit)
    ).all()
    citing = tx.execute(
        select(VERSION.document, EDITION.day)
        .join(CITED, CITED.version == VERSION.id)
        .join(EDITION)
        .where(VERSION.document.in_([row.number for row in rows]))
        .where(of_desk(briefing))
        .order_by(EDITION.day)
    )
    printed = {row.document: row.day for row in citing}
    return tuple(SourceReport(*row[1:], printed.get(row.number)) for row in rows)


def titles(tx: Connection, ids: Iterable[str]) -> dict[str, Document]:
    """Return the versions with these ids, with only title, publisher and address."""
    query = select(VERSION.id, VERSION.title, VERSION.publisher, VERSION.url)
    return {
        row.id: Document(row.id, row.title, "", publisher=row.publisher, url=row.url)
        for row in rows_in(tx, query, VERSION.id, sorted(set(ids)))
    }


def collected_titles(tx: Connection, *, since: datetime, until: datetime) -> tuple[str, ...]:
    """Return the ids of dated reports whose newest versions were collected in (since, until]."""
    rows = tx.execute(
        select(VERSION.id)
        .select_from(newest())
        .where(VERSION.collected > since, VERSION.collected <= until)
        .where(DOCUMENT.same_as.is_(None), VERSION.published.is_not(None))
        .order_by(VERSION.collected, VERSION.id)
    )
    return tuple(rows.scalars())
