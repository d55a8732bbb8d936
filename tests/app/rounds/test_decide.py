from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.rounds.days import Coverage, coverage_of
from briefing.app.rounds.decide import BOUNCES_EVERY, News, RoundState, decide, rest, watches_until
from briefing.app.rounds.runs import RoundTask
from briefing.core.model import Source, SourceStatus, Step
from briefing.core.schedule import Timetable
from tests.examples import examples

DAY = date(2026, 3, 12)
YESTERDAY = DAY - timedelta(days=1)
EVERY = timedelta(minutes=30)
TABLE = Timetable(at=time(7), zone="UTC", collect_every=EVERY)
ALL = frozenset(Step)
NEWS = frozenset({Step.COLLECT, Step.PUBLISH})
SEVEN = datetime(2026, 3, 12, 7, tzinfo=UTC)


def at(text: str, *, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), tzinfo=UTC)


def collected(text: str, **told: object) -> RoundState:
    return RoundState(NEWS, settled=YESTERDAY, began={Step.COLLECT: at(text)}, **told)  # type: ignore[arg-type]


def test_what_was_never_done_is_done_at_once_reports_before_the_edition() -> None:
    nothing = RoundState(ALL, next_due=at("06:00"))
    assert decide(TABLE, nothing, now=at("06:00")) == RoundTask(Step.COLLECT)
    assert decide(TABLE, RoundState(ALL - {Step.COLLECT}), now=at("07:00")) == RoundTask(
        Step.PUBLISH, DAY
    )
    assert decide(TABLE, nothing, now=at("07:30")) == RoundTask(Step.COLLECT)
    assert decide(TABLE, RoundState(frozenset({Step.BOUNCES})), now=SEVEN) == RoundTask(
        Step.BOUNCES
    )


@pytest.mark.parametrize(
    ("last", "now", "found"),
    [
        ("05:00", "05:29", timedelta(minutes=1)),
        ("05:00", "05:30", RoundTask(Step.COLLECT)),
        # five minutes before the edition once more, and then not before half an hour has passed
        ("06:40", "06:50", timedelta(minutes=5)),
        ("06:40", "06:55", RoundTask(Step.COLLECT)),
        ("06:55", "06:56", timedelta(minutes=4)),
        ("06:55", "07:00", RoundTask(Step.PUBLISH, DAY)),
        # it was down: first what came in meanwhile, then the edition, late
        ("06:50", "09:00", RoundTask(Step.COLLECT)),
        ("08:59", "09:00", RoundTask(Step.PUBLISH, DAY, late=True)),
        # a clock that was set back
        ("08:00", "06:00", RoundTask(Step.COLLECT)),
    ],
)
def test_reports_are_collected_in_time(last: str, now: str, found: RoundTask | timedelta) -> None:
    assert decide(TABLE, collected(last), now=at(now)) == found


def test_each_step_has_its_time_its_rest_and_pauses_that_grow() -> None:
    slow = collected("06:30", took=timedelta(minutes=8))
    assert decide(TABLE, slow, now=at("06:43")) == timedelta(minutes=1)
    assert decide(TABLE, slow, now=at("06:44")) == RoundTask(Step.COLLECT)
    # but never more than an hour
    stuck = collected("05:45", took=timedelta(hours=3))
    assert decide(TABLE, stuck, now=at("05:59")) == timedelta(minutes=1)
    resting = collected("05:00", resting={Step.COLLECT: at("07:05")})
    assert decide(TABLE, resting, now=SEVEN) == RoundTask(Step.PUBLISH, DAY)
    assert decide(TABLE, resting, now=at("06:50")) == timedelta(minutes=10)
    tried = collected("06:55", resting={Step.PUBLISH: at("07:04")})
    assert decide(TABLE, tried, now=at("07:01")) == timedelta(minutes=3)
    # set back: nobody waits for longer than the longest pause
    far = collected("06:40", resting={Step.COLLECT: at("09:00")})
    assert decide(TABLE, far, now=at("06:55")) == RoundTask(Step.COLLECT)
    done = RoundState(NEWS, settled=DAY, began={Step.COLLECT: at("06:55")})
    assert decide(TABLE, done, now=at("07:01")) == timedelta(minutes=24)
    strict = Timetable(at=time(7), zone="UTC", grace=timedelta(0), collect_every=EVERY)
    assert decide(strict, collected("07:50"), now=at("08:00")) == timedelta(minutes=20)
    mail = frozenset({Step.DELIVER, Step.BOUNCES})
    state = RoundState(mail, next_due=at("07:10"), began={Step.BOUNCES: at("07:00")})
    assert decide(TABLE, state, now=at("07:09")) == timedelta(minutes=1)
    assert decide(TABLE, state, now=at("07:10")) == RoundTask(Step.DELIVER)
    nothing = RoundState(mail, began={Step.BOUNCES: at("07:00")})
    assert decide(TABLE, nothing, now=at("07:00")) == BOUNCES_EVERY
    assert decide(TABLE, nothing, now=at("07:15")) == RoundTask(Step.BOUNCES)
    minutes = [rest(failures) / timedelta(minutes=1) for failures in range(8)]
    assert minutes == [0.25, 1, 2, 4, 8, 16, 30, 30]
    assert rest(10_000) == timedelta(minutes=30)


moments = st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda span: SEVEN + span)


