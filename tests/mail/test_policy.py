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
from briefing.core.model import BounceKind, Consent, DeliveryStatus
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


@examples("counts, sound")
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


@examples("kind, status, named, clear")
def test_a_dead_address_is_clear(kind: str, status: str, named: str, *, clear: bool) -> None:
    assert is_clear(BounceKind(kind), status, named, address="ada@readers.example") is clear


def row(words: str) -> list[Attempt]:
    """Read "H s . H!": newest first; H hard, S soft, a dot nothing, ! when it does not count."""
    kinds = {"H": HARD, "S": SOFT, ".": None}
    return [
        Attempt(f"edition {at}", kinds[entry[0]], not entry.endswith("!"))
        for at, entry in enumerate(words.split())
    ]


@examples("kind, attempts, clear, state")
def test_a_subscription_ends_by_the_rule(
    kind: str, attempts: str, *, clear: bool, state: str | None
) -> None:
    assert next_state(BounceKind(kind), row(attempts), clear=clear, soft_limit=3) == state


def test_a_subscription_begins_with_what_its_owner_or_an_operator_did() -> None:
    def did(what: str, how: str) -> Consent:
        return Consent(NOON, what, how)

    assert begun([did("confirmed", "form")]) == NOON
    assert begun([did("returned", "command")]) == NOON
    assert begun([did("returned", "bounce"), did("returned", "form")]) is None
