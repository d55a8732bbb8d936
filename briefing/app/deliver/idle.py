"""PURE: why nothing is to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from briefing.core.model import Audience, DeliveryStatus, State
from briefing.press.phrases import phrases

_STATES = {
    State.PAUSED: "paused",
    State.PENDING: "not confirmed",
    State.UNSUBSCRIBED: "unsubscribed",
    State.BOUNCED: "bounced",
    State.COMPLAINED: "complained",
}


@dataclass(frozen=True, slots=True)
class Idle:
    """What is known when nothing is due."""

    #: Of the last edition; None: there is none, or each was withdrawn.
    audience: Audience | None
    #: Aware UTC; None: nothing waits.
    next_due: datetime | None = None
    #: How many subscribers are in each state.
    states: Mapping[State, int] = field(default_factory=dict)
    #: Active ones who do not want editions on its day of the week.
    other_days: int = 0

    @property
    def words(self) -> str:
        """Return why, one line."""
        if self.audience is None:
            return "no edition; `briefing publish` makes one"
        if self.next_due is not None:
            return f"the next is due at {self.next_due:%Y-%m-%d %H:%M} UTC"
        total = sum(self.audience.counts.values())
        if total == 0:
            none = f"edition {self.audience.day} has 0 recipients: "
            return none + (", ".join(self._missing()) or "there are no subscribers yet")
        sent = self.audience.counts.get(DeliveryStatus.SENT, 0)
        if sent == total:
            return f"all {total:,} of edition {self.audience.day} were sent"
        counts = ", ".join(f"{n:,} {status.value}" for status, n in self.audience.counts.items())
        return f"edition {self.audience.day}: {counts}; see `briefing deliver --status`"

    def _missing(self) -> list[str]:
        """Return why subscribers are no recipients, with numbers."""
        missing: list[str] = []
        for state, words in _STATES.items():
            if number := self.states.get(state, 0):
                noun = "" if missing else f"subscriber{'s' * (number != 1)} "
                missing.append(f"{number:,} {noun}{words}")
        late = self.states.get(State.ACTIVE, 0) - self.other_days
        if self.other_days and self.audience:
            verb = "does" if self.other_days == 1 else "do"
            missing.append(f"{self.other_days:,} {verb} not want {weekday(self.audience.day)}")
        if late > 0:
            missing.append(f"{late:,} subscribed after it was published")
        return missing


def weekday(day: date) -> str:
    """Return the day of the week in the plural."""
    return f"{phrases('en').weekdays[day.weekday()]}s"
