"""PURE: whether enough sources were read since a time to trust "nothing to print"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.core.model import SourceStatus

#: A source that has failed for so long is not waited for: it would make every quiet day blind.
GIVEN_UP = timedelta(days=7)
#: One source in so many may be missing: of a hundred there are always some that do not answer.
_SPARE = 10


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the sources answered since a time."""

    #: Sources that should have answered: those that have not failed for a week or longer.
    expected: int
    #: Sources that answered since.
    read: int
    #: Since when too few answer, aware UTC; None: no source has failed.
    failing_since: datetime | None = None
    #: Which source failed then, and why; may hold text from outside.
    why: str = ""

    @property
    def enough(self) -> bool:
        """Whether nine in ten of those that should have answered did, and at least one."""
        return self.read > 0 and self.read >= self.expected - self.expected // _SPARE

    def failure(self, *, since: datetime) -> str:
        """Return one line: since when the sources could not be read, and why.

        Args:
            since: when they should have been read, if no failure of a source is known.
        """
        begin = min(self.failing_since or since, since)
        at = f"{begin:%H:%M}" if begin.date() == since.date() else f"{begin:%d %B %H:%M}"
        return f"the sources could not be read since {at} UTC: {self.why or 'reason unknown'}"


def coverage_of(
    source_statuses: Sequence[SourceStatus], *, since: datetime, now: datetime
) -> Coverage:
    """Return how many sources answered from a time until now.

    Args:
        source_statuses: of all sources.
        since: aware; the answer to an earlier fetch does not count.
        now: aware; an answer that is dated later came when a clock was wrong, and does not count.
    """
    answered = [
        status for status in source_statuses if status.answered and since <= status.answered <= now
    ]
    expected = [status for status in source_statuses if not _is_given_up(status, now)]
    read = {status.source.url for status in answered}
    missing = [status for status in source_statuses if status.source.url not in read]
    failing = sorted(
        (status.failing_since, status.source.url, status)
        for status in missing
        if status.failing_since
    )
    # Sources that failed before the outage are not its cause.
    recent = [failure for failure in failing if not _is_given_up(failure[2], now)] or failing
    if not recent:
        why = (
            "" if source_statuses else "there are no sources; add one: briefing sources add ADDRESS"
        )
        return Coverage(len(expected), len(read), why=why)
    # The failure by which the others became too few.
    began, _, first = recent[min(len(expected) // _SPARE, len(recent) - 1)]
    # An address may hold a key of the operator's behind its question mark.
    name = first.source.name or first.source.url.partition("?")[0]
    more = f", and {len(recent) - 1} more" if len(recent) > 1 else ""
    return Coverage(len(expected), len(read), began, f"{name}: {first.reason}{more}")


def _is_given_up(status: SourceStatus, now: datetime) -> bool:
    return status.failing_since is not None and now - status.failing_since >= GIVEN_UP
