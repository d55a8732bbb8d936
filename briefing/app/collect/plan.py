"""What one run of collecting is asked for, and what it brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from briefing.core.model import FetchRecord, Host, Outcome, SourceStatus
from briefing.core.ports import Gateway

#: A source that answers but brought nothing for this long is told as silent.
_SILENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CollectPlan:
    """How long things are kept, looked at again and waited for."""

    #: For how long printed reports are looked at again for corrections, once a day.
    recheck: timedelta
    #: Texts that were never printed are deleted after this time; None: never.
    keep: timedelta | None
    #: When a source that failed so many times in a row, the last time now, is asked again.
    next_try: Callable[[int, datetime], datetime]


@dataclass(frozen=True, slots=True)
class Collected:
    """What one run brought."""

    #: One a source, in the order in which they ended.
    visits: tuple[FetchRecord, ...]
    #: How the sources stand now.
    source_statuses: tuple[SourceStatus, ...]
    #: Pages read in a later visit; printed pages and reports of folders found gone.
    repaired: int = 0
    vanished: int = 0
    #: New versions of printed reports found in such visits.
    edited: int = 0
    #: Old texts deleted.
    pruned: int = 0
    #: When it began, aware UTC.
    at: datetime | None = None

    def count(self, outcome: Outcome) -> int:
        """Return how many sources ended so."""
        return sum(visit.outcome is outcome for visit in self.visits)

    @property
    def answered(self) -> int:
        """How many sources answered in this run."""
        return self.count(Outcome.READ) + self.count(Outcome.UNCHANGED)

    @property
    def failing(self) -> tuple[SourceStatus, ...]:
        """Sources that did not answer at their last visit, longest first."""
        failing = [status for status in self.source_statuses if status.failing_since]
        return tuple(sorted(failing, key=lambda status: (status.failing_since, status.source.url)))

    @property
    def silent(self) -> tuple[SourceStatus, ...]:
        """Sources that answer, but have brought nothing for a week, longest first."""
        silent = [
            status for status in self.source_statuses if self.at and _is_silent(status, at=self.at)
        ]
        return tuple(sorted(silent, key=lambda status: (_last_news(status), status.source.url)))


#: Tells what was learned of hosts in this run.
Learned: TypeAlias = Callable[[], Sequence[Host]]
#: Opens the way to the world outside for one run, knowing the hosts of earlier ones.
Outside: TypeAlias = Callable[
    [Mapping[str, Host]], AbstractAsyncContextManager[tuple[Gateway, Learned]]
]
#: Told how many sources are done, and of how many.
Watch: TypeAlias = Callable[[int, int], None]


def _last_news(source_status: SourceStatus) -> datetime:
    return source_status.fresh_at or source_status.added


def _is_silent(source_status: SourceStatus, *, at: datetime) -> bool:
    return source_status.failing_since is None and at - _last_news(source_status) > _SILENT
