"""Reads from the store what was done before that decides about the next step."""

from __future__ import annotations

from datetime import datetime

from briefing.app.rounds.decide import News
from briefing.core.model import Ending, Run, Step
from briefing.core.schedule import Due
from briefing.store import Transaction, runs

#: Runs of collecting and of publishing that are read: those within the grace.
_LOOKS = 100


def news_of(tx: Transaction, briefing: str, *, due: Due | None, now: datetime) -> News:
    """Return what is known of collecting, by whichever process, and of an edition that is due."""
    collects = runs.recent(tx, briefing, step=Step.COLLECT, limit=_LOOKS, until=now)
    own = next((run for run in collects if run.ending is not Ending.BUSY), None)
    began, is_running = (own.began, own.ended is None) if own else (None, False)
    tries = _tries(tx, briefing, due, now) if due else []
    if not tries:
        return News(began, is_running)
    numbers = [run.id for run in tries]
    return News(
        began,
        is_running,
        missing=True,
        unread=not any(run.id > min(numbers) for run in collects),
        fresh=own is not None and own.ended is not None and own.id > max(numbers),
    )


def _tries(tx: Transaction, briefing: str, due: Due, now: datetime) -> list[Run]:
    """Return the runs that found nothing to print while the sources had not been read."""
    recent = runs.recent(tx, briefing, step=Step.PUBLISH, limit=_LOOKS, until=now)
    return [
        run
        for run in recent
        if run.day == due.day and run.began >= due.at and run.ending in {Ending.BLIND, Ending.PART}
    ]
