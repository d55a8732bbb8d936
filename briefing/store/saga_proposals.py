"""What editions show of two sagas that may be one, until an editor decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, false, func, select, true, update

from briefing.core.model import WEEKS, Edition
from briefing.core.text.sagas import number_of
from briefing.store.round_tables import SAGA, SAGA_PROPOSAL, SAGA_STORY
from briefing.store.tables import EDITION
from briefing.store.upsert import insert_into


@dataclass(frozen=True, slots=True)
class SagaProposal:
    """Two sagas that an edition shows to be one story."""

    #: The edition, its local date, its story that shows it, and the headline of that.
    edition: str
    day: date
    story: str
    headline: str
    #: The saga with which that story goes on, and the other one.
    saga: str
    other: str

    @property
    def pair(self) -> frozenset[str]:
        """Both ids."""
        return frozenset({self.saga, self.other})


def put(tx: Connection, briefing: str, edition: Edition) -> None:
    """Keep what an edition shows."""
    told = [(brief.story, brief.saga) for brief in edition.briefs() if brief.saga]
    rows = [
        {
            "briefing": briefing,
            "edition": edition.id,
            "story": story,
            "saga": number_of(saga.id),
            "other": number_of(other),
        }
        for story, saga in told
        for other in saga.also
    ]
    if rows:
        tx.execute(insert_into(tx, SAGA_PROPOSAL).on_conflict_do_nothing(), rows)


def open_in(tx: Connection, briefing: str) -> tuple[SagaProposal, ...]:
    """Return what is to be decided, what was shown first first, each two sagas once.

    What the editions of the last 30 days showed counts, if the story is still of the saga of which
    it was, and the two are still two.
    """
    last = select(func.max(EDITION.c.day)).where(EDITION.c.briefing == briefing)
    newest = tx.execute(last).scalar_one()
    if newest is None:
        return ()
    same = and_(
        SAGA_STORY.c.edition == SAGA_PROPOSAL.c.edition,
        SAGA_STORY.c.story == SAGA_PROPOSAL.c.story,
    )
    rows = tx.execute(
        select(SAGA_PROPOSAL, EDITION.c.day, SAGA_STORY.c.headline, SAGA_STORY.c.saga.label("now"))
        .join(EDITION, EDITION.c.id == SAGA_PROPOSAL.c.edition)
        .join(SAGA_STORY, same)
        .where(EDITION.c.briefing == briefing, EDITION.c.day > newest - WEEKS)
        .where(SAGA_PROPOSAL.c.declined == false())
        .order_by(EDITION.c.day, func.length(SAGA_PROPOSAL.c.story), SAGA_PROPOSAL.c.story)
    )
    ids = _ids(tx, briefing)
    found: dict[frozenset[str], SagaProposal] = {}
    for row in rows:
        saga, other = ids.get(row.saga, ""), ids.get(row.other, "")
        if saga == f"s{row.now}" and other not in {"", saga}:
            one = SagaProposal(row.edition, row.day, row.story, row.headline, saga, other)
            found.setdefault(one.pair, one)
    return tuple(found.values())


def decline(tx: Connection, briefing: str, pair: frozenset[str]) -> None:
    """Let two sagas be two; editions propose it no more."""
    ids = _ids(tx, briefing)
    own = SAGA_PROPOSAL.c.briefing == briefing
    for row in tx.execute(select(SAGA_PROPOSAL).where(own)).all():
        if frozenset({ids.get(row.saga), ids.get(row.other)}) == pair:
            place = {name: getattr(row, name) for name in ("edition", "story", "other")}
            same = (SAGA_PROPOSAL.c[name] == value for name, value in place.items())
            tx.execute(update(SAGA_PROPOSAL).where(*same).values(declined=True))


def apart(tx: Connection, briefing: str) -> frozenset[frozenset[str]]:
    """Return each two sagas that an editor keeps apart, or has parted."""
    ids = _ids(tx, briefing)
    declined = select(SAGA_PROPOSAL.c.saga, SAGA_PROPOSAL.c.other).where(
        SAGA_PROPOSAL.c.briefing == briefing, SAGA_PROPOSAL.c.declined == true()
    )
    parted = select(SAGA.c.number, SAGA.c.parted).where(
        SAGA.c.briefing == briefing, SAGA.c.parted.is_not(None)
    )
    pairs = [*tx.execute(declined), *tx.execute(parted)]
    return frozenset(
        frozenset({ids[one], ids[other]}) for one, other in pairs if ids[one] != ids[other]
    )


def _ids(tx: Connection, briefing: str) -> Mapping[int, str]:
    """Return the id that each saga has now, by its number."""
    rows = tx.execute(select(SAGA.c.number, SAGA.c.joined).where(SAGA.c.briefing == briefing))
    return {number: f"s{joined or number}" for number, joined in rows}
