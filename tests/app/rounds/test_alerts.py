from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from briefing.app.rounds.alerting import Phase, SentAlert, decide
from briefing.app.rounds.alerts import (
    LITTLE_ROOM,
    Alert,
    AlertKind,
    Observations,
    SlotState,
    alerts_of,
)
from briefing.core.model import Ending, ReleaseRule, Run, Source, SourceStatus, Step
from briefing.core.schedule import Timetable
from tests.app.rounds.test_alerting import Teller

#: A Thursday, half an hour after the edition was due.
NOW = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)
TODAY = date(2026, 3, 12)
TABLE = Timetable(time(6, 30), "UTC")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def run(step: Step, ending: Ending | None, *, at: datetime = NOW, **told: Any) -> Run:  # noqa: ANN401
    """Return a run that took a minute."""
    ended = at + MINUTE if ending else None
    return Run(0, "ostra-desk", step, at, ended=ended, ending=ending, **told)


#: There is always one: somebody waits for an edition.
COLLECTED = run(Step.COLLECT, Ending.DONE, at=DUE - HOUR)


def published(ending: Ending | None, *, at: datetime = DUE, **told: Any) -> Run:  # noqa: ANN401
    return run(Step.PUBLISH, ending, at=at, **{"day": TODAY, **told})


def source_status(url: str, *, hours: float | None, name: str = "") -> SourceStatus:
    since = None if hours is None else NOW - timedelta(hours=hours)
    return SourceStatus(Source(url, name=name), NOW - 90 * DAY, failing_since=since, failures=9)


def seen(
    runs: Sequence[Run],
    table: Timetable | None,
    now: datetime,
    printed: Sequence[date] = (),
    statuses: Sequence[SourceStatus] = (),
    **draft: Any,  # noqa: ANN401
) -> Observations:
    slots = [SlotState(table, printed, **draft)] if table else []
    return Observations(runs, statuses, now, slots)


def found(
    *runs: Run,
    source_statuses: tuple[SourceStatus, ...] = (),
    table: Timetable | None = TABLE,
    now: datetime = NOW,
    printed: date | None = None,
    ahead: tuple[date, ...] = (),
    free: int | None = None,
) -> list[tuple[str, str]]:
    """Return kind and words of what there is to tell."""
    days = (*ahead, printed) if printed else ahead
    told = alerts_of(
        replace(seen((COLLECTED, *runs), table, now, days, source_statuses), free=free)
    )
    return [(one.kind.value, one.message) for one in told]


NOT_YET = ("late", "edition of 2026-03-12: was due at 06:30 UTC and has not been made yet")


