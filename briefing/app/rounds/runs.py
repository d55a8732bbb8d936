"""Runs of the round: requested, carried out by an engine, recorded from start to end."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from datetime import date, datetime
from typing import Any

from briefing.app.rounds.alerts import Alert
from briefing.core.errors import BriefingError, BusyError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import Ending, Run, Step
from briefing.core.schedule import Timetable, local_date, refuse_ahead, refuse_unfinished
from briefing.store import Store, Transaction, runs
from briefing.store.audit import Actor

LOG = logging.getLogger("briefing.rounds")
#: Endings that are logged as warnings.
_ILL = frozenset({Ending.FAILED, Ending.BLIND, Ending.PART})


class Stopped(Exception):  # noqa: N818  a request, not an error
    """The round is to end; raised by a task where it can be cut off."""


@frozen
class RoundTask:
    """A task that is due."""

    step: Step
    #: Local date of the edition; None for a task without one.
    day: date | None = None
    #: Whether it is noticeably later than scheduled.
    late: bool = False
    #: Name of the edition among those of its day; empty: the first, or none.
    edition: str = ""


@frozen
class Ended:
    """How a task ended."""

    ending: Ending
    #: One line: what failed, or the result.
    words: str = ""
    #: Counts by name.
    figures: Mapping[str, int] = field(default_factory=dict)
    #: Whether to try again soon, which need not mean that it failed.
    again: bool = False
    #: What a part of a run passes on besides: counts and names, as JSON.
    facts: Mapping[str, Any] = field(default_factory=dict)


#: Does a task; a BriefingError counts as a failure.
StepHandler = Callable[[RoundTask], Ended]


@frozen
class RunLog:
    """Records the runs of a briefing and triggers its alerts."""

    store: Store
    #: Slug of the briefing.
    briefing: str
    #: Returns the time, aware UTC.
    clock: Callable[[], datetime]
    #: Called with each recorded run.
    alert: Callable[[Run], None] = lambda _run: None
    #: Checks for alerts even though no run has ended.
    look: Callable[[], None] = lambda: None
    #: Sends alerts without the store; for the watching thread.
    without_store: Callable[[Sequence[Alert]], None] = lambda _alerts: None
    #: Returns seconds of a clock that nobody can set; None: there is none to compare with.
    steady: Callable[[], float | None] = lambda: None
    #: Returns a context that names a run in every line logged within it.
    about: Callable[[Run], AbstractContextManager[None]] = lambda _run: nullcontext()

    def record(self, task: RoundTask, handler: StepHandler) -> tuple[Run, bool]:
        """Do a task; return its run, and whether to try again soon."""
        began, late, edition = self.clock(), task.late, task.edition
        run = Run(0, self.briefing, task.step, began, task.day, late=late, edition=edition)
        number = self.store.apply(
            runs.begin, self.briefing, run.step, at=began, day=run.day, late=late, edition=edition
        )
        run = replace(run, id=number)
        with self.about(run):
            LOG.info("%s begins%s", run.step, " late" if run.late else "")
            ended = outcome(task, handler)
            at, words, figures = self.clock(), ended.words, ended.figures
            self.store.apply(
                runs.end, run.id, ending=ended.ending, at=at, words=words, figures=figures
            )
            run = replace(run, ended=at, ending=ended.ending, words=words, figures=figures)
            log_ending(run)
            self.notify(run)
        return run, ended.again

    def notify(self, run: Run) -> None:
        """Send the alerts due after a run; any failure is only logged."""
        try:
            self.alert(run)
        except Exception:
            LOG.exception("the alert after a run failed")


def outcome(task: RoundTask, handler: StepHandler) -> Ended:
    """Do a task; return how it ended, even by an exception."""
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
        message = f"internal error, {type(error).__name__}: {error}; see the log"
        return Ended(Ending.FAILED, message, again=True)


def log_ending(run: Run) -> None:
    """Log how a run ended."""
    figures = ", ".join(f"{number} {name}" for name, number in run.figures.items())
    summary = ": ".join(part for part in (str(run.ending), figures, run.words) if part)
    level = logging.WARNING if run.ending in _ILL else logging.INFO
    LOG.log(level, "%s ended, %s", run.step, summary)


#: Steps that belong to a day.
_OF_A_DAY = frozenset({Step.PUBLISH, Step.WEEK, Step.DELIVER})


def request_run(  # noqa: PLR0913  what is to be known of a request
    tx: Transaction,
    step: Step,
    *,
    day: date | None = None,
    edition: str = "",
    timetable: Timetable | None,
    actor: Actor,
) -> None:
    """Check a request for a run, and audit it; :meth:`RunRequests.give` then makes it.

    UsageError: the step takes no day, or the day is in the future.
    """
    if day is not None and step not in _OF_A_DAY:
        raise UsageError(f"day: {step} takes no day; leave it out")
    if step is Step.PUBLISH and day is not None and timetable is not None:
        refuse_ahead(timetable, day, now=actor.at)
    if step is Step.WEEK and day is not None and timetable is not None:
        refuse_unfinished(day, today=local_date(timetable, at=actor.at))
    actor.note(tx, f"order {step}", f"{day or ''} {edition}".strip())


#: A requested step, its day, and the name of the edition; empty: the first, or none.
RunRequest = tuple[Step, date | None, str]


class RunRequests:
    """Passes requests from the threads of the web to the threads of the round."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        # In the order of requests, each once.
        self._waiting: dict[RunRequest, None] = {}
        self._woken = 0
        self._closed = False

    def give(self, step: Step, *, day: date | None = None, edition: str = "") -> None:
        """Request a run of a step as soon as possible; repeated requests before it starts are one.

        Requests for different days or editions are separate runs.
        """
        with self._change:
            self._waiting[step, day, edition] = None
            self._change.notify_all()

    def wake(self) -> None:
        """Make all waiting threads check again what is due."""
        with self._change:
            self._woken += 1
            self._change.notify_all()

    @property
    def woken(self) -> int:
        """How often :meth:`wake` was called; a caller that remembers it misses no later call."""
        with self._change:
            return self._woken

    def close(self) -> None:
        """End all waiting, now and later."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the round is to end."""
        with self._change:
            return self._closed

    def take(
        self, seconds: float, *, of: Collection[Step] = tuple(Step), seen: int | None = None
    ) -> tuple[RunRequest, ...]:
        """Return the requests in order; wait up to ``seconds`` for a first one.

        ``seen`` is ``woken`` as it was before the caller checked what is due; None: as it is now.
        Requests for steps other than ``of`` stay.
        """
        with self._change:
            since = self._woken if seen is None else seen
            self._change.wait_for(
                lambda: (
                    self._closed
                    or self._woken != since
                    or any(step in of for step, *_ in self._waiting)
                ),
                max(seconds, 0),
            )
            asked = tuple(request for request in self._waiting if request[0] in of)
            for request in asked:
                del self._waiting[request]
            return asked
