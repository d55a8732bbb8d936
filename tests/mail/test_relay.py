"""What a relay's reply means, and how fast mail is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from briefing.mail.relay import Pace, Rates, Result, ResultKind, Stage, bounce_kind, next_try
from tests.examples import examples

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
LATE = NOON + timedelta(hours=12)


@examples("tries, chance, seconds")
def test_tries_wait_ever_longer_with_a_spread(tries: int, chance: float, seconds: int) -> None:
    again = next_try(tries, at=NOON, until=LATE, chance=chance)
    assert again == NOON + timedelta(seconds=seconds)


def test_nothing_is_tried_again_after_its_life() -> None:
    assert next_try(1, at=NOON, until=NOON + timedelta(minutes=1), chance=0.5) is None


@examples("code, detail, kind, status")
def test_refusals_told_apart(code: int, detail: str, kind: str | None, status: str) -> None:
    assert bounce_kind(Result(ResultKind.REFUSED, Stage.RCPT, code, detail)) == (kind, status)


def run(pace: Pace, *, seconds: float, late: float = 0.0, **of: str) -> int:
    """Send as fast as may be, waking up late each time; return how many went."""
    now, sent = 1_000.0, 0
    to = {"connection": "a", "domain": "town.example", **of}
    while now < 1_000 + seconds:
        wait = pace.wait(now, **to)
        if wait > 0:
            now += wait + late
            continue
        pace.take(now, **to)
        sent += 1
    return sent


@pytest.mark.parametrize("rate", [0.5, 1, 7, 100, 333])
@pytest.mark.parametrize("late", [0.0, 0.001, 0.01, 0.03])
@pytest.mark.parametrize("kind", ["overall", "by_connection", "by_domain"])
def test_a_rate_is_kept_also_by_who_wakes_up_late(rate: float, late: float, kind: str) -> None:
    seconds = 100 / rate + 20
    sent = run(Pace(Rates(**{kind: rate})), seconds=seconds, late=late)
    assert sent / seconds == pytest.approx(rate, rel=0.05, abs=1.5 / seconds)


def test_without_rates_nobody_waits_and_a_pause_or_clock_set_back_changes_none() -> None:
    pace = Pace(Rates())
    assert pace.is_free
    assert not Pace(Rates(by_domain=1)).is_free
    for _ in range(9):
        assert pace.wait(5.0, connection="a", domain="b") == 0
        pace.take(5.0, connection="a", domain="b")
    pace = Pace(Rates(overall=10))
    pace.take(0.0, connection="a", domain="b")
    sent = 0
    while pace.wait(1_000.0, connection="a", domain="b") == 0:
        pace.take(1_000.0, connection="a", domain="b")
        sent += 1
    assert sent == 1
    pace = Pace(Rates(overall=1))
    pace.take(9_000.0, connection="a", domain="b")
    assert pace.wait(10.0, connection="a", domain="b") == 0


def test_limits_count_by_connection_and_domain_and_forget_what_is_idle_longest() -> None:
    pace = Pace(Rates(by_connection=1, by_domain=0.5))
    pace.take(0.0, connection="a", domain="Town.example")
    waits = [
        pace.wait(0.0, connection=connection, domain=domain)
        for connection, domain in (("a", "x"), ("b", "town.example"), ("b", "x"))
    ]
    assert waits == pytest.approx([0.95, 1.95, 0])
    pace = Pace(Rates(by_domain=1), capacity=2)
    for domain in "abcb":
        pace.take(0.0, connection="a", domain=domain)
    assert pace.wait(0.0, connection="a", domain="a") == 0
    assert pace.wait(0.0, connection="a", domain="b") > 1
