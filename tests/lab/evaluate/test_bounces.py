from __future__ import annotations

from dataclasses import dataclass

import pytest

from briefing.lab.evaluate.bounces import Expected, measure


@dataclass(frozen=True)
class Said:
    permanent: tuple[str, ...] = ()
    temporary: tuple[str, ...] = ()


def expected(permanent: str = "", temporary: str = "") -> Expected:
    return Expected(frozenset(permanent.split()), frozenset(temporary.split()))


def classify(raw: bytes) -> Said:
    """Read "a b|c": a and b have failed for good, c is not reached yet."""
    if raw == b"crash":
        raise RecursionError
    permanent, _, temporary = raw.decode().partition("|")
    return Said(tuple(permanent.split()), tuple(temporary.split()))


def test_a_mail_is_right_when_exactly_the_expected_addresses_are_found_in_any_order() -> None:
    result = measure(
        [("1", b"b a|c"), ("2", b""), ("3", b"a"), ("4", b"a b"), ("5", b"|a"), ("6", b"crash")],
        expected={
            "1": expected("a b", "c"),
            "2": expected(),
            "3": expected("a b"),
            "4": expected("a"),
            "5": expected("a"),
            "6": expected(),
            "7": expected(),
        },
        classify=classify,
    )
    assert result == {
        "files": 7,
        "right": 2,
        "share": 2 / 7,
        "crashes": 1,
        "wrong": ["3", "4", "5", "6", "7"],
    }


def test_a_mail_without_an_expectation_counts_only_when_it_crashes() -> None:
    result = measure([("1", b"a"), ("2", b"crash")], expected={}, classify=classify)
    assert result == {"files": 0, "right": 0, "share": 1.0, "crashes": 1, "wrong": []}


@pytest.mark.parametrize("raw", [b"a", b"|a"], ids=["permanent", "temporary"])
def test_permanent_and_temporary_are_not_the_same(raw: bytes) -> None:
    result = measure([("1", raw)], expected={"1": expected("a")}, classify=classify)
    assert result["right"] == (raw == b"a")
