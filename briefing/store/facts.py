"""Reports in doubt: another text was seen only once, or a page or file is missing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, or_, select, update

from briefing.core.frozen import frozen
from briefing.store.engine import has_row, rows_in, update_in, update_rows
from briefing.store.tables import CITED, DOCUMENT, SOURCE, VERSION, Moment

#: Minimum time between two observations that confirm each other.
APART = timedelta(hours=1)
#: Time after which an observation that was not repeated is dropped.
_GIVEN_UP = timedelta(days=7)


def _is_open(since: ColumnElement[datetime | None]) -> ColumnElement[bool]:
    confirmed = DOCUMENT.confirmed_at
    return since.is_not(None) & or_(confirmed.is_(None), confirmed < since)


#: The newest text of a report was seen only once; its page or file was missing only once.
IS_OTHER, IS_MISSED = _is_open(DOCUMENT.changed_at), _is_open(DOCUMENT.vanished_at)
_PRINTED = DOCUMENT.number.in_(select(VERSION.document).join(CITED))
_OWN = update(DOCUMENT).where(DOCUMENT.number == bindparam("at"))
_MISS = _OWN.values(
    vanished_at=func.coalesce(DOCUMENT.vanished_at, bindparam("now")), seen_at=bindparam("now")
)
_PLACE = _OWN.values(file=bindparam("path"), vanished_at=None)


@frozen
class Doubt:
    """A printed report whose page or file is missing, or that has another text."""

    #: Number of its document.
    number: int
    #: Address of the report; empty if it has none.
    url: str
    source: str
    #: Whether its page or file is missing.
    missed: bool
    #: Since when this is so; when its text first differed from the printed one; and when it was
    #: last observed. Aware UTC.
    since: datetime
    other: datetime
    seen: datetime
    #: Whether the observation is confirmed.
    confirmed: bool
    #: Whether its source has responded since without listing it, or no longer exists.
    unlisted: bool
    #: Ids of the version printed last and of the newest, and the number of versions since.
    was: str
    now: str
    texts: int


def miss(tx: Connection, numbers: Iterable[int], *, at: datetime) -> None:
    """Record that the pages or files of some reports are missing."""
    rows = [{"at": number, "now": at} for number in numbers]
    if rows:
        tx.execute(_MISS, rows)


def doubt_anew(tx: Connection, numbers: Iterable[int], *, at: datetime) -> None:
    """Restart the time for which the pages or files of some reports count as missing."""
    update_in(tx, DOCUMENT.number, numbers, vanished_at=at)


def answered(tx: Connection, number: int) -> None:
    """Record that the page of a report is there again."""
    is_it = DOCUMENT.number == number, DOCUMENT.vanished_at.is_not(None)
    update_rows(tx, DOCUMENT, *is_it, vanished_at=None)


def listed(
    tx: Connection, numbers: Iterable[int], *, same: Iterable[int], source: str, at: datetime
) -> None:
    """Record that a source lists reports, and which of them are unchanged.

    A listed report is not gone: it counts as missing only since its last listing.
    """
    update_in(tx, DOCUMENT.number, numbers, DOCUMENT.vanished_at.is_not(None), vanished_at=at)
    own = IS_OTHER, DOCUMENT.source == source, ~DOCUMENT.from_page
    update_in(tx, DOCUMENT.number, same, *own, seen_at=at)


def is_new(tx: Connection, number: int, *, at: datetime) -> bool:
    """Tell whether a report went missing right now, or got another text less than an hour ago."""
    begun = or_(DOCUMENT.vanished_at == at, IS_OTHER & (DOCUMENT.changed_at > at - APART))
    return has_row(tx, DOCUMENT.number == number, begun)


def sources_in_doubt(tx: Connection, *, at: datetime) -> frozenset[str]:
    """Return the sources of printed reports in doubt, which are read even if unchanged."""
    late = DOCUMENT.seen_at >= at - _GIVEN_UP
    query = select(DOCUMENT.source).where(_PRINTED, or_(IS_OTHER, IS_MISSED), late)
    return frozenset(tx.scalars(query))


def doubts(tx: Connection, *, at: datetime) -> tuple[Doubt, ...]:
    """Return the printed reports in doubt, and those recently confirmed as missing."""
    missed = DOCUMENT.vanished_at
    query = (
        select(DOCUMENT, VERSION.url, SOURCE.answered, SOURCE.url.label("fed"))
        .join(VERSION, DOCUMENT.version == VERSION.id)
        .outerjoin(SOURCE, SOURCE.url == DOCUMENT.source)
        .where(_PRINTED, or_(IS_OTHER, missed.is_not(None)), DOCUMENT.seen_at >= at - _GIVEN_UP)
        .order_by(DOCUMENT.number)
    )
    rows = tx.execute(query).all()
    cited = exists().where(CITED.version == VERSION.id).label("cited")
    columns = VERSION.document, VERSION.id, VERSION.collected, cited
    printed: dict[int, tuple[str, list[datetime]]] = {}
    query = select(*columns).order_by(VERSION.place)
    for row in rows_in(tx, query, VERSION.document, [row.number for row in rows]):
        was, after = printed.get(row.document, ("", []))
        printed[row.document] = (row.id, []) if row.cited else (was, [*after, row.collected])
    return tuple(
        Doubt(
            row.number,
            row._mapping[VERSION.url],
            row._mapping[DOCUMENT.source],
            row.vanished_at is not None,
            since := row.vanished_at or row.changed_at,
            min((since, *printed[row.number][1])),
            row.seen_at,
            row.confirmed_at is not None and row.confirmed_at >= since,
            row.fed is None or (row.answered is not None and row.answered > since),
            printed[row.number][0],
            row.version,
            len(printed[row.number][1]),
        )
        for row in rows
    )


def confirm(tx: Connection, numbers: Iterable[int]) -> None:
    """Confirm the last observation of some reports."""
    update_in(tx, DOCUMENT.number, numbers, confirmed_at=DOCUMENT.seen_at)


def missed(tx: Connection, *, at: datetime) -> dict[str, tuple[int, datetime]]:
    """Return for each source how many printed reports may be missing, and since when."""
    late = DOCUMENT.seen_at >= at - _GIVEN_UP
    columns = func.count(), func.min(DOCUMENT.vanished_at, type_=Moment)
    query = select(DOCUMENT.source, *columns).where(_PRINTED, IS_MISSED, late)
    rows = tx.execute(query.group_by(DOCUMENT.source))
    return {source: (count, since) for source, count, since in rows}


def note_unstable(tx: Connection, sources: Iterable[str], *, at: datetime) -> None:
    """Record that printed reports of some sources keep changing."""
    update_in(tx, SOURCE.url, sorted(set(sources)), unstable=at)


def absent(tx: Connection, source: str, *, present: Iterable[int]) -> dict[int, str]:
    """Return the files, by document number, of reports that a folder no longer lists.

    Reports already looked for twice, or without a known file, are left out.
    """
    columns = DOCUMENT.number, DOCUMENT.file, DOCUMENT.vanished_at, DOCUMENT.seen_at
    own = DOCUMENT.source == source, DOCUMENT.file != "", DOCUMENT.same_as.is_(None)
    held, here = select(*columns).where(*own), frozenset(present)
    return {
        row.number: row.file
        for row in tx.execute(held)
        if row.number not in here
        and (row.vanished_at is None or row.seen_at - row.vanished_at < APART)
    }


def place(tx: Connection, files: Mapping[int, str]) -> None:
    """Record the current files of reports; a report that was missing is back."""
    if not files:
        return
    held = select(DOCUMENT.number, DOCUMENT.file, DOCUMENT.vanished_at).where(DOCUMENT.file != "")
    paths = {row.number: row.file for row in tx.execute(held) if row.vanished_at is None}
    moved = [
        {"at": number, "path": path} for number, path in files.items() if paths.get(number) != path
    ]
    if moved:
        tx.execute(_PLACE, moved)
