"""Sources, how they stand, what their visits brought, and what is remembered of hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from briefing.core.model import (
    FetchRecord,
    Host,
    Outcome,
    Source,
    SourceStatus,
    TextFrom,
    Validators,
)
from briefing.store.tables import HOST, SOURCE, VISIT
from briefing.store.versions import in_lots


def add(tx: Connection, source: Source, *, at: datetime) -> bool:
    """Add a source; False, and nothing changes, when its address is there already."""
    if _row(tx, source.url) is not None:
        return False
    unset = {"etag": "", "modified": "", "moved_to": "", "reason": "", "failures": 0}
    tx.execute(insert(SOURCE), {**_told(source), **unset, "added": at})
    return True


def change(tx: Connection, source: Source) -> bool:
    """Change what is told of a source; False when its address is not there.

    A source of another kind is asked for everything again.
    """
    before = _row(tx, source.url)
    if before is None:
        return False
    again = {} if before.kind == source.kind else {"etag": "", "modified": ""}
    tx.execute(_of(source.url).values(**_told(source), **again))
    return True


def remove(tx: Connection, url: str) -> bool:
    """Remove a source with its visits; its documents stay. False when it is not there."""
    return tx.execute(delete(SOURCE).where(SOURCE.c.url == url)).rowcount > 0


def source_statuses(tx: Connection) -> tuple[SourceStatus, ...]:
    """Return all sources, first added first, then by address."""
    found = (_standing(row) for row in tx.execute(select(SOURCE)))
    return tuple(sorted(found, key=lambda one: (one.added, one.source.url)))


def record(tx: Connection, visit: FetchRecord) -> None:
    """Record a visit and how its source stands now; nothing when the source has been removed.

    A source that was not asked stands as before.
    """
    source = _row(tx, visit.source)
    if source is None:
        return
    told = asdict(visit)
    tx.execute(insert(VISIT), told | told.pop("validators"))
    tx.execute(_of(visit.source).values(_moved(_standing(source), visit)))


def let_retry(tx: Connection, urls: Iterable[str]) -> None:
    """Let sources be asked at the next visit, however often they have failed."""
    for lot in in_lots(sorted(urls)):
        tx.execute(update(SOURCE).where(SOURCE.c.url.in_(lot)).values(retry_at=None))


def visits(tx: Connection, url: str, *, limit: int) -> tuple[FetchRecord, ...]:
    """Return the last visits to a source, newest first."""
    newest = VISIT.c.at.desc(), VISIT.c.number.desc()
    rows = tx.execute(select(VISIT).where(VISIT.c.source == url).order_by(*newest).limit(limit))
    return tuple(_visit(row) for row in rows)


def hosts(tx: Connection) -> dict[str, Host]:
    """Return what is remembered of every host, by its name."""
    return {row.name: Host(**row._mapping) for row in tx.execute(select(HOST))}


def keep_host(tx: Connection, host: Host) -> None:
    """Remember a host in place of what was remembered of it."""
    add_host = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    told = asdict(host)
    tx.execute(
        add_host(HOST).values(told).on_conflict_do_update(index_elements=["name"], set_=told)
    )


def _row(tx: Connection, url: str) -> Row[Any] | None:
    return tx.execute(select(SOURCE).where(SOURCE.c.url == url)).one_or_none()


def _of(url: str) -> Any:  # noqa: ANN401  an update, whose type SQLAlchemy does not name
    return update(SOURCE).where(SOURCE.c.url == url)


def _told(source: Source) -> dict[str, str]:
    return {
        "url": source.url,
        "kind": source.kind,
        "name": source.name,
        "owner": source.owner,
        "language": source.language,
        "text_from": source.text.value,
    }


def _standing(row: Row[Any]) -> SourceStatus:
    told = dict(row._mapping)
    source = Source(
        **{name: told.pop(name) for name in ("url", "kind", "name", "owner", "language")},
        text=TextFrom(told.pop("text_from")),
    )
    return SourceStatus(source, validators=_validators(told), **told)


def _visit(row: Row[Any]) -> FetchRecord:
    told = dict(row._mapping)
    del told["number"]
    return FetchRecord(outcome=Outcome(told.pop("outcome")), validators=_validators(told), **told)


def _validators(told: dict[str, Any]) -> Validators:
    """Take the validators out of a row."""
    return Validators(told.pop("etag"), told.pop("modified"))


def _moved(before: SourceStatus, visit: FetchRecord) -> dict[str, object]:
    """Return what a visit changes in how its source stands."""
    if visit.outcome is Outcome.WAITING:
        return {"retry_at": visit.retry_at or before.retry_at}
    moved: dict[str, object] = {"visited": visit.at, "retry_at": visit.retry_at}
    if visit.moved_to:
        moved["moved_to"] = visit.moved_to
    if visit.outcome is Outcome.FAILED:
        return moved | {
            "failing_since": before.failing_since or visit.at,
            "failures": before.failures + 1,
            "reason": visit.reason,
        }
    moved |= {"answered": visit.at, "failing_since": None, "failures": 0, "reason": ""}
    if visit.outcome is Outcome.READ:
        moved |= asdict(visit.validators)
    if visit.fresh:
        moved["fresh_at"] = visit.at
    if visit.newest:
        moved["newest"] = max(visit.newest, before.newest or visit.newest)
    return moved
