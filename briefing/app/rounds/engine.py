"""What has the work of a round done: this process itself, or whatever else is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from briefing.app.rounds.run_log import RoundTask, RunLog, StepHandler
from briefing.core.model import Run, Step


class Engine(Protocol):
    """Has a task done, and tells how that ended."""

    @property
    def shared(self) -> bool:
        """Whether other rounds may have the same done."""
        ...

    def do(self, task: RoundTask, *, seen: int) -> tuple[Run, bool]:
        """Have a task done; return its run, and whether it is to be tried again soon.

        Args:
            task: what is due.
            seen: the number of the last run of its step when that was decided; 0: none.

        Raises:
            StoreError: its begin or its end cannot be recorded.
        """
        ...


@dataclass(frozen=True, slots=True)
class InlineEngine:
    """Does it here and now."""

    run_log: RunLog
    handlers: Mapping[Step, StepHandler]

    @property
    def shared(self) -> bool:
        """Whether other rounds may have the same done."""
        return False

    def do(self, task: RoundTask, *, seen: int) -> tuple[Run, bool]:
        """Do a task and record its run."""
        return self.run_log.record(task, self.handlers[task.step])
