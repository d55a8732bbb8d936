"""Sagas: their stories, corrections by editors, and proposals to merge two."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, false, func, insert, select, true

from briefing.core.frozen import frozen
from briefing.core.model import WEEKS, Edition, SagaEntry, SagaRegister
from briefing.core.text.sagas import number_of, tellings
from briefing.store.engine import insert_into, update_rows
from briefing.store.tables import EDITION, SAGA, SAGA_PROPOSAL, SAGA_STORY, of_desk
from briefing.store.versions import sentence_of, slice_row

#: Numbers reserved for sagas that begin with an edition being made or waiting for its release: as
#: many as a page has briefs.
_LEFT = 16
#: Id of an edition and of one of its stories.
Key = tuple[str, str]


@frozen
class StoredSaga:
    """A saga as it is now."""

    id: str
    #: The local date of the first edition that covered it.
    since: date
    #: Ids of sagas merged into it, and of the one it was split from; may be empty.
    joined: tuple[str, ...]
    parted: str
    #: Its stories in all editions, oldest first; within an edition, in the order of stories.
    entries: tuple[SagaEntry, ...]


@frozen
class SagaSummary:
    """A saga in a list."""

    id: str
    since: date
    #: Day of the last edition that covered it, number of editions, and its latest headline.
    last: date
    editions: int
    headline: str


def put(tx: Connection, briefing: str, edition: Edition) -> None:
    """Store the sagas of an edition, with the earlier stories of those that begin.

    Stored entries of earlier editions stay unchanged, since an editor may have corrected them.
    """
    entry_of = {telling.story: telling.entry for telling in tellings(edition) if telling.sentences}
    for brief in edition.briefs():
        if brief.saga is None or brief.story not in entry_of:
            continue
        number = number_of(brief.saga.id)
        row = {"briefing": briefing, "number": number, "since": brief.saga.since}
        tx.execute(insert_into(tx, SAGA).on_conflict_do_nothing(), row)
        entries = (*brief.saga.entries, entry_of[brief.story])
        # Some of the editions may not be in this store.
        known = select(EDITION.id).where(EDITION.id.in_([entry.edition for entry in entries]))
        stored = set(tx.scalars(known))
        rows = [
            {"edition": entry.edition, "story": entry.story, "saga": number}
            | {"headline": entry.headline, **slice_row(entry.sentence)}
            for entry in entries
            if entry.edition in stored
        ]
        tx.execute(insert_into(tx, SAGA_STORY).on_conflict_do_nothing(), rows)
    put_proposals(tx, briefing, edition)


def register(tx: Connection, briefing: str, *, since: date) -> SagaRegister:
    """Return the sagas of the stories in the editions since a day."""
    rows = tx.execute(_entries(briefing).where(EDITION.day >= since)).all()
    firsts = select(SAGA.number, SAGA.since).where(SAGA.briefing == briefing)
    days = {f"s{row.number}": row.since for row in tx.execute(firsts)}
    of = {(row.edition, row.story): f"s{row.saga}" for row in rows}
    return SagaRegister(of, days, max(map(number_of, days), default=0), apart(tx, briefing))


def of_edition(tx: Connection, briefing: str, edition: str) -> Mapping[str, tuple[str, date]]:
    """Return id and first day of the saga of each story of an edition that has one."""
    query = (
        select(SAGA_STORY.story, SAGA_STORY.saga, SAGA.since)
        .join(SAGA, SAGA.number == SAGA_STORY.saga)
        .where(SAGA_STORY.edition == edition, SAGA.briefing == briefing)
        .order_by(SAGA_STORY.story)
    )
    return {row.story: (f"s{row.saga}", row.since) for row in tx.execute(query)}


def records_of(tx: Connection, ids: Iterable[str]) -> dict[str, tuple[str, datetime]]:
    """Return records of editions by id, with when they were made, aware UTC."""
    columns = (EDITION.id, EDITION.record, EDITION.made)
    query = select(*columns).where(EDITION.id.in_(sorted(set(ids))))
    return {row.id: (row.record, row.made) for row in tx.execute(query)}


def get(tx: Connection, briefing: str, id: str) -> StoredSaga | None:
    """Return a saga, or the one that it was merged into; None if there is none.

    A saga whose editions were all withdrawn has no entries.
    """
    own = select(SAGA).where(SAGA.briefing == briefing)
    row = tx.execute(own.where(SAGA.number == number_of(id))).first()
    if row is not None and row.joined is not None:
        row = tx.execute(own.where(SAGA.number == row.joined)).first()
    if row is None:
        return None
    joined = select(SAGA.number).where(SAGA.briefing == briefing, SAGA.joined == row.number)
    printed = _entries(briefing).where(SAGA_STORY.saga == row.number)
    return StoredSaga(
        f"s{row.number}",
        row.since,
        tuple(f"s{number}" for number in sorted(tx.scalars(joined))),
        f"s{row.parted}" if row.parted else "",
        tuple(
            SagaEntry(entry.edition, entry.day, entry.story, entry.headline, sentence_of(entry))
            for entry in tx.execute(printed)
        ),
    )


def newest(
    tx: Connection, briefing: str, *, limit: int, offset: int = 0
) -> tuple[int, tuple[SagaSummary, ...]]:
    """Return the number of sagas, and one page of them, the most recently covered first."""
    last = func.max(EDITION.day)
    groups = (
        select(SAGA_STORY.saga, SAGA.since, last, func.count(EDITION.id.distinct()))
        .join(EDITION)
        .join(SAGA, and_(SAGA.number == SAGA_STORY.saga, SAGA.briefing == briefing))
        .where(of_desk(briefing))
        .group_by(SAGA_STORY.saga, SAGA.since)
    )
    total: int = tx.execute(select(func.count()).select_from(groups.subquery())).scalar_one()
    page = groups.order_by(last.desc(), SAGA_STORY.saga.desc()).limit(limit).offset(offset)
    rows = tx.execute(page).all()
    days = {saga: day for saga, _, day, _ in rows}
    entries = tx.execute(_entries(briefing).where(SAGA_STORY.saga.in_(days))).all()
    heads = {row.saga: row.headline for row in entries[::-1] if row.day == days[row.saga]}
    return total, tuple(
        SagaSummary(f"s{saga}", since, day, count, heads[saga]) for saga, since, day, count in rows
    )


def join(tx: Connection, briefing: str, id: str, *, into: str) -> None:
    """Merge a saga into another, which begins on the earlier of their first days."""
    joined, other = number_of(id), number_of(into)
    own = SAGA.briefing == briefing
    sagas = {row.number: row for row in tx.execute(select(SAGA).where(own))}
    since = min(sagas[joined].since, sagas[other].since)
    update_rows(tx, SAGA, own, SAGA.number == joined, joined=other)
    # Sagas that were merged into it before now belong to the other.
    update_rows(tx, SAGA, own, SAGA.joined == joined, joined=other)
    update_rows(tx, SAGA, own, SAGA.number == other, since=since)
    rows = tx.execute(_entries(briefing).where(SAGA_STORY.saga == joined)).all()
    _move(tx, [(row.edition, row.story) for row in rows], other)


def part(tx: Connection, briefing: str, id: str, keys: Iterable[Key]) -> str:
    """Split some stories of a saga off into a new one; return its id.

    Some must stay. Each of the two sagas has its own first day.
    """
    own = SAGA.briefing == briefing
    new = tx.execute(select(func.max(SAGA.number)).where(own)).scalar_one() + _LEFT + 1
    keys = sorted(keys)
    moved = select(func.min(EDITION.day)).where(EDITION.id.in_([key[0] for key in keys]))
    row = {"briefing": briefing, "number": new, "parted": number_of(id)}
    tx.execute(insert(SAGA), row | {"since": tx.scalar(moved)})
    _move(tx, keys, new)
    left = _entries(briefing).where(SAGA_STORY.saga == number_of(id))
    since = min(row.day for row in tx.execute(left))
    update_rows(tx, SAGA, own, SAGA.number == number_of(id), since=since)
    return f"s{new}"


def _entries(briefing: str) -> Select[Any]:
    """Select the stories of sagas in a briefing's editions, oldest first."""
    return (
        select(SAGA_STORY, EDITION.day)
        .join(EDITION)
        .where(of_desk(briefing))
        .order_by(EDITION.day, EDITION.number, func.length(SAGA_STORY.story), SAGA_STORY.story)
    )


