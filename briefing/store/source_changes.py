"""Changes of the sources of editions since these were printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, case, exists, func, or_, select

from briefing.core.model import Correction
from briefing.store.documents import texts
from briefing.store.tables import CITED, DOCUMENT, EDITION, PASSAGE, TOLD, VERSION
from briefing.store.versions import AnyRow, normalized

_NOW = VERSION.alias("now")
_IS_GONE = DOCUMENT.c.vanished_at <= DOCUMENT.c.confirmed_at
_IS_OTHER = DOCUMENT.c.changed_at <= DOCUMENT.c.confirmed_at
#: Cited versions whose document has a newer text, or whose page is gone, as two looks saw it.
_CHANGES = (
    select(
        CITED.c.edition,
        VERSION.c.id,
        VERSION.c.title,
        VERSION.c.publisher,
        VERSION.c.url,
        _NOW.c.id.label("now"),
        case((_IS_GONE, "vanished"), else_="changed").label("what"),
        DOCUMENT.c.confirmed_at.label("noticed"),
    )
    .select_from(CITED)
    .join(VERSION, CITED.c.version == VERSION.c.id)
    .join(DOCUMENT, VERSION.c.document == DOCUMENT.c.number)
    .join(_NOW, DOCUMENT.c.version == _NOW.c.id)
    .where(or_(_IS_GONE, _IS_OTHER & (VERSION.c.digest != _NOW.c.digest)))
    # versions that an edition corrects do not count as changed in it
    .where(~exists().where(TOLD.c.edition == CITED.c.edition, TOLD.c.version == CITED.c.version))
)


def untold(tx: Connection, briefing: str) -> tuple[Correction, ...]:
    """Return the changes of printed sources that no edition has reported yet.

    A source that changed again is reported again. A page that is gone counts as vanished,
    whatever changed before. In order of detection, then by edition and document.
    """
    of_briefing, of_change = _of_briefing(briefing), (TOLD.c.printed, TOLD.c.version, TOLD.c.what)
    reported = {
        (row.printed, row.version, row.what): row.noticed
        for row in tx.execute(
            select(*of_change, func.max(TOLD.c.noticed).label("noticed"))
            # Corrections reported only by a withdrawn edition are reported again.
            .where(TOLD.c.printed.in_(of_briefing), TOLD.c.edition.in_(of_briefing))
            .group_by(*of_change)
        )
    }
    changes = tx.execute(_CHANGES.where(CITED.c.edition.in_(of_briefing))).all()
    new = [
        row
        for row in changes
        if (key := (row.edition, row.id, row.what)) not in reported or reported[key] < row.noticed
    ]
    return _corrections(tx, new)


def changes_since(tx: Connection, briefing: str, noticed: datetime) -> tuple[Correction, ...]:
    """Return the changes of printed sources that were noticed since a moment, told or not."""
    rows = tx.execute(_CHANGES.where(CITED.c.edition.in_(_of_briefing(briefing)))).all()
    return _corrections(tx, [row for row in rows if row.noticed >= noticed])


def changed(tx: Connection, edition_id: str) -> tuple[Correction, ...]:
    """Return all changes of the sources of one edition, reported or not; see :func:`untold`."""
    return _corrections(tx, tx.execute(_CHANGES.where(CITED.c.edition == edition_id)).all())


def _of_briefing(briefing: str) -> Select[tuple[str]]:
    return select(EDITION.c.id).where(EDITION.c.briefing == briefing)


def _corrections(tx: Connection, rows: Sequence[AnyRow]) -> tuple[Correction, ...]:
    corrections = [
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
    return tuple(
        sorted(
            corrections,
            key=lambda correction: (correction.noticed, correction.edition, correction.document),
        )
    )


def _outer_first(passage: tuple[int, ...]) -> tuple[int, int]:
    return passage[0], -passage[1]


def _lost(tx: Connection, row: AnyRow) -> int:
    """Count the printed slices that are no longer in the newest text, spacing aside.

    A slice within another, such as a figure in its sentence, is not counted separately.
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