class TestAnEdition:
    def test_that_is_late_or_blind_is_told_and_again_when_its_grace_is_over(self) -> None:
        assert found(now=DUE + 3 * MINUTE) == []
        assert found(now=DUE + 4 * MINUTE) == [NOT_YET]
        assert found(published(None), now=DUE + 4 * MINUTE) == [NOT_YET]
        why = "the sources could not be read since 06:25 UTC: Harbor: refused"
        blind = published(Ending.BLIND, words=why)
        day = "edition of 2026-03-12: "
        told = ("blind", f"{day}not made yet: {why}; tried again until 12:30 UTC")
        assert found(blind, now=DUE) == [told]
        # also when it is tried again now, and when it is the very first run
        assert found(blind, published(None, at=NOW), now=NOW) == [told]
        assert alerts_of(seen([blind], TABLE, DUE))
        assert found(blind, now=DUE + 7 * HOUR) == [("blind", f"{day}not made: {why}")]

    def test_that_was_blind_and_then_came_or_was_empty_is_told_so(self) -> None:
        teller = Teller()
        why = "the sources could not be read since 06:25 UTC: Harbor: refused"
        blind = published(Ending.BLIND, words=why)
        assert teller.look(DUE, *alerts_of(seen([blind], TABLE, DUE))) == [Phase.BEGAN]
        came = (blind, published(Ending.DONE, at=DUE + 2 * MINUTE))
        later = DUE + 3 * MINUTE
        assert teller.look(later, *alerts_of(seen(came, TABLE, later, [TODAY]))) == [Phase.OVER]
        empty = (blind, published(Ending.EMPTY, at=DUE + 2 * MINUTE))
        assert [one.kind for one in alerts_of(seen(empty, TABLE, later))] == [AlertKind.EMPTY]

    def test_that_is_not_made_any_more_is_told_whatever_a_clock_hides(self) -> None:
        ahead = published(Ending.DONE, at=NOW + 365 * DAY)
        failed = run(Step.COLLECT, Ending.FAILED, at=DUE - MINUTE, words="no route")
        assert found(ahead, failed) == [NOT_YET, ("failing", "collecting fails: no route")]
        gone = ("late", "edition of 2026-03-12: was due at 06:30 UTC and will not be made")
        later = DUE + 7 * HOUR
        assert found(now=later) == [gone]
        assert found(published(Ending.FAILED, words="no fonts"), now=later)[0] == (
            "late",
            f"{gone[1]}: no fonts",
        )
        for run_of_it in (published(Ending.DONE), published(Ending.PART)):
            assert found(run_of_it, printed=TODAY) == []
        assert found(printed=TODAY) == []
        assert found(printed=TODAY - DAY) == [NOT_YET]

    def test_that_was_made_while_many_sources_failed_is_told_so_at_once(self) -> None:
        harbor, nine = (
            source_status("https://a.example/", hours=3, name="Harbor"),
            "https://{}.example/",
        )
        well = tuple(source_status(nine.format(n), hours=None) for n in range(9))
        words = "edition of 2026-03-12: made while 1 of 2 sources did not respond: Harbor"
        assert found(published(Ending.DONE), printed=TODAY, source_statuses=(harbor, well[0])) == [
            ("sources", words)
        ]
        # one in ten is missing on every day
        assert found(published(Ending.DONE), printed=TODAY, source_statuses=(harbor, *well)) == []
        # what fails since then was heard
        later = source_status("https://a.example/", hours=0.4)
        assert found(published(Ending.DONE), printed=TODAY, source_statuses=(later, well[0])) == []
        (told,) = alerts_of(seen([published(Ending.DONE)], TABLE, NOW, [TODAY], (harbor, well[0])))
        assert told.once

    def test_is_judged_by_what_is_there_and_told_as_long_as_it_is_dated_ahead(self) -> None:
        busy = published(Ending.DONE, words="another process does it now")
        assert found(busy, printed=TODAY - DAY) == [NOT_YET]
        runs = (published(Ending.DONE), published(Ending.FAILED, at=NOW, words="no room"))
        assert found(*runs, printed=TODAY) == [("failing", "publishing fails: no room")]
        assert found(ahead=(TODAY + DAY,)) == [NOT_YET]
        words = (
            "edition of 2062-11-25: dated later than the next scheduled edition; check the clock, "
            "or withdraw it: briefing editions withdraw 2062-11-25"
        )
        far = (date(2062, 11, 25),)
        assert found(printed=TODAY, ahead=far) == [("ahead", words)]
        assert found(printed=TODAY, ahead=far, table=None) == []
        assert found(printed=TODAY) == []
        told = alerts_of(seen((), TABLE, NOW, far))
        over = decide((), {told[0].key: SentAlert(told[0], NOW)}, NOW)
        said = "the edition of 2062-11-25 is no longer dated ahead since 2026-03-12 07:00 UTC"
        assert over[0].message.startswith(said)

    def test_that_is_late_or_empty_is_told_for_a_day(self) -> None:
        late = published(Ending.DONE, at=DUE + 2 * HOUR, late=True)
        told = ("late", "edition of 2026-03-12: was due at 06:30 UTC, begun at 08:30")
        assert found(late, now=DUE + 3 * HOUR, printed=TODAY) == [told]
        weekly = Timetable(time(6, 30), "UTC", days=(3,))
        for hours, there in ((1, [told]), (3, [])):
            assert found(late, table=weekly, now=DUE + DAY + hours * HOUR, printed=TODAY) == there
        words = "edition of 2026-03-12: there was nothing to print"
        assert found(published(Ending.EMPTY)) == [("empty", words)]
        reason = published(Ending.EMPTY, words="no documents since yesterday")
        assert found(reason) == [("empty", f"{words}: no documents since yesterday")]
        weekly = Timetable(time(6, 30), "UTC", days=(3,))
        assert found(reason, table=weekly, now=NOW + DAY) == []
        assert found(published(Ending.EMPTY, at=DUE - MINUTE), now=DUE + 3 * MINUTE) == []
        early = (published(Ending.EMPTY, at=DUE - MINUTE), published(None))
        assert found(*early, now=DUE + HOUR) == [NOT_YET]
        assert alerts_of(seen((), TABLE, NOW)) == ()
        first = run(Step.COLLECT, Ending.DONE, at=DUE + MINUTE)
        assert alerts_of(seen([first], TABLE, NOW)) == ()
        assert found(table=None) == []
        off = Timetable(time(6, 30), "UTC", days=(0,), holidays=frozenset({date(2026, 3, 9)}))
        long_ago = run(Step.COLLECT, Ending.DONE, at=NOW - 20 * DAY)
        assert found(long_ago, table=off)[0][1].startswith("edition of 2026-03-02")
        assert found(table=Timetable(time(6, 30), "UTC", days=())) == []


