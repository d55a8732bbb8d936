"""Codes of an app: the vectors of RFC 6238, near steps, and each code once."""

from datetime import UTC, datetime, timedelta

import pytest

from briefing.app.second_factor import (
    address_of,
    code_of,
    in_letters,
    new_salt,
    passes,
    reset,
    seed_of,
    set_up,
    step_at,
    take_away,
)
from briefing.core.errors import RoleError, UsageError
from briefing.core.model import Role
from briefing.store import Store, audit, operators
from briefing.store.audit import Actor
from tests.store.ready import act, employ, look

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
STEP = timedelta(seconds=30)
KEYS = (b"an old secret of thirty-two bytes", b"the new secret of thirty-two byte")
SALT = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits of the table."""
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_of(b"12345678901234567890", step_at(at)) == code


def test_a_seed_is_of_one_operator_one_salt_and_one_secret() -> None:
    seeds = {
        seed_of(name, salt, secret=key)
        for name in ("ada", "eve")
        for salt in (SALT, new_salt())
        for key in KEYS
    }
    assert len(seeds) == 8
    assert {len(seed) for seed in seeds} == {20}


def test_an_app_is_told_name_briefing_and_seed() -> None:
    seed = b"12345678901234567890"
    assert in_letters(seed) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert address_of(seed, name="ada", briefing="Été & Co") == (
        "otpauth://totp/%C3%89t%C3%A9%20%26%20Co:ada"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%C3%89t%C3%A9%20%26%20Co"
    )


def code(at: datetime = NOON, key: bytes = KEYS[-1]) -> str:
    return code_of(seed_of("ada", SALT, secret=key), step_at(at))


def lets_in(store: Store, typed: str, *, at: datetime = NOON) -> bool:
    return act(store, passes, typed, secrets=KEYS, actor=Actor("ada", at))


@pytest.fixture
def codes(store: Store) -> tuple[str, ...]:
    """Give ada a second factor a minute before noon; return the recovery codes."""
    employ(store, "ada")
    before = NOON - 2 * STEP
    actor = Actor("ada", before)
    return act(store, set_up, SALT, code(before), secrets=KEYS, actor=actor)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_a_near_step_is_good_once(store: Store, codes: object, steps: int) -> None:
    typed = code(NOON + steps * STEP)
    assert lets_in(store, f" {typed[:3]} {typed[3:]} ")
    assert not lets_in(store, typed)
    # Nor is one before it, which somebody may have read over a shoulder.
    assert not lets_in(store, code(NOON + (steps - 1) * STEP))
    assert lets_in(store, code(NOON + 9 * STEP), at=NOON + 9 * STEP)


@pytest.mark.parametrize(
    "typed", ["", "000000x", "12345", "\u0661\u0662\u0663\u0664\u0665\u0666", "\x00", "9" * 40]
)
def test_what_is_no_code_lets_nobody_in(store: Store, codes: object, typed: str) -> None:
    assert not lets_in(store, typed)


# Two steps ago it was set up, by the code of then.
@pytest.mark.parametrize("steps", [-3, -2, 2, 120])
def test_a_code_of_another_time_lets_nobody_in(store: Store, codes: object, steps: int) -> None:
    assert not lets_in(store, code(NOON + steps * STEP))


def test_a_code_by_the_secret_before_is_good_as_long_as_that_is_known(
    store: Store, codes: object
) -> None:
    old = code(key=KEYS[0])
    assert not act(store, passes, old, secrets=KEYS[1:], actor=Actor("ada", NOON))
    assert lets_in(store, old)


def test_each_recovery_code_lets_in_once_however_it_is_written(
    store: Store, codes: tuple[str, ...]
) -> None:
    assert len(set(codes)) == 10
    for each in (codes[0], codes[1].upper(), codes[2].replace("-", " ")):
        assert lets_in(store, each)
        assert not lets_in(store, each)
    with store.read() as tx:
        factor = operators.factor_of(tx, "ada")
        events = [event.about for event in audit.recent(tx, what="use recovery code")]
    assert factor
    assert len(factor.codes) == 7
    assert events == ["7 left", "8 left", "9 left"]
    # What the store has is good for nothing.
    assert not any(lets_in(store, each) for each in (*factor.codes, factor.salt))


def test_two_who_use_one_recovery_code_at_once_are_one(store: Store, codes: object) -> None:
    factor = look(store, operators.factor_of, "ada")
    assert factor
    left = factor.codes[1:]
    assert [act(store, operators.use_code, factor, left) for _ in range(2)] == [True, False]
    assert [act(store, operators.use_step, "ada", factor.step + n) for n in (5, 5, 4)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("salt", [SALT, "", "x" * 32, SALT[:-1], f"{SALT}\n"])
def test_none_is_set_up_by_a_wrong_code_or_a_salt_of_ones_own(store: Store, salt: str) -> None:
    employ(store, "ada")
    assert lets_in(store, "")
    wrong = f"{(int(code()) + 1) % 10**6:06}" if salt == SALT else code()
    with pytest.raises(UsageError, match="the code is wrong"):
        act(store, set_up, salt, wrong, secrets=KEYS, actor=Actor("ada", NOON))
    assert lets_in(store, "")


def test_it_is_removed_by_its_owner_and_reset_by_an_administrator(
    store: Store, codes: object
) -> None:
    employ(store, "bob", role=Role.PUBLISHER)
    with pytest.raises(RoleError):
        act(store, reset, "ada", actor=Actor("bob", NOON))
    assert not lets_in(store, "")
    act(store, reset, "ada", actor=Actor("command", NOON))
    assert lets_in(store, "")
    for name in ("ada", "nobody"):
        with pytest.raises(UsageError, match="second factor"):
            act(store, reset, name, actor=Actor("command", NOON))
    act(store, set_up, SALT, code(), secrets=KEYS, actor=Actor("ada", NOON))
    act(store, take_away, actor=Actor("ada", NOON))
    assert lets_in(store, "")
    assert look(store, operators.with_factor) == frozenset()