@given(
    now=moments,
    settled=st.none() | st.dates(YESTERDAY, DAY + timedelta(days=4)),
    began=st.dictionaries(st.sampled_from(Step), moments),
    resting=st.dictionaries(st.sampled_from(Step), moments),
    next_due=st.none() | moments,
    steps=st.frozensets(st.sampled_from(Step)),
)
def test_there_is_always_a_task_that_may_be_done_or_a_wait_with_an_end(
    *,
    now: datetime,
    settled: date | None,
    began: dict[Step, datetime],
    resting: dict[Step, datetime],
    next_due: datetime | None,
    steps: frozenset[Step],
) -> None:
    found = decide(TABLE, RoundState(steps, settled, next_due, began, resting), now=now)
    if isinstance(found, RoundTask):
        assert found.step in steps
        assert resting.get(found.step, now) <= now or resting[found.step] - now > EVERY
        assert (found.day is not None) == (found.step is Step.PUBLISH)
        assert found.day is None or settled is None or found.day > settled
    else:
        assert timedelta(0) < found <= timedelta(days=3)


READ = News(began=SEVEN - timedelta(minutes=5))
WAITS = RoundState(frozenset({Step.PUBLISH}), settled=YESTERDAY, waits_since=SEVEN)


@pytest.mark.parametrize(
    ("news", "now", "found"),
    [
        (READ, "07:00", RoundTask(Step.PUBLISH, DAY)),
        # somebody collects, or is about to: five minutes at most
        (replace(READ, runs=True), "07:00", timedelta(minutes=5)),
        (replace(READ, runs=True), "07:05", RoundTask(Step.PUBLISH, DAY)),
        (News(), "07:01", timedelta(minutes=4)),
        (News(began=SEVEN - EVERY), "07:00", timedelta(minutes=5)),
        # tried, and there was nothing: again when somebody has collected
        (replace(READ, missing=True, fresh=True), "07:01", RoundTask(Step.PUBLISH, DAY)),
        (replace(READ, missing=True), "07:01", timedelta(minutes=6)),
    ],
)
def test_an_edition_waits_for_the_news(news: News, now: str, found: RoundTask | timedelta) -> None:
    resting = {Step.PUBLISH: at("07:02")} if news.missing else {}
    assert decide(TABLE, replace(WAITS, news=news, resting=resting), now=at(now)) == found


def test_sources_are_read_anew_for_an_edition_that_is_missing_in_spite_of_a_pause() -> None:
    tired = RoundState(
        frozenset({Step.COLLECT}),
        settled=YESTERDAY,
        began={Step.COLLECT: at("06:55")},
        resting={Step.COLLECT: at("07:10")},
        failing=frozenset({Step.COLLECT}),
    )
    missing = replace(READ, missing=True)
    once = replace(tired, news=replace(missing, unread=True))
    assert decide(TABLE, once, now=SEVEN) == RoundTask(Step.COLLECT)
    assert decide(TABLE, replace(tired, news=missing), now=SEVEN) == timedelta(minutes=10)
    # what failed is tried again after its pause, not after the usual time
    assert decide(TABLE, tired, now=at("07:10")) == RoundTask(Step.COLLECT)


@examples("now, then")
def test_who_watches_looks_when_an_edition_is_missed_or_given_up(now: str, then: str) -> None:
    assert watches_until(TABLE, now=at(now)) == at(then)


class TestADraftThatGoesAtItsDeadline:
    """Nobody has released it, and the rule is that it leaves."""

    def state(self, until: str, **told: object) -> RoundState:
        ready = RoundState(frozenset({Step.PUBLISH}), settled=DAY, goes=(DAY, at(until)))
        return replace(ready, **told)  # type: ignore[arg-type]

    def test_it_is_let_go_then_unless_a_failure_or_the_next_edition_comes_first(self) -> None:
        state = self.state("07:45")
        assert decide(TABLE, state, now=at("07:15")) == timedelta(minutes=30)
        assert decide(TABLE, state, now=at("07:45")) == RoundTask(Step.PUBLISH, DAY)
        assert decide(TABLE, state, now=at("09:00")) == RoundTask(Step.PUBLISH, DAY)
        next_day = DAY + timedelta(days=1)
        late = at("07:00", day=next_day)
        assert decide(TABLE, self.state("07:45"), now=late) == RoundTask(Step.PUBLISH, next_day)
        state = self.state("07:45", resting={Step.PUBLISH: at("07:50")})
        assert decide(TABLE, state, now=at("07:46")) == timedelta(minutes=4)


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
def test_nine_in_ten_must_answer(source_statuses: list[SourceStatus], *, enough: bool) -> None:
    assert coverage_of(source_statuses, since=DUE, now=NOW).enough is enough


def test_a_failure_tells_since_when_too_few_answer_and_why() -> None:
    source_statuses = [
        failing(name, hours=hours) for name, hours in (("a", 20), ("b", 2), ("c", 1))
    ]
    seen = coverage_of([*source_statuses, read("d")], since=DUE, now=NOW)
    assert seen == Coverage(4, 1, NOW - 20 * HOUR, "https://a.example/feed: refused; and 2 more")
    assert seen.failure(since=DUE) == (
        "the sources could not be read since 2026-03-09 09:32 UTC: "
        "https://a.example/feed: refused; and 2 more"
    )
    assert "since 2026-03-09 09:32 UTC" in coverage_of(
        [failing("a", hours=20)], since=DUE, now=NOW
    ).failure(since=DUE)
    told = coverage_of([], since=DUE, now=NOW).failure(since=DUE)
    assert told == (
        "the sources could not be read since 05:30 UTC: there are no sources; "
        "add one: briefing sources add ADDRESS"
    )
    unasked = coverage_of([source("a")], since=DUE, now=NOW).failure(since=DUE)
    assert unasked.endswith("UTC: reason unknown")
