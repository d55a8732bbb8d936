"""The editions before and after a day, and why a day has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from briefing.core.model import Ending, Step
from briefing.core.schedule import Timetable, next_edition, publish_at, zone
from briefing.press.dates import short_date
from briefing.store import Transaction, archive, runs, withdrawals
from briefing.web.context import WebContext

#: Publish runs to search for a day.
_RUNS = 200
#: Why there is no edition, by how publishing ended last.
_WHY = {
    Ending.EMPTY: "There was nothing to print.",
    Ending.BLIND: "The sources could not be read.",
    Ending.FAILED: "It could not be made.",
}


@dataclass(frozen=True, slots=True)
class Around:
    """The editions next to a day."""

    before: date | None
    after: date | None
    #: What comes when there is none after it yet: "Fri 13 March comes at 06:30"; may be empty.
    coming: str
    #: What stands before their days in addresses.
    path: str = ""

    @property
    def before_words(self) -> str:
        """The day before in words; empty for none."""
        return self._words(self.before)

    @property
    def after_words(self) -> str:
        """The day after in words; empty for none."""
        return self._words(self.after)

    def _words(self, day: date | None) -> str:
        if day is None:
            return ""
        return f"Week to {day.day} {day:%B}" if self.path else short_date(day)


@dataclass(frozen=True, slots=True)
class Coming:
    """The next expected edition."""

    day: date
    #: Aware UTC.
    at: datetime
    #: As its clock shows it: "06:30".
    time: str
    #: Whether its time has passed.
    overdue: bool


def around(tx: Transaction, context: WebContext, day: date, *, series: str = "") -> Around:
    """Return the editions next to a day; the weeks in review next to one have a series."""
    if series:
        return Around(*archive.neighbours(tx, series, day), "", "week/")
    before, after = archive.neighbours(tx, context.briefing, day)
    waited = None if after else coming(context.timetable, after=day, at=context.clock())
    if waited is None:
        return Around(before, after, "")
    verb = "was due at" if waited.overdue else "comes at"
    return Around(before, after, f"{short_date(waited.day)} {verb} {waited.time}")


def coming(timetable: Timetable | None, *, after: date | None, at: datetime) -> Coming | None:
    """Return the next edition after a day, or after now if no day is given.

    An overdue edition is expected as long as it may still be made; after that, the next one.
    """
    if timetable is None:
        return None
    upcoming = next_edition(timetable, after=at)
    if after is not None:
        midnight = datetime.combine(after, time.max, zone(timetable.zone) or UTC)
        first = next_edition(timetable, after=midnight)
        upcoming = first if first[1] + timetable.patience >= at else upcoming
    return awaited(timetable, upcoming[0], at=at)


def why_none(tx: Transaction, context: WebContext, day: date) -> str:
    """Return one sentence on why a day has no edition."""
    table = context.timetable
    if withdrawals.on(tx, context.briefing, day):
        return "It was withdrawn."
    if table and day in table.holidays:
        return "It is a holiday."
    if table and day.weekday() not in table.days:
        return f"No page is made on {day:%A}s."
    ended = publishing_ended(tx, context, day)
    first, _ = archive.neighbours(tx, context.briefing, day)
    if ended in _WHY:
        return _WHY[ended]
    return "No edition was published that day." if first else "The first edition came later."


def publishing_ended(tx: Transaction, context: WebContext, day: date) -> Ending | None:
    """Return how publishing ended last for a day; None: it was not tried, or has not ended."""
    done = runs.recent(tx, context.briefing, limit=_RUNS, step=Step.PUBLISH)
    return next((run.ending for run in done if run.day == day and run.ending), None)


def awaited(table: Timetable | None, day: date, *, at: datetime) -> Coming | None:
    """Return when the edition of a day comes, if it may still come."""
    due = publish_at(table, day) if table else None
    if table is None or due is None or due + table.patience < at:
        return None
    local = due.astimezone(zone(table.zone) or UTC)
    return Coming(day, due, f"{local:%H:%M}", overdue=due <= at)