class TestAStep:
    def test_that_fails_is_told_with_its_reason_since_the_first_of_its_failures(self) -> None:
        assert found(published(Ending.FAILED, words="no fonts")) == [
            ("failing", "publishing fails: no fonts")
        ]
        for step, subject in (
            (Step.COLLECT, "collecting"),
            (Step.DELIVER, "delivering"),
            (Step.BOUNCES, "reading returned mail"),
        ):
            told = found(run(step, Ending.FAILED), table=None)
            assert told == [("failing", f"{subject} fails: reason unknown")]
        endings = (Ending.FAILED, Ending.DONE, Ending.FAILED, Ending.FAILED, None)
        runs = [
            run(Step.COLLECT, ending, at=NOW + number * HOUR)
            for number, ending in enumerate(endings)
        ]
        for order in (runs, runs[::-1]):
            (alert,) = alerts_of(Observations(order, (), NOW + 5 * HOUR))
            assert (alert.key, alert.since) == ("collect", NOW + 2 * HOUR)

    def test_that_works_again_is_nothing_to_tell_but_one_that_hangs_is(self) -> None:
        for ending in (Ending.DONE, Ending.PART, Ending.EMPTY):
            runs = (run(Step.COLLECT, Ending.FAILED), run(Step.COLLECT, ending, at=NOW + HOUR))
            assert found(*runs, table=None, now=NOW + HOUR) == []
        busy = run(Step.COLLECT, Ending.BUSY, at=NOW)
        failed = run(Step.COLLECT, Ending.FAILED, at=NOW - MINUTE, words="no route")
        assert found(failed, busy, table=None) == [("failing", "collecting fails: no route")]
        hangs = run(Step.COLLECT, None, at=NOW - 2 * HOUR)
        assert alerts_of(Observations([hangs], (), NOW)) == ()
        (told,) = alerts_of(Observations([hangs], (), NOW + MINUTE))
        assert (told.key, told.message) == (
            "collect",
            "collecting has not ended since 2026-03-12 05:00 UTC",
        )
        ((_, words),) = found(run(Step.COLLECT, Ending.FAILED, words="x" * 5_000), table=None)
        assert len(words) < 350
        assert words.endswith("x…")


class TestSources:
    def test_are_told_that_bring_what_readers_are_not_told(self) -> None:
        url, other = "https://a.example/feed", "https://b.example/feed"
        unstable = replace(source_status(other, hours=None), unstable=NOW - HOUR)
        statuses = (source_status(url, hours=None, name="Kalvik Post"), unstable)
        missed = {url: (8, NOW - 2 * HOUR), other: (2, NOW)}
        found = alerts_of(Observations((), statuses, NOW, missed=missed))
        assert [(one.key, one.since) for one in found] == [
            ("missing", NOW - 2 * HOUR),
            ("unstable", NOW - HOUR),
        ]
        assert found[0].message.startswith("8 printed reports return 404 or are missing")
        assert found[0].message.endswith("failed: Kalvik Post; readers are not notified")
        assert "keeps changing: b.example" in found[1].message

    def test_are_told_as_one_matter_after_a_day(self) -> None:
        many = (
            source_status("https://b.example/feed?key=1", hours=24),
            source_status("https://a.example/feed", hours=90, name="Kalvik Post"),
            source_status("https://c.example/feed", hours=23.9),
            source_status("https://d.example/feed", hours=None),
            source_status("/srv/news", hours=30),
            source_status("http://[", hours=30),
        )
        (alert,) = alerts_of(Observations((), many, NOW))
        assert alert == Alert(
            AlertKind.SOURCES,
            "sources",
            NOW - 90 * HOUR,
            "no response for a day or more from: /srv/news, b.example, http://[, Kalvik Post",
        )

    def test_are_counted_when_they_are_many(self) -> None:
        many = tuple(source_status(f"https://{mark}.example", hours=48) for mark in "abcdefghijk")
        ((_, words),) = found(source_statuses=many, table=None)
        assert words.endswith(
            "from: " + ", ".join(f"{m}.example" for m in "abcdefgh") + " and 3 more"
        )


def test_a_disk_that_is_nearly_full_is_told() -> None:
    assert found(table=None, free=LITTLE_ROOM) == []
    told = ("disk", "less than 500 MB is free on the disk of the store; make room")
    assert found(table=None, free=LITTLE_ROOM - 1) == [told]


