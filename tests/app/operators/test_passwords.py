from __future__ import annotations

from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher

from briefing.app.operators.passwords import (
    PLACES,
    QUEUES,
    all_tries_at,
    hashed,
    is_outdated,
    matches,
    tries_at,
    tries_from,
)
from briefing.core.errors import BusyError, UsageError

GOOD = "four words make one"


def test_a_hash_tells_its_password_and_no_other() -> None:
    kept = hashed(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept != hashed(GOOD)
    assert matches(GOOD, kept=kept)
    assert not matches(GOOD.upper(), kept=kept)
    assert not matches("", kept=kept)


def test_an_unknown_name_has_no_password() -> None:
    assert not matches(GOOD, kept=None)


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=1,t=1,p=1$x$y", "$2b$12$x"])
def test_what_is_no_hash_matches_nothing(kept: str) -> None:
    assert not matches(GOOD, kept=kept)


def test_letters_count_however_they_are_composed_and_whatever_they_are() -> None:
    assert matches("cafe\u0301 au lait noir", kept=hashed("caf\u00e9 au lait noir"))
    assert matches("\ud800 is half a letter", kept=hashed("\ud800 is half a letter"))


@pytest.mark.parametrize("password", ["eleven char", "a" * 1001])
def test_a_password_is_neither_short_nor_endless(password: str) -> None:
    with pytest.raises(UsageError, match="take at least 12"):
        hashed(password)


def test_more_than_the_longest_password_is_not_looked_at() -> None:
    assert matches("a" * 1000 + "b", kept=hashed("a" * 1000))


def test_a_hash_of_other_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)
    assert is_outdated(weak)
    assert matches(GOOD, kept=weak)
    assert not is_outdated(hashed(GOOD))


def test_names_and_networks_are_counted_apart() -> None:
    assert len({tries_at("ada"), tries_at("eve"), tries_from("ada"), tries_at("\ud800")}) == 4


def test_places_count_for_a_name_apart_and_begin_with_it() -> None:
    keys = {tries_at(name, place=place) for name in ("ada", "eve") for place in ("", "a", "b")}
    assert len(keys) == 6
    assert sum(key.startswith(all_tries_at("ada")) for key in keys) == 3


def test_who_finds_no_place_in_time_is_told_so_and_keeps_nobody_waiting_who_is_known() -> None:
    kept = hashed(GOOD)
    with PLACES[False]:
        with pytest.raises(BusyError, match="too many sign-ins"):
            matches(GOOD, kept=None, patience=0.01)
        assert matches(GOOD, kept=kept, known=True)
    with PLACES[True]:
        assert matches(GOOD, kept=kept)


def test_no_more_wait_than_there_are_threads_to_spare() -> None:
    with ExitStack() as queue:
        for _ in range(5):
            queue.enter_context(QUEUES[False])
        # At once, however patient, and although there is a place.
        with pytest.raises(BusyError):
            matches(GOOD, kept=None, patience=600)
    assert not matches(GOOD, kept=None)
