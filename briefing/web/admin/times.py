"""PURE: short date and time formats in the zone of a briefing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from briefing.core.schedule import zone


@dataclass(frozen=True, slots=True)
class Times:
    """A zone and the current time."""

    zone: tzinfo
    #: Aware.
    now: datetime

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()

    @property
    def midnight(self) -> datetime:
        """When today began there, aware UTC."""
        return datetime.combine(self.today, time(), self.zone).astimezone(UTC)

    def clock(self, at: datetime) -> str:
        """Format as "05:34"."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def day(self, day: date) -> str:
        """Format as "Thu 12 March", with the year if it is another one."""
        year = f" {day.year}" if day.year != self.today.year else ""
        return f"{day:%a} {day.day} {day:%B}{year}"

    def moment(self, at: datetime | None) -> str:
        """Format as "today, 05:34" or "Tue 10 March, 05:34"; empty for None."""
        if at is None:
            return ""
        there = at.astimezone(self.zone)
        near = {self.today: "today", self.today - timedelta(days=1): "yesterday"}
        return f"{near.get(there.date()) or self.day(there.date())}, {there:%H:%M}"


def times_in(name: str, *, now: datetime) -> Times:
    """Return the times of a zone by its IANA name; UTC for one that this machine does not know."""
    return Times(zone(name) or UTC, now)
