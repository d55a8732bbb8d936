"""What several workers share: jobs, and when the next mail may be sent."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, join, select, update

from briefing.core.model import Run, Step
from briefing.store import runs
from briefing.store.engine import count_rows, delete_rows, has_row, rows_in, update_rows, upsert
from briefing.store.mail_tables import PACE
from briefing.store.round_tables import JOB, RUN

_OPEN = JOB.ended.is_(None)
_JOINED = join(JOB, RUN)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its worker has it."""

    number: int
    run: Run
    #: Which part of the run, by names; empty: all of it.
    part: Mapping[str, Any]
    #: How often it was begun, this time included.
    tries: int


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that has not ended."""

    number: int
    step: Step
    #: Empty: nobody does it yet.
    worker: str
    #: Counted on by its worker.
    beat: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """The jobs of one step that have not ended."""

    waiting: int = 0
    running: int = 0
    #: When the oldest of those that nobody does was planned, aware UTC; None: none waits.
    oldest: datetime | None = None
    #: Those over which a worker was lost.
    retried: int = 0


def plan(tx: Connection, run: int, parts: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Add the jobs of a run, in order."""
    adding = insert(JOB).values(run=run, planned=at, result="{}")
    tx.execute(adding, [{"part": json.dumps(part)} for part in parts])


def run_of(tx: Connection, briefing: str, step: Step) -> int | None:
    """Return the run of a step that has jobs left to do; None: there is none."""
    own = RUN.briefing == step.series(briefing), RUN.step == step
    return tx.scalar(select(JOB.run).select_from(_JOINED).where(_OPEN, *own).limit(1))


def claim(tx: Connection, number: int, *, worker: str) -> Job | None:
    """Take a job; None if it has ended, or another worker does it."""
    mine = JOB.number == number, _OPEN, JOB.worker == ""
    taken = {"worker": worker, "beat": JOB.beat + 1, "tries": JOB.tries + 1}
    row = tx.execute(update(JOB).where(*mine).values(taken).returning(JOB)).first()
    if row is None:
        return None
    run = runs.get(tx, row.run)
    assert run is not None  # noqa: S101  a foreign key holds it
    return Job(number, run, json.loads(row.part), row.tries)


def beat(tx: Connection, numbers: Collection[int], *, worker: str) -> None:
    """Show that a worker is doing some jobs."""
    update_rows(tx, JOB, JOB.number.in_(numbers), _OPEN, JOB.worker == worker, beat=JOB.beat + 1)


def give_back(tx: Connection, number: int, *, worker: str) -> bool:
    """Free a job that a worker has not done, as if it had never taken it; False: it has lost it."""
    own = JOB.number == number, _OPEN, JOB.worker == worker
    return update_rows(tx, JOB, *own, worker="", tries=JOB.tries - 1) > 0


def free(tx: Connection, lost: OpenJob) -> bool:
    """Free a job whose worker has died; False if it has shown a sign of life, or ended."""
    same = JOB.number == lost.number, _OPEN, JOB.worker == lost.worker, JOB.beat == lost.beat
    return update_rows(tx, JOB, *same, worker="") > 0


def end(
    tx: Connection, number: int, *, worker: str, at: datetime, result: Mapping[str, Any]
) -> bool:
    """Record what came of a job; False if its worker has lost it."""
    own = JOB.number == number, _OPEN, JOB.worker == worker
    return update_rows(tx, JOB, *own, ended=at, result=json.dumps(result)) > 0


def drop_waiting(tx: Connection, run: int, *, at: datetime) -> None:
    """End the jobs of a run that nobody has begun, without a result."""
    update_rows(tx, JOB, JOB.run == run, _OPEN, JOB.worker == "", ended=at)


def left(tx: Connection, run: int) -> int:
    """Return how many jobs of a run have not ended."""
    return count_rows(tx, JOB.run == run, _OPEN)


def results(tx: Connection, run: int) -> tuple[Mapping[str, Any], ...]:
    """Return what came of the jobs of a run, in their order; nothing of those never begun."""
    query = select(JOB.result).where(JOB.run == run, JOB.result != "{}")
    return tuple(json.loads(text) for text in tx.scalars(query.order_by(JOB.number)))


def let_again(tx: Connection, run: int) -> None:
    """Note that a run is to be tried again soon."""
    update_rows(tx, JOB, JOB.run == run, again=True)


def is_again(tx: Connection, run: int) -> bool:
    """Tell whether a run is to be tried again soon."""
    return has_row(tx, JOB.run == run, JOB.again)


def open_jobs(tx: Connection, briefing: str) -> tuple[OpenJob, ...]:
    """Return the jobs of a briefing that have not ended, in order."""
    columns = JOB.number, RUN.step, JOB.worker, JOB.beat
    own = RUN.briefing.in_(runs.series_of(briefing))
    query = select(*columns).select_from(_JOINED).where(_OPEN, own)
    return tuple(OpenJob(*row) for row in tx.execute(query.order_by(JOB.number)))


def backlog(tx: Connection, briefing: str) -> dict[Step, Backlog]:
    """Return what is left to do, for each step."""
    waiting = case((JOB.worker == "", JOB.planned))
    retried = func.count(case((JOB.tries > case((JOB.worker == "", 0), else_=1), JOB.number)))
    counts = func.count(waiting), func.count(), func.min(waiting), retried
    own = RUN.briefing.in_(runs.series_of(briefing))
    query = select(RUN.step, *counts).select_from(_JOINED).where(_OPEN, own).group_by(RUN.step)
    known = {
        step: Backlog(waits, number - waits, oldest, again)
        for step, waits, number, oldest, again in tx.execute(query)
    }
    return {step: known.get(step, Backlog()) for step in Step}


def is_used(tx: Connection) -> bool:
    """Tell whether workers did anything in the last day, or have anything to do."""
    return has_row(tx, JOB.number > 0)


def prune(tx: Connection, *, before: datetime) -> int:
    """Delete the jobs that ended before a time; return how many."""
    return delete_rows(tx, JOB, JOB.ended < before)


def read_paces(tx: Connection, names: Collection[str]) -> dict[str, float]:
    """Return the times that are kept of some limits, in seconds since 1970."""
    rows = rows_in(tx, select(PACE), PACE.name, sorted(names))
    return {row.name: row.due for row in rows}


def keep_paces(tx: Connection, times: Mapping[str, float]) -> None:
    """Keep the times of some limits."""
    for name in sorted(times):
        upsert(tx, PACE, {"name": name}, {"due": times[name]})


def prune_paces(tx: Connection, *, before: float) -> None:
    """Forget limits whose time passed long ago; they allow the next mail at once anyway."""
    delete_rows(tx, PACE, PACE.due < before)