def _move(tx: Connection, keys: Iterable[Key], number: int) -> None:
    for edition, story in keys:
        where = and_(SAGA_STORY.edition == edition, SAGA_STORY.story == story)
        update_rows(tx, SAGA_STORY, where, saga=number)


@frozen
class SagaProposal:
    """Two sagas that an edition shows to be one story."""

    #: The edition, its local date, its story that shows this, and that story's headline.
    edition: str
    day: date
    story: str
    headline: str
    #: The saga with which that story continues, and the other one.
    saga: str
    other: str

    @property
    def pair(self) -> frozenset[str]:
        """Both ids."""
        return frozenset({self.saga, self.other})


def put_proposals(tx: Connection, briefing: str, edition: Edition) -> None:
    """Store the proposals of an edition."""
    rows = [
        {"story": brief.story, "saga": number_of(brief.saga.id), "other": number_of(other)}
        for brief in edition.briefs()
        if brief.saga
        for other in brief.saga.also
    ]
    if rows:
        adding = insert_into(tx, SAGA_PROPOSAL).values(briefing=briefing, edition=edition.id)
        tx.execute(adding.on_conflict_do_nothing(), rows)


def open_proposals(tx: Connection, briefing: str) -> tuple[SagaProposal, ...]:
    """Return the undecided proposals, oldest first, each pair of sagas once.

    Those of the editions of the last 30 days count, if the story still belongs to the same saga and
    the two sagas are still separate.
    """
    last = select(func.max(EDITION.day)).where(of_desk(briefing))
    newest = tx.scalar(last)
    if newest is None:
        return ()
    same = and_(
        SAGA_STORY.edition == SAGA_PROPOSAL.edition, SAGA_STORY.story == SAGA_PROPOSAL.story
    )
    rows = tx.execute(
        select(SAGA_PROPOSAL, EDITION.day, SAGA_STORY.headline, SAGA_STORY.saga.label("now"))
        .join(EDITION, EDITION.id == SAGA_PROPOSAL.edition)
        .join(SAGA_STORY, same)
        .where(of_desk(briefing), EDITION.day > newest - WEEKS)
        .where(SAGA_PROPOSAL.declined == false())
        .order_by(EDITION.day, func.length(SAGA_PROPOSAL.story), SAGA_PROPOSAL.story)
    )
    ids = _ids(tx, briefing)
    proposals: dict[frozenset[str], SagaProposal] = {}
    for row in rows:
        saga, other = ids.get(row.saga, ""), ids.get(row.other, "")
        if saga == f"s{row.now}" and other not in {"", saga}:
            proposal = SagaProposal(row.edition, row.day, row.story, row.headline, saga, other)
            proposals.setdefault(proposal.pair, proposal)
    return tuple(proposals.values())


