"""What one round would do now, and why; nothing of it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from briefing.app.rounds.run_log import RoundTask
from briefing.app.rounds.today import DayState, day_state, edition_reason, edition_task
from briefing.core.model import Step
from briefing.core.schedule import Timetable
from briefing.store import Store, deliveries, sources


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What a round would do at one moment."""

    #: Aware UTC.
    at: datetime
    #: What can be done by the settings.
    steps: frozenset[Step]
    #: The edition that would be made; None: none.
    edition: RoundTask | None
    #: Why it would be made, or why none would.
    reason: str
    #: The week in review that would be made; None: none.
    week: RoundTask | None = None
    #: As above; empty: it has no time.
    week_reason: str = ""
    #: Sources that would be asked, and those that are not to be asked yet.
    due_sources: int = 0
    resting_sources: int = 0
    #: Mails that are due by now, and to how many subscribers.
    mails: int = 0
    subscribers: int = 0


def plan_round(  # noqa: PLR0913  what a round is made of
    store: Store | None,
    briefing: str,
    *,
    timetable: Timetable,
    steps: Collection[Step],
    only_due: bool,
    now: datetime,
) -> RoundPlan:
    """Return what :func:`briefing.app.rounds.run_once` would do now, by its own rules."""
    if store is None:
        states = [(slot, DayState()) for slot in timetable.slots]
        return _with_editions(RoundPlan(now, frozenset(steps), None, ""), states, only_due)
    with store.read() as tx:
        states = [
            (slot, day_state(tx, briefing, timetable=timetable, slot=slot, now=now))
            for slot in timetable.slots
        ]
        source_statuses = sources.active(tx)
        mails, subscribers = deliveries.due_by(tx, now)
    resting = sum(status.rests(at=now) for status in source_statuses)
    plan = RoundPlan(
        now,
        frozenset(steps),
        None,
        "",
        due_sources=len(source_statuses) - resting,
        resting_sources=resting,
        mails=mails,
        subscribers=subscribers,
    )
    return _with_editions(plan, states, only_due)


def _with_editions(
    plan: RoundPlan,
    states: Sequence[tuple[Timetable, DayState]],
    only_due: bool,  # noqa: FBT001  passed on
) -> RoundPlan:
    """Return a plan with what is made by each slot, that of editions first."""
    (edition, reason), *weeks = (
        (
            edition_task(slot, state, now=plan.at, only_due=only_due),
            edition_reason(slot, state, now=plan.at, only_due=only_due),
        )
        for slot, state in states
    )
    week, week_reason = weeks[0] if weeks else (None, "")
    return replace(plan, edition=edition, reason=reason, week=week, week_reason=week_reason)
