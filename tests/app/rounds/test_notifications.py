from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.rounds.alerts import Alert, AlertKind, Observations, alerts_of
from briefing.app.rounds.notifications import Notification, Phase, SentAlert, decide, remembered
from tests.app.rounds.telling import Teller

NOW = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def alert(message: str = "collecting fails: down", **changes: Any) -> Alert:  # noqa: ANN401
    return Alert(
        **{"kind": AlertKind.FAILING, "key": "collect", "since": NOW, "message": message, **changes}
    )


class TestAnAlert:
    def test_is_told_when_it_begins_then_once_a_day_then_when_it_is_over(self) -> None:
        teller = Teller()
        assert teller.look(NOW, alert()) == [Phase.BEGAN]
        assert teller.look(NOW + 23 * HOUR, alert()) == []
        assert teller.look(NOW + 24 * HOUR, alert()) == [Phase.LASTS]
        assert teller.look(NOW + 25 * HOUR, alert()) == []
        assert teller.look(NOW + 26 * HOUR) == [Phase.OVER]
        assert teller.look(NOW + 27 * HOUR) == []
        assert teller.told == {}

    def test_is_told_when_its_reason_changes_but_not_for_a_figure(self) -> None:
        teller = Teller()
        teller.look(NOW, alert("delivering fails: 12 wait"))
        assert teller.look(NOW + HOUR, alert("delivering fails: 130 wait")) == []
        assert teller.look(NOW + HOUR, alert("delivering fails: refused")) == [Phase.CHANGED]
        assert teller.look(NOW + 2 * HOUR, alert("delivering fails: refused")) == []
        other = alert("delivering fails: refused", kind=AlertKind.LATE)
        assert teller.look(NOW + 3 * HOUR, other) == [Phase.CHANGED]

    def test_that_happened_once_is_told_once_and_has_no_end(self) -> None:
        teller = Teller()
        assert teller.look(NOW, alert(once=True)) == [Phase.BEGAN]
        assert teller.look(NOW + 48 * HOUR, alert(once=True)) == []
        assert teller.look(NOW + 49 * HOUR) == []
        assert teller.told == {}

    def test_is_told_again_after_a_clock_that_was_far_ahead_is_set_right(self) -> None:
        teller = Teller()
        teller.look(NOW + 300 * DAY, alert())
        assert teller.look(NOW, alert()) == [Phase.LASTS]
        assert teller.look(NOW + HOUR, alert()) == []

    def test_began_when_it_was_first_seen(self) -> None:
        told = {"collect": SentAlert(alert(), NOW)}
        later = alert("collecting fails: other", since=NOW + 5 * HOUR)
        (notice,) = decide([later], told, NOW + 6 * HOUR)
        assert notice.alert == alert("collecting fails: other")
        new = alert(since=NOW + 5 * HOUR, kind=AlertKind.LATE)
        assert decide([new], told, NOW + 6 * HOUR)[0].alert == new

    def test_that_could_not_be_told_is_told_the_next_time(self) -> None:
        first, second = alert(), alert(key="publish")
        sent = decide([first, second], {}, NOW)[:1]
        told = remembered({}, [first, second], sent, NOW)
        assert [one.alert for one in decide([first, second], told, NOW)] == [second]

    @pytest.mark.parametrize(
        ("phase", "told", "words"),
        [
            (Phase.BEGAN, alert(), "collecting fails: down"),
            (Phase.CHANGED, alert(), "collecting fails: down"),
            (Phase.LASTS, alert(), "ongoing since 12 March 07:00 UTC: collecting fails: down"),
            (
                Phase.OVER,
                alert(),
                (
                    "collecting works again since 13 March 07:00 UTC; "
                    "the problem had lasted since 12 March 07:00 UTC"
                ),
            ),
            (
                Phase.OVER,
                alert(kind=AlertKind.SOURCES, key="sources"),
                (
                    "every source has answered within a day since 13 March 07:00 UTC; "
                    "the problem had lasted since 12 March 07:00 UTC"
                ),
            ),
        ],
    )
    def test_is_told_in_one_line(self, phase: Phase, told: Alert, words: str) -> None:
        assert Notification(phase, told, NOW + DAY).message == words


KEYS = st.sampled_from(["collect", "publish", "edition 2026-03-12", "sources"])
MATTERS = st.builds(
    Alert,
    st.sampled_from(AlertKind),
    KEYS,
    st.just(NOW),
    st.sampled_from(["a", "b 1", "b 2"]),
    once=st.booleans(),
)
LOOKS = st.lists(st.lists(MATTERS, unique_by=lambda one: one.key, max_size=4), max_size=6)


@given(LOOKS)
def test_looking_twice_tells_nothing_twice(looks: list[list[Alert]]) -> None:
    teller = Teller()
    for number, alerts in enumerate(looks):
        at = NOW + number * HOUR
        teller.look(at, *alerts)
        assert teller.look(at, *alerts) == []
        assert set(teller.told) == {one.key for one in alerts}


@given(LOOKS)
def test_every_end_follows_a_begin(looks: list[list[Alert]]) -> None:
    teller, open_keys = Teller(), set[str]()
    for number, alerts in enumerate([*looks, []]):
        notices = decide(alerts, teller.told, NOW + number * HOUR)
        ended = [one.alert.key for one in notices if one.phase is Phase.OVER]
        assert set(ended) <= open_keys
        open_keys = {one.key for one in alerts}
        teller.look(NOW + number * HOUR, *alerts)
    assert teller.told == {}


def test_a_clock_that_was_set_back_is_told_once_for_each_time() -> None:
    def clock(now: datetime, *later: datetime) -> tuple[Alert, ...]:
        return alerts_of(Observations((), (), None, now, later=later))

    for ahead in (timedelta(0), 5 * MINUTE):
        assert clock(NOW, NOW + ahead) == ()
    teller = Teller()
    (told,) = clock(NOW, NOW + 365 * DAY)
    assert (told.kind, told.message) == (
        AlertKind.CLOCK,
        (
            "the clock says 2026-03-12 07:00 UTC, before a run at 2027-03-12 07:00; set it, "
            "unless it was wrong then"
        ),
    )
    assert teller.look(NOW, told) == [Phase.BEGAN]
    # though it stays in the store for as long as that
    for hours in range(1, 30):
        later = NOW + hours * HOUR
        assert teller.look(later, *clock(later, NOW + 365 * DAY)) == []
    # and hides no other
    twice = (NOW + 365 * DAY, NOW + 2.9 * DAY, NOW + 3 * DAY, NOW + 3 * DAY + HOUR)
    assert teller.look(NOW + 2 * DAY, *clock(NOW + 2 * DAY, *twice)) == [Phase.BEGAN]
    assert teller.look(NOW + 4 * DAY, *clock(NOW + 4 * DAY, NOW + 365 * DAY)) == []