def decline_proposal(tx: Connection, briefing: str, pair: frozenset[str]) -> None:
    """Keep two sagas separate; editions no longer propose to merge them."""
    ids = _ids(tx, briefing)
    for row in tx.execute(select(SAGA_PROPOSAL).where(SAGA_PROPOSAL.briefing == briefing)).all():
        if frozenset({ids.get(row.saga), ids.get(row.other)}) == pair:
            place = {name: getattr(row, name) for name in ("edition", "story", "other")}
            same = (SAGA_PROPOSAL[name] == value for name, value in place.items())
            update_rows(tx, SAGA_PROPOSAL, *same, declined=True)


def apart(tx: Connection, briefing: str) -> frozenset[frozenset[str]]:
    """Return the pairs of sagas that an editor keeps separate or has split."""
    ids = _ids(tx, briefing)
    declined = select(SAGA_PROPOSAL.saga, SAGA_PROPOSAL.other).where(
        SAGA_PROPOSAL.briefing == briefing, SAGA_PROPOSAL.declined == true()
    )
    parted = select(SAGA.number, SAGA.parted).where(
        SAGA.briefing == briefing, SAGA.parted.is_not(None)
    )
    pairs = [*tx.execute(declined), *tx.execute(parted)]
    return frozenset(
        frozenset({ids[saga], ids[other]}) for saga, other in pairs if ids[saga] != ids[other]
    )


def _ids(tx: Connection, briefing: str) -> Mapping[int, str]:
    """Return the current id of each saga by its number."""
    rows = tx.execute(select(SAGA.number, SAGA.joined).where(SAGA.briefing == briefing))
    return {number: f"s{joined or number}" for number, joined in rows}
