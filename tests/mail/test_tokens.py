import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.mail.tokens import (
    Expired,
    LinkToken,
    Purpose,
    make,
    read,
    read_return_path,
    return_path,
)
from tests.mail.nasty import NASTY

AT = datetime(2026, 3, 12, 5, 30, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
SECRETS = (OLD, NEW)
YEARS = timedelta(days=3650)


def token(purpose: Purpose = Purpose.LEAVE, *, secrets: tuple[bytes, ...] = SECRETS) -> str:
    return make(purpose, subscriber=7, epoch=2, secrets=secrets, at=AT)


def read_at(
    purpose: Purpose, text: str, *, after: timedelta = timedelta()
) -> LinkToken | Expired | None:
    return read(purpose, token=text, secrets=SECRETS, at=AT + after)


def test_it_says_who_may_do_what_and_is_good_for_no_other_purpose() -> None:
    for purpose in Purpose:
        assert read_at(purpose, token(purpose)) == LinkToken(purpose, 7, 2, AT)
    for purpose in Purpose:
        for other in set(Purpose) - {purpose}:
            assert read_at(other, token(purpose)) is None
    for text in [*NASTY, "7-2", "7-2.abJPWA", "7-2.abJPWA.", "..", "x" * 101]:
        assert read_at(Purpose.LEAVE, text) is None


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1))
def test_it_is_short_and_safe_in_an_address(subscriber: int, epoch: int) -> None:
    text = make(Purpose.LEAVE, subscriber=subscriber, epoch=epoch, secrets=SECRETS, at=AT)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{33,60}", text)
    assert read_at(Purpose.LEAVE, text) == LinkToken(Purpose.LEAVE, subscriber, epoch, AT)


def test_it_fits_on_a_line_and_is_good_for_ever_to_leave() -> None:
    text = make(Purpose.LEAVE, subscriber=100_000, epoch=1, secrets=SECRETS, at=AT)
    assert len(f"https://desk.example/u/{text}") <= 76
    good = read_at(Purpose.LEAVE, token(), after=YEARS)
    assert isinstance(good, LinkToken)
    assert good.until is None
    assert isinstance(
        read_at(Purpose.CONFIRM, token(Purpose.CONFIRM), after=-timedelta(hours=1)), LinkToken
    )
    values = ["confirm", "leave", "wishes", "read", "feed"]
    assert [purpose.value for purpose in Purpose] == values


@pytest.mark.parametrize(
    ("purpose", "life"),
    [(Purpose.CONFIRM, timedelta(days=7)), (Purpose.PREFERENCES, timedelta(days=30))],
)
def test_it_expires_and_says_since_when(purpose: Purpose, life: timedelta) -> None:
    text = token(purpose)
    assert isinstance(read_at(purpose, text, after=life), LinkToken)
    late = read_at(purpose, text, after=life + timedelta(seconds=1))
    assert late == Expired(LinkToken(purpose, 7, 2, AT), AT + life)


def test_secrets_rotate_and_no_other_sign_counts() -> None:
    for secrets in ((OLD,), (NEW,), SECRETS):
        assert isinstance(read_at(Purpose.LEAVE, token(secrets=secrets)), LinkToken)
    assert token() == token(secrets=(NEW,))
    assert read(Purpose.LEAVE, token=token(secrets=(OLD,)), secrets=(NEW,), at=AT) is None
    text = token()
    for place in range(len(text)):
        for sign in set("abzAZ09-_.=") - {text[place]}:
            assert read_at(Purpose.LEAVE, text[:place] + sign + text[place + 1 :]) is None
            assert read_at(Purpose.LEAVE, text[:place] + sign + text[place:]) is None
    assert read_return_path(path().upper(), secrets=SECRETS) == 7
    assert read_return_path(path().title(), secrets=SECRETS) == 7
    assert read_return_path(path().replace("desk", "mx.desk"), secrets=SECRETS) == 7
    assert read_return_path(path(secret=OLD), secrets=SECRETS) == 7
    assert read_return_path(path(secret=NEW), secrets=SECRETS) == 7
    assert path(secret=NEW) == return_path(7, secrets=SECRETS, domain="desk.example")
    assert read_return_path(path(secret=OLD), secrets=(NEW,)) is None
    assert read_return_path(path(), secrets=()) is None
    address = path()
    for place in range(len("bounce+"), address.index("@")):
        for sign in "abz27":
            if sign != address[place]:
                forged = address[:place] + sign + address[place + 1 :]
                assert read_return_path(forged, secrets=SECRETS) is None


def path(delivery: int = 7, *, secret: bytes = NEW) -> str:
    return return_path(delivery, secrets=(secret,), domain="desk.example")


@given(st.integers(0, 2**63 - 1))
def test_it_names_its_delivery(delivery: int) -> None:
    address = return_path(delivery, secrets=SECRETS, domain="desk.example")
    local, _, domain = address.partition("@")
    assert read_return_path(address, secrets=SECRETS) == delivery
    assert domain == "desk.example"
    assert len(local) == 47
    assert re.fullmatch(r"bounce\+[a-z2-7]{40}", local)


@pytest.mark.parametrize(
    "address",
    [
        *NASTY,
        *("bounce@desk.example", "bounce+@desk.example", "bounce+" + "a" * 40 + "@desk.example"),
        *(path().removeprefix("bounce+"), "x" + path(), path()[1:], path().replace("@", "a@")),
        *(
            path().partition("@")[0],
            path().replace("bounce", "bouncé"),
            "\u212a" * 47 + "@desk.example",
        ),
    ],
)
def test_any_other_address_is_none(address: str) -> None:
    assert read_return_path(address, secrets=SECRETS) is None
