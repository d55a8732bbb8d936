"""What several workers share: jobs, and the pace of sending mail."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, join, select, update

from briefing.core.frozen import frozen
from briefing.core.model import Run, Step
from briefing.store import runs
from briefing.store.engine import count_rows, delete_rows, has_row, rows_in, update_rows, upsert
from briefing.store.mail_tables import PACE
from briefing.store.round_tables import JOB, RUN

_OPEN = JOB.ended.is_(None)
_JOINED = join(JOB, RUN)


@frozen
class Job:
    """A job claimed by a worker."""

    number: int
    run: Run
    #: Parameters of its part of the run; empty for the whole run.
    part: Mapping[str, Any]
    #: Attempts, including this one.
    tries: int


@frozen
class OpenJob:
    """A job that has not ended."""

    number: int
    step: Step
    #: Empty if nobody has claimed it.
    worker: str
    #: Counter that its worker increases as a sign of life.
    beat: int


@frozen
class Backlog:
    """How many jobs of one step have not ended."""

    waiting: int = 0
    running: int = 0
    #: When the oldest waiting job was planned, aware UTC; None if none waits.
    oldest: datetime | None = None
    #: How many have lost a worker.
    retried: int = 0


def plan(tx: Connection, run: int, parts: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Add the jobs of a run, in order."""
    adding = insert(JOB).values(run=run, planned=at, result="{}")
    tx.execute(adding, [{"part": json.dumps(part)} for part in parts])


def run_of(tx: Connection, briefing: str, step: Step) -> int | None:
    """Return the run of a step that has open jobs; None if there is none."""
    own = RUN.briefing == step.series(briefing), RUN.step == step
    return tx.scalar(select(JOB.run).select_from(_JOINED).where(_OPEN, *own).limit(1))


def claim(tx: Connection, number: int, *, worker: str) -> Job | None:
    """Claim a job; None if it has ended or another worker has it."""
    mine = JOB.number == number, _OPEN, JOB.worker == ""
    taken = {"worker": worker, "beat": JOB.beat + 1, "tries": JOB.tries + 1}
    row = tx.execute(update(JOB).where(*mine).values(taken).returning(JOB)).first()
    if row is None:
        return None
    run = runs.get(tx, row.run)
    assert run is not None  # noqa: S101  guaranteed by a foreign key
    return Job(number, run, json.loads(row.part), row.tries)


def beat(tx: Connection, numbers: Collection[int], *, worker: str) -> None:
    """Record a sign of life of a worker for its jobs."""
    update_rows(tx, JOB, JOB.number.in_(numbers), _OPEN, JOB.worker == worker, beat=JOB.beat + 1)


def give_back(tx: Connection, number: int, *, worker: str) -> bool:
    """Release an unfinished job as if it had never been claimed; False if the worker lost it."""
    own = JOB.number == number, _OPEN, JOB.worker == worker
    return update_rows(tx, JOB, *own, worker="", tries=JOB.tries - 1) > 0


def free(tx: Connection, lost: OpenJob) -> bool:
    """Release the job of a dead worker; False if it has ended or shown a sign of life."""
    same = JOB.number == lost.number, _OPEN, JOB.worker == lost.worker, JOB.beat == lost.beat
    return update_rows(tx, JOB, *same, worker="") > 0


def end(
    tx: Connection, number: int, *, worker: str, at: datetime, result: Mapping[str, Any]
) -> bool:
    """Record the result of a job; False if its worker has lost it."""
    own = JOB.number == number, _OPEN, JOB.worker == worker
    return update_rows(tx, JOB, *own, ended=at, result=json.dumps(result)) > 0


def drop_waiting(tx: Connection, run: int, *, at: datetime) -> None:
    """End the jobs of a run that nobody has begun, without results."""
    update_rows(tx, JOB, JOB.run == run, _OPEN, JOB.worker == "", ended=at)


def left(tx: Connection, run: int) -> int:
    """Return how many jobs of a run have not ended."""
    return count_rows(tx, JOB.run == run, _OPEN)


def results(tx: Connection, run: int) -> tuple[Mapping[str, Any], ...]:
    """Return the results of a run's jobs, in order; jobs without a result are left out."""
    query = select(JOB.result).where(JOB.run == run, JOB.result != "{}")
    return tuple(json.loads(text) for text in tx.scalars(query.order_by(JOB.number)))


def let_again(tx: Connection, run: int) -> None:
    """Mark a run to be tried again soon."""
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
    """Tell whether there is any job, open or ended but not yet pruned."""
    return has_row(tx, JOB.number > 0)


def prune(tx: Connection, *, before: datetime) -> int:
    """Delete the jobs that ended before a time; return how many."""
    return delete_rows(tx, JOB, JOB.ended < before)


def read_paces(tx: Connection, names: Collection[str]) -> dict[str, float]:
    """Return the stored times of rate limits by name, in seconds since 1970."""
    rows = rows_in(tx, select(PACE), PACE.name, sorted(names))
    return {row.name: row.due for row in rows}


def keep_paces(tx: Connection, times: Mapping[str, float]) -> None:
    """Store the times of rate limits by name."""
    for name in sorted(times):
        upsert(tx, PACE, {"name": name}, {"due": times[name]})


def prune_paces(tx: Connection, *, before: float) -> None:
    """Delete rate limits whose time has passed; the next mail is allowed at once without them."""
    delete_rows(tx, PACE, PACE.due < before)