class TestADraft:
    def held(self, rule: ReleaseRule, *, now: datetime, draft: date | None = TODAY) -> list[str]:
        table = replace(TABLE, release=rule)
        told = alerts_of(seen([COLLECTED], table, now, [TODAY] if draft else [], draft=draft))
        return [one.message for one in told if one.kind is AlertKind.HELD]

    def test_that_is_past_its_deadline_is_told_unless_it_leaves_by_itself(self) -> None:
        rule = ReleaseRule(2, timedelta(minutes=45))
        assert self.held(rule, now=DUE + timedelta(minutes=44)) == []
        (told,) = self.held(rule, now=DUE + timedelta(minutes=45))
        assert told.startswith("edition of 2026-03-12: not released by 07:15 UTC, and held;")
        assert told.endswith("release it: briefing editions release 2026-03-12 --operator NAME")
        table = replace(TABLE, release=ReleaseRule(2))
        (lapsed,) = alerts_of(seen([COLLECTED], table, DUE, [TODAY], draft=TODAY, lapsed=("ann",)))
        assert lapsed.message == (
            "edition of 2026-03-12: waits, since ann released it and is no longer an operator; "
            "another operator must release it: briefing editions release 2026-03-12 --operator NAME"
        )
        assert self.held(ReleaseRule(1), now=DUE + 5 * HOUR) == []
        assert len(self.held(ReleaseRule(1), now=DUE + 6 * HOUR)) == 1
        rule = ReleaseRule(2, timedelta(minutes=45), go=True)
        assert self.held(rule, now=DUE + 9 * HOUR) == []
        assert self.held(ReleaseRule(2), now=DUE + 9 * HOUR, draft=None) == []


class TestAWeekInReview:
    #: On Thursdays, an hour after the edition.
    WEEK = replace(TABLE, at=time(7, 30), days=(3,), step=Step.WEEK)
    AT = DUE + HOUR
    #: Of the week before.
    BEFORE = run(Step.WEEK, Ending.DONE, at=AT - 7 * DAY, day=TODAY - 7 * DAY)

    def found(
        self,
        *runs: Run,
        now: datetime = AT,
        weeks: Sequence[date] = (),
        rule: ReleaseRule = ReleaseRule(),  # noqa: B008  it is frozen
        draft: date | None = None,
    ) -> list[tuple[str, str, str]]:
        week = replace(self.WEEK, release=rule)
        slots = SlotState(replace(TABLE, week=week), [TODAY]), SlotState(week, weeks, draft)
        observed = Observations((COLLECTED, *runs), (), now, slots)
        return [(one.kind.value, one.key, one.message) for one in alerts_of(observed)]

    def reviewed(self, ending: Ending | None, **told: Any) -> Run:  # noqa: ANN401
        return run(Step.WEEK, ending, **{"at": self.AT, "day": TODAY, **told})

    def test_that_is_late_not_made_held_or_fails_is_told_by_its_own_name(self) -> None:
        now = self.AT + 4 * MINUTE
        assert self.found(now=now) == []
        assert self.found(self.BEFORE, now=now - MINUTE) == []
        words = "week in review to 2026-03-12: was due at 07:30 UTC and has not been made yet"
        assert self.found(self.BEFORE, now=now) == [("late", "week 2026-03-12", words)]
        assert self.found(self.BEFORE, now=now, weeks=[TODAY]) == []
        ((_, _, words),) = self.found(self.BEFORE, now=self.AT + 7 * HOUR)
        assert words.endswith("was due at 07:30 UTC and will not be made")
        late = self.reviewed(Ending.DONE, at=self.AT + HOUR, late=True)
        ((kind, _, words),) = self.found(late, now=self.AT + 2 * HOUR, weeks=[TODAY])
        assert (kind, words.partition(": ")[2]) == ("late", "was due at 07:30 UTC, begun at 08:30")
        empty = self.reviewed(Ending.EMPTY, words="no edition is published")
        why = "there was nothing to print: no edition is published"
        told = ("empty", "week 2026-03-12", f"week in review to 2026-03-12: {why}")
        assert self.found(empty) == [told]
        fails = self.reviewed(Ending.FAILED, words="no room on the disk")
        told = ("failing", "week", "making the week in review fails: no room on the disk")
        assert told in self.found(fails)
        alert = Alert(AlertKind.FAILING, "week", self.AT, told[2])
        (over,) = decide((), {"week": SentAlert(alert, self.AT)}, self.AT + HOUR)
        assert over.message.startswith("making the week in review works again since 2026-03-12")
        missing = Alert(
            AlertKind.LATE, "week x", self.AT, "week in review to 2026-03-12: was due …"
        )
        (over,) = decide((), {"week x": SentAlert(missing, self.AT)}, self.AT + HOUR)
        assert over.message.startswith("the week in review to 2026-03-12 is available since 2026")
        rule = ReleaseRule(1, timedelta(minutes=45))
        held = partial(self.found, weeks=[TODAY], draft=TODAY, rule=rule)
        assert held(now=self.AT + 44 * MINUTE) == []
        ((kind, _, words),) = held(now=self.AT + 45 * MINUTE)
        assert kind == "held"
        assert "briefing editions release 2026-03-12 --week --operator NAME" in words
