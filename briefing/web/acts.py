"""Acts of operators that leave the house: each waits a minute, can be undone, has an outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.core.errors import BriefingError
from briefing.core.model import Step
from briefing.web.failures import log_failure
from briefing.web.sentences import sentence

#: How long an act can be undone, and how long its outcome is shown.
WAIT, _SHOWN = timedelta(minutes=1), timedelta(hours=1)


@dataclass(slots=True)
class Act:
    """One act, as it stands."""

    number: int
    title: str
    #: Name of the operator.
    who: str
    #: Page from which it was done.
    back: str
    due: datetime
    #: Does it at a moment; returns what came of it. Raises BriefingError: why it was not done.
    do: Callable[[datetime], str]
    #: The run that it asks for, whose end is the outcome; None: it is done when ``do`` returns.
    step: Step | None = None
    #: When it was done or failed, aware UTC; None: it waits.
    done: datetime | None = None
    words: str = ""
    failed: bool = False


class Acts:
    """The acts of one briefing, in this process; safe to use from several threads.

    What waits when the process ends in order is done then; runs of the round are not.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        """Make it; without a clock an act is done only when somebody looks."""
        self._clock, self._lock = clock, threading.Lock()
        self._acts: list[Act] = []
        self._last = 0

    def add(  # noqa: PLR0913  what is to be known of an act
        self,
        title: str,
        do: Callable[[datetime], str],
        *,
        who: str,
        back: str,
        at: datetime,
        wait: timedelta = WAIT,
        step: Step | None = None,
    ) -> None:
        """Have something done after a wait; asked for twice before it is done, it is done once."""
        with self._lock:
            if any(one.title == title and one.done is None for one in self._acts):
                return
            self._last += 1
            self._acts.append(Act(self._last, title, who, back, at + wait, do, step))
        if self._clock is not None and wait:
            clock = self._clock
            timer = threading.Timer(wait.total_seconds() + 0.1, lambda: self.settle(clock()))
            timer.daemon = True
            timer.start()
        self.settle(at)

    def undo(self, number: int) -> Act | None:
        """Take an act back that still waits; None: it does not."""
        with self._lock:
            found = [one for one in self._acts if one.number == number and one.done is None]
            self._acts = [one for one in self._acts if one not in found]
        return next(iter(found), None)

    def settle(self, at: datetime) -> None:
        """Do what has waited long enough; forget what was done long ago."""
        with self._lock:
            self._acts = [one for one in self._acts if not one.done or at - one.done < _SHOWN]
            due = [one for one in self._acts if one.done is None and one.due <= at]
            for one in due:
                one.done = at
        for one in due:
            _do(one, at)

    def close(self) -> None:
        """Do what waits, at the end of the process."""
        with self._lock:
            waiting = [one for one in self._acts if one.done is None and one.step is None]
            for one in waiting:
                one.done = one.due
        for one in waiting:
            _do(one, one.due)

    def listed(self) -> tuple[Act, ...]:
        """Return all, the newest first."""
        with self._lock:
            return tuple(reversed(self._acts))


def _do(one: Act, at: datetime) -> None:
    try:
        one.words = one.do(at)
    except BriefingError as error:
        one.failed, one.words = True, sentence(str(error))
    except Exception as error:
        one.failed, one.words = True, f"Error number: {log_failure(error, at=one.title)}"
