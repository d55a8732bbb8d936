from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.access import (
    FOR_ALL,
    FOR_NAME,
    MEMORY,
    PLACES,
    QUEUES,
    WINDOW,
    TryLimit,
    hashed,
    locked_until,
    matches,
)
from briefing.app.keys import all_tries_at, tries_at, tries_from
from briefing.core.errors import BusyError
from tests.examples import examples

GOOD = "four words make one"


def test_a_hash_tells_its_password_and_no_other_and_an_unknown_name_has_none() -> None:
    kept = hashed(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept != hashed(GOOD)
    assert matches(GOOD, kept=kept)
    assert not matches(GOOD.upper(), kept=kept)
    assert not matches("", kept=kept)
    assert not matches(GOOD, kept=None)


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=1,t=1,p=1$x$y", "$2b$12$x"])
def test_what_is_no_hash_matches_nothing(kept: str) -> None:
    assert not matches(GOOD, kept=kept)


def test_letters_count_however_composed_and_tries_by_name_network_and_place() -> None:
    assert matches("cafe\u0301 au lait noir", kept=hashed("caf\u00e9 au lait noir"))
    assert matches("\ud800 is half a letter", kept=hashed("\ud800 is half a letter"))
    assert matches("a" * 1000 + "b", kept=hashed("a" * 1000))
    assert len({tries_at("ada"), tries_at("eve"), tries_from("ada"), tries_at("\ud800")}) == 4
    keys = {tries_at(name, place=place) for name in ("ada", "eve") for place in ("", "a", "b")}
    assert len(keys) == 6
    assert sum(key.startswith(all_tries_at("ada")) for key in keys) == 3


def test_who_finds_no_place_in_time_is_told_and_no_more_wait_than_there_are_threads() -> None:
    kept = hashed(GOOD)
    with PLACES[False]:
        with pytest.raises(BusyError, match="too many sign-ins"):
            matches(GOOD, kept=None, patience=0.01)
        assert matches(GOOD, kept=kept, known=True)
    with PLACES[True]:
        assert matches(GOOD, kept=kept)
    with ExitStack() as queue:
        for _ in range(5):
            queue.enter_context(QUEUES[False])
        # At once, however patient, and although there is a place.
        with pytest.raises(BusyError):
            matches(GOOD, kept=None, patience=600)
    assert not matches(GOOD, kept=None)


NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(*minutes: float) -> list[datetime]:
    return [NOON + minute * MINUTE for minute in minutes]


@examples("failures, until")
def test_five_lock_and_locks_double(failures: tuple[float, ...], until: float | None) -> None:
    expected = None if until is None else NOON + until * MINUTE
    assert locked_until(at(*failures), limit=FOR_NAME) == expected


def test_no_lock_is_longer_than_four_hours() -> None:
    failures = at(*(60.0 * hour + n for hour in range(20) for n in range(5)))
    assert locked_until(failures, limit=FOR_NAME) == failures[-1] + timedelta(hours=4)


@given(st.lists(st.integers(0, 40), max_size=200), st.integers(2, 8))
def test_no_quarter_hour_has_more_tries_than_lock(gaps: list[int], most: int) -> None:
    tried: list[datetime] = []
    now = NOON
    for gap in gaps:
        now += gap * MINUTE
        until = locked_until([one for one in tried if one >= now - MEMORY], limit=TryLimit(most))
        if until is None or until <= now:
            tried.append(now)
    for one in tried:
        assert sum(one <= other < one + WINDOW for other in tried) <= most


def test_a_hundred_of_a_day_lock_a_name_however_slowly_they_come() -> None:
    failures = at(*(14.0 * n for n in range(100)))
    assert locked_until(failures[:99], limit=FOR_ALL) is None
    assert locked_until(failures, limit=FOR_ALL) == failures[-1] + 15 * MINUTE
