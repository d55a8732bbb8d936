from datetime import UTC, datetime, time

import pytest

from briefing.core.model import Preferences
from briefing.press.wording import day, moment, next_mail, often

NOW = datetime(2026, 3, 12, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "every day at 07:00, Zurich time"),
        ((0, 1, 2, 3, 4), "Monday to Friday at 07:00, Zurich time"),
        ((5,), "on Saturday at 07:00, Zurich time"),
        ((0, 2, 4), "on Monday, Wednesday and Friday at 07:00, Zurich time"),
    ],
)
def test_it_is_said_how_often_mail_comes(days: tuple[int, ...], said: str) -> None:
    assert often(Preferences(days=days, zone="Europe/Zurich")) == said


@pytest.mark.parametrize(
    ("now", "preferences", "said"),
    [
        ("2026-03-12T05:59", Preferences(zone="Europe/Zurich"), "Thursday 12 March 2026 at 07:00"),
        ("2026-03-12T06:00", Preferences(zone="Europe/Zurich"), "Friday 13 March 2026 at 07:00"),
        ("2026-03-12T06:30", Preferences(days=(3,)), "Thursday 12 March 2026 at 07:00"),
        ("2026-03-12T07:00", Preferences(days=(3,)), "Thursday 19 March 2026 at 07:00"),
        # there the day begins earlier than in UTC
        ("2026-03-12T23:30", Preferences(zone="Asia/Tokyo"), "Saturday 14 March 2026 at 07:00"),
        # the hour that the clocks skip
        (
            "2026-03-28T12:00",
            Preferences(at=time(2, 30), zone="Europe/Zurich"),
            "Sunday 29 March 2026 at 02:30",
        ),
    ],
)
def test_the_next_mail_is_the_next_that_the_preferences_name(
    now: str, preferences: Preferences, said: str
) -> None:
    at = datetime.fromisoformat(f"{now}:00+00:00")
    assert next_mail(preferences, now=at).startswith(said)


def test_a_moment_is_said_in_a_zone() -> None:
    assert moment(NOW, zone="Asia/Tokyo") == "Thursday 12 March 2026, 17:12, Tokyo time"
    assert moment(NOW, zone="UTC") == "Thursday 12 March 2026, 08:12, UTC"
    assert day(datetime(2026, 3, 12, 20, tzinfo=UTC), zone="Asia/Tokyo") == "Friday 13 March 2026"
