"""Editions as they were printed, and what has become of their sources since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from briefing.core.errors import StoreError
from briefing.core.model import Correction, Edition
from briefing.store import archive
from briefing.store.columns import Moment
from briefing.store.documents import texts
from briefing.store.tables import (
    CITED,
    DOCUMENT,
    EDITION,
    FILE,
    PASSAGE,
    STORY,
    TOLD,
    VERSION,
)
from briefing.store.versions import AnyRow, in_lots, normalized


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """An edition with everything that was printed of it."""

    #: "asia-desk/2026-01-04".
    id: str
    #: Which briefing, as in the id: "asia-desk".
    briefing: str
    #: The local date.
    day: date
    #: 1 for the first of its briefing.
    number: int
    #: When it was made, aware UTC.
    made: datetime
    #: It was made of what was collected in (since, until], aware UTC.
    since: datetime
    until: datetime
    #: The edition's JSON.
    record: str
    #: What was printed, by kind: "pdf", "html", "text".
    files: Mapping[str, bytes]


#: Columns of ``edition`` by the fields of :class:`StoredEdition`.
_FIELDS = tuple(field.name for field in fields(StoredEdition) if field.name != "files")
_NOW = VERSION.alias("now")
#: Cited versions that are no longer the newest words of their document, or whose page is gone.
_CHANGES = (
    select(
        CITED.c.edition,
        VERSION.c.id,
        VERSION.c.title,
        VERSION.c.publisher,
        VERSION.c.url,
        _NOW.c.id.label("now"),
        case((DOCUMENT.c.vanished_at.is_(None), "changed"), else_="vanished").label("what"),
        func.coalesce(DOCUMENT.c.vanished_at, _NOW.c.collected).label("noticed"),
    )
    .select_from(CITED)
    .join(VERSION, CITED.c.version == VERSION.c.id)
    .join(DOCUMENT, VERSION.c.document == DOCUMENT.c.number)
    .join(_NOW, DOCUMENT.c.version == _NOW.c.id)
    .where(or_(DOCUMENT.c.vanished_at.is_not(None), VERSION.c.digest != _NOW.c.digest))
    # what an edition has corrected it cites as it was; it does not say so any more
    .where(~exists().where(TOLD.c.edition == CITED.c.edition, TOLD.c.version == CITED.c.version))
)


def keep(
    tx: Connection, stored: StoredEdition, *, edition: Edition, recheck_at: datetime | None
) -> None:
    """Keep an edition with its files, its stories, and every slice that it prints.

    The corrections in its ledger count as told. The pages that it cites are visited again at
    ``recheck_at``, or earlier where that was due anyway.

    Raises:
        StoreError: there is an edition of this briefing and day already.
    """
    if on(tx, stored.briefing, stored.day) is not None:
        raise StoreError(f"edition {stored.id}: already in the store; an edition is kept once")
    tx.execute(insert(EDITION), {name: getattr(stored, name) for name in _FIELDS})
    _add(tx, FILE, [_file(kind, content) for kind, content in stored.files.items()], stored.id)
    _add(tx, STORY, _stories(edition), stored.id)
    archive.put(tx, stored.briefing, stored.id, edition)
    slices = sorted({passage.key for passage in edition.passages()})
    cited = sorted({*edition.documents, *(document for document, _, _ in slices)})
    _add(tx, CITED, [{"version": document} for document in cited], stored.id)
    _add(tx, PASSAGE, [_slice(*one) for one in slices], stored.id)
    _add(tx, TOLD, _told(edition.ledger.corrections), stored.id)
    if recheck_at is not None:
        _recheck(tx, cited, at=recheck_at)


def on(tx: Connection, briefing: str, day: date) -> StoredEdition | None:
    """Return the edition of a day."""
    return _first(tx, select(EDITION).where(EDITION.c.briefing == briefing, EDITION.c.day == day))


def get(tx: Connection, edition_id: str) -> StoredEdition | None:
    """Return an edition by its id, withdrawn or not."""
    return _first(tx, select(EDITION).where(EDITION.c.id == edition_id))


def current(tx: Connection, briefing: str, today: date) -> StoredEdition | None:
    """Return the last edition of today or before; without any, the newest there is.

    One that is dated ahead, be it by mistake, hides none that has come out.
    """
    return last(tx, briefing, before=_after(today)) or last(tx, briefing)


def last(tx: Connection, briefing: str, *, before: date | None = None) -> StoredEdition | None:
    """Return the newest edition, or the newest before a day."""
    found = select(EDITION).where(EDITION.c.briefing == briefing)
    if before is not None:
        found = found.where(EDITION.c.day < before)
    return _first(tx, found.order_by(EDITION.c.day.desc()).limit(1))


def first_made(tx: Connection, briefing: str) -> datetime | None:
    """Return when the first edition was made, aware UTC; None: there is none."""
    found = select(func.min(EDITION.c.made)).where(EDITION.c.briefing == briefing)
    made: datetime | None = tx.execute(found).scalar()
    return made


def untold(tx: Connection, briefing: str) -> tuple[Correction, ...]:
    """Return what no edition has told yet of sources that changed since they were printed.

    What changed again after it was told is told again. A page that is gone counts as vanished,
    whatever changed before. By when we saw it, then by edition and document.
    """
    of_briefing = select(EDITION.c.id).where(EDITION.c.briefing == briefing)
    told = {
        (row.printed, row.version, row.what): row.noticed
        for row in tx.execute(
            select(
                TOLD.c.printed,
                TOLD.c.version,
                TOLD.c.what,
                func.max(TOLD.c.noticed).label("noticed"),
            )
            # What only a withdrawn edition has told is told again.
            .where(TOLD.c.printed.in_(of_briefing), TOLD.c.edition.in_(of_briefing))
            .group_by(TOLD.c.printed, TOLD.c.version, TOLD.c.what)
        )
    }
    changes = tx.execute(_CHANGES.where(CITED.c.edition.in_(of_briefing))).all()
    return _corrections(
        tx,
        [
            row
            for row in changes
            if (key := (row.edition, row.id, row.what)) not in told or told[key] < row.noticed
        ],
    )


def reached(tx: Connection, briefing: str, *, before: date) -> datetime | None:
    """Return until when reports were collected for the editions before a day; None: there are none.

    The latest moment of all of them: what is printed in one is not new to the next.
    """
    ours = EDITION.c.briefing == briefing, EDITION.c.day < before
    # Ordered, not the greatest: SQLite knows a time by its column alone.
    found = select(EDITION.c.until).where(*ours).order_by(EDITION.c.until.desc()).limit(1)
    return tx.execute(found).scalar()


def following(
    tx: Connection, briefing: str, *, after: date, upto: date
) -> tuple[date, datetime] | None:
    """Return the first edition between two days, the last day included: its day and its begin."""
    ours = EDITION.c.briefing == briefing, EDITION.c.day > after, EDITION.c.day <= upto
    found = select(EDITION.c.day, EDITION.c.since).where(*ours).order_by(EDITION.c.day).limit(1)
    row = tx.execute(found).first()
    return None if row is None else (row.day, row.since)


def changed(tx: Connection, edition_id: str) -> tuple[Correction, ...]:
    """Return the sources of one edition that changed since, told or not, as :func:`untold` does."""
    return _corrections(tx, tx.execute(_CHANGES.where(CITED.c.edition == edition_id)).all())


def _after(day: date) -> date | None:
    return None if day == date.max else day + timedelta(days=1)


def citing(
    tx: Connection, briefing: str, versions: Iterable[str]
) -> tuple[tuple[str, date, str], ...]:
    """Return id, day and record of every edition that cites one of these versions, by day."""
    known = {
        row.id: (row.id, row.day, row.record)
        for lot in in_lots(sorted(set(versions)))
        for row in tx.execute(
            select(EDITION.c.id, EDITION.c.day, EDITION.c.record)
            .where(EDITION.c.briefing == briefing)
            .where(exists().where(CITED.c.edition == EDITION.c.id, CITED.c.version.in_(lot)))
        )
    }
    return tuple(sorted(known.values(), key=lambda row: row[1]))


def newest(tx: Connection, versions: Iterable[str]) -> dict[str, str]:
    """Return for each version the newest one of the same document."""
    known = select(VERSION.c.id, DOCUMENT.c.version).join(
        DOCUMENT, VERSION.c.document == DOCUMENT.c.number
    )
    return {
        row.id: row.version
        for lot in in_lots(sorted(set(versions)))
        for row in tx.execute(known.where(VERSION.c.id.in_(lot)))
    }


def _add(tx: Connection, table: Table, rows: Sequence[Mapping[str, object]], edition: str) -> None:
    if rows:
        tx.execute(insert(table), [{"edition": edition, **row} for row in rows])


def _file(kind: str, content: bytes) -> dict[str, object]:
    return {"kind": kind, "content": content, "sha256": hashlib.sha256(content).hexdigest()}


def _stories(edition: Edition) -> list[dict[str, object]]:
    briefs = ((section.name, brief) for section in edition.sections for brief in section.briefs)
    return [
        {
            "place": place,
            "section": section,
            "story": brief.story,
            "headline": brief.headline,
            "status": brief.status.value,
            "reports": brief.reports,
            "publishers": brief.publishers,
        }
        for place, (section, brief) in enumerate(briefs)
    ]


def _slice(document: str, start: int, stop: int) -> dict[str, object]:
    return {"version": document, "start": start, "stop": stop}


def _told(corrections: Iterable[Correction]) -> list[dict[str, object]]:
    """Return a row for each correction; the last seen where one is told twice."""
    rows = {
        (one.edition, one.document, one.what): one.noticed
        for one in sorted(corrections, key=lambda one: one.noticed)
    }
    return [
        {"printed": printed, "version": version, "what": what, "noticed": noticed}
        for (printed, version, what), noticed in rows.items()
    ]


def _recheck(tx: Connection, cited: Sequence[str], *, at: datetime) -> None:
    """Let pages be visited again at a time, counted anew; earlier where that is due already."""
    earlier = case((DOCUMENT.c.due_at < at, DOCUMENT.c.due_at), else_=literal(at, Moment))
    change = update(DOCUMENT).values(due_at=earlier, due_since=at, tries=0)
    for lot in in_lots(cited):
        theirs = select(VERSION.c.document).where(VERSION.c.id.in_(lot))
        tx.execute(change.where(DOCUMENT.c.number.in_(theirs)))


def _first(tx: Connection, found: Select[Any]) -> StoredEdition | None:
    row = tx.execute(found).one_or_none()
    if row is None:
        return None
    files = {
        file.kind: _sound(file, edition=row.id)
        for file in tx.execute(select(FILE).where(FILE.c.edition == row.id).order_by(FILE.c.kind))
    }
    return StoredEdition(**row._mapping, files=files)


def _sound(file: AnyRow, *, edition: str) -> bytes:
    content: bytes = file.content
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise StoreError(
            f"edition {edition}: its {file.kind} is damaged in the store; restore the last backup: "
            "briefing restore FILE"
        )
    return content


def _corrections(tx: Connection, rows: Sequence[AnyRow]) -> tuple[Correction, ...]:
    found = [
        Correction(
            document=row.id,
            title=row.title,
            publisher=row.publisher,
            url=row.url,
            what=row.what,
            noticed=row.noticed,
            edition=row.edition,
            lost=_lost(tx, row) if row.what == "changed" else 0,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.noticed, one.edition, one.document)))


def _outer_first(passage: tuple[int, ...]) -> tuple[int, int]:
    return passage[0], -passage[1]


def _lost(tx: Connection, row: AnyRow) -> int:
    """Count the printed slices that stand no longer in the newest text, however it is spaced.

    A slice that lies within another, as a figure in its sentence, counts with that.
    """
    both = texts(tx, (row.id, row.now))
    text, now = both[row.id].text, normalized(both[row.now].text)
    printed = select(PASSAGE.c.start, PASSAGE.c.stop).where(
        PASSAGE.c.edition == row.edition, PASSAGE.c.version == row.id
    )
    reached, lost = 0, 0
    for start, stop in sorted(map(tuple, tx.execute(printed)), key=_outer_first):
        if stop > reached:
            reached = stop
            lost += normalized(text[start:stop]) not in now
    return lost
