"""What people ask of the round that runs beside them: a run now, not at its time."""

from __future__ import annotations

import threading
from datetime import date

from briefing.model import Step


class Orders:
    """Hands orders from the threads of the web to the thread of the round."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: dict[Step, date | None] = {}
        self._closed = False

    def give(self, step: Step, *, day: date | None = None) -> None:
        """Ask for one run of a step as soon as may be; asking twice before it begins is once."""
        with self._change:
            self._waiting[step] = day
            self._change.notify_all()

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

    def take(self, seconds: float) -> tuple[tuple[Step, date | None], ...]:
        """Return what was asked for, in the order asked; wait so long for a first order."""
        with self._change:
            if not self._waiting and not self._closed:
                self._change.wait(seconds)
            asked, self._waiting = tuple(self._waiting.items()), {}
            return asked
