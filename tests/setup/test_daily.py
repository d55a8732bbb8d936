from datetime import UTC, date, datetime, time, timedelta

import pytest

from briefing.app.bounces import Returned, ReturnKind
from briefing.app.collect import Collected
from briefing.app.deliver import Delivered
from briefing.app.rounds.runs import Ended
from briefing.core.model import Ending, FetchRecord, Outcome, Source, SourceStatus
from briefing.core.schedule import Timetable
from briefing.mail.relay import ResultKind
from briefing.settings import ScheduleSettings, Settings, timetable_of
from briefing.setup import clock, daily
from tests import daytime

AT = datetime(2026, 3, 12, 6, tzinfo=UTC)


def source_status(url: str, *, name: str = "", reason: str = "") -> SourceStatus:
    since, answered = (AT, None) if reason else (None, AT)
    return SourceStatus(
        Source(url, name=name), AT, answered=answered, failing_since=since, reason=reason
    )


def visit(url: str, outcome: Outcome, *, fresh: int = 0) -> FetchRecord:
    return FetchRecord(url, AT, outcome, items=fresh, fresh=fresh)


GOOD, BAD = "https://good.example/feed", "https://bad.example/feed?key=secret"


@pytest.mark.parametrize(
    ("visits", "source_statuses", "ending", "words"),
    [
        ([visit(GOOD, Outcome.READ, fresh=4)], [source_status(GOOD)], Ending.DONE, ""),
        (
            [visit(GOOD, Outcome.UNCHANGED), visit(BAD, Outcome.FAILED)],
            [source_status(GOOD), source_status(BAD, reason="HTTP 500")],
            Ending.PART,
            "https://bad.example/feed: not answered: HTTP 500",
        ),
        (
            [visit(BAD, Outcome.FAILED), visit(GOOD, Outcome.FAILED)],
            [
                source_status(BAD, name="Bad", reason="no route"),
                source_status(GOOD, reason="no route"),
            ],
            Ending.FAILED,
            "Bad: not answered: no route; and 1 more",
        ),
        # a source that is left alone for a while has not answered either
        (
            [visit(BAD, Outcome.WAITING)],
            [source_status(BAD, name="Bad", reason="HTTP 429")],
            Ending.FAILED,
            "Bad: not answered: HTTP 429",
        ),
    ],
)
def test_collecting_fails_when_no_source_answers(
    visits: list[FetchRecord], source_statuses: list[SourceStatus], ending: Ending, words: str
) -> None:
    ended = daily.collected(Collected(tuple(visits), tuple(source_statuses), at=AT), at=AT)
    assert (ended.ending, ended.words) == (ending, words)
    # A part of the sources is not enough to say that nothing happened.
    assert ended.again == (ending is not Ending.DONE)
    assert ended.figures["sources"] == len(visits)
    assert ended.figures["failing"] == sum(bool(one.failing_since) for one in source_statuses)
    assert ended.figures["fresh"] == sum(one.fresh for one in visits)


@pytest.mark.parametrize(
    ("done", "ended"),
    [
        (Delivered({}), Ended(Ending.DONE)),
        (Delivered({ResultKind.SENT: 3, ResultKind.LATER: 0}), Ended(Ending.DONE, "", {"sent": 3})),
        (
            Delivered({ResultKind.SENT: 3, ResultKind.REFUSED: 1}),
            Ended(
                Ending.PART, "1 refused; see briefing deliver --status", {"sent": 3, "refused": 1}
            ),
        ),
        (
            Delivered({ResultKind.SENT: 3}, paused="no route"),
            Ended(Ending.FAILED, "paused: no route", {"sent": 3}, again=True),
        ),
        (
            Delivered({}, suspect=5),
            Ended(
                Ending.PART,
                "the store is older than what was sent from it; see briefing deliver --status",
                {"held": 5},
            ),
        ),
    ],
)
def test_a_delivery_that_pauses_failed_and_is_tried_again(done: Delivered, ended: Ended) -> None:
    assert daily.delivered(done) == ended


def test_mail_that_cannot_be_read_is_told() -> None:
    good = Returned({ReturnKind.HARD: 2}, 1, ())
    assert daily.returned(good) == Ended(Ending.DONE, figures={"hard": 2, "ended": 1})
    bad = Returned({}, 0, (("one", "no mail"),))
    assert daily.returned(bad) == Ended(Ending.PART, "mails that cannot be read: 1", {"ended": 0})


def test_a_timetable_is_as_the_settings_say() -> None:
    told = ScheduleSettings(
        at="23:05",
        zone="Asia/Tokyo",
        days=("sun", "mon"),
        holidays=(date(2026, 12, 25),),
        grace_hours=1.5,
        collect_minutes=10,
    )
    assert timetable_of(Settings(schedule=told)) == Timetable(
        at=time(23, 5),
        zone="Asia/Tokyo",
        days=(0, 6),
        holidays=frozenset({date(2026, 12, 25)}),
        grace=timedelta(minutes=90),
        collect_every=timedelta(minutes=10),
    )


def test_a_process_can_run_by_another_clock() -> None:
    try:
        clock.run_by(lambda: AT)
        assert clock.now() == AT
        assert daily.next_edition(Settings()) == (AT.date(), AT + timedelta(minutes=30))
    finally:
        clock.run_by(daytime.now)
    assert clock.now() > AT
