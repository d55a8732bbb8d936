"""Tasks of the round, and how each is recorded from begin to end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType

from briefing.app.rounds.alerts import Alert
from briefing.core.errors import BriefingError, BusyError
from briefing.core.model import Ending, Run, Step
from briefing.store import Store, runs

LOG = logging.getLogger("briefing.rounds")
#: Endings that are logged as warnings.
_ILL = frozenset({Ending.FAILED, Ending.BLIND, Ending.PART})


class Stopped(Exception):  # noqa: N818  a request, not an error
    """The round is to end; raised by a piece of work at a place where it can be cut."""


@dataclass(frozen=True, slots=True)
class RoundTask:
    """One piece of work whose time has come."""

    step: Step
    #: Local date of the edition; None for what belongs to none.
    day: date | None = None
    #: Whether its time was noticeably earlier than now.
    late: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a piece of work ended."""

    ending: Ending
    #: One line: what failed, or what came of it.
    words: str = ""
    #: Counts by name.
    figures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: Whether it is to be tried again soon, though that need not be a failure.
    again: bool = False


#: Does a task; a BriefingError is a failure.
StepHandler = Callable[[RoundTask], Ended]


@dataclass(frozen=True, slots=True)
class RunLog:
    """Records the runs of a briefing and triggers its alerts."""

    store: Store
    #: Slug of the briefing.
    briefing: str
    #: Now, aware UTC.
    clock: Callable[[], datetime]
    #: Called with each recorded run.
    alert: Callable[[Run], None] = lambda _run: None
    #: Looks for alerts although no run has ended.
    look: Callable[[], None] = lambda: None
    #: Sends alerts without the store; for the thread that watches.
    without_store: Callable[[Sequence[Alert]], None] = lambda _alerts: None
    #: Seconds that go on whoever sets the clock; None: they are not compared with it.
    steady: Callable[[], float | None] = lambda: None
    #: Names a run in every line that is logged meanwhile.
    about: Callable[[Run], AbstractContextManager[None]] = lambda _run: nullcontext()

    def record(self, task: RoundTask, handler: StepHandler) -> tuple[Run, bool]:
        """Do a task; return its run, and whether it is to be tried again soon.

        Raises:
            StoreError: its begin or its end cannot be recorded.
        """
        run = self._begin(task)
        with self.about(run):
            LOG.info("%s begins%s", run.step, " late" if run.late else "")
            ended = outcome(task, handler)
            run = self._end(run, ended)
            log_ending(run)
            self.notify(run)
        return run, ended.again

    def notify(self, run: Run) -> None:
        """Send the alerts after a run; any failure is only logged."""
        try:
            self.alert(run)
        except Exception:
            LOG.exception("the alert after a run failed")

    def _begin(self, task: RoundTask) -> Run:
        run = Run(0, self.briefing, task.step, self.clock(), task.day, late=task.late)
        with self.store.write() as tx:
            number = runs.begin(
                tx, self.briefing, run.step, at=run.began, day=run.day, late=run.late
            )
        return replace(run, id=number)

    def _end(self, run: Run, ended: Ended) -> Run:
        at = self.clock()
        with self.store.write() as tx:
            runs.end(
                tx, run.id, ending=ended.ending, at=at, words=ended.words, figures=ended.figures
            )
        return replace(run, ended=at, ending=ended.ending, words=ended.words, figures=ended.figures)


def outcome(task: RoundTask, handler: StepHandler) -> Ended:
    """Do a task; any exception becomes its ending."""
    try:
        return handler(task)
    except Stopped:
        return Ended(Ending.PART, "stopped early; finished work is kept")
    except BusyError as error:
        return Ended(Ending.BUSY, str(error), again=True)
    except (BriefingError, OSError) as error:
        return Ended(Ending.FAILED, str(error), again=True)
    except Exception as error:
        LOG.exception("internal error in %s", task.step)
        message = f"internal error ({type(error).__name__}: {error}); see the log"
        return Ended(Ending.FAILED, message, again=True)


def log_ending(run: Run) -> None:
    """Log how a run ended."""
    figures = ", ".join(f"{number} {name}" for name, number in run.figures.items())
    summary = ": ".join(part for part in (str(run.ending), figures, run.words) if part)
    level = logging.WARNING if run.ending in _ILL else logging.INFO
    LOG.log(level, "%s ended, %s", run.step, summary)
