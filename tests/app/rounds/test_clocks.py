"""Two processes, a host that sleeps, a clock that is set: the lines of the table in the docs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from briefing.core.model import Step
from briefing.store import archive
from tests.app.rounds.test_outages import MORE, alerts, at, readers
from tests.app.rounds.test_three_days import FIRST, READERS, SECOND, SETTINGS, Days, living

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
YEAR = timedelta(days=365)
#: The two readers whose time has come at 6:00 UTC; the third waits until 11:00.
EARLY = sorted(READERS)[:2]


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    """A desk that ran the evening before its first edition, at 5:30."""
    with living(tmp_path, settings=SETTINGS + MORE, at=at("04:50")) as days:
        yield days


@dataclass
class Outcome:
    """What is to come of a clock that behaves so."""

    #: Each time at which the clock of `briefing serve` is set, and to what.
    sets: tuple[tuple[datetime, datetime], ...]
    until: datetime
    #: Days that have an edition of the two that are looked at, and whether it was made late.
    made: dict[date, bool]
    #: Who got one, each once.
    sent: list[str] = field(default_factory=list)
    #: A part of what the operator is told, and when; empty: nothing.
    told: str = ""
    when: str = ""


OUTCOMES = {
    "a host sleeps over the time and wakes within the grace": Outcome(
        ((at("05:10"), at("08:00")),), at("09:00"), {FIRST: True}, EARLY,
        "edition of 2026-03-10: was due at 05:30 UTC, begun at 08:00", "08:00",
    ),
    "a host sleeps over the time and wakes after the grace": Outcome(
        ((at("05:10"), at("13:00")),), at("14:00"), {}, [],
        "edition of 2026-03-10: was due at 05:30 UTC and will not be made", "13:00",
    ),
    "a clock is set back by a day": Outcome(
        ((at("06:05"), at("06:05") - DAY),), at("06:10", day=SECOND), {FIRST: False, SECOND: False},
        [*READERS, *EARLY],
    ),
    "a clock is set back by a year and right again an hour later": Outcome(
        ((at("06:05"), at("06:05") - YEAR), (at("07:05") - YEAR, at("07:05"))),
        at("06:10", day=SECOND), {FIRST: False, SECOND: False}, [*READERS, *EARLY],
    ),
    "a clock is set forward by a day and right again an hour later": Outcome(
        ((at("05:10"), at("05:10") + DAY), (at("06:10") + DAY, at("06:10"))),
        at("07:00"), {FIRST: True, SECOND: False}, [*EARLY, *EARLY],
        "edition of 2026-03-10: was due at 05:30 UTC, begun at 06:10", "06:10",
    ),
    "a clock is set forward by a year and right again an hour later": Outcome(
        ((at("05:10"), at("05:10") + YEAR), (at("06:10") + YEAR, at("06:10"))),
        at("07:00"), {FIRST: True}, EARLY,
        "edition of 2026-03-10: was due at 05:30 UTC, begun at 06:10", "06:10",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_comes_of_a_clock_that(case: str, days: Days) -> None:
    expected = OUTCOMES[case]
    words = [f"{one.isoformat()}={other.isoformat()}" for one, other in expected.sets]
    assert days.live(expected.until, "-", "serve", *words) == 0
    every = days.runs(datetime(2000, 1, 1, tzinfo=UTC))
    made = [run for run in every if run.step is Step.PUBLISH and run.figures]
    assert {run.day: run.late for run in made} == expected.made
    with days.store() as store, store.read() as tx:
        kept = archive.days(tx, "ostra-desk", first=FIRST, last=SECOND)
    assert set(kept) == set(expected.made)
    assert sorted(readers(days)) == sorted(expected.sent)
    assert [when for when, said in alerts(days) if expected.told and expected.told in said] == (
        [expected.when] if expected.told else []
    )
