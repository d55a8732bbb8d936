from datetime import UTC, datetime, timedelta

import pytest

from briefing.core.model import BounceKind
from briefing.mail.relay import Result, ResultKind, Stage
from briefing.mail.rules import bounce_kind, next_try

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
LATE = NOON + timedelta(hours=12)


@pytest.mark.parametrize(
    ("tries", "chance", "seconds"),
    [
        (1, 0.5, 60),
        (1, 0.0, 48),
        (1, 1.0, 72),
        (2, 0.5, 120),
        (5, 0.5, 960),
        (6, 0.5, 1_800),
        (10**9, 0.5, 1_800),
        (0, 0.5, 60),
    ],
)
def test_each_try_waits_twice_as_long_with_a_spread_up_to_half_an_hour(
    tries: int, chance: float, seconds: int
) -> None:
    again = next_try(tries, at=NOON, until=LATE, chance=chance)
    assert again == NOON + timedelta(seconds=seconds)


def test_nothing_is_tried_again_after_its_life() -> None:
    assert next_try(1, at=NOON, until=NOON + timedelta(minutes=1), chance=0.5) is None


@pytest.mark.parametrize(
    ("code", "detail", "kind", "status"),
    [
        (550, "5.1.1 No such user", BounceKind.HARD, "5.1.1"),
        (550, "No such user here", BounceKind.HARD, ""),
        (552, "5.2.2 Mailbox full", BounceKind.SOFT, "5.2.2"),
        (550, "5.7.1 Rejected as spam", None, "5.7.1"),
        (554, "5.6.0 Bad content", None, "5.6.0"),
        (0, "the relay accepts only ASCII addresses", None, ""),
    ],
)
def test_a_refusal_is_told_apart(
    code: int, detail: str, kind: BounceKind | None, status: str
) -> None:
    assert bounce_kind(Result(ResultKind.REFUSED, Stage.RCPT, code, detail)) == (kind, status)
