from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing.app.rounds.coverage import Coverage, coverage_of
from briefing.core.model import Source, SourceStatus

DUE = datetime(2026, 3, 10, 5, 30, tzinfo=UTC)
NOW = DUE + timedelta(minutes=2)
HOUR = timedelta(hours=1)


def source(
    name: str, *, answered: datetime | None = None, since: datetime | None = None
) -> SourceStatus:
    url = f"https://{name}.example/feed?key=1"
    told = {"answered": answered, "failing_since": since, "reason": "refused"}
    return SourceStatus(Source(url), DUE - 90 * 24 * HOUR, **told)  # type: ignore[arg-type]


def read(name: str) -> SourceStatus:
    return source(name, answered=DUE)


def failing(name: str, *, hours: float = 1) -> SourceStatus:
    return source(name, answered=DUE - 99 * HOUR, since=NOW - hours * HOUR)


@pytest.mark.parametrize(
    ("source_statuses", "enough"),
    [
        ([], False),
        ([read("a")], True),
        ([failing("a")], False),
        ([read("a"), failing("b")], False),
        # of many a few may be missing
        ([*map(read, "abcdefghi"), failing("j")], True),
        ([*map(read, "abcdefgh"), failing("i"), failing("j")], False),
        ([*map(read, "abcdefgh"), failing("i")], False),
        # what has failed for a week is not waited for
        ([read("a"), failing("b", hours=168), failing("c", hours=800)], True),
        ([read("a"), failing("b", hours=167.9), failing("c", hours=800)], False),
        # but where nothing answers nobody knows anything
        ([failing("a", hours=168), failing("b", hours=800)], False),
        # an answer from before the time, or by a clock that was ahead, proves nothing
        ([source("a", answered=DUE - timedelta(seconds=1))], False),
        ([source("a", answered=NOW + HOUR)], False),
        ([source("a")], False),
    ],
)
def test_nine_in_ten_of_the_sources_that_should_answer_must_have_answered(
    source_statuses: list[SourceStatus], *, enough: bool
) -> None:
    assert coverage_of(source_statuses, since=DUE, now=NOW).enough is enough


def test_a_failure_tells_since_when_too_few_answer_and_why() -> None:
    source_statuses = [
        failing(name, hours=hours) for name, hours in (("a", 20), ("b", 2), ("c", 1))
    ]
    seen = coverage_of([*source_statuses, read("d")], since=DUE, now=NOW)
    assert seen == Coverage(4, 1, NOW - 20 * HOUR, "https://a.example/feed: refused, and 2 more")
    assert seen.failure(since=DUE) == (
        "the sources could not be read since 09 March 09:32 UTC: "
        "https://a.example/feed: refused, and 2 more"
    )
    assert "since 09 March 09:32 UTC" in coverage_of(
        [failing("a", hours=20)], since=DUE, now=NOW
    ).failure(since=DUE)


def test_without_a_source_that_is_the_reason() -> None:
    told = coverage_of([], since=DUE, now=NOW).failure(since=DUE)
    assert told == (
        "the sources could not be read since 05:30 UTC: there are no sources; "
        "add one: briefing sources add ADDRESS"
    )
    unasked = coverage_of([source("a")], since=DUE, now=NOW).failure(since=DUE)
    assert unasked.endswith("UTC: reason unknown")
