"""Changes of sources since an edition was printed, and who gets a correction."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection, Select, case, exists, func, or_, select

from briefing.core.model import Correction, DeliveryStatus, EditionId, Form, PageChoice
from briefing.store.documents import texts
from briefing.store.engine import AnyRow, count_rows, insert_rows, rows_in
from briefing.store.mail_tables import DELIVERY, SUBSCRIBER
from briefing.store.round_tables import CORRECTED
from briefing.store.subscribers import choice_in
from briefing.store.tables import CITED, DOCUMENT, EDITION, FILE, PASSAGE, TOLD, VERSION, of_desk
from briefing.store.versions import normalized

_NOW = VERSION.alias("now")
_IS_GONE = DOCUMENT.vanished_at <= DOCUMENT.confirmed_at
_IS_OTHER = DOCUMENT.changed_at <= DOCUMENT.confirmed_at
#: Cited versions whose document has a newer text, or whose page is gone, both confirmed.
_CHANGES = (
    select(
        VERSION.id,
        VERSION.title,
        VERSION.publisher,
        VERSION.url,
        case((_IS_GONE, "vanished"), else_="changed").label("what"),
        DOCUMENT.confirmed_at.label("noticed"),
        CITED.edition,
        _NOW.id.label("now"),
    )
    .select_from(CITED)
    .join(VERSION)
    .join(DOCUMENT)
    .join(_NOW, DOCUMENT.version == _NOW.id)
    .where(or_(_IS_GONE, _IS_OTHER & (VERSION.digest != _NOW.digest)))
    # not versions that this edition itself corrects
    .where(~exists().where(TOLD.edition == CITED.edition, TOLD.version == CITED.version))
)


def untold(tx: Connection, briefing: str) -> tuple[Correction, ...]:
    """Return the changes of printed sources that no edition has reported yet.

    A source that has changed again is reported again. A page that is gone counts as vanished,
    whatever changed before. In order of detection, then by edition and document.
    """
    of_briefing, of_change = _of_briefing(briefing), (TOLD.printed, TOLD.version, TOLD.what)
    reported = {
        (row.printed, row.version, row.what): row.noticed
        for row in tx.execute(
            select(*of_change, func.max(TOLD.noticed).label("noticed"))
            # Corrections reported only by a withdrawn edition are reported again.
            .where(TOLD.printed.in_(of_briefing), TOLD.edition.in_(of_briefing))
            .group_by(*of_change)
        )
    }
    new = [
        row
        for row in tx.execute(_CHANGES.where(CITED.edition.in_(of_briefing)))
        if (key := (row.edition, row.id, row.what)) not in reported or reported[key] < row.noticed
    ]
    return _corrections(tx, new)


def changes_since(tx: Connection, briefing: str, noticed: datetime) -> tuple[Correction, ...]:
    """Return the changes of printed sources noticed since a time, whether reported or not."""
    rows = tx.execute(_CHANGES.where(CITED.edition.in_(_of_briefing(briefing)))).all()
    return _corrections(tx, [row for row in rows if row.noticed >= noticed])


def changed(tx: Connection, edition_id: str) -> tuple[Correction, ...]:
    """Return all changes of the sources of one edition, reported or not; see :func:`untold`."""
    return _corrections(tx, tx.execute(_CHANGES.where(CITED.edition == edition_id)).all())


def _of_briefing(briefing: str) -> Select[tuple[str]]:
    return select(EDITION.id).where(of_desk(briefing))


def _corrections(tx: Connection, rows: Sequence[AnyRow]) -> tuple[Correction, ...]:
    corrections = [
        replace(Correction(*row[:-1]), lost=_lost(tx, row) if row.what == "changed" else 0)
        for row in rows
    ]
    return tuple(sorted(corrections, key=attrgetter("noticed", "edition", "document")))


def _lost(tx: Connection, row: AnyRow) -> int:
    """Count the printed slices that are no longer in the newest text, ignoring spacing.

    A slice inside another, such as a figure in its sentence, is not counted separately.
    """
    both = texts(tx, (row.id, row.now))
    text, now = both[row.id].text, normalized(both[row.now].text)
    own = PASSAGE.edition == row.edition, PASSAGE.version == row.id
    printed = select(PASSAGE.start, PASSAGE.stop).where(*own)
    reached, lost = 0, 0
    # outer slices first
    for start, stop in sorted(map(tuple, tx.execute(printed)), key=lambda own: (own[0], -own[1])):
        if stop > reached:
            reached = stop
            lost += normalized(text[start:stop]) not in now
    return lost


def put_corrections(
    tx: Connection, corrections: Mapping[bytes, str], *, at: datetime, notice: str = ""
) -> None:
    """Store corrections, editions by key, with the notice that reports them, if there is one."""
    rows = [
        {"edition": edition, "key": key, "at": at, "notice": notice}
        for key, edition in sorted(corrections.items())
    ]
    insert_rows(tx, CORRECTED, rows)


def notices_of(tx: Connection, stem: str) -> int:
    """Return how many notices have an id with this prefix."""
    return count_rows(tx, EDITION.id.startswith(stem, autoescape=True))


def kept_with_notices(tx: Connection, stem: str, kind: str) -> Sequence[AnyRow]:
    """Return time and content of the files of a kind of notices whose ids have this prefix."""
    query = select(EDITION.made, FILE.content).join(FILE)
    own = EDITION.id.startswith(stem, autoescape=True), FILE.kind == kind
    return tx.execute(query.where(*own).order_by(EDITION.made, EDITION.id)).all()


def corrections_unsent(tx: Connection, *, since: datetime) -> frozenset[bytes]:
    """Return the keys of corrections noticed since a time of which nobody was notified."""
    query = select(CORRECTED.key).where(CORRECTED.notice == "", CORRECTED.at >= since)
    return frozenset(tx.scalars(query))


def corrections_sent(tx: Connection, *, since: datetime) -> defaultdict[int, dict[bytes, datetime]]:
    """Return for each subscriber the corrections of which they were notified since a time."""
    query = select(CORRECTED).where(CORRECTED.notice != "", CORRECTED.at >= since)
    by_notice: defaultdict[str, dict[bytes, datetime]] = defaultdict(dict)
    for row in tx.execute(query):
        by_notice[row.notice][row.key] = row.at
    by_reader: defaultdict[int, dict[bytes, datetime]] = defaultdict(dict)
    got = select(DELIVERY.subscriber, DELIVERY.edition)
    for row in rows_in(tx, got, DELIVERY.edition, sorted(by_notice)):
        by_reader[row.subscriber] |= by_notice[row.edition]
    return by_reader


def editions_sent(
    tx: Connection, editions: Iterable[str]
) -> Iterator[tuple[int, str, Form, PageChoice]]:
    """Yield the editions sent to each reader or channel, with their form and choice of a page.

    A delivery that may have arrived counts; one that is still being sent does not yet.
    """
    got = or_(DELIVERY.status == DeliveryStatus.SENT, DELIVERY.ambiguous.is_(True))
    query = (
        select(DELIVERY)
        .outerjoin(SUBSCRIBER, DELIVERY.subscriber == SUBSCRIBER.number)
        .where(DELIVERY.edition.in_(sorted(editions)), got)
        .where(or_(SUBSCRIBER.number.is_not(None), DELIVERY.subscriber < 0))
        .order_by(DELIVERY.subscriber, DELIVERY.edition)
    )
    for row in tx.execute(query):
        # A delivery without a recorded form is from an older version and had the whole page.
        form = Form(row.form) if row.form else Form.PDF
        day = EditionId.parse(row.edition).day
        yield row.subscriber, row.edition, form, choice_in(row, day=day)
