"""What the store holds, and whether it can be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from briefing.core.model import SourceStatus, State, Step
from briefing.store import (
    Transaction,
    archive,
    editions,
    jobs,
    operators,
    runs,
    sources,
    subscribers,
)
from briefing.store.jobs import Backlog


def try_to_write(tx: Transaction, briefing: str, *, at: datetime) -> None:
    """Write to the store, and roll it back."""
    runs.begin(tx, briefing, Step.COLLECT, at=at)
    tx.rollback()


@dataclass(frozen=True, slots=True)
class StoreState:
    """What checks ask of the store, as of one moment."""

    source_statuses: tuple[SourceStatus, ...]
    #: When the last edition was made, aware UTC.
    made: datetime | None
    #: When the last run began, aware UTC.
    began: datetime | None
    #: Active subscribers.
    active: int
    operators: int
    #: Days of the editions from today on.
    days: tuple[date, ...]
    #: What is left to do for workers.
    backlog: Mapping[Step, Backlog]


def store_state(tx: Transaction, briefing: str, *, at: datetime) -> StoreState:
    """Return what checks ask, now."""
    last = editions.last(tx, briefing)
    ran = [run.began for step in Step if (run := runs.last(tx, briefing, step))]
    return StoreState(
        sources.source_statuses(tx),
        last.made if last else None,
        max(ran, default=None),
        subscribers.counts(tx).get(State.ACTIVE, 0),
        len(operators.listed(tx)),
        tuple(archive.days(tx, briefing, first=at.date(), last=date.max)),
        jobs.backlog(tx, briefing),
    )
