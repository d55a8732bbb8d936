from datetime import UTC, datetime

import pytest

from briefing.app.bounces import (
    Attempt,
    DeliveryResult,
    begun,
    health,
    is_believed,
    is_clear,
    next_state,
)
from briefing.core.model import BounceKind, Consent, DeliveryStatus, State
from tests.examples import examples

HARD, SOFT = BounceKind.HARD, BounceKind.SOFT
NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def answers(
    *, sent: int = 0, refused: int = 0, back: int = 0, at: str = "", kind: BounceKind = HARD
) -> list[DeliveryResult]:
    """Return answers of as many domains, or all of one."""

    def many(
        number: int, status: DeliveryStatus, came: BounceKind | None = None
    ) -> list[DeliveryResult]:
        return [
            DeliveryResult(at or f"{status}{came}{index}.example", status, came)
            for index in range(number)
        ]

    return [
        *many(sent, DeliveryStatus.SENT),
        *many(refused, DeliveryStatus.REFUSED),
        *many(back, DeliveryStatus.SENT, kind),
    ]


@pytest.mark.parametrize(
    ("counts", "sound"),
    [
        ({}, True),
        ({"sent": 1}, True),
        ({"refused": 1}, False),
        ({"refused": 2, "sent": 1}, False),
        ({"refused": 1, "sent": 1}, True),
        ({"refused": 2, "sent": 2}, True),
        ({"refused": 3, "sent": 8}, False),
        ({"refused": 3, "sent": 9}, True),
        ({"refused": 200}, False),
        ({"refused": 51, "sent": 149}, False),
        ({"refused": 50, "sent": 150}, True),
        ({"back": 1}, True),
        ({"back": 2}, True),
        ({"back": 3}, False),
        ({"back": 200}, False),
        ({"back": 9, "kind": SOFT}, True),
    ],
)
def test_an_edition_is_sound_if_3_of_4_arrive(counts: dict[str, int], *, sound: bool) -> None:
    result = health(answers(**counts))  # type: ignore[arg-type]
    assert result.sound is sound
    assert result.counts("any.example") is sound
    assert bool(result.words) is not sound


def test_soft_bounces_count_when_asked_for() -> None:
    assert not health(answers(back=9, kind=SOFT), kinds=(HARD, SOFT)).sound


@examples("there, elsewhere, believed")
def test_a_provider_that_rejects_nearly_all_is_at_fault_itself(
    there: dict[str, int], elsewhere: dict[str, int], *, believed: bool
) -> None:
    result = health([*answers(**there, at="big.example"), *answers(**elsewhere)])  # type: ignore[arg-type]
    assert result.sound
    assert result.counts("big.example") is believed
    assert result.counts("other.example")


@pytest.mark.parametrize(
    ("in_a_row", "tries", "believed"), [(1, 1, True), (4, 1, True), (5, 1, False), (25, 4, True)]
)
def test_none_of_many_refusals_is_believed(in_a_row: int, tries: int, *, believed: bool) -> None:
    sound = health(answers(sent=175, refused=25))
    assert is_believed(sound, domain="a.example", in_a_row=in_a_row, tries=tries) is believed


@pytest.mark.parametrize(
    ("kind", "status", "named", "clear"),
    [
        (HARD, "5.1.1", "ADA@readers.example", True),
        (HARD, "5.2.1", "ada@readers.example", True),
        (HARD, "5.1.1", "bo@readers.example", False),
        (HARD, "5.1.1", "", False),
        (HARD, "", "ada@readers.example", False),
        (HARD, "5.7.1", "ada@readers.example", False),
        (SOFT, "5.1.1", "ada@readers.example", False),
    ],
)
def test_a_dead_address_is_clear(kind: BounceKind, status: str, named: str, *, clear: bool) -> None:
    assert is_clear(kind, status, named, address="ada@readers.example") is clear


def row(words: str) -> list[Attempt]:
    """Read "H s . H!": newest first; H hard, S soft, a dot nothing, ! when it does not count."""
    kinds = {"H": HARD, "S": SOFT, ".": None}
    return [
        Attempt(f"edition {at}", kinds[entry[0]], not entry.endswith("!"))
        for at, entry in enumerate(words.split())
    ]


@pytest.mark.parametrize(
    ("kind", "attempts", "clear", "state"),
    [
        (HARD, "H", False, None),
        (HARD, "H", True, State.BOUNCED),
        (HARD, "H H", False, State.BOUNCED),
        (HARD, "H . . H", False, State.BOUNCED),
        (HARD, "H! H", False, None),
        (HARD, "H! H! H! H!", False, None),
        (SOFT, "S S", False, None),
        (SOFT, "S S S", False, State.BOUNCED),
        (SOFT, ". S S S", False, State.BOUNCED),
        (SOFT, "S . S S", False, None),
        (SOFT, "S! S! S! S! S!", False, None),
        (SOFT, "", False, None),
        (BounceKind.COMPLAINT, "", False, State.COMPLAINED),
    ],
)
def test_a_subscription_ends_by_the_rule(
    kind: BounceKind, attempts: str, *, clear: bool, state: State | None
) -> None:
    assert next_state(kind, row(attempts), clear=clear, soft_limit=3) is state


def test_a_subscription_begins_with_what_its_owner_or_an_operator_did() -> None:
    def did(what: str, how: str) -> Consent:
        return Consent(NOON, what, how)

    assert begun([did("confirmed", "form")]) == NOON
    assert begun([did("returned", "command")]) == NOON
    assert begun([did("returned", "bounce"), did("returned", "form")]) is None
